import { expect } from "chai";
import { hexlify, Interface } from "ethers";
import fc from "fast-check";

import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import { readRequested } from "../../../../plugin/cloud/chains/requested-log.ts";

const SEED = 37;
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => hexlify(bytes));
const number = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const arbitrary = fc.record({
  requestId: hex(32),
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
  input: fc.uint8Array({ maxLength: 200 }),
});
const gateway = new Interface(loadArtifact("NexusGateway").abi);

/** The log that the gateway would make. */
function logOf({ requestId, request, input }: typeof arbitrary extends fc.Arbitrary<infer T> ? T : never) {
  return gateway.encodeEventLog("Requested", [requestId, request.cloudId, request.requester, request, input]);
}

describe(`plugin/cloud/chains/requested-log (seed ${SEED})`, () => {
  it("reads what the gateway's interface wrote", () => {
    fc.assert(
      fc.property(arbitrary, (requested) => {
        expect(readRequested(logOf(requested))).to.deep.equal(requested);
      }),
      { seed: SEED },
    );
  });

  it("refuses a log that was cut or prolonged, or is another's", () => {
    fc.assert(
      fc.property(arbitrary, fc.nat(), (requested, where) => {
        const { topics, data } = logOf(requested);
        const cut = `0x${data.slice(2, 2 + 2 * (where % (data.length / 2 - 1)))}`;
        expect(() => readRequested({ topics, data: cut })).to.throw("Requested log");
        expect(() => readRequested({ topics, data: `${data}00` })).to.throw("Requested log");
        expect(() => readRequested({ topics: topics.slice(1), data })).to.throw("Requested log");
      }),
      { seed: SEED },
    );
  });
});
