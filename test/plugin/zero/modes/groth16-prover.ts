import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { hexlify } from "ethers";
import { network } from "hardhat";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../../hardhat.config.ts";
import { EvmChain } from "../../../../plugin/chain/evm-chain.ts";
import { loadProgram } from "../../../../plugin/programs/load.ts";
import { Groth16Prover } from "../../../../plugin/zero/modes/groth16-prover.ts";
import { formatProofFile } from "../../../../plugin/zero/proof/proof-file.ts";
import { ZeroChain } from "../../../../plugin/zero/chain/zero-chain.ts";
import { printed } from "../../../tasks/printed.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** Makes a real proof, and a key where the project has none yet: minutes on a slow machine. */
describe("Groth16Prover", function () {
  before(function () {
    if (process.env.NEXUS_SLOW !== "1") this.skip();
  });
  this.timeout(600_000);

  it("proves a run that the market pays for, that is verified here, and nothing that was not run", async () => {
    const cache = join(root, "cache");
    const prover = await Groth16Prover.open(cache, () => undefined);
    const folder = await mkdtemp(join(tmpdir(), "nexus-groth16-"));
    try {
      const program = await loadProgram("fibonacci", { programs: join(root, "programs"), cache });
      const input = new TextEncoder().encode("20");
      const begun: string[] = [];
      const proof = await prover.prove(program, input, new Uint8Array(0), (what) => begun.push(what));
      // Others tell of powers of τ that are made on first use.
      expect(begun.filter((what) => what.startsWith("Proving")).length).to.equal(proof.steps.length);
      expect(new TextDecoder().decode(proof.journal)).to.equal("6765");
      expect(proof.programId).to.equal(await prover.identify(program));
      await prover.verify(proof);
      const wrong = await prover.verify({ ...proof, journal: input }).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(wrong).to.match(/^The proof is not valid: equation/);
      const failed = await prover.prove(program, new TextEncoder().encode("many"), new Uint8Array(0)).then(
        () => "",
        (error: Error) => error.message,
      );
      expect(failed).to.match(/^fibonacci ended with exit code 1/);

      const { provider } = await network.create("l1");
      const zero = await ZeroChain.deploy(await EvmChain.connect(provider, 0));
      const selector = await prover.addVerifier(zero);
      const request = await zero.request(proof.programId, selector, input, 1n);
      const { logs } = await zero.fulfil(request, proof);
      const [fulfilled] = logs
        .map((log) => zero.market.parse(log))
        .filter((log) => log?.name === "RequestFulfilled");
      expect(fulfilled!.args.getValue("journal")).to.equal(hexlify(proof.journal));

      const file = join(folder, "proof.json");
      await writeFile(file, formatProofFile(proof));
      const hre = await createHardhatRuntimeEnvironment(config, {}, root);
      expect(await printed(hre, "nexus:verify", { file })).to.match(
        /Accepted by this verifier[^]*Output +│ 6765/,
      );
    } finally {
      await prover.close();
      await rm(folder, { recursive: true });
    }
  });
});
