import { expect } from "chai";
import { network } from "hardhat";

import type { AddressBook } from "../../../deploy/address-book.ts";
import type { CloudAnswer, CloudProgram } from "../../../plugin/api/cloud-program.ts";
import type { Nexus } from "../../../plugin/api/nexus.ts";
import type { Hex } from "../../../plugin/contracts/hex.ts";
import type { SuiteContract } from "../../../plugin/contracts/suite-contracts.ts";
import type { ZeroProof } from "../../../plugin/zero/modes/zero-prover.ts";

/** What a member is, or what its promise resolves to. */
type ValueOf<T> = T extends (...args: never[]) => Promise<infer Value> ? Value : T;
/** Names of the members of `T` that may be any text: viem takes none of them for an address, an id or a hash. */
type AnyText<T> = { [K in keyof T]-?: string extends ValueOf<T[K]> ? K : never }[keyof T];
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

// Types that the compiler checks with the rest of the project; a new member that is any text has to be named here.
const texts: [
  Same<AnyText<Nexus>, "proofRefusal">,
  Same<AnyText<CloudProgram>, "name" | "call">,
  Same<AnyText<CloudAnswer>, "log" | "reason">,
  Same<AnyText<ZeroProof>, "program" | "log">,
  Same<AnyText<AddressBook["deployments"][number]>, "part" | "module">,
] = [true, true, true, true, true];

describe("types of the plugin's interface", () => {
  it("have addresses, ids and hashes as viem takes them", async () => {
    expect(texts).not.to.include(false);
    const { nexus } = await network.create("l1");
    const program = await nexus.program("fibonacci");
    const { requestId, transactionHash } = await program.run("30");
    const words: Hex[] = [await nexus.cloudId(), program.id, requestId, transactionHash];
    for (const word of words) expect(word).to.match(/^0x[0-9a-f]{64}$/);
    for (const address of [await nexus.gateway(), await nexus.addressOf("ZeroRouter")]) {
      expect(address satisfies Hex).to.match(/^0x[0-9a-fA-F]{40}$/);
    }
  });

  it("have a contract's functions for ethers, and its interface for viem", async () => {
    const { nexus } = await network.create("l1");
    const gateway: SuiteContract<"NexusGateway"> = await nexus.contract("NexusGateway");
    // As ethers' generated types have it: arguments and result.
    const fee: bigint = await gateway.quote(await nexus.cloudId(), 0, 0, { fuel: 1, outputBytes: 1 });
    expect(fee).to.be.a("bigint");
    // As viem reads it: every entry is known by its literal name.
    type Names = (typeof gateway.abi)[number] extends infer Entry
      ? Entry extends { readonly type: "error"; readonly name: infer Name }
        ? Name
        : never
      : never;
    const known: Same<
      Extract<Names, "GatewayInputTooLong" | "GatewayNoSuchError">,
      "GatewayInputTooLong"
    > = true;
    expect(known).to.equal(true);
  });
});
