/**
 * From a run to a proof that the contract accepted: time by step, memory and gas, for runs of 2^14 to 2^18 instructions.
 *
 *     npx hardhat build && npx node bench/zero-prove.ts [--least 14] [--most 18]
 *
 * `--most` may be 20. Keys are made anew, in a folder of their own; every proof after that finds them. Gas is the execution of
 * `ZeroRouter.verify` with a journal of 72 bytes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, styleText } from "node:util";

import { hexlify } from "ethers";
import { network } from "hardhat";

import { EvmChain } from "../plugin/chain/evm-chain.ts";
import { productionCircuit, productionShape } from "../plugin/zero/circuit/production-circuit.ts";
import { foreseeRun } from "../plugin/zero/modes/foreseen-run.ts";
import { Groth16Prover } from "../plugin/zero/modes/groth16-prover.ts";
import { developmentPowers } from "../plugin/zero/keys/development-powers.ts";
import { decodeProof } from "../plugin/zero/proof/encoding.ts";
import { slabCountBits, slabsOf } from "../plugin/zero/proof/header.ts";
import { layOutSlabs, powersNeeded } from "../plugin/zero/prover/slab-layout.ts";
import { ZeroChain } from "../plugin/zero/chain/zero-chain.ts";
import type { ProvenRun } from "../plugin/zero/proof/proven-run.ts";
import { executionGas } from "../test/gas-snapshot.ts";
import { guestCalls, guestCommand, guestInput } from "../test/plugin/zero/vm/guest-programs.ts";

const { values } = parseArgs({
  options: { least: { type: "string", default: "14" }, most: { type: "string", default: "18" } },
});
const [least, most] = [Number(values.least), Number(values.most)];

const module = await guestCommand();
const none = new Uint8Array(0);

interface Run {
  readonly name: string;
  readonly input: Uint8Array;
}

function runOf(call: (typeof guestCalls)[number][0], argument: number): Run {
  const number = guestCalls.findIndex(([name]) => name === call);
  return { name: `${call}(${argument})`, input: guestInput(number, BigInt(argument)) };
}

/** A Merkle path, as long as it takes for 2^bits instructions. */
const runOfLength = (bits: number): Run => runOf("climb", Math.ceil((2 ** bits - 400) / 8546));

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`;
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString("en-US")} MiB`;
const number = (value: number): string => value.toLocaleString("en-US");

async function timed<T>(work: () => Promise<T> | T): Promise<[T, number]> {
  const begun = performance.now();
  return [await work(), performance.now() - begun];
}

function print(title: string, rows: readonly (readonly [string, string])[]): void {
  console.log(`\n${styleText("bold", title)}`);
  for (const [name, figure] of rows) console.log(`  ${name.padEnd(44)} ${figure.padStart(14)}`);
}

const folder = mkdtempSync(join(tmpdir(), "nexus-zero-prove-"));
try {
  console.log(`Load of the machine (1 min): ${loadavg()[0]!.toFixed(1)}`);
  const [first, making] = await timed(() => Groth16Prover.open(folder, () => undefined));
  await first.close();
  const [prover, opening] = await timed(() => Groth16Prover.open(folder, () => undefined));
  const longest = foreseeRun({ name: "the longest run", module }, runOfLength(most).input, none);
  const powers = powersNeeded(layOutSlabs(productionShape, longest.heights).slabBits);
  const keys = join(folder, "nexus", "keys");
  const [, extending] = await timed(() => developmentPowers(powers, keys));
  const { constraints } = (await productionCircuit(keys)).compile();
  print("Keys", [
    ["constraints of the circuit", number(constraints.length)],
    ["development key, once", seconds(making)],
    [`${number(powers)} powers of τ, once`, seconds(extending)],
    ["opening the key", seconds(opening)],
  ]);

  const { ethers, provider } = await network.create("l1");
  const zero = await ZeroChain.deploy(await EvmChain.connect(provider, 0));
  await prover.addVerifier(zero);
  const [signer] = await ethers.getSigners();

  /** Gas of the contract's verification. */
  const accepted = async ({ programId, input, journal, proof }: ProvenRun): Promise<number> => {
    const data = zero.router.abi.encodeFunctionData("verify", [programId, input, journal, hexlify(proof)]);
    const sent = await signer!.sendTransaction({ to: zero.router.address, data });
    return Number(executionGas((await sent.wait())!, data));
  };

  const measure = async ({ name, input }: Run) => {
    const begun = performance.now();
    const proof = await prover.prove({ name, module }, input, none);
    const gas = await accepted(proof);
    const total = performance.now() - begun;
    const stepOf = (step: string): number => proof.steps.find((each) => each.name === step)!.milliseconds;
    const wrap = stepOf("Prove the witness");
    const verify = stepOf("Verify");
    const rest = proof.steps.reduce((sum, { milliseconds }) => sum + milliseconds, 0) - wrap - verify;
    const { header } = decodeProof(proof.proof);
    const rate = (proof.instructions / rest) * 1_000;
    print(`${name}: ${number(proof.instructions)} instructions`, [
      ["N, M", `${(header >> BigInt(slabCountBits)) & 31n}, ${slabsOf(header)}`],
      ...proof.steps.map((step) => [step.name, seconds(step.milliseconds)] as const),
      ["instructions/s without the Groth16 proof", number(Math.round(rate))],
      ["to a proof the contract accepted", seconds(total)],
      ["gas of verify", number(gas)],
      ["the kernels' memory", mebibytes(await prover.memory())],
      ["peak of resident memory so far", mebibytes(process.resourceUsage().maxRSS * 1024)],
    ]);
    return { total, verify, rate, gas };
  };

  // The first proof of a process reads and compiles what the others find.
  await measure(runOf("search", 8));
  const small = await measure(runOf("matrix", 8));
  const rates = new Map<number, number>();
  let { verify, gas } = small;
  for (let bits = least; bits <= most; bits++) {
    const figures = await measure(runOfLength(bits));
    rates.set(bits, figures.rate);
    verify = Math.max(verify, figures.verify);
    gas = Math.max(gas, figures.gas);
  }
  await prover.close();

  const rate = rates.get(16);
  const goals: readonly (readonly [string, string, string, boolean])[] = [
    ["constraints of the circuit", number(constraints.length), "≤ 131,072", constraints.length <= 131_072],
    ["development key", seconds(making), "≤ 90 s", making <= 90_000],
    ["10,000 instructions, to the contract", seconds(small.total), "≤ 40 s", small.total <= 40_000],
    ...(rate === undefined
      ? []
      : [["instructions/s at 2^16", number(Math.round(rate)), "≥ 2,000", rate >= 2_000] as const]),
    ["verification in TypeScript, the slowest", seconds(verify), "≤ 1 s", verify <= 1_000],
    ["gas of verify, the most", number(gas), "≤ 500,000", gas <= 500_000],
  ];
  console.log(`\n${styleText("bold", "Goals")}`);
  for (const [name, figure, goal, met] of goals) {
    const verdict = met ? styleText("green", "met") : styleText("red", "missed");
    console.log(`  ${name.padEnd(44)} ${figure.padStart(14)}  ${goal.padEnd(10)} ${verdict}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
