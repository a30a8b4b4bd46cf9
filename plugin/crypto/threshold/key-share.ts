import { inspect } from "node:util";

import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";

import { KeyError } from "./key-error.ts";

/** Bytes of a scalar of either suite, big-endian. */
export const SCALAR_BYTES = 32;

/**
 * A member's share of a group's secret key: f(index) for the polynomial f that nobody knows whole.
 *
 * The secret does not appear when the share is printed, logged or turned into JSON; it leaves only through `secret`
 * and `toBytes`. `destroy` overwrites it. (JavaScript cannot wipe the bigints that arithmetic makes of it on the way.)
 */
export class KeyShare {
  /** Position in the committee, from 1. */
  readonly index: number;
  readonly #secret: Uint8Array;
  #destroyed = false;

  /** @param secret a scalar, 0 < secret < the suite's order */
  constructor(index: number, secret: bigint) {
    if (!Number.isInteger(index) || index < 1 || index > 0xffff) {
      throw new KeyError("BAD_PARAMETER", `share index ${index} is not between 1 and 65535`);
    }
    if (secret <= 0n) {
      throw new KeyError("DEGENERATE_KEY", `the share of index ${index} is not a positive scalar`);
    }
    this.index = index;
    this.#secret = numberToBytesBE(secret, SCALAR_BYTES);
  }

  /** A share read back from where `toBytes` was kept (which must be encrypted). */
  static fromBytes(index: number, secret: Uint8Array): KeyShare {
    if (secret.length !== SCALAR_BYTES) {
      throw new KeyError("BAD_PARAMETER", `a share has ${SCALAR_BYTES} bytes, got ${secret.length}`);
    }
    return new KeyShare(index, bytesToNumberBE(secret));
  }

  /** The scalar itself; for arithmetic only. Throws SHARE_DESTROYED after `destroy`. */
  get secret(): bigint {
    return bytesToNumberBE(this.#alive());
  }

  /** The scalar as 32 bytes, to be kept encrypted. Throws SHARE_DESTROYED after `destroy`. */
  toBytes(): Uint8Array {
    return this.#alive().slice();
  }

  /** Overwrites the secret, once the share was replaced by a resharing. */
  destroy(): void {
    this.#secret.fill(0);
    this.#destroyed = true;
  }

  toJSON(): { index: number; secret: string } {
    return { index: this.index, secret: "[redacted]" };
  }

  toString(): string {
    return `KeyShare ${this.index} [redacted]`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  #alive(): Uint8Array {
    if (this.#destroyed) {
      throw new KeyError(
        "SHARE_DESTROYED",
        `the share of index ${this.index} was destroyed; use its successor`,
      );
    }
    return this.#secret;
  }
}
