import { styleText } from "node:util";

import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";
import { dataSlice, hexlify } from "ethers";

import type { ZeroProof } from "../plugin/zero/modes/zero-prover.ts";
import { firstLines, isShort, outputText, shortened } from "./shown-output.ts";
import { asText, terminalText } from "./terminal-text.ts";

/** How a contract took a proof. */
export interface Acceptance {
  readonly network: string;
  readonly chainId: number;
  readonly router: string;
  readonly market: string;
  /** Gas of the transaction with which the market took the proof: the transaction's own costs and the payment included. */
  readonly gasUsed: number;
  readonly transactionHash: string;
}

/** A proof, and where it went. */
export interface ZeroReport {
  readonly proof: ZeroProof;
  readonly accepted?: Acceptance;
  /** The file that it was written to. */
  readonly file?: string;
}

/** One line of JSON; `output` is text when it is UTF-8, `outputHex` is there always. The proof itself is in it unless in a file. */
export function zeroJsonReport({ proof, accepted, file }: ZeroReport): string {
  return JSON.stringify({
    program: proof.program,
    programId: proof.programId,
    inputBytes: proof.input.length,
    output: asText(proof.journal) ?? null,
    outputHex: hexlify(proof.journal),
    log: proof.log,
    instructions: proof.instructions,
    milliseconds: Object.fromEntries(proof.steps.map((step) => [step.name, Math.round(step.milliseconds)])),
    proofBytes: proof.proof.length,
    ...(file === undefined ? { proof: hexlify(proof.proof) } : { file }),
    ...accepted,
  });
}

/** A table for people, below the output where that is long. */
export function zeroTableReport({ proof, accepted, file }: ZeroReport): string {
  const output = outputText(proof.journal);
  const short = isShort(output);
  const row = (name: string, value: string): TableItem => ({ type: "row", cells: [name, value] });
  // The table's rules join only below a header, so the first row of each section is one.
  const first = (name: string, value: string): TableItem => ({ type: "header", cells: [name, value] });
  const total = proof.steps.reduce((sum, step) => sum + step.milliseconds, 0);
  const items: TableItem[] = [
    { type: "title", text: `${proof.program}${accepted === undefined ? "" : ` on ${accepted.network}`}` },
    { type: "section-header", text: accepted === undefined ? "Proven" : "Proof accepted by the contract" },
    first("Output", short ? styleText("green", output) : `above, ${proof.journal.length} bytes`),
    row("Proof", `${proof.proof.length.toLocaleString("en-US")} bytes`),
    row("Verifier", dataSlice(proof.proof, 0, 4)),
    { type: "section-header", text: "What it took" },
    first("Instructions", proof.instructions.toLocaleString("en-US")),
    ...(accepted === undefined ? [] : [row("Gas", accepted.gasUsed.toLocaleString("en-US"))]),
    ...proof.steps.map((step) => row(step.name, milliseconds(step.milliseconds))),
    row("In all", milliseconds(total)),
    { type: "section-header", text: "Where" },
    first("Program", shortened(proof.programId)),
    ...(file === undefined ? [] : [row("File", file)]),
    ...(accepted === undefined
      ? []
      : [row("Market", accepted.market), row("Transaction", shortened(accepted.transactionHash))]),
  ];
  const log = terminalText(proof.log).trimEnd();
  return [
    ...(short ? [] : [styleText("bold", "Output"), firstLines(output), ""]),
    ...(log === "" ? [] : [styleText("bold", "Log"), firstLines(log), ""]),
    formatTable(items),
  ].join("\n");
}

function milliseconds(value: number): string {
  return `${Math.round(value).toLocaleString("en-US")} ms`;
}
