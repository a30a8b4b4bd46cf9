/** The part of the JavaScript engine's WebAssembly interface used here, whose types are not in Node's. */

export interface Module {
  readonly [Symbol.toStringTag]: "WebAssembly.Module";
}

/** A memory that several threads share. Its buffer is another object after it grew. */
export interface Memory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}

export interface Instance {
  readonly exports: Record<string, unknown>;
}

interface Engine {
  compile(bytes: Uint8Array): Promise<Module>;
  readonly Instance: new (module: Module, imports: { env: { memory: Memory } }) => Instance;
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => Memory;
}

export const engine: Engine = (globalThis as unknown as { WebAssembly: Engine }).WebAssembly;
