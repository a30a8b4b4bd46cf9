import { expect } from "chai";
import { getBytes, keccak256, toBeHex } from "ethers";
import { network } from "hardhat";

import { EvmChain } from "../../../../plugin/chain/evm-chain.ts";
import { mockProof } from "../../../../plugin/zero/proof/mock-proof.ts";
import { selectorOf } from "../../../../plugin/zero/proof/verifying-key.ts";
import { ZeroChain } from "../../../../plugin/zero/chain/zero-chain.ts";
import { forgeProof, trapdoorOf, verifyingKeyOf } from "../../../contracts/zero/forged-proof.ts";

const SEED = "zero chain";
const input = new TextEncoder().encode("30");
const journal = new TextEncoder().encode("832040\n");
const trapdoor = trapdoorOf(SEED);
const key = verifyingKeyOf(trapdoor);

async function deploy() {
  const { provider } = await network.create({ network: "l1" });
  const chain = await EvmChain.connect(provider, 0);
  return { chain, zero: await ZeroChain.deploy(chain) };
}

/** A proof for `key`, by whoever knows its secrets. */
function forged() {
  const selector = toBeHex(selectorOf(key), 4);
  const { programId, proof } = forgeProof({ trapdoor, selector, input, journal, slabs: 1, seed: SEED });
  return { programId, input, journal, proof: getBytes(proof) };
}

async function messageOf(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => "",
    (error: Error) => error.message,
  );
}

describe(`ZeroChain (seed ${SEED})`, () => {
  it("sells a proof at the market, once", async () => {
    const { zero } = await deploy();
    const selector = await zero.addVerifier(key);
    const run = forged();
    const request = await zero.request(run.programId, selector, input, 10n ** 15n);
    expect(request.inputHash).to.equal(keccak256(input));
    const { logs } = await zero.fulfil(request, run);
    const fulfilled = logs
      .map((log) => zero.market.parse(log))
      .find((log) => log?.name === "RequestFulfilled");
    expect(fulfilled!.args.getValue("journal")).to.equal(`0x${Buffer.from(journal).toString("hex")}`);
    expect(await messageOf(zero.fulfil(request, run))).to.match(/ZeroMarketNotOpen/);
  });

  it("adds a verifier once, and again when the chain went back to before it", async () => {
    const { chain, zero } = await deploy();
    for (let i = 0; i < 2; i++) {
      const snapshot = await chain.rpc("evm_snapshot");
      await zero.addVerifier(key);
      const head = await chain.head();
      await zero.addVerifier(key);
      expect(await chain.head()).to.equal(head);
      await zero.verify(forged());
      await chain.rpc("evm_revert", snapshot);
    }
    expect(await messageOf(zero.verify(forged()))).to.match(/ZeroRouterUnknownSelector/);
  });

  it("takes mock proofs only where it was told to", async () => {
    const { zero } = await deploy();
    const claim = { programId: keccak256(input), input, journal };
    const run = { ...claim, proof: mockProof(claim) };
    expect(await messageOf(zero.verify(run))).to.match(/ZeroRouterUnknownSelector/);
    await zero.addMockVerifier();
    await zero.verify(run);
    expect(await messageOf(zero.verify({ ...run, journal: input }))).to.match(/ZeroMockWrongClaim/);
  });
});
