import { keccak_256 } from "@noble/hashes/sha3.js";

import type { Head } from "../../../../plugin/cloud/storage/records.ts";
import type { State } from "../../../../plugin/cloud/storage/state.ts";

/** Commits the block that the script has for `height`: always the same, and different at every height. */
export async function commitScripted(state: State, height: number): Promise<Head> {
  const block = state.begin();
  for (const program of [0, 1, height % 5]) {
    const run = block.invocation(keccak_256(Uint8Array.of(program)));
    for (let i = 0; i < 20; i++) {
      const random = keccak_256(Uint8Array.of(height >> 8, height, program, i));
      const key = random.subarray(0, 1);
      if (random[1]! < 60) run.delete(key);
      else run.set(key, random.subarray(0, random[2]! % 33));
    }
    run.nextOutboundNonce();
    run.keep();
  }
  return block.commit(height);
}
