import { styleText } from "node:util";

import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";

import type { CloudAnswer } from "../plugin/api/cloud-program.ts";
import { Outcome } from "../plugin/contracts/digests.ts";
import { firstLines, isShort, outputText, shortened } from "./shown-output.ts";
import { asText, terminalText } from "./terminal-text.ts";

/** A request that a cloud has answered, and how long everything took. */
export interface RunReport {
  readonly network: string;
  readonly chainId: number;
  readonly program: string;
  readonly programId: string;
  readonly inputBytes: number;
  readonly answer: CloudAnswer;
  readonly cloudId: string;
  readonly nodes: number;
  readonly suite: string;
  readonly gateway: string;
  readonly groupKey: string;
  /** Milliseconds from nothing to a cloud with a key. */
  readonly bootMs: number;
  /** Milliseconds from the request's transaction to the accepted answer. */
  readonly answerMs: number;
}

/** Name of an outcome. */
export function outcomeName(outcome: Outcome): string {
  return Object.entries(Outcome).find(([, value]) => value === outcome)![0];
}

/** One line of JSON; `output` is text when it is UTF-8, `outputHex` is there always. */
export function jsonReport({ answer, ...run }: RunReport): string {
  const { output, outcome, fuelUsed, gasUsed, reason, ...rest } = answer;
  return JSON.stringify({
    ...run,
    outcome: outcomeName(outcome),
    output: asText(output) ?? null,
    outputHex: `0x${Buffer.from(output).toString("hex")}`,
    reason: reason ?? null,
    fuelUsed: Number(fuelUsed),
    gasUsed: Number(gasUsed),
    ...rest,
  });
}

/** A table for people, below the output where that is long. */
export function tableReport(run: RunReport): string {
  const { answer } = run;
  const output = outputText(answer.output);
  const short = isShort(output);
  const row = (name: string, value: string): TableItem => ({ type: "row", cells: [name, value] });
  // The table's rules join only below a header, so the first row of each section is one.
  const first = (name: string, value: string): TableItem => ({ type: "header", cells: [name, value] });
  const items: TableItem[] = [
    { type: "title", text: `${run.program} on ${run.network}` },
    { type: "section-header", text: "Answer accepted by the contract" },
    first("Output", short ? styleText("green", output) : `above, ${answer.output.length} bytes`),
    row("Outcome", outcomeName(answer.outcome)),
    row("Signed by", `members ${answer.signers.join(", ")} of ${run.nodes}, ${run.suite}`),
    row("Group key", shortened(run.groupKey)),
    row("Cloud height", String(answer.height)),
    { type: "section-header", text: "What it took" },
    first("Fuel", answer.fuelUsed.toLocaleString("en-US")),
    row("Gas", answer.gasUsed.toLocaleString("en-US")),
    row("Request to answer", `${Math.round(run.answerMs).toLocaleString("en-US")} ms`),
    row("Cloud's boot", `${Math.round(run.bootMs).toLocaleString("en-US")} ms`),
    { type: "section-header", text: "Where" },
    first("Program", shortened(run.programId)),
    row("Gateway", run.gateway),
    row("Transaction", shortened(answer.transactionHash)),
  ];
  const log = terminalText(answer.log).trimEnd();
  return [
    ...(short ? [] : [styleText("bold", "Output"), firstLines(output), ""]),
    ...(log === "" ? [] : [styleText("bold", "Log"), firstLines(log), ""]),
    formatTable(items),
  ].join("\n");
}
