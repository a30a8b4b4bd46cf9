/**
 * What a run may take. All of it is part of consensus: nodes of one cloud must agree on every number here.
 */
export interface ExecutionLimits {
  /** Fuel units; one is about one WebAssembly instruction. */
  readonly fuel: bigint;
  /** Bytes written to descriptor 1. */
  readonly outputBytes: number;
  /** Bytes written to descriptor 2 that are kept; more are dropped. */
  readonly logBytes: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Different keys set or deleted. */
  readonly writes: number;
  /** Bytes of keys and values in all calls that set or delete, together. */
  readonly writtenBytes: number;
  readonly calls: number;
  readonly callDataBytes: number;
  /** Gas of an outbound call: what `NexusOutbox.MAX_CALL_GAS` allows. */
  readonly callGas: number;
}

export const executionLimits: ExecutionLimits = {
  fuel: 1_000_000_000n,
  outputBytes: 65_536,
  logBytes: 65_536,
  keyBytes: 256,
  valueBytes: 65_536,
  writes: 1_024,
  writtenBytes: 1_048_576,
  calls: 16,
  callDataBytes: 16_384,
  callGas: 5_000_000,
};

/**
 * Fuel of what is not one instruction. Prices follow the time that work takes: bench/fuel.ts measures that no kind of work takes much
 * longer than ordinary programs do for the same fuel.
 */
export const fuelPer = {
  /** Any run: its program is made ready. */
  instance: 150_000,
  /** An export, and a global, of the program: all are made for every run. */
  export: 3_000,
  global: 500,
  /** A page added to the memory, at the start too: the machine finds it and zeroes it when it is first touched. */
  memoryPage: 32_768,
  /** An entry added to a table. */
  tableEntry: 50,
  /** A table entry that is written by an element segment or in bulk. */
  tableWrite: 250,
  /** Bulk memory operations cost one unit per 2^2 bytes, rounded down. */
  bulkBytesLog2: 2,
  /** Any call to the host. */
  hostCall: 1_000,
  /** A buffer of fd_read or fd_write. */
  hostBuffer: 1_500,
  /** A byte that a host call moves into or out of the memory. */
  hostByte: 1,
  /** A bad pointer that a WASI call answers with EFAULT. */
  hostFault: 40_000,
  /** A byte of random_get. */
  randomByte: 150,
  /** Looking something up in storage: it may be on disk. */
  storageRead: 20_000,
  /** A key set or deleted: it changes the state trie. */
  storageWrite: 50_000,
  /**
   * A byte of key and value that is set. Hashing it into the state trie takes a twentieth of this: the rest is for keeping it, as every
   * node does for ever, and bounds what a block can add. docs/storage.md says why it is fuel.
   */
  storageByte: 500,
  /** A storage entry that a scan passes because this run deleted it. */
  storageSkip: 500,
  outboundCall: 50_000,
} as const;

/**
 * The call stack, in slots of 8 bytes. A frame counts its locals (parameters among them), its deepest operand stack, once more its
 * parameters and its results, which the engine passes on the stack when they are many, every value that it computes, because an
 * optimiser that sees it computed once more later keeps it over the calls between, and an overhead for what the engine adds:
 * return address, frame pointer, instance, and the locals of this instrumentation.
 *
 * V8 grants 984 KiB to everything on its stack. No shape of frame is known to need more than 8 bytes per slot, so that programs leave
 * 472 KiB to the JavaScript that calls them and that they call; test/plugin/cloud/runtime/stack.ts tries the worst shapes.
 */
export const stackLimits = {
  slots: 65_536,
  frameOverhead: 8,
  /** Frames of functions that call nothing are not counted up to this size: there can be only one at a time. */
  uncountedFrame: 512,
  /** Bytes of code up to which functions that call nothing need not look at the fuel counter on entry. */
  uncountedBody: 1_024,
} as const;
