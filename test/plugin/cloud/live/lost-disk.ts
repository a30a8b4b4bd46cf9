import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import hre from "hardhat";

import { lastSignedFile } from "../../../../plugin/cloud/cometbft/last-signed.ts";
import { readSignBytes } from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import { genesisOf } from "../../../../plugin/cloud/live/cloud-chain.ts";
import { untilInOffice } from "../../../../tasks/found/founding.ts";
import { askToCount } from "../../../../tasks/rehearse/counted.ts";
import { configure, type Operator } from "../../../../tasks/rehearse/operators.ts";
import { RehearsedCloud } from "../../../../tasks/rehearse/rehearsed-cloud.ts";
import { hasCometBft } from "../cometbft/available.ts";

/** Milliseconds that nobody waits longer than for one thing that nodes have to do. */
const PATIENCE = 120_000;

interface Block {
  readonly height: number;
  readonly stateRoot: string;
}

describe("A node of a live cloud that lost its disk", function () {
  this.timeout(400_000);
  let cloud: RehearsedCloud;
  /** What the cloud has counted to. */
  let counted = 0n;

  before(async function () {
    if (process.env["NEXUS_SLOW"] !== "1" || !(await hasCometBft("cometbft"))) this.skip();
    cloud = await RehearsedCloud.open(hre, "cometbft");
    const home = await cloud.startChain(11155111);
    const told = { step: () => undefined, note: () => undefined };
    const asked = { size: "4", epochLength: "1h", confirmationWindow: "5m" };
    const { site, cloudId } = await cloud.create(home, asked, told);
    for (const operator of await cloud.makeOperators(4)) {
      await configure(operator.folder, (configuration) => ({
        ...configuration,
        snapshots: { every: 3, keep: 2 },
      }));
      await cloud.stand(operator);
    }
    await cloud.start();
    await untilInOffice({ ...site, stopped: AbortSignal.timeout(PATIENCE) }, cloudId, told, true);
  });

  after(async () => {
    await cloud?.close(process.env["NEXUS_KEEP"] === "1");
  });

  /** Has the cloud answer a request. */
  async function count(): Promise<void> {
    const { home, cloudId } = cloud.founded;
    const request = await askToCount(home, cloudId, await cloud.counter(), 1n);
    counted += 1n;
    expect(await request.answered(AbortSignal.timeout(PATIENCE))).to.equal(counted);
  }

  async function blocksOf({ statusPort }: Operator): Promise<readonly Block[]> {
    const response = await fetch(`http://127.0.0.1:${statusPort}/blocks`).catch(() => undefined);
    return response?.ok === true ? ((await response.json()) as Block[]) : [];
  }

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE;
    while (!(await holds())) {
      if (performance.now() > end) throw new Error(`It did not happen that ${what}.`);
      await sleep(200);
    }
  }

  it("comes back by a peer's snapshot with its keys alone, and signs again, but nothing that it may have signed", async () => {
    for (let i = 0; i < 4; i++) await count();
    const [lost, ...others] = cloud.operators as [Operator, ...Operator[]];
    const { cloudId } = cloud.founded;
    const record = join(lost.folder, "data/validator", lastSignedFile(genesisOf(cloudId, 0n).chainId));
    await cloud.stop([lost]);
    const before = await signedIn(record);
    await rm(join(lost.folder, "data"), { recursive: true });

    await cloud.start([lost]);
    await until("it has come back", async () => (await blocksOf(lost)).length > 0);
    const log = await readFile(cloud.nodes.get(lost.name)!.log, "utf8");
    expect(log).to.contain("beginning with a snapshot");
    expect(log).to.contain("there is no record of what this node has signed");

    const signed = async (): Promise<bigint | undefined> => signedIn(record).catch(() => undefined);
    await until("its validator signs again", async () => {
      await count();
      return (await signed()) !== undefined;
    });
    expect(await signed()).to.be.greaterThan(before);
    // It began with a snapshot: it has none of the first blocks.
    const [top] = await blocksOf(others[0]!);
    await until("it has what the others have", async () =>
      (await blocksOf(lost)).some(({ height }) => height === top!.height),
    );
    const own = (await blocksOf(lost)).find(({ height }) => height === top!.height);
    expect(own!.stateRoot).to.equal(top!.stateRoot);
    const heights = (await blocksOf(lost)).map(({ height }) => height);
    expect(heights).not.to.include(1);
  });
});

/** The height of the last thing that a validator has signed, by its record. */
async function signedIn(path: string): Promise<bigint> {
  const { signBytes } = JSON.parse(await readFile(path, "utf8")) as { signBytes: string };
  return readSignBytes(new Uint8Array(Buffer.from(signBytes, "hex"))).height;
}
