import { styleText } from "node:util";

import type { CloudProgram } from "../../plugin/api/cloud-program.ts";
import type { Nexus } from "../../plugin/api/nexus.ts";

/** What contracts need to ask the market for proofs. */
export interface MarketAddresses {
  /** What they name the verifier by. */
  readonly selector: string;
  /** What they name programs by, by the programs' names; without those that cannot be proven. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Lets the chain's router take proofs made here, and so the market requests, which are answered from now on for all of `programs`. */
export async function openMarket(nexus: Nexus, programs: readonly CloudProgram[]): Promise<MarketAddresses> {
  console.log(styleText("dim", "Opening the prover of Nexus Zero …"));
  const selector = await nexus.zeroSelector();
  const ids: Record<string, string> = {};
  for (const program of programs) {
    // A program that uses the cloud has no identity there.
    const id = await program.zeroId().catch(() => undefined);
    if (id !== undefined) ids[program.name] = id;
  }
  console.log(
    [`  Market    ${await nexus.addressOf("ZeroMarket")}`, `  Verifier  ${selector}`]
      .concat(Object.entries(ids).map(([name, id]) => `  ${name.padEnd(11)} ${id} in Nexus Zero`))
      .join("\n"),
  );
  return { selector, programs: ids };
}
