/** Everything the host calls. A kernel `f(start, end, …)` works on a range, so that threads share one call. */
export { configure } from "./configure";
export { heapBase } from "./thread";
export * from "./vector";
export { allowFused } from "./paired-product";
export * from "./transform";
export { matrixProducts } from "./matrices";
export { runJobs } from "./jobs";
export * from "./fixed-base-groups";
export * from "./single";
