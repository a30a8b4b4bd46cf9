import { suiteError } from "./suite-errors.ts";

/** What a call reverted with, as a node tells it; undefined when the error is of another kind. */
export function revertDataOf(error: unknown): string | undefined {
  const { data } = error as { data?: unknown };
  // Some nodes wrap it.
  const returned = typeof data === "object" && data !== null && "data" in data ? data.data : data;
  return typeof returned === "string" && /^0x([0-9a-f]{2}){4,}$/i.test(returned) ? returned : undefined;
}

/** Whether a call reverted with the suite's error of this name. */
export function revertedWith(error: unknown, name: string): boolean {
  const data = revertDataOf(error);
  return data !== undefined && suiteError(data)?.startsWith(`${name}(`) === true;
}
