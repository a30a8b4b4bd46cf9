/** Runs prepared programs: one fresh instance per invocation, nothing shared between runs but the compiled code and cleared memory. */
import { hexToBytes } from "@noble/hashes/utils.js";

import { engine, type EngineExports, type EngineGlobal, type EngineMemory } from "../../wasm/engine.ts";
import { GuestFault, GuestMemory } from "../../wasm/guest-memory.ts";
import { wasiFunctions, wasiModule, type WasiWork, type WasiWorld } from "../../wasm/wasi.ts";
import { Outcome } from "../../contracts/digests.ts";
import { NexusHost, nexusModule } from "./host.ts";
import { outOfHostMemory } from "./rewrite-function.ts";
import type { ExecutionResult, Invocation, Trap } from "./invocation.ts";
import { executionLimits, fuelPer, stackLimits, type ExecutionLimits } from "./limits.ts";
import { memoryImport, type PreparedProgram } from "./prepare.ts";
import { MachineTooSmallError, Stop } from "./stop.ts";
import { randomStream, Sink, Source } from "./streams.ts";
import { callStackTrap, describeTrap } from "./trap.ts";

/**
 * Runs a program to its end. Synchronous; the same program and invocation give the same result on every machine.
 *
 * @throws MachineTooSmallError when this machine, not the program, is at fault: there is no result then
 * @throws RangeError when the invocation itself is malformed
 */
export function execute(program: PreparedProgram, invocation: Invocation): ExecutionResult {
  if (invocation.randomness.length !== 32) {
    throw new RangeError(`randomness must have 32 bytes, not ${invocation.randomness.length}`);
  }
  const run = new Run(program, invocation);
  const result = run.run();
  run.giveBackMemory();
  return result;
}

const wasiFuel: Readonly<Record<WasiWork, number>> = {
  call: fuelPer.hostCall,
  buffer: fuelPer.hostBuffer,
  byte: fuelPer.hostByte,
  fault: fuelPer.hostFault,
};

class Run {
  readonly #program: PreparedProgram;
  readonly #limits: ExecutionLimits;
  readonly #nexus: NexusHost;
  readonly #input: Source;
  readonly #privateInput = new Source(new Uint8Array(0));
  readonly #output = new Sink();
  readonly #log = new Sink();
  readonly #random: (length: number) => Uint8Array;
  #engineMemory: EngineMemory | undefined;
  #memory!: GuestMemory;
  #fuel!: EngineGlobal<bigint>;
  #stack!: EngineGlobal<bigint>;

  constructor(program: PreparedProgram, invocation: Invocation) {
    this.#program = program;
    this.#limits = { ...executionLimits, ...invocation.limits };
    this.#input = new Source(invocation.input);
    this.#random = randomStream(invocation.randomness);
    this.#nexus = new NexusHost(
      invocation,
      hexToBytes(program.programId.slice(2)),
      this.#limits,
      () => this.#memory,
      (units) => this.#charge(units),
    );
  }

  run(): ExecutionResult {
    const instanceFuel = BigInt(this.#program.instanceFuel);
    if (instanceFuel > this.#limits.fuel) return this.#stopped(Stop.outOfFuel());
    try {
      const exports = this.#instantiate();
      this.#fuel = exports[this.#program.fuelExport] as EngineGlobal<bigint>;
      this.#stack = exports[this.#program.stackExport] as EngineGlobal<bigint>;
      this.#fuel.value = this.#limits.fuel - instanceFuel;
      this.#stack.value = BigInt(stackLimits.slots);
      const { startExport } = this.#program;
      if (startExport !== undefined) (exports[startExport] as () => void)();
      (exports["_start"] as () => void)();
    } catch (error) {
      return this.#ended(error);
    }
    if (this.#fuel.value < 0n) return this.#stopped(Stop.outOfFuel());
    return this.#stopped(Stop.exit(0));
  }

  /** Nothing of the run, its result excepted, may be used afterwards. */
  giveBackMemory(): void {
    if (this.#engineMemory !== undefined) this.#program.memory.giveBack(this.#engineMemory);
    this.#engineMemory = undefined;
  }

  #instantiate(): EngineExports {
    try {
      this.#engineMemory = this.#program.memory.take();
      this.#memory = new GuestMemory(this.#engineMemory);
      const imports = {
        [wasiModule]: wasiFunctions(() => this.#memory, this.#wasi()),
        [nexusModule]: { ...this.#nexus.functions(), [memoryImport.name]: this.#engineMemory },
      };
      return new engine.Instance(this.#program.compiled, imports).exports;
    } catch (error) {
      // The memory could not be allocated. Segments that do not fit are RuntimeErrors, and the program's fault.
      if (error instanceof RangeError) throw new MachineTooSmallError(error.message);
      throw error;
    }
  }

  #charge(units: number): void {
    const left = this.#fuel.value - BigInt(units);
    this.#fuel.value = left;
    if (left < 0n) throw Stop.outOfFuel();
  }

  #wasi(): WasiWorld {
    return {
      charge: (work, count) => this.#charge(count * wasiFuel[work]),
      read: (descriptor, capacity) => (descriptor === 0 ? this.#input : this.#privateInput).take(capacity),
      write: (descriptor, bytes) => {
        if (descriptor === 1) {
          const length = this.#output.length + bytes.length;
          if (length > this.#limits.outputBytes)
            throw Stop.limit("bytes of output", length, this.#limits.outputBytes);
          this.#output.append(bytes);
        } else {
          this.#log.append(bytes.subarray(0, this.#limits.logBytes - this.#log.length));
        }
      },
      random: (length) => {
        this.#charge(length * fuelPer.randomByte);
        return this.#random(length);
      },
      exit: (code) => {
        throw Stop.exit(code);
      },
    };
  }

  /** What the exception that left the program means. */
  #ended(error: unknown): ExecutionResult {
    if (error instanceof Stop) return this.#stopped(error, error);
    if (error instanceof GuestFault) return this.#stopped(Stop.badArgument(error.message), error);
    // V8 reports its own stack overflow so; ours traps long before.
    if (error instanceof RangeError) throw new MachineTooSmallError(error.message);
    if (!(error instanceof engine.RuntimeError)) throw error;
    const fuel = this.#fuel?.value ?? 0n;
    if (fuel === outOfHostMemory) throw new MachineTooSmallError("its memory cannot grow");
    if (fuel < 0n) return this.#stopped(Stop.outOfFuel(), error);
    const kind = (this.#stack?.value ?? 0n) < 0n ? callStackTrap : undefined;
    return this.#result(Outcome.Trapped, undefined, describeTrap(error, this.#program.functionNames, kind));
  }

  #stopped(stop: Stop, error?: Error): ExecutionResult {
    const trap =
      stop.exitCode === undefined
        ? describeTrap(error ?? stop, this.#program.functionNames, stop.message)
        : undefined;
    return this.#result(stop.outcome, stop.exitCode, trap);
  }

  #result(outcome: Outcome, exitCode: number | undefined, trap: Trap | undefined): ExecutionResult {
    const success = outcome === Outcome.Success;
    const everything = outcome === Outcome.Trapped || outcome === Outcome.OutOfFuel;
    return {
      outcome,
      exitCode,
      output: this.#output.bytes(),
      log: this.#log.bytes(),
      fuelUsed: this.#limits.fuel - (everything ? 0n : this.#fuel.value),
      trap,
      writes: success ? this.#nexus.storage.writes() : [],
      calls: success ? this.#nexus.calls : [],
    };
  }
}
