import { expect } from "chai";

import { IdentityKey, IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { validatorUpdates } from "../../../../plugin/cloud/engines/validators.ts";
import { seeded } from "../../../seeded.ts";

const random = seeded("validators");
const identities = Array.from(
  { length: 6 },
  () => new IdentityKey(new IdentitySecret(random.bytes(32)).publicKey),
);
const committee = (...places: number[]) => ({
  identities: places.map((place) => identities[place]!),
  threshold: 1,
});
const places = (updates: ReturnType<typeof validatorUpdates>): [number, bigint][] =>
  updates.map(({ pubKey, power }) => [
    identities.findIndex(({ publicKey }) => Buffer.compare(publicKey, pubKey.secp256k1!) === 0),
    power,
  ]);

describe("plugin/cloud/engines/validators", () => {
  it("gives those that came power, takes it from those that left, and says nothing of those that stay", () => {
    expect(places(validatorUpdates(undefined, committee(0, 1, 2)))).to.deep.equal([
      [0, 1n],
      [1, 1n],
      [2, 1n],
    ]);
    expect(places(validatorUpdates(committee(0, 1, 2), committee(3, 2, 1)))).to.deep.equal([
      [0, 0n],
      [3, 1n],
    ]);
    expect(places(validatorUpdates(committee(0, 1), committee(4, 5)))).to.deep.equal([
      [0, 0n],
      [1, 0n],
      [4, 1n],
      [5, 1n],
    ]);
    expect(validatorUpdates(committee(0, 1), committee(1, 0)), "another order").to.deep.equal([]);
  });
});
