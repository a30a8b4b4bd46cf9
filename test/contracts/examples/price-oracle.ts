import { readFileSync } from "node:fs";

import { expect } from "chai";
import { getBytes, hexlify, keccak256 } from "ethers";

import type { RequestStruct } from "../../../types/ethers-contracts/cloud/NexusGateway.ts";
import { Guest, prebuilt } from "../../programs/guest.ts";
import { anchoredCloud, answerTo, requestedIn } from "../cloud/anchored-cloud.ts";

const manifest = JSON.parse(
  readFileSync(new URL("../../../programs/prebuilt/manifest.json", import.meta.url), "utf8"),
) as Record<string, { programId: string }>;

/** More than any fee here: what is too much stays in the purse. */
const ENOUGH = 10n ** 16n;

describe("PriceOracle with its program", () => {
  it("names the committed twap program", async () => {
    const { ethers, gateway } = await anchoredCloud("l1");
    const oracle = await ethers.deployContract("PriceOracle", [gateway]);
    expect(await oracle.TWAP()).to.equal(manifest.twap!.programId);
    expect(await oracle.TWAP()).to.equal(keccak256(prebuilt("twap")));
  });

  it("averages the prices it reported", async () => {
    const { ethers, networkHelpers, gateway, sign, headerOf } = await anchoredCloud("l1");
    const oracle = await ethers.deployContract("PriceOracle", [gateway]);
    const twap = new Guest(prebuilt("twap"));

    /** Does what a subscribed cloud does with the logs of a transaction. */
    const report = async (price: bigint) => {
      const receipt = (await (await oracle.report(price)).wait())!;
      const { timestamp } = (await receipt.getBlock())!;
      for (const log of receipt.logs) {
        const event = {
          chainId: 31337n,
          blockTimestamp: BigInt(timestamp),
          emitter: getBytes(log.address),
          topics: log.topics.map((topic) => getBytes(topic)),
          data: getBytes(log.data),
        };
        expect((await twap.run("", event)).exitCode).to.equal(0);
      }
    };
    /** Asks, runs the program on the input as it stands in the log, and hands its output in. */
    const refresh = async (height: bigint) => {
      const receipt = (await (await oracle.refresh({ value: ENOUGH })).wait())!;
      const request: RequestStruct = requestedIn(gateway, receipt);
      const { timestamp } = (await receipt.getBlock())!;
      const input = gateway.interface.parseLog(receipt.logs[0]!)!.args.input as string;
      const event = { chainId: 31337n, blockTimestamp: BigInt(timestamp) };
      const { output, log } = await twap.run(getBytes(input), event);
      expect(log).to.equal("");
      const answers = [answerTo(request, hexlify(output))];
      const header = headerOf(answers, height);
      await expect(gateway.fulfil(await gateway.defaultCloud(), 1, header, answers, sign(header))).to.emit(
        oracle,
        "PriceUpdated",
      );
    };

    await report(1234n);
    await refresh(1n);
    expect(await oracle.price()).to.equal(1234n);

    // 1,000 for a third of the window, 4,000 for the rest: 600 and 1,200 seconds.
    await networkHelpers.time.increase(86_400);
    await report(1000n);
    const start = BigInt(await networkHelpers.time.latest());
    await networkHelpers.time.setNextBlockTimestamp(start + 1200n);
    await report(4000n);
    await networkHelpers.time.setNextBlockTimestamp(start + 2400n);
    await refresh(2n);
    expect(await oracle.price()).to.equal(3000n);
  });
});
