import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";

import { suiteById } from "../../../plugin/crypto/bls/suites.ts";
import { executionGas, expectGas } from "../../gas-snapshot.ts";
import { seeded } from "../../seeded.ts";

const SAMPLE = 64;
const LIMITS = [150_000, 125_000] as const;

describe("gas of contracts/bls", () => {
  for (const [id, contract] of ["Bn254Verifier", "Bls12381Verifier"].entries()) {
    const suite = suiteById(id);
    const seed = `gas ${suite.name}`;

    it(`${suite.name}: the execution of a verification, and of a key's check (seed ${seed})`, async () => {
      const { ethers } = await network.create({ network: "l1" });
      const verifier = await ethers.deployContract(contract);
      const [sender] = await ethers.getSigners();
      const random = seeded(seed);
      const secret = random.scalar(suite.fr.ORDER);
      const publicKey = hexlify(suite.publicKey(secret));
      const spent = async (name: string, args: string[]): Promise<bigint> => {
        const data = verifier.interface.encodeFunctionData(name, args);
        const transaction = await sender!.sendTransaction({ to: verifier.target, data, gasLimit: 500_000 });
        return executionGas((await transaction.wait())!, data);
      };

      let worst = 0n;
      for (let i = 0; i < SAMPLE; i++) {
        const digest = random.bytes(32);
        const args = [hexlify(digest), hexlify(suite.sign(secret, digest)), publicKey];
        if (i === 0) expect(await verifier.getFunction("verify").staticCall(...args)).to.equal(true);
        const gas = await spent("verify", args);
        if (gas > worst) worst = gas;
      }
      expectGas(`bls: ${suite.name} verify, worst of ${SAMPLE}`, worst, LIMITS[id]!);
      const checked = await spent("checkPublicKey", [publicKey]);
      expectGas(`bls: ${suite.name} checkPublicKey`, checked, 100_000);
    });
  }
});
