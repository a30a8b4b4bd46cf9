/**
 * Watches the reference executor and records every access. It computes nothing of its own: which cells an instruction accesses
 * follows from its operands, and what it left there is read when the next one begins.
 */
import { accessesOf, type AccessKind } from "./accesses.ts";
import { immediate } from "../vm/instruction.ts";
import type { Machine } from "../vm/executor.ts";
import type { Program } from "../vm/program.ts";
import { Execution, slots, timeOf } from "./execution.ts";

const pageBytes = 65_536;

/** Cells of one region, with the time of the last access to each. */
export interface Region {
  /** A cell is two entries, the low half first. */
  values: Int32Array;
  times: Uint32Array;
}

/** Pages made by one memory.grow: `from` up to, not including, `to`. */
export interface Growth {
  readonly from: number;
  readonly to: number;
  readonly time: number;
}

export class Recorder {
  readonly execution: Execution;
  readonly frames: Region;
  readonly memory: Region;
  readonly globals: Region;
  /** One cell. */
  readonly pages: Region;
  readonly input: Region;
  readonly privateInput: Region;
  readonly journal: Region;
  readonly scratch: Region;
  readonly growths: Growth[] = [];

  readonly #machine: Machine;
  readonly #kinds: readonly (AccessKind | undefined)[] = accessesOf;
  /** Halves of `execution.before`, `execution.after`. */
  #before = new Int32Array(0);
  #after = new Int32Array(0);
  /** Writes of the instruction that runs now: index of the access, region, cell. */
  readonly #written: { access: number; region: Region; cell: number }[];
  #writes = 0;
  #grows = false;
  /** Begins with the memory's times. */
  #timesRoom: Uint32Array;
  readonly #mostPages: number;

  constructor(program: Program, machine: Machine) {
    this.execution = new Execution(program);
    this.#machine = machine;
    const cells = machine.cells();
    this.frames = region(cells.frames);
    this.memory = region(machine.memory);
    this.#timesRoom = this.memory.times;
    this.#mostPages = program.pages.most;
    this.pages = region(new BigUint64Array([BigInt(program.pages.first)]));
    this.globals = region(cells.globals);
    this.input = region(cells.input);
    this.privateInput = region(cells.privateInput);
    this.journal = region(cells.journal);
    this.scratch = region(cells.scratch);
    this.#written = [0, 1].map(() => ({ access: 0, region: this.frames, cell: 0 }));
    this.#view();
  }

  /** Records the instruction that is about to run. */
  observe(pc: number, fp: number): void {
    this.#settle();
    const { execution, frames } = this;
    const step = execution.steps;
    if (step === execution.pc.length) {
      execution.grow(2 * step);
      this.#view();
    }
    execution.steps = step + 1;
    execution.pc[step] = pc;
    execution.fp[step] = fp;
    const { code } = execution.program;
    const op = code.op[pc]!;
    const kind = this.#kinds[op & ~immediate];
    if (kind === undefined) return;
    if (kind.readsA) this.#access(step, 0, frames, fp + code.a[pc]!, false);
    if (kind.readsB && (op & immediate) === 0) {
      this.#access(step, 1, frames, fp + Number(code.b[pc]!), false);
    }
    if (kind.other !== "none") this.#other(step, pc, fp, kind);
    if (kind.writesD) this.#access(step, 3, frames, fp + code.d[pc]!, true);
  }

  /** Ends the recording, after the last instruction. */
  finish(): void {
    this.#settle();
  }

  #other(step: number, pc: number, fp: number, { other, writesOther, bytes }: AccessKind): void {
    const { code } = this.execution.program;
    const c = code.c[pc]!;
    const a = this.#before[2 * slots * step]! >>> 0;
    switch (other) {
      case "none":
        return;
      case "operand c":
        return this.#access(step, 2, this.frames, fp + c, false);
      case "memory": {
        const address = a + c;
        // No shift: an address has 33 bits.
        const word = Math.floor(address / 8);
        const isCrossing = (address % 8) + bytes > 8;
        const slot = isCrossing && !writesOther ? 1 : 2;
        this.#access(step, slot, this.memory, word, writesOther);
        if (isCrossing) this.#access(step, slot + 1, this.memory, word + 1, writesOther);
        return;
      }
      case "globals":
        return this.#access(step, 2, this.globals, c, writesOther);
      case "pages":
        this.#grows = writesOther;
        return this.#access(step, 2, this.pages, 0, writesOther);
      case "linkage": {
        const cell = fp + code.d[pc]! + code.a[pc]!;
        this.#access(step, 2, this.frames, cell, writesOther);
        return this.#access(step, 3, this.frames, cell + 1, writesOther);
      }
      case "input":
      case "privateInput":
      case "journal":
      case "scratch":
        return this.#access(step, 2, this[other], a, writesOther);
    }
  }

  /** Records an access; one outside of what there is does no harm, because the executor is about to trap. */
  #access(step: number, slot: number, region: Region, cell: number, writes: boolean): void {
    const { execution } = this;
    const index = slots * step + slot;
    const { values, times } = region;
    const low = values[2 * cell]!;
    const high = values[2 * cell + 1]!;
    this.#before[2 * index] = low;
    this.#before[2 * index + 1] = high;
    if (writes) {
      const written = this.#written[this.#writes++]!;
      written.access = index;
      written.region = region;
      written.cell = cell;
    } else {
      this.#after[2 * index] = low;
      this.#after[2 * index + 1] = high;
    }
    execution.time[index] = times[cell]!;
    times[cell] = timeOf(step) + slot;
    execution.accessed[step]! |= 1 << slot;
  }

  /** Reads what the last instruction wrote. */
  #settle(): void {
    if (this.#grows) this.#settleGrowth();
    for (let i = 0; i < this.#writes; i++) {
      const { access, region, cell } = this.#written[i]!;
      this.#after[2 * access] = region.values[2 * cell]!;
      this.#after[2 * access + 1] = region.values[2 * cell + 1]!;
    }
    this.#writes = 0;
  }

  #settleGrowth(): void {
    this.#grows = false;
    const bytes = this.#machine.memory;
    const from = this.pages.values[0]!;
    const to = bytes.length / pageBytes;
    if (to === from) return;
    const time = timeOf(this.execution.steps - 1);
    const [before, words] = [this.memory.times.length, bytes.length / 8];
    if (words > this.#timesRoom.length) {
      // Twice as much as there was, as the machine does with memory.
      const room = new Uint32Array(Math.max(words, Math.min(2 * before, this.#mostPages * (pageBytes / 8))));
      room.set(this.memory.times);
      this.#timesRoom = room;
    }
    this.memory.values = new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / 4);
    this.memory.times = this.#timesRoom.fill(time, before, words).subarray(0, words);
    this.pages.values[0] = to;
    this.growths.push({ from, to, time });
  }

  #view(): void {
    this.#before = new Int32Array(this.execution.before.buffer);
    this.#after = new Int32Array(this.execution.after.buffer);
  }
}

function region({ buffer, byteOffset, byteLength }: Int32Array | BigUint64Array | Uint8Array): Region {
  return {
    values: new Int32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4),
    times: new Uint32Array(byteLength / 8),
  };
}

/** The value of a cell. */
export const cellOf = ({ values }: Region, cell: number): bigint =>
  (BigInt(values[2 * cell + 1]! >>> 0) << 32n) | BigInt(values[2 * cell]! >>> 0);
