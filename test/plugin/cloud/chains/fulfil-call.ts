import { expect } from "chai";
import { hexlify, Interface } from "ethers";
import fc from "fast-check";

import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import { encodeFulfil } from "../../../../plugin/cloud/chains/fulfil-call.ts";
import { Outcome } from "../../../../plugin/contracts/digests.ts";

const SEED = 61;
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => hexlify(bytes));
const number = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const answer = fc.record({
  request: fc.record({
    cloudId: hex(32),
    programId: hex(32),
    requester: hex(20),
    nonce: number(64),
    fee: number(96),
    deadline: number(40),
    callbackGas: number(32),
    fuelLimit: number(64),
    outputLimit: number(32),
    inputHash: hex(32),
  }),
  outcome: fc.constantFrom(...Object.values(Outcome)),
  output: fc.uint8Array({ maxLength: 100 }),
});
const header = fc.record({
  height: number(64),
  stateRoot: hex(32),
  resultsHash: hex(32),
  callsHash: hex(32),
});
const gateway = new Interface(loadArtifact("NexusGateway").abi);

describe(`plugin/cloud/chains/fulfil-call (seed ${SEED})`, () => {
  it("is what the gateway's interface makes of the same arguments", () => {
    fc.assert(
      fc.property(
        hex(32),
        number(64),
        header,
        fc.array(answer, { maxLength: 5 }),
        fc.uint8Array({ maxLength: 100 }),
        (cloudId, epoch, header, answers, signature) => {
          const { selector } = gateway.getFunction("fulfil")!;
          const encoded = hexlify(encodeFulfil(cloudId, epoch, header, answers, signature));
          expect(selector + encoded.slice(2)).to.equal(
            gateway.encodeFunctionData("fulfil", [cloudId, epoch, header, answers, signature]),
          );
        },
      ),
      { seed: SEED },
    );
  });

  it("refuses a number that its field cannot hold", () => {
    const word = `0x${"00".repeat(32)}`;
    const zero = { height: 0n, stateRoot: word, resultsHash: word, callsHash: word };
    expect(() => encodeFulfil(word, 2n ** 64n, zero, [], new Uint8Array())).to.throw(RangeError, "uint64");
  });
});
