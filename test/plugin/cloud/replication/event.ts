import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";

import { decodeBlock, encodeBlock } from "../../../../plugin/cloud/replication/block.ts";
import {
  decodeEvent,
  encodeEvent,
  eventId,
  isBefore,
  type CloudEvent,
} from "../../../../plugin/cloud/replication/event.ts";

const SEED = 20;
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((b) => hexlify(b));
const bytes = fc.uint8Array({ maxLength: 200 });
const number = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const origin = {
  chainId: number,
  place: fc.record({ block: number, logIndex: fc.nat() }),
  timestamp: number,
};
const event: fc.Arbitrary<CloudEvent> = fc.oneof(
  fc.record({ kind: fc.constant("program" as const), module: bytes }),
  fc.record({ kind: fc.constant("chain" as const), chainId: number, gateway: hex(20), callGasPrice: number }),
  fc.record({ kind: fc.constant("removal" as const), chainId: number, gateway: hex(20) }),
  fc.record({ kind: fc.constant("skip" as const), eventId: hex(32), programId: hex(32) }),
  fc.record({ kind: fc.constantFrom("pause" as const, "resume" as const), chainId: number }),
  fc.record({ kind: fc.constant("epoch" as const), ...origin, epoch: number }),
  fc.record({
    kind: fc.constant("log" as const),
    ...origin,
    programIds: fc.array(hex(32), { maxLength: 3 }),
    emitter: hex(20),
    topics: fc.array(hex(32), { maxLength: 4 }),
    data: bytes,
  }),
  fc.record({
    kind: fc.constant("log" as const),
    ...origin,
    programIds: fc.array(hex(32), { maxLength: 3 }),
    emitter: hex(20),
    topics: fc.array(hex(32), { maxLength: 4 }),
    data: bytes,
    funds: fc.record({ programId: hex(32), amount: number }),
  }),
  fc.record({ kind: fc.constant("funds" as const), ...origin, programId: hex(32), amount: number }),
  fc.record({
    kind: fc.constant("request" as const),
    ...origin,
    requestId: hex(32),
    request: fc.record({
      cloudId: hex(32),
      programId: hex(32),
      requester: hex(20),
      nonce: number,
      fee: number,
      deadline: number,
      callbackGas: number,
      fuelLimit: number,
      outputLimit: number,
      inputHash: hex(32),
    }),
    input: bytes,
  }),
);

describe(`plugin/cloud/replication/event (seed ${SEED})`, () => {
  it("decodes what it encoded, and to the same bytes again", () => {
    fc.assert(
      fc.property(event, (one) => {
        const encoded = encodeEvent(one);
        expect(decodeEvent(encoded)).to.deep.equal(one);
        expect(encodeEvent(decodeEvent(encoded))).to.deep.equal(encoded);
      }),
      { seed: SEED },
    );
  });

  it("gives different events different ids", () => {
    fc.assert(
      fc.property(event, event, (a, b) => {
        const same = hexlify(encodeEvent(a)) === hexlify(encodeEvent(b));
        expect(eventId(a) === eventId(b)).to.equal(same);
      }),
      { seed: SEED },
    );
  });

  it("refuses or canonicalises bytes that were cut or changed: no two encodings of one event", () => {
    fc.assert(
      fc.property(event, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, where, flip) => {
        const encoded = encodeEvent(one);
        expect(() => decodeEvent(encoded.subarray(0, where % encoded.length))).to.throw();
        const changed = encoded.slice();
        changed[where % encoded.length]! ^= flip;
        let other: CloudEvent;
        try {
          other = decodeEvent(changed);
        } catch {
          return;
        }
        expect(encodeEvent(other)).to.deep.equal(changed);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("orders places by block, then by index", () => {
    expect(isBefore({ block: 1n, logIndex: 9 }, { block: 2n, logIndex: 0 })).to.equal(true);
    expect(isBefore({ block: 2n, logIndex: 0 }, { block: 2n, logIndex: 1 })).to.equal(true);
    expect(isBefore({ block: 2n, logIndex: 1 }, { block: 2n, logIndex: 1 })).to.equal(false);
  });
});

describe(`plugin/cloud/replication/block (seed ${SEED})`, () => {
  const block = fc.record({
    height: fc.integer({ min: 1 }),
    previousSignature: fc.uint8Array({ maxLength: 96 }),
    events: fc.array(event, { maxLength: 4 }),
  });

  it("decodes what it encoded", () => {
    fc.assert(
      fc.property(block, (one) => {
        expect(decodeBlock(encodeBlock(one))).to.deep.equal(one);
      }),
      { seed: SEED },
    );
  });

  it("refuses what is no block", () => {
    for (const bad of ["0x", "0x80", "0xc0", "0xc20102", "0xc3010280", "0xc4010280ff"]) {
      expect(() => decodeBlock(Buffer.from(bad.slice(2), "hex")), bad).to.throw();
    }
  });
});
