import type { LoadedProgram } from "../../programs/load.ts";
import { productionShape } from "../circuit/production-circuit.ts";
import { machineProgram } from "../vm/machine-program.ts";
import { checkMemory, memoryNeeded } from "../prover/memory-need.ts";
import { layOutSlabs, powersNeeded } from "../prover/slab-layout.ts";
import { runSize, type RunSize } from "../tables/run-size.ts";
import { unprovable } from "./zero-prover.ts";

/** Of the kernels' memory, and of a power of τ in it. */
const mostBytes = 2 ** 32;
const powerBytes = 64;

/**
 * Runs a program once, so that a run that cannot be proven is refused before anything is made for its proof: a key, a trace, memory.
 * Takes a second for the longest runs that a proof has room for, and so for endless ones.
 *
 * @param memory bytes that a proof can have; what the system has left when nothing is said
 * @throws Error saying in one sentence why there is no proof
 */
export function foreseeRun(
  loaded: LoadedProgram,
  input: Uint8Array,
  privateInput: Uint8Array,
  memory = process.availableMemory(),
): RunSize {
  const program = machineProgram(loaded);
  try {
    const size = runSize(program, { input, privateInput });
    const layout = layOutSlabs(productionShape, size.heights);
    const key = powersNeeded(layout.slabBits) * powerBytes;
    const needed = key + memoryNeeded(productionShape, size.heights, layout);
    checkMemory(needed, Math.min(memory, mostBytes));
    return size;
  } catch (error) {
    throw unprovable(loaded.name, error);
  }
}
