/**
 * node scripts/build-kernels.ts [copy]: compiles the proving kernels from AssemblyScript to WebAssembly, unless that was done for
 * the sources as they are, and copies the module to `copy` if that is given.
 */
import { copyFile } from "node:fs/promises";

import { compileKernels } from "../plugin/zero/kernels/compile.ts";

const module = compileKernels();
const [copy] = process.argv.slice(2);
if (copy !== undefined) await copyFile(module, copy);
