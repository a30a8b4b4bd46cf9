import type { TestTools } from "./project.ts";

/** A test of a program and its consumer contract, in the words of the project's own tests. */
export function consumerTest(program: string, contract: string, tools: TestTools): string {
  const isViem = tools.contracts === "viem";
  const same =
    tools.assertions === "chai"
      ? (actual: string) => `expect(${actual}).to.equal("42");`
      : (actual: string) => `assert.equal(${actual}, "42");`;
  const [ask, answer] = isViem
    ? [`consumer.write.ask(["1 2 39"], { value: parseEther("0.01") })`, "consumer.read.answer()"]
    : [`consumer.ask("1 2 39", { value: ethers.parseEther("0.01") })`, "consumer.answer()"];
  const imports = [
    ...(tools.assertions === "chai" ? [] : [`import assert from "node:assert/strict";`]),
    ...(tools.runner === "nodejs" ? [`import { describe, it } from "node:test";`] : []),
    ...(tools.assertions === "chai" ? [`import { expect } from "chai";`] : []),
    `import { network } from "hardhat";`,
    ...(isViem ? [`import { parseEther } from "viem";`] : []),
  ];
  return `${imports.join("\n")}

describe("${contract}", () => {
  it("gets the program's answer", async () => {
    const { ${tools.contracts}, nexus } = await network.create();
    const program = await nexus.program("${program}");
    ${same(`await program.call("1 2 39")`)}

    const consumer = await ${tools.contracts}.deployContract("${contract}", [
      await nexus.gateway(),
      await nexus.cloudId(),
      program.id,
    ]);
    // Whatever is more than the fee at this moment goes to the cloud too.
    await ${ask};
    ${same(`await ${answer}`)} // the callback has already run
  });
});
`;
}
