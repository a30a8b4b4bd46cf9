/**
 * How large a module may be. Part of consensus: every node of a cloud, and everybody who derives a program's identity
 * in Nexus Zero, must refuse the same modules.
 */
export interface ModuleLimits {
  /** Bytes of the whole module. Debug information counts, so this is far above what code needs. */
  readonly moduleBytes: number;
  readonly types: number;
  readonly imports: number;
  /** Imported and defined functions together. */
  readonly functions: number;
  readonly exports: number;
  readonly globals: number;
  readonly tables: number;
  /** Entries of one table at the start, and the most it can grow to. */
  readonly tableEntries: number;
  /** 64 KiB pages of the memory at the start, and the most it can grow to. */
  readonly memoryPages: number;
  readonly segments: number;
  /** Bytes of one function's code. Kept so small that the instrumented body stays below V8's own limit of 7,654,321. */
  readonly bodyBytes: number;
  /** Parameters and locals of one function. */
  readonly locals: number;
  readonly params: number;
  readonly results: number;
  /** UTF-8 bytes of the name of an import or export; V8 takes no more than 100,000. */
  readonly nameBytes: number;
  /** Blocks inside blocks. */
  readonly nesting: number;
  readonly branchTableTargets: number;
  /** Operands on a function's stack at once. */
  readonly operands: number;
  /**
   * What compilers do at the entry of functions and wherever control splits or joins, which is to go through all locals and
   * operands, and the parameters and results of calls; of all functions together. Without it 260 KB of code could take minutes.
   */
  readonly steps: number;
}

export const moduleLimits: ModuleLimits = {
  moduleBytes: 16 * 1024 * 1024,
  types: 16_384,
  imports: 1_024,
  functions: 65_536,
  exports: 16_384,
  globals: 16_384,
  tables: 16,
  tableEntries: 131_072,
  memoryPages: 1_024,
  segments: 65_536,
  bodyBytes: 256 * 1024,
  locals: 8_192,
  params: 255,
  results: 255,
  nameBytes: 65_536,
  nesting: 4_096,
  branchTableTargets: 8_192,
  operands: 8_192,
  steps: 1 << 24,
};
