/** Ten ordinary integer programs, proven whole: with NEXUS_SLOW=1 all of them up to the contract, else a few up to the Groth16 proof. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { network } from "hardhat";

import { EvmChain } from "../../../../plugin/chain/evm-chain.ts";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { Groth16Prover } from "../../../../plugin/zero/modes/groth16-prover.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { developmentPowers } from "../../../../plugin/zero/keys/development-powers.ts";
import { developmentTau } from "../../../../plugin/zero/keys/trapdoor.ts";
import { machineProgram } from "../../../../plugin/zero/vm/machine-program.ts";
import { verifyField } from "../../../../plugin/zero/proof/verify-field.ts";
import { witnessRun } from "../../../../plugin/zero/modes/prove.ts";
import { execute } from "../../../../plugin/zero/vm/executor.ts";
import { ZeroChain } from "../../../../plugin/zero/chain/zero-chain.ts";
import { opens } from "../prover/opens.ts";
import { guestCalls, guestCommand, guestInput } from "../vm/guest-programs.ts";
import { runOnNode } from "../vm/node-engine.ts";

interface ProvenProgram {
  readonly what: string;
  /** Name in `guestCalls`. */
  readonly call: (typeof guestCalls)[number][0];
  readonly argument: bigint;
  /** Whether it is proven where slow tests are not asked for. */
  readonly quick?: boolean;
}

const programs: readonly ProvenProgram[] = [
  { what: "binary search", call: "search", argument: 8n },
  { what: "sorting", call: "sort", argument: 40n, quick: true },
  { what: "sha-256", call: "sha256", argument: 70n, quick: true },
  { what: "matrix product modulo a prime", call: "matrix", argument: 8n, quick: true },
  { what: "sieve", call: "sieve", argument: 1_000n },
  { what: "big-integer multiplication", call: "product", argument: 30n },
  { what: "game of life", call: "life", argument: 8n },
  { what: "keccak-256", call: "keccak256", argument: 40n },
  { what: "collatz", call: "collatz", argument: 200n },
  { what: "Merkle path", call: "climb", argument: 36n },
];
const fewest = 1_300;
const most = 300_000;

const isSlow = process.env["NEXUS_SLOW"] === "1";
const cache = fileURLToPath(new URL("../../../../cache", import.meta.url));
const none = new Uint8Array(0);

const inputOf = ({ call, argument }: ProvenProgram): Uint8Array =>
  guestInput(
    guestCalls.findIndex(([name]) => name === call),
    argument,
  );

describe("ten integer programs", function () {
  this.timeout(600_000);

  let module: Uint8Array;
  before(async () => {
    module = await guestCommand();
  });

  it("run from a thousand to three hundred thousand instructions, and say what they say on Node's engine", () => {
    expect(programs.map(({ call }) => call)).to.have.members(guestCalls.map(([name]) => name));
    const counts = programs.map((each) => {
      const input = inputOf(each);
      const { journal, instructions } = execute(machineProgram({ name: each.what, module }), { input });
      expect(journal, each.what).to.deep.equal(runOnNode(module, input));
      expect(
        journal.some((byte) => byte !== 0),
        each.what,
      ).to.equal(true);
      return instructions;
    });
    expect(Math.min(...counts)).to.be.within(1_000, fewest);
    expect(Math.max(...counts)).to.be.at.least(most);
  });

  if (isSlow) {
    describe("proven, and accepted here and by the contract", () => {
      let prover: Groth16Prover;
      let zero: ZeroChain;
      before(async () => {
        prover = await Groth16Prover.open(cache, () => undefined);
        const { provider } = await network.create("l1");
        zero = await ZeroChain.deploy(await EvmChain.connect(provider, 0));
        await prover.addVerifier(zero);
      });
      after(() => prover.close());

      for (const each of programs) {
        it(each.what, async () => {
          const input = inputOf(each);
          const proof = await prover.prove({ name: each.call, module }, input, none);
          const seconds = proof.steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1_000;
          console.log(
            `      ${proof.instructions.toLocaleString("en-US")} instructions: ${seconds.toFixed(1)} s`,
          );
          expect(proof.journal).to.deep.equal(runOnNode(module, input));
          await prover.verify(proof);
          await zero.verify(proof);
          const other = { ...proof, journal: proof.journal.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) };
          const refused = (attempt: Promise<void>) =>
            attempt.then(
              () => "accepted",
              (error: Error) => error.message,
            );
          expect(await refused(prover.verify(other))).to.match(/^The proof is not valid: equation/);
          expect(await refused(zero.verify(other))).to.match(/ZeroVerifierNotProven/);
        });
      }
    });
    return;
  }

  describe("proven up to the Groth16 proof", () => {
    let kernels: Kernels;
    before(async () => {
      kernels = await Kernels.start();
    });
    after(() => kernels.close());

    for (const each of programs.filter(({ quick }) => quick)) {
      it(each.what, async () => {
        const input = inputOf(each);
        const powers = (count: number) => developmentPowers(count, join(cache, "nexus", "keys"));
        const program = machineProgram({ name: each.what, module });
        const key = { kernels, powers, selector: 7 };
        const { run, commitment, proof } = await witnessRun(key, program, input, none, () => undefined);
        expect(run.journal).to.deep.equal(runOnNode(module, input));
        const values = verifyField(plain, productionShape, proof.inputs, proof.field);
        expect(values).to.deep.equal(proof.publicValues);
        expect(opens(developmentTau, commitment, proof.group, values.scalars)).to.equal(true);
        // About another program, and about another journal.
        expect(opens(developmentTau, proof.group.opening.h, proof.group, values.scalars)).to.equal(false);
        const journal = proof.inputs.journal + 1n;
        expect(() => verifyField(plain, productionShape, { ...proof.inputs, journal }, proof.field)).to.throw(
          /not valid/,
        );
      });
    }
  });
});
