/**
 * What a thread has of its own. All threads run this module over one memory; globals of the module are each thread's own.
 *
 * The host writes the constants once, and gives every thread a stack for temporaries that do not fit into locals.
 */

// Offsets into the constants, in bytes. The same list is in ../layout.ts.
export const ZERO: usize = 0;
/** The number 1, not in Montgomery form. */
export const UNIT: usize = 32;
export const ONE_FR: usize = 64;
export const R_SQUARED_FR: usize = 96;
export const ONE_FQ: usize = 128;
export const R_SQUARED_FQ: usize = 160;

let constantsAt: usize = 0;
let index: usize = 0;
let stack: usize = 0;

/** Says where the constants are, which thread this is, and where its temporaries begin; once, before anything else. */
export function begin(constants: usize, threadIndex: usize, temporaries: usize): void {
  constantsAt = constants;
  index = threadIndex;
  stack = temporaries;
}

/** The first free byte of memory: behind the module's own data. */
export function heapBase(): usize {
  return __heap_base;
}

export function constants(): usize {
  return constantsAt;
}

/** Number of this thread, from 0. A kernel that reduces to one value writes it at its own place. */
export function thread(): usize {
  return index;
}

/** Room for temporaries, until the same number of bytes is popped. */
export function push(bytes: usize): usize {
  const at = stack;
  stack += bytes;
  return at;
}

export function pop(bytes: usize): void {
  stack -= bytes;
}
