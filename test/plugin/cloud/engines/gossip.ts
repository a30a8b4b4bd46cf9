import { expect } from "chai";
import { getBytes, hexlify } from "ethers";

import { IdentityKey, IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import {
  decodeGossip,
  encodeGossip,
  LONGEST_GOSSIP,
  type Gossip,
} from "../../../../plugin/cloud/engines/gossip.ts";
import { encode, integer } from "../../../../plugin/cloud/replication/structure.ts";
import { seeded } from "../../../seeded.ts";
import { CLOUD } from "../replication/events.ts";

const random = seeded("gossip");
const secrets = Array.from({ length: 4 }, () => new IdentitySecret(random.bytes(32)));
const keys = secrets.map(({ publicKey }) => new IdentityKey(publicKey));
const decoded = (bytes: Uint8Array, cloud = CLOUD): Gossip =>
  decodeGossip(cloud, bytes, ({ epoch, index }) => (epoch === 7n ? keys[index - 1] : undefined));

const statement: Gossip = {
  kind: "statement",
  epoch: 7n,
  index: 2,
  height: 300,
  blockHash: hexlify(random.bytes(32)),
  signature: hexlify(random.bytes(65)),
  partials: [random.bytes(64), random.bytes(64)],
};
const heads: Gossip = {
  kind: "heads",
  epoch: 7n,
  index: 2,
  heads: new Map([
    [1n, 20_000_000n],
    [10n, 0n],
  ]),
};

const approvals: Gossip = {
  kind: "approvals",
  epoch: 7n,
  index: 2,
  time: 1_800_000_000_000n,
  events: [hexlify(random.bytes(32)), hexlify(random.bytes(32))],
};
const wake: Gossip = { kind: "wake", epoch: 7n, index: 2, height: 2n ** 40n };
const partial: Gossip = {
  kind: "partial",
  epoch: 7n,
  index: 2,
  time: 1_800_000_000_001n,
  digest: hexlify(random.bytes(32)),
  signature: random.bytes(64),
};

describe('plugin/cloud/engines/gossip (seed "gossip")', () => {
  for (const gossip of [statement, heads, approvals, wake, partial]) {
    const bytes = encodeGossip(CLOUD, secrets[1]!, gossip);

    it(`reads back a ${gossip.kind}`, () => {
      expect(decoded(bytes)).to.deep.equal(gossip);
    });

    it(`refuses a ${gossip.kind} with any bit changed, and any part of one`, () => {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => decoded(changed), `bit ${bit}`).to.throw();
      }
      for (let length = 0; length < bytes.length; length++)
        expect(() => decoded(bytes.subarray(0, length)), `${length} bytes`).to.throw();
      expect(() => decoded(Uint8Array.of(...bytes, 0))).to.throw();
    });

    it(`refuses a ${gossip.kind} in another's name, of another epoch, for another cloud`, () => {
      for (const index of [0, 1, 3, 4, 5, 2 ** 53]) {
        expect(() => decoded(encodeGossip(CLOUD, secrets[1]!, { ...gossip, index })), String(index)).to.throw(
          /did not sign this|has no member/,
        );
      }
      expect(() => decoded(encodeGossip(CLOUD, secrets[1]!, { ...gossip, epoch: 8n }))).to.throw(/no member/);
      expect(() => decoded(bytes, `0x${"00".repeat(32)}`)).to.throw(/did not sign this/);
    });
  }

  it("names chains in ascending order, in whatever order a node came to see them", () => {
    const seen = new Map([...(heads as { heads: ReadonlyMap<bigint, bigint> }).heads].reverse());
    const bytes = encodeGossip(CLOUD, secrets[1]!, { ...heads, heads: seen } as Gossip);
    expect(decoded(bytes)).to.deep.equal(heads);
    expect(bytes).to.deep.equal(encodeGossip(CLOUD, secrets[1]!, heads));
  });

  it("refuses chains out of order or twice, another kind, heights beyond all numbers, and what is too long", () => {
    const signed = (kind: number, body: Parameters<typeof encode>[0]): Uint8Array => {
      const said = [integer(kind), integer(7), integer(2), integer(0), body];
      const message = Buffer.concat([Buffer.from("Nexus gossip v1"), getBytes(CLOUD), encode(said)]);
      return encode([...said, secrets[1]!.sign(message)]);
    };
    const pair = (chainId: number, head: number) => [integer(chainId), integer(head)];
    expect(decoded(signed(1, [pair(1, 2)]))).to.deep.include({ kind: "heads" });
    expect(() => decoded(signed(1, [pair(2, 1), pair(1, 1)]))).to.throw(/ascending/);
    expect(() => decoded(signed(1, [pair(1, 1), pair(1, 1)]))).to.throw(/ascending/);
    expect(() => decoded(signed(5, [pair(1, 1)]))).to.throw(/no known kind/);
    expect(() => decoded(signed(4, [integer(1), integer(1), hexlify(random.bytes(64))]))).to.throw(
      /digest has 32 bytes/,
    );
    expect(() => decoded(signed(2, [integer(1), [integer(1)]]))).to.throw(/id has 32 bytes/);
    const ids = Array.from({ length: 65 }, (_, i) => `0x${i.toString(16).padStart(64, "0")}`);
    expect(() => decoded(signed(2, [integer(1), ids]))).to.throw(/65 events/);
    const again = [0n, 5n].map((salt) => encodeGossip(CLOUD, secrets[1]!, statement, salt));
    expect(again[0], "said again").not.to.deep.equal(again[1]);
    expect(decoded(again[1]!)).to.deep.equal(decoded(again[0]!));
    const hash = `0x${"11".repeat(32)}`;
    expect(() => decoded(signed(0, [integer(2n ** 60n), hash, "0x", []]))).to.throw(/no block/);
    const long = { ...statement, partials: [new Uint8Array(LONGEST_GOSSIP)] };
    expect(() => decoded(encodeGossip(CLOUD, secrets[1]!, long))).to.throw(/taken at most/);
  });
});
