/**
 * The reference executor of NVM: plain, and checked against V8. docs/zero/machine.md says what every instruction does.
 *
 * A cell is two neighbouring entries of an Int32Array, the low half first. Operands are read before anything is written, so an
 * instruction may write the cell it reads.
 */
import { immediate, opcodes } from "./instruction.ts";
import { highHalf, joined, lowHalf, mulHigh, populationCount, trailingZeros } from "./int64.ts";
import { machineLimits } from "./limits.ts";
import type { Program } from "./program.ts";
import { streamBytes, streamWords } from "./stream-words.ts";
import { MachineTrap, trapKinds, type TrapKind } from "./trap.ts";

export interface RunOptions {
  readonly input?: Uint8Array;
  readonly privateInput?: Uint8Array;
  /** Instructions after which a run is given up. */
  readonly steps?: number;
  /** Called before every instruction; slows a run down several times. */
  readonly observe?: (pc: number, fp: number) => void;
}

export interface RunResult {
  readonly journal: Uint8Array;
  readonly log: Uint8Array;
  /** Instructions executed. */
  readonly instructions: number;
}

/** The machine's memory besides linear memory, as it stands while the machine runs. */
export interface MachineCells {
  /** A cell is two entries, the low half first. */
  readonly frames: Int32Array;
  readonly globals: BigUint64Array;
  readonly input: BigUint64Array;
  readonly privateInput: BigUint64Array;
  readonly journal: BigUint64Array;
  readonly scratch: BigUint64Array;
}

/** Runs a program from its start. @throws MachineTrap for a run that cannot be proven; RangeError for too long an input */
export function execute(program: Program, options: RunOptions = {}): RunResult {
  const machine = new Machine(program, options);
  try {
    machine.run();
  } catch (error) {
    if (error instanceof MachineTrap) error.log = machine.log();
    throw error;
  }
  return { journal: machine.journal(), log: machine.log(), instructions: machine.instructions };
}

const pageBytes = 65_536;
/** Highest number of a journal word; word 0 is the length. */
const journalWords = machineLimits.streamBytes / 8;
/** As many as fd_read and fd_write gather. */
const scratchWords = 1_024;

/** A program with its memory. */
export class Machine {
  readonly #program: Program;
  readonly #options: RunOptions;
  readonly #steps: number;
  readonly #bLow: Int32Array;
  readonly #bHigh: Int32Array;
  readonly #cells = new Int32Array(2 * machineLimits.stackCells);
  readonly #globals: BigUint64Array;
  readonly #input: BigUint64Array;
  readonly #private: BigUint64Array;
  readonly #journal = new BigUint64Array(1 + journalWords);
  readonly #scratch = new BigUint64Array(scratchWords);
  /** With room for more than is in it. */
  #log = new Uint8Array(0);
  #logged = 0;
  /** As long as linear memory, at the beginning of a buffer that has room to grow. */
  #memory: DataView;
  /** Instructions executed so far. */
  instructions = 0;

  constructor(program: Program, options: RunOptions = {}) {
    this.#program = program;
    this.#options = options;
    this.#steps = options.steps ?? machineLimits.steps;
    this.#bLow = Int32Array.from(program.code.b, lowHalf);
    this.#bHigh = Int32Array.from(program.code.b, highHalf);
    this.#globals = new BigUint64Array(program.globals);
    this.#input = streamWords(options.input ?? new Uint8Array(0), "the input");
    this.#private = streamWords(options.privateInput ?? new Uint8Array(0), "the private input");
    const { first, words } = program.image;
    const memory = new ArrayBuffer(program.pages.first * pageBytes);
    new BigUint64Array(memory).set(words, first);
    this.#memory = new DataView(memory);
  }

