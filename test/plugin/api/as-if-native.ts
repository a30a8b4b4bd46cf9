import { expect } from "chai";
import { id } from "ethers";
import { network } from "hardhat";

describe("off-chain compute as if it were native", () => {
  it("answers calls, and calls back before an awaited transaction's promise resolves", async () => {
    const { ethers, nexus } = await network.create();
    const fib = await nexus.program("fibonacci");
    expect(await fib.call("30")).to.equal("832040");

    const oracle = await ethers.deployContract("PriceOracle", [await nexus.gateway()]);
    const twap = await nexus.program("twap");
    expect(twap.id).to.equal(await oracle.TWAP());
    await twap.subscribe(await oracle.getAddress(), id("PriceChanged(uint256)"));
    await oracle.report(1234n);

    await oracle.refresh({ value: ethers.parseEther("0.01") }); // what is more than the fee stays with it
    expect(await oracle.price()).to.equal(1234n);
  });
});
