import { toBinary } from "./bytes.ts";
import type { AppliedChanges } from "./changes.ts";
import { Invocation, type InvocationResult } from "./invocation.ts";
import type { Write } from "./key-value-store.ts";
import type { Account, Changes, Head, ProgramChanges } from "./records.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** The committed state beneath a block. */
export interface BlockBase {
  account(programId: string): Account | undefined;
  keys(programId: string): SortedKeys | undefined;
  value(programId: string, key: string): Uint8Array | undefined;
  apply(changes: Changes): AppliedChanges;
  commit(height: number, contents: BlockContents, records: readonly Write[]): Promise<Head>;
  end(): void;
}

/** What a block hands to the state when it is committed. */
export interface BlockContents {
  /** All keys of each program that the block changed. */
  readonly keys: ReadonlyMap<string, SortedKeys>;
  readonly applied: AppliedChanges;
}

/**
 * A block in the making: invocations, one after the other, on top of the committed state. Nothing of it is visible
 * outside, or on disk, before `commit`.
 */
export class Block {
  readonly #base: BlockBase;
  readonly #changes: Changes = new Map();
  readonly #keys = new Map<string, SortedKeys>();
  #applied: AppliedChanges | undefined;
  #invocation: Invocation | undefined;
  #open = true;

  constructor(base: BlockBase) {
    this.#base = base;
  }

  /** Begins a run of the program with the 32-byte id `programId`. The one before must have been kept or discarded. */
  invocation(programId: Uint8Array): Invocation {
    this.#requireIdle();
    const program = binaryProgramId(programId);
    const changes = this.#changes.get(program);
    const invocation = new Invocation(
      {
        value: (key) =>
          changes?.values.has(key) === true ? changes.values.get(key) : this.#base.value(program, key),
        keys: this.#keys.get(program) ?? this.#base.keys(program) ?? new SortedKeys(),
        outboundNonce: this.#outboundNonce(program),
      },
      (result) => {
        this.#invocation = undefined;
        if (result !== undefined) this.#keep(program, changes, result);
      },
    );
    this.#invocation = invocation;
    return invocation;
  }

  /**
   * Changes an account that no program has, for whoever runs the programs; what programs are limited to does not apply.
   *
   * @param accountId 32 bytes
   * @param values new values by key, which is a binary string; undefined removes one
   */
  write(accountId: Uint8Array, values: ReadonlyMap<string, Uint8Array | undefined>): void {
    this.#requireIdle();
    const account = binaryProgramId(accountId);
    const keys = (this.#keys.get(account) ?? this.#base.keys(account) ?? new SortedKeys()).clone();
    for (const [key, value] of values) {
      if (value === undefined) keys.delete(key);
      else keys.add(key);
    }
    this.#keep(account, this.#changes.get(account), {
      values,
      keys,
      outboundNonce: this.#outboundNonce(account),
    });
  }

  /** Root of the state trie as it will be after this block. Costs the hashing that `commit` then need not repeat. */
  stateRoot(): Uint8Array {
    this.#requireIdle();
    return this.#apply().stateRoot;
  }

  /**
   * Makes this block the head: one atomic write, durable when the promise resolves. After a rejection nothing has
   * changed and the block can be committed again.
   * @param height above the present head's
   * @param records what else the application writes with the block, under keys of `applicationKey`
   */
  async commit(height: number, records: readonly Write[] = []): Promise<Head> {
    this.#requireIdle();
    const applied = this.#apply();
    this.#open = false;
    try {
      return await this.#base.commit(height, { keys: this.#keys, applied }, records);
    } catch (error) {
      this.#open = true;
      throw error;
    }
  }

  /** Drops the block with everything in it. */
  discard(): void {
    if (!this.#open) throw new Error("This block has been committed or discarded.");
    this.#open = false;
    this.#base.end();
  }

  #outboundNonce(program: string): number {
    return this.#changes.get(program)?.outboundNonce ?? this.#base.account(program)?.outboundNonce ?? 0;
  }

  #apply(): AppliedChanges {
    return (this.#applied ??= this.#base.apply(this.#changes));
  }

  #keep(program: string, changes: ProgramChanges | undefined, result: InvocationResult): void {
    if (!this.#open) throw new Error("The block of this invocation has been discarded.");
    this.#applied = undefined;
    this.#keys.set(program, result.keys);
    if (changes === undefined) {
      this.#changes.set(program, { values: new Map(result.values), outboundNonce: result.outboundNonce });
      return;
    }
    for (const [key, value] of result.values) changes.values.set(key, value);
    changes.outboundNonce = result.outboundNonce;
  }

  #requireIdle(): void {
    if (!this.#open) throw new Error("This block has been committed or discarded; begin another one.");
    if (this.#invocation !== undefined) {
      throw new Error("An invocation of this block is still open; keep or discard it first.");
    }
  }
}

/** A program id as a binary string. Throws RangeError unless it has 32 bytes. */
export function binaryProgramId(programId: Uint8Array): string {
  if (programId.length !== 32)
    throw new RangeError(`A program id has 32 bytes, this one has ${programId.length}.`);
  return toBinary(programId);
}
