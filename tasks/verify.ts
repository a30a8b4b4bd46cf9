import { readFile } from "node:fs/promises";

import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";
import { dataSlice, hexlify } from "ethers";
import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { addressOf, readAddressBook } from "../deploy/address-book.ts";
import { isDevelopmentNetwork } from "../plugin/chain/development-chain.ts";
import { EvmChain } from "../plugin/chain/evm-chain.ts";
import { parseProofFile } from "../plugin/zero/proof/proof-file.ts";
import type { ProvenRun } from "../plugin/zero/proof/proven-run.ts";
import { ZeroChain } from "../plugin/zero/chain/zero-chain.ts";
import { ensureCompiledSuite } from "./compiled-suite.ts";
import { Progress } from "./progress.ts";
import { firstLines, isShort, outputText } from "./shown-output.ts";
import { orTaskError } from "./task-error.ts";
import { asText } from "./terminal-text.ts";
import { withProver } from "./with-prover.ts";

interface VerifyArguments {
  readonly file: string;
  readonly json: boolean;
}

/** Who took a proof: this process, or a contract. */
interface VerifyReport {
  readonly run: ProvenRun;
  readonly network?: string;
  readonly chainId?: number;
  readonly router?: string;
}

/**
 * Checks the proof in a file: here, or with the selected network's contract. Prints and returns what is proven; a proof that is refused
 * is a HardhatPluginError of one sentence.
 */
const verify: NewTaskActionFunction<VerifyArguments> = async ({ file, json }, hre) => {
  const run = await read(file);
  const progress = new Progress({ json });
  try {
    const report =
      hre.globalOptions.network === undefined
        ? await verifyHere(run, hre, progress)
        : await verifyOnChain(run, hre, progress);
    progress.end();
    console.log(json ? jsonReport(report) : tableReport(report));
    return report;
  } finally {
    progress.end();
  }
};

async function read(file: string): Promise<ProvenRun> {
  const refuse = (why: string) => new HardhatPluginError("hardhat-nexus", `${file} is no proof: ${why}.`);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === "ENOENT" ? "it does not exist" : `it cannot be read (${error.code})`);
  });
  try {
    return parseProofFile(text);
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

async function verifyHere(
  run: ProvenRun,
  hre: HardhatRuntimeEnvironment,
  progress: Progress,
): Promise<VerifyReport> {
  return withProver(hre, progress, async (prover) => {
    progress.step("Checking the proof");
    await prover.verify(run);
    return { run };
  });
}

/** A development chain gets a router and a verifier of its own; on another one, the router of the deployment is asked. */
async function verifyOnChain(
  run: ProvenRun,
  hre: HardhatRuntimeEnvironment,
  progress: Progress,
): Promise<VerifyReport> {
  await ensureCompiledSuite(hre, progress.step);
  const connection = await hre.network.create();
  try {
    const chain = await EvmChain.connect(connection.provider, 0);
    const chainId = Number(chain.chainId);
    const ask = async (zero: ZeroChain): Promise<VerifyReport> => {
      progress.step("Asking the contract");
      await zero.verify(run).catch((error: Error) => {
        throw refused(error);
      });
      return { run, network: connection.networkName, chainId, router: zero.router.address };
    };
    if (isDevelopmentNetwork(connection.networkConfig, chainId)) {
      return await withProver(hre, progress, async (prover) => {
        progress.step("Deploying the Zero router and verifier");
        const zero = await ZeroChain.deploy(chain);
        await prover.addVerifier(zero);
        return ask(zero);
      });
    }
    return await orTaskError(async () => {
      const book = await readAddressBook(hre.config.paths.ignition, chainId);
      const [router, market] = [addressOf(book, "ZeroRouter"), addressOf(book, "ZeroMarket")];
      return ask(new ZeroChain(chain, { router, market }));
    });
  } finally {
    await connection.close();
  }
}

/** What a contract's error says; an error that is no contract's is left as it is. */
function refused(error: Error): Error {
  const [, named] = /custom error '(.*)'/.exec(error.message) ?? [];
  return named === undefined
    ? error
    : new Error(`The contract refuses the proof: ${named}.`, { cause: error });
}

function jsonReport({ run, ...where }: VerifyReport): string {
  return JSON.stringify({
    accepted: true,
    programId: run.programId,
    input: hexlify(run.input),
    output: asText(run.journal) ?? null,
    outputHex: hexlify(run.journal),
    ...where,
  });
}

function tableReport({ run, network, chainId, router }: VerifyReport): string {
  const row = (name: string, value: string): TableItem => ({ type: "row", cells: [name, value] });
  const shown = (bytes: Uint8Array): string => {
    const text = outputText(bytes);
    return isShort(text) ? text : `${bytes.length} bytes`;
  };
  const output = outputText(run.journal);
  const table = formatTable([
    { type: "title", text: network === undefined ? "Proof" : `Proof on ${network} (chain ${chainId})` },
    {
      type: "section-header",
      text: network === undefined ? "Accepted by this verifier" : "Accepted by the contract",
    },
    { type: "header", cells: ["Program", run.programId] },
    row("Input", shown(run.input)),
    row("Output", shown(run.journal)),
    row("Verifier", dataSlice(run.proof, 0, 4)),
    ...(router === undefined ? [] : [row("Router", router)]),
  ]);
  return isShort(output) ? table : `${firstLines(output)}\n\n${table}`;
}

export default verify;
