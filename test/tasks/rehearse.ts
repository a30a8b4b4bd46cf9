import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import hre from "hardhat";

import type { Rehearsed } from "../../tasks/rehearse.ts";
import { hasCometBft } from "../plugin/cloud/cometbft/available.ts";
import { printed, refusal } from "./printed.ts";

const cli = fileURLToPath(new URL("../../node_modules/hardhat/dist/src/cli.js", import.meta.url));

/** Ids of the processes whose command line names a path. */
async function processesOf(path: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = await readFile(join("/proc", pid, "cmdline"), "utf8").catch(() => "");
    if (line.includes(path)) found.push(pid);
  }
  return found;
}

describe("nexus:rehearse", function () {
  this.timeout(300_000);
  before(async function () {
    if (!(await hasCometBft("cometbft"))) this.skip();
  });

  it("goes from nothing to an answered request on four nodes, and leaves nothing behind", async () => {
    const rehearsed = JSON.parse(await printed(hre, "nexus:rehearse", { nodes: 4, json: true })) as Rehearsed;
    expect(rehearsed).to.include({ nodes: 4, folder: null });
    expect(rehearsed.cloudId).to.match(/^0x[0-9a-f]{64}$/);
    expect(rehearsed.moments.map(({ what }) => what)).to.deep.equal([
      "suite deployed",
      "cloud created",
      "candidates stand",
      "nodes started",
      "committee selected",
      "key generated",
      "confirmed, in office",
      "first block",
      "request sent, Sepolia",
      "request final, Sepolia",
      "called back, Sepolia",
    ]);
    expect(rehearsed.moments.at(-1)!.detail).to.equal("the count is 42");
    const times = rehearsed.moments.map(({ at }) => at);
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
    expect(await processesOf("nexus-rehearsal-")).to.deep.equal([]);
  });

  it("answers on a second chain through a mirror, after the nodes were started again", async function () {
    if (process.env["NEXUS_SLOW"] !== "1") this.skip();
    const rehearsed = JSON.parse(
      await printed(hre, "nexus:rehearse", { nodes: 4, mirror: true, json: true }),
    ) as Rehearsed;
    const { what, detail } = rehearsed.moments.at(-1)!;
    // The count is kept in the cloud, for both chains.
    expect({ what, detail }).to.deep.equal({ what: "called back, Base", detail: "the count is 84" });
  });

  it("ends all processes at Ctrl-C, and removes the folder", async () => {
    const child = spawn(process.execPath, [cli, "nexus:rehearse", "--nodes", "1"], {
      cwd: fileURLToPath(new URL("../..", import.meta.url)),
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (text: Buffer) => (said += text.toString()));
    let nodes: string[] = [];
    while ((nodes = await processesOf("nexus-rehearsal-")).length === 0) {
      expect(child.exitCode, said).to.equal(null);
      await sleep(50);
    }
    const line = (await readFile(join("/proc", nodes[0]!, "cmdline"), "utf8")).split("\0");
    const folder = /^.*nexus-rehearsal-[^/]*/.exec(
      line.find((word) => word.includes("nexus-rehearsal-"))!,
    )![0];
    expect(existsSync(folder)).to.equal(true);
    const ended = once(child, "close");
    child.kill("SIGINT");
    await ended;
    expect(said).to.match(/The rehearsal was interrupted, and everything is stopped\./);
    expect(await processesOf(folder)).to.deep.equal([]);
    expect(existsSync(folder)).to.equal(false);
  });

  it("says what a node said last when it ends, and how to get CometBFT where there is none", async () => {
    expect(await refusal(hre, "nexus:rehearse", { cometbft: "/nowhere/cometbft" })).to.match(
      /^CometBFT cannot be run as \/nowhere\/cometbft \(ENOENT\)\. Install it with `go install/,
    );
    expect(await refusal(hre, "nexus:rehearse", { nodes: 0 })).to.match(
      /--nodes takes a number from 1 to 32, and not 0/,
    );
    const failed = refusal(hre, "nexus:rehearse", { nodes: 1 });
    let ended = false;
    const over = (): void => void (ended = true);
    failed.then(over, over);
    for (let nodes: string[] = []; nodes.length === 0 && !ended; await sleep(50)) {
      nodes = await processesOf("nexus-rehearsal-");
      if (nodes.length > 0) process.kill(Number(nodes[0]), "SIGKILL");
    }
    expect(await failed).to.match(/^The node node-1 ended with signal SIGKILL\. It said last:/);
    expect(await processesOf("nexus-rehearsal-")).to.deep.equal([]);
  });
});
