import { prepare, TABLES } from "./paired-product";
import { begin } from "./thread";

/** Called by the host, once on every thread, before anything else. The thread's room begins with the tables of paired products. */
export function configure(constants: usize, threadIndex: usize, stackBase: usize): void {
  begin(constants, threadIndex, stackBase + TABLES);
  prepare(stackBase);
}
