/** A test of a program and its consumer contract. */
export function consumerTest(program: string, contract: string): string {
  return `import { expect } from "chai";
import { network } from "hardhat";

describe("${contract}", () => {
  it("gets the program's answer", async () => {
    const { ethers, nexus } = await network.create();
    const program = await nexus.program("${program}");
    expect(await program.call("1 2 39")).to.equal("42");

    const consumer = await ethers.deployContract("${contract}", [
      await nexus.gateway(),
      await nexus.cloudId(),
      program.id,
    ]);
    // Whatever is more than the fee at this moment goes to the cloud too.
    await consumer.ask("1 2 39", { value: ethers.parseEther("0.01") });
    expect(await consumer.answer()).to.equal("42"); // the callback has already run
  });
});
`;
}
