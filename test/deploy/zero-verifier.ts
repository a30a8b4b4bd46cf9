import { expect } from "chai";
import { network } from "hardhat";

import zeroVerifier from "../../deploy/modules/zero-verifier.ts";
import { MODULES } from "../../deploy/suite/suite.ts";
import { verifierArgument } from "../../plugin/zero/chain/verifier-argument.ts";
import { forgeProof, trapdoorOf, verifyingKeyOf } from "../contracts/zero/forged-proof.ts";

const SEED = "zero verifier module";

describe(`zero-verifier module (seed ${SEED})`, () => {
  it("deploys a verifier with the key in its parameters, for a router's owner to add", async () => {
    const { ethers, ignition } = await network.create({ network: "l1" });
    const trapdoor = trapdoorOf(SEED);
    const { ZeroVerifier } = await ignition.deploy(zeroVerifier, {
      config: { blockPollingInterval: 1 },
      parameters: { [MODULES.zeroVerifier]: { verifyingKey: verifierArgument(verifyingKeyOf(trapdoor)) } },
    });
    const [owner] = await ethers.getSigners();
    const router = await ethers.deployContract("ZeroRouter", [owner!.address, 0, []]);
    await router.add(String(ZeroVerifier.target));
    const [selector] = await router.selectors();
    const claim = { selector: selector!, input: "0x01", journal: "0x02", slabs: 1, seed: SEED };
    const { programId, proof } = forgeProof({ trapdoor, ...claim });
    await router.verify(programId, "0x01", "0x02", proof);
    const verifier = await ethers.getContractAt("ZeroVerifier", String(ZeroVerifier.target));
    await expect(router.verify(programId, "0x01", "0x03", proof)).to.be.revertedWithCustomError(
      verifier,
      "ZeroVerifierNotProven",
    );
  });
});
