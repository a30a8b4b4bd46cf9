import { randomBytes } from "node:crypto";

import { r } from "./scalar-field.ts";

/** A uniform element of the field, from the system's generator; 48 bytes make the bias of the remainder 2^-130. */
export function randomElement(): bigint {
  return BigInt(`0x${randomBytes(48).toString("hex")}`) % r;
}
