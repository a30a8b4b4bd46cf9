import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";
import { dataSlice, hexlify } from "ethers";

import type { ProvenRun } from "../plugin/zero/proof/proven-run.ts";
import { firstLines, isShort, outputText } from "./shown-output.ts";
import { asText } from "./terminal-text.ts";

/** Who took a proof: this process, or a contract. */
export interface VerifyReport {
  readonly run: ProvenRun;
  readonly network?: string;
  readonly chainId?: number;
  readonly router?: string;
}

/** One line of JSON; `output` is text when it is UTF-8, `outputHex` is there always. */
export function verifyJsonReport({ run, ...where }: VerifyReport): string {
  return JSON.stringify({
    accepted: true,
    programId: run.programId,
    input: hexlify(run.input),
    output: asText(run.journal) ?? null,
    outputHex: hexlify(run.journal),
    ...where,
  });
}

/** For people. */
export function verifyTableReport({ run, network, chainId, router }: VerifyReport): string {
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