  /** Linear memory as it is now. */
  get memory(): Uint8Array {
    return new Uint8Array(this.#memory.buffer, 0, this.#memory.byteLength);
  }

  /** The cells behind `memory`, for who records what a run does; not to be changed. */
  cells(): MachineCells {
    return {
      frames: this.#cells,
      globals: this.#globals,
      input: this.#input,
      privateInput: this.#private,
      journal: this.#journal,
      scratch: this.#scratch,
    };
  }

  journal(): Uint8Array {
    return streamBytes(this.#journal);
  }

  log(): Uint8Array {
    return this.#log.slice(0, this.#logged);
  }

  /** Executes from the program's start to its end. */
  run(): void {
    this.#execute(0, 0);
  }

  /**
   * Calls an exported function.
   *
   * @param parameters unsigned bits, an i32 below 2^32
   * @returns unsigned bits
   */
  invoke(name: string, parameters: readonly bigint[]): bigint[] {
    const entry = this.#program.entryPoints.get(name);
    if (entry === undefined) throw new Error(`the program has no function ${name}`);
    if (parameters.length !== entry.parameters) {
      throw new RangeError(`${name} takes ${entry.parameters} parameters, not ${parameters.length}`);
    }
    parameters.forEach((bits, i) => this.#setCell(i, bits));
    this.#setCell(entry.linkage, BigInt(this.#program.end));
    this.#setCell(entry.linkage + 1, 0n);
    this.#execute(entry.pc, 0);
    return Array.from({ length: entry.results }, (_, i) =>
      joined(this.#cells[2 * i]!, this.#cells[2 * i + 1]!),
    );
  }

  #setCell(index: number, bits: bigint): void {
    this.#cells[2 * index] = lowHalf(bits);
    this.#cells[2 * index + 1] = highHalf(bits);
  }

  #trap(kind: TrapKind, pc: number, detail = "", exitCode?: number): never {
    throw new MachineTrap(kind, detail, pc, this.#program.source, exitCode);
  }

  #execute(start: number, base: number): void {
    const { op, d: ds, a: as, c: cs } = this.#program.code;
    const bLow = this.#bLow;
    const bHigh = this.#bHigh;
    const cells = this.#cells;
    const { observe } = this.#options;
    const steps = this.#steps;
    let memory = this.#memory;
    let pc = start;
    let fp = base;
    let count = this.instructions;
    try {
      for (;;) {
        if (count >= steps) this.#trap("too many instructions", pc, `${steps} were executed`);
        if (observe !== undefined) observe(pc, fp);
        count++;
        const code = op[pc]!;
        const c = cs[pc]!;
        const ai = (fp + as[pc]!) << 1;
        const al = cells[ai]!;
        const ah = cells[ai + 1]!;
        let bl = bLow[pc]!;
        let bh = bHigh[pc]!;
        if ((code & immediate) === 0) {
          const bi = (fp + bl) << 1;
          bl = cells[bi]!;
          bh = cells[bi + 1]!;
        }
        let low = 0;
        let high = 0;
        switch (code & ~immediate) {
          case opcodes.mov:
            low = bl;
            high = bh;
            break;
          case opcodes.wrap:
            low = al;
            break;
          case opcodes.add32:
            low = (al + bl) | 0;
            break;
          case opcodes.add64:
            low = (al + bl) | 0;
            high = (ah + bh + (low >>> 0 < al >>> 0 ? 1 : 0)) | 0;
            break;
          case opcodes.sub32:
            low = (al - bl) | 0;
            break;
          case opcodes.sub64:
            low = (al - bl) | 0;
            high = (ah - bh - (al >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
            break;
          case opcodes.eq:
            low = al === bl && ah === bh ? 1 : 0;
            break;
          case opcodes.ne:
            low = al === bl && ah === bh ? 0 : 1;
            break;
          case opcodes.ltu:
            low = below(al, ah, bl, bh) ? 1 : 0;
            break;
          case opcodes.geu:
            low = below(al, ah, bl, bh) ? 0 : 1;
            break;
          case opcodes.lts32:
            low = al < bl ? 1 : 0;
            break;
          case opcodes.ges32:
            low = al < bl ? 0 : 1;
            break;
          case opcodes.lts64:
            low = belowSigned(al, ah, bl, bh) ? 1 : 0;
            break;
          case opcodes.ges64:
            low = belowSigned(al, ah, bl, bh) ? 0 : 1;
            break;
          case opcodes.select: {
            const ci = (fp + c) << 1;
            const holds = (cells[ci]! | cells[ci + 1]!) !== 0;
            low = holds ? al : bl;
            high = holds ? ah : bh;
            break;
          }
          case opcodes.and:
            low = al & bl;
            high = ah & bh;
            break;
          case opcodes.or:
            low = al | bl;
            high = ah | bh;
            break;
          case opcodes.xor:
            low = al ^ bl;
            high = ah ^ bh;
            break;
          case opcodes.shl32:
            low = al << bl;
            break;
          case opcodes.shru32:
            low = al >>> bl;
            break;
          case opcodes.shrs32:
            low = al >> bl;
            break;
          case opcodes.rotl32:
            low = (al << bl) | (al >>> -bl);
            if ((bl & 31) === 0) low = al;
            break;
          case opcodes.rotr32:
            low = (al >>> bl) | (al << -bl);
            if ((bl & 31) === 0) low = al;
            break;
          case opcodes.shl64: {
            const by = bl & 63;
            low = by < 32 ? al << by : 0;
            high = by === 0 ? ah : by < 32 ? (ah << by) | (al >>> (32 - by)) : al << (by - 32);
            break;
          }
          case opcodes.shru64: {
            const by = bl & 63;
            low = by === 0 ? al : by < 32 ? (al >>> by) | (ah << (32 - by)) : ah >>> (by - 32);
            high = by < 32 ? ah >>> by : 0;
            break;
          }
          case opcodes.shrs64: {
            const by = bl & 63;
            low = by === 0 ? al : by < 32 ? (al >>> by) | (ah << (32 - by)) : ah >> (by - 32);
            high = by < 32 ? ah >> by : ah >> 31;
            break;
          }
          case opcodes.rotl64:
          case opcodes.rotr64: {
            const by = (code & ~immediate) === opcodes.rotl64 ? bl & 63 : -bl & 63;
            const first = by < 32 ? al : ah;
            const second = by < 32 ? ah : al;
            const rest = by & 31;
            low = rest === 0 ? first : (first << rest) | (second >>> (32 - rest));
            high = rest === 0 ? second : (second << rest) | (first >>> (32 - rest));
            break;
          }
          case opcodes.ext8s32:
            low = (al << 24) >> 24;
            break;
          case opcodes.ext16s32:
            low = (al << 16) >> 16;
            break;
          case opcodes.ext8s64:
            low = (al << 24) >> 24;
            high = low >> 31;
            break;
          case opcodes.ext16s64:
            low = (al << 16) >> 16;
            high = low >> 31;
            break;
          case opcodes.ext32s64:
            low = al;
            high = al >> 31;
            break;
          case opcodes.clz32:
            low = Math.clz32(al);
            break;
          case opcodes.clz64:
            low = ah === 0 ? 32 + Math.clz32(al) : Math.clz32(ah);
            break;
          case opcodes.ctz32:
            low = trailingZeros(al);
            break;
          case opcodes.ctz64:
            low = al === 0 ? 32 + trailingZeros(ah) : trailingZeros(al);
            break;
          case opcodes.popcnt:
            low = populationCount(al) + populationCount(ah);
            break;
          case opcodes.mul32:
            low = Math.imul(al, bl);
            break;
          case opcodes.mul64:
            low = Math.imul(al, bl);
            high = (mulHigh(al, bl) + Math.imul(al, bh) + Math.imul(ah, bl)) | 0;
            break;
          case opcodes.divu:
          case opcodes.remu: {
            if ((bl | bh) === 0) this.#trap("integer divide by zero", pc);
            const wanted = (code & ~immediate) === opcodes.divu;
            if ((ah | bh) === 0) {
              low = (wanted ? (al >>> 0) / (bl >>> 0) : (al >>> 0) % (bl >>> 0)) | 0;
            } else {
              const x = joined(al, ah);
              const y = joined(bl, bh);
              const result = wanted ? x / y : x % y;
              low = lowHalf(result);
              high = highHalf(result);
            }
            break;
          }
          case opcodes.divs32:
            if (bl === 0) this.#trap("integer divide by zero", pc);
            if (al === -0x8000_0000 && bl === -1) this.#trap("integer overflow", pc);
            low = (al / bl) | 0;
            break;
          case opcodes.rems32:
            if (bl === 0) this.#trap("integer divide by zero", pc);
            low = (al % bl) | 0;
            break;
          case opcodes.divs64:
          case opcodes.rems64: {
            if ((bl | bh) === 0) this.#trap("integer divide by zero", pc);
            const x = BigInt.asIntN(64, joined(al, ah));
            const y = BigInt.asIntN(64, joined(bl, bh));
            const wanted = (code & ~immediate) === opcodes.divs64;
            if (wanted && y === -1n && x === -(1n << 63n)) this.#trap("integer overflow", pc);
            const result = BigInt.asUintN(64, wanted ? x / y : x % y);
            low = lowHalf(result);
            high = highHalf(result);
            break;
          }

          case opcodes.ld8u:
            low = memory.getUint8(this.#address(al, c, 1, pc));
            break;
          case opcodes.ld8s32:
            low = memory.getInt8(this.#address(al, c, 1, pc));
            break;
          case opcodes.ld8s64:
            low = memory.getInt8(this.#address(al, c, 1, pc));
            high = low >> 31;
            break;
          case opcodes.ld16u:
            low = memory.getUint16(this.#address(al, c, 2, pc), true);
            break;
          case opcodes.ld16s32:
            low = memory.getInt16(this.#address(al, c, 2, pc), true);
            break;
          case opcodes.ld16s64:
            low = memory.getInt16(this.#address(al, c, 2, pc), true);
            high = low >> 31;
            break;
          case opcodes.ld32u:
            low = memory.getInt32(this.#address(al, c, 4, pc), true);
            break;
          case opcodes.ld32s64:
            low = memory.getInt32(this.#address(al, c, 4, pc), true);
            high = low >> 31;
            break;
          case opcodes.ld64: {
            const address = this.#address(al, c, 8, pc);
            low = memory.getInt32(address, true);
            high = memory.getInt32(address + 4, true);
            break;
          }
          case opcodes.st8:
            memory.setUint8(this.#address(al, c, 1, pc), bl);
            pc++;
            continue;
          case opcodes.st16:
            memory.setUint16(this.#address(al, c, 2, pc), bl, true);
            pc++;
            continue;
          case opcodes.st32:
            memory.setInt32(this.#address(al, c, 4, pc), bl, true);
            pc++;
            continue;
          case opcodes.st64: {
            const address = this.#address(al, c, 8, pc);
            memory.setInt32(address, bl, true);
            memory.setInt32(address + 4, bh, true);
            pc++;
            continue;
          }

          case opcodes.gget:
            low = lowHalf(this.#globals[c]!);
            high = highHalf(this.#globals[c]!);
            break;
          case opcodes.gset:
            this.#globals[c] = joined(bl, bh);
            pc++;
            continue;
          case opcodes.input:
          case opcodes.private:
          case opcodes.jget:
          case opcodes.sget: {
            const word = this.#streamOf(code)[al >>> 0];
            if (word === undefined) this.#noWord(code, al >>> 0, pc);
            low = lowHalf(word);
            high = highHalf(word);
            break;
          }
          case opcodes.jset:
          case opcodes.sset: {
            const words = this.#streamOf(code);
            if (al >>> 0 >= words.length) this.#noWord(code, al >>> 0, pc);
            words[al >>> 0] = joined(bl, bh);
            pc++;
            continue;
          }
          case opcodes.msize:
            low = memory.byteLength / pageBytes;
            break;
          case opcodes.mgrow:
            low = this.#grow(al >>> 0);
            memory = this.#memory;
            break;
          case opcodes.log:
            this.#append(al >>> 0, bl >>> 0);
            pc++;
            continue;

          case opcodes.jmp:
            pc = c;
            continue;
          case opcodes.beq:
            pc = al === bl && ah === bh ? c : pc + 1;
            continue;
          case opcodes.bne:
            pc = al === bl && ah === bh ? pc + 1 : c;
            continue;
          case opcodes.bltu:
            pc = below(al, ah, bl, bh) ? c : pc + 1;
            continue;
          case opcodes.bgeu:
            pc = below(al, ah, bl, bh) ? pc + 1 : c;
            continue;
          case opcodes.blts32:
            pc = al < bl ? c : pc + 1;
            continue;
          case opcodes.bges32:
            pc = al < bl ? pc + 1 : c;
            continue;
          case opcodes.blts64:
            pc = belowSigned(al, ah, bl, bh) ? c : pc + 1;
            continue;
          case opcodes.bges64:
            pc = belowSigned(al, ah, bl, bh) ? pc + 1 : c;
            continue;
          case opcodes.jt:
            pc = c + Math.min(al >>> 0, bl >>> 0);
            continue;
          case opcodes.call: {
            const callee = fp + ds[pc]!;
            // b, the size of the frame, is a plain number; the cell it would name was read in vain.
            if (callee + bLow[pc]! > machineLimits.stackCells) {
              this.#trap("call stack exhausted", pc, `more than ${machineLimits.stackCells} cells`);
            }
            const linkage = (callee + as[pc]!) << 1;
            cells[linkage] = pc + 1;
            cells[linkage + 1] = 0;
            cells[linkage + 2] = fp;
            cells[linkage + 3] = 0;
            fp = callee;
            pc = c;
            continue;
          }
          case opcodes.ret:
            fp = cells[ai + 2]!;
            pc = al;
            continue;
          case opcodes.exit:
            if ((bl | bh) !== 0) {
              this.#trap("exit with an error", pc, `the program exited with code ${bl >>> 0}`, bl >>> 0);
            }
            return;
          case opcodes.trap:
            this.#trap(trapKinds[c]!, c === 0 ? pc : al - 1);
          // falls through: the line above throws
          default:
            throw new Error(
              `instruction ${pc} has the opcode 0x${code.toString(16)}, which NVM does not have`,
            );
        }
        const di = (fp + ds[pc]!) << 1;
        cells[di] = low;
        cells[di + 1] = high;
        pc++;
      }
    } finally {
      this.instructions = count;
    }
  }

  /** Checks an access of `width` bytes at `base + offset`, which has 33 bits. */
  #address(base: number, offset: number, width: number, pc: number): number {
    const address = (base >>> 0) + offset;
    if (address + width > this.#memory.byteLength) {
      const size = this.#memory.byteLength;
      this.#trap("out of bounds memory access", pc, `${width} bytes at ${address} of a memory of ${size}`);
    }
    return address;
  }

  #streamOf(code: number): BigUint64Array {
    switch (code & ~immediate) {
      case opcodes.input:
        return this.#input;
      case opcodes.private:
        return this.#private;
      case opcodes.jget:
      case opcodes.jset:
        return this.#journal;
      default:
        return this.#scratch;
    }
  }

  #noWord(code: number, index: number, pc: number): never {
    const opcode = code & ~immediate;
    if (opcode === opcodes.jset || opcode === opcodes.jget) {
      this.#trap("journal too long", pc, `at most ${machineLimits.streamBytes} bytes are taken`);
    }
    throw new Error(`the WASI routines asked for word ${index}, which does not exist`);
  }

  /** The number of pages before, or -1 when there would be too many. */
  #grow(pages: number): number {
    const before = this.#memory.byteLength / pageBytes;
    if (before + pages > this.#program.pages.most) return -1;
    if (pages === 0) return before;
    const bytes = (before + pages) * pageBytes;
    let { buffer } = this.#memory;
    if (bytes > buffer.byteLength) {
      // Twice as much as there was: allocators that ask for a page at a time would have all copied a thousand times.
      const most = this.#program.pages.most * pageBytes;
      buffer = new ArrayBuffer(Math.min(most, Math.max(bytes, 2 * buffer.byteLength)));
      new Uint8Array(buffer).set(this.memory);
    }
    this.#memory = new DataView(buffer, 0, bytes);
    return before;
  }

  /** Keeps bytes of memory, which the routines have checked, up to the limit of the log. */
  #append(address: number, length: number): void {
    const kept = Math.min(length, machineLimits.logBytes - this.#logged);
    const end = this.#logged + kept;
    if (end > this.#log.length) {
      const grown = new Uint8Array(Math.min(machineLimits.logBytes, Math.max(end, 2 * this.#log.length)));
      grown.set(this.#log);
      this.#log = grown;
    }
    this.#log.set(this.memory.subarray(address, address + kept), this.#logged);
    this.#logged = end;
  }
}

const below = (al: number, ah: number, bl: number, bh: number): boolean =>
  ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0;

const belowSigned = (al: number, ah: number, bl: number, bh: number): boolean =>
  ah === bh ? al >>> 0 < bl >>> 0 : ah < bh;
