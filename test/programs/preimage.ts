import { expect } from "chai";
import { concat, getBytes, keccak256 } from "ethers";

import { machineProgram } from "../../plugin/zero/vm/machine-program.ts";
import { execute } from "../../plugin/zero/vm/executor.ts";
import { MachineTrap } from "../../plugin/zero/vm/trap.ts";
import { seeded } from "../seeded.ts";
import { prebuilt } from "./guest.ts";

const program = machineProgram({ name: "preimage", module: prebuilt("preimage") });
const SEED = "preimage";

describe(`programs: preimage (seed ${SEED})`, () => {
  const answer = (input: string, privateInput: Uint8Array): string =>
    new TextDecoder().decode(execute(program, { input: getBytes(input), privateInput }).journal);

  it("says whether the private input hashes to the challenge, around every edge of a block of Keccak", () => {
    const random = seeded(SEED);
    // 4,096 is what the SDK reads at a time.
    for (const length of [0, 1, 32, 135, 136, 137, 271, 272, 4_095, 4_096, 4_097]) {
      const secret = random.bytes(length);
      const input = concat([keccak256(secret), random.bytes(length % 72)]);
      expect(answer(input, secret), String(length)).to.equal("yes");
      expect(answer(input, random.bytes(length + 1)), String(length)).to.equal("no");
    }
  });

  it("refuses an input without a challenge", () => {
    for (const length of [0, 31]) {
      expect(() => answer(`0x${"00".repeat(length)}`, new Uint8Array()))
        .to.throw(MachineTrap)
        .that.satisfies((trap: MachineTrap) =>
          new TextDecoder()
            .decode(trap.log)
            .includes(`the input has ${length} bytes, and a challenge has 32`),
        );
    }
  });
});
