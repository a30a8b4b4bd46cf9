import { expect } from "chai";
import type { Browser } from "playwright-core";

import type { BlockView } from "../../../plugin/node/block-view.ts";
import type { RunningState } from "../../../plugin/node/running-state.ts";
import { StatusServer } from "../../../plugin/node/status-server.ts";
import { openBrowser } from "../../browser.ts";

const ATTACK = "<img/src=x/onerror=document.title='owned'>";

describe("the page of nexus-node", function () {
  this.timeout(60_000);
  const well: RunningState = {
    name: "node-1",
    phase: "running",
    cloud: `0x${"c1".repeat(32)}`,
    height: 1234,
    epoch: "2",
    isMember: true,
    hasShare: true,
    consensus: true,
    chains: [
      {
        chainId: 11155111n,
        final: 7_000_123n,
        reading: undefined,
        delivering: undefined,
        delivered: 1233,
      },
    ],
    trouble: [],
  };
  const block: BlockView = {
    height: 1234,
    epoch: "2",
    blockHash: `0x${"ab".repeat(32)}`,
    stateRoot: `0x${"cd".repeat(32)}`,
    events: ["request 0x01020304", "request 0x05060708", ATTACK],
    requests: 2,
  };
  let said: RunningState = well;
  let server: StatusServer;
  let browser: Browser;

  before(async function () {
    const opened = await openBrowser();
    if (opened === undefined) this.skip();
    browser = opened;
    server = await StatusServer.listen("127.0.0.1:0", {
      health: () => said,
      metrics: async () => "",
      blocks: () => [block],
    });
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it("shows the node, its chains, its blocks and its trouble, as text alone, and when it is gone", async () => {
    const tab = await browser.newPage({ viewport: { width: 360, height: 740 } });
    const complaints: string[] = [];
    // That a node in trouble answers with 503 is told by the browser, and so is that it does not answer any more.
    tab.on("console", (message) => {
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
        complaints.push(message.text());
    });
    tab.on("pageerror", (error) => complaints.push(error.message));
    await tab.goto(`http://127.0.0.1:${server.port}/`);
    await tab.locator("#connection.live").waitFor();
    expect(await tab.title()).to.equal("node-1 · Nexus node");
    expect(await tab.locator("#height").textContent()).to.equal("1\u2009234");
    expect(await tab.locator("#role").textContent()).to.equal("signs");
    expect(await tab.locator("#chains li").textContent()).to.equal(
      "Chain 11155111final block 7\u2009000\u2009123 · has block 1233",
    );
    expect(await tab.locator("#blocks li .top").textContent()).to.include(`2 requests, ${ATTACK}`);
    expect(await tab.locator("#about").textContent()).to.include(well.cloud);
    expect(await tab.locator("#trouble").isVisible()).to.equal(false);
    expect(await tab.evaluate("document.documentElement.scrollWidth")).to.equal(360);

    const reading = `an endpoint said ${ATTACK}`;
    said = { ...well, hasShare: false, chains: [{ ...well.chains[0]!, reading }], trouble: [reading] };
    await tab.locator("#trouble li").waitFor();
    expect(await tab.locator("#trouble").textContent()).to.equal(reading);
    expect(await tab.locator("#chains .bad").textContent()).to.equal(reading);
    expect(await tab.locator("#role").textContent()).to.equal("no share");
    expect(await tab.locator("main img, #trouble img").count(), "markup that somebody else made").to.equal(0);

    await server.close();
    await tab.locator("#connection.lost").waitFor();
    expect(complaints).to.deep.equal([]);
    const picture = process.env["NEXUS_SCREENSHOTS"];
    if (picture !== undefined) {
      await tab.setViewportSize({ width: 1100, height: 900 });
      await tab.screenshot({ path: `${picture}/operator.png`, fullPage: true });
    }
  });
});
