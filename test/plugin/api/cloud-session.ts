import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { toBeHex } from "ethers";
import { network } from "hardhat";
import type { NetworkConfigOverride } from "hardhat/types/config";

import { topicOf } from "../../../plugin/cloud/chains/served-chain.ts";

/** A counter's contract on the cloud of its network: what most users begin with. */
async function deployed(override: NetworkConfigOverride = {}) {
  const connection = await network.create({ network: "l1", override });
  const { ethers, nexus } = connection;
  const program = await nexus.program("counter");
  const counter = await ethers.deployContract("Counter", [
    await nexus.gateway(),
    await nexus.cloudId(),
    program.id,
  ]);
  await counter.waitForDeployment();
  const fee = await counter.fee();
  const add = (amount: number) => counter.add(amount, { value: fee * 2n });
  return { ...connection, provider: connection.provider, program, counter, add };
}

describe("plugin/api/cloud-session", () => {
  it("has called back before the promise of a transaction resolves", async () => {
    const { counter, add } = await deployed();
    await add(5);
    expect(await counter.count()).to.equal(5n);
    await add(6);
    expect(await counter.count()).to.equal(11n);
  });

  it("serves transactions that are sent at the same time, each once", async () => {
    const { counter, add, nexus } = await deployed();
    const signers = 20;
    await Promise.all(Array.from({ length: signers }, () => add(1)));
    expect(await counter.count()).to.equal(20n);
    const { gateway } = (await nexus.cloud()).chains[0]!;
    const fulfilled = await counter.runner!.provider!.getLogs({
      address: gateway.address,
      topics: [topicOf(gateway.abi, "Fulfilled")],
      fromBlock: 0,
    });
    expect(fulfilled).to.have.length(20);
  });

  it("serves on a network that mines only when told", async () => {
    const { provider, counter, add } = await deployed();
    await provider.request({ method: "evm_setAutomine", params: [false] });
    await add(1);
    await add(2);
    expect(await counter.count()).to.equal(0n);
    await provider.request({ method: "evm_mine" });
    expect(await counter.count()).to.equal(3n);
  });

  for (const [how, mining] of [
    ["from its start", { auto: false, interval: 1_000 }],
    ["from some time on", { auto: true }],
  ] as const) {
    it(`serves on a network that mines by the clock, ${how}, before whoever waits for a transaction goes on`, async () => {
      const { provider, counter, add } = await deployed({ mining });
      if (mining.auto) {
        await provider.request({ method: "evm_setAutomine", params: [false] });
        await provider.request({ method: "evm_setIntervalMining", params: [100] });
      }
      for (const [amount, total] of [
        [1, 1n],
        [3, 4n],
      ] as const) {
        await (await add(amount)).wait();
        expect(await counter.count()).to.equal(total);
      }
      // As other libraries wait.
      const { hash } = await add(5);
      while ((await provider.request({ method: "eth_getTransactionReceipt", params: [hash] })) === null) {
        await sleep(20);
      }
      expect(await counter.count()).to.equal(9n);
      await provider.request({ method: "evm_setIntervalMining", params: [0] });
    });
  }

  it("goes back with nested snapshots, and answers again what is asked again", async () => {
    const { networkHelpers, counter, add, nexus } = await deployed();
    await add(1);
    const outer = await networkHelpers.takeSnapshot();
    await add(10);
    const inner = await networkHelpers.takeSnapshot();
    await add(100);
    expect(await counter.count()).to.equal(111n);
    await inner.restore();
    expect(await counter.count()).to.equal(11n);
    await add(200);
    expect(await counter.count()).to.equal(211n);
    await outer.restore();
    await add(2);
    expect(await counter.count()).to.equal(3n);
    await outer.restore();
    expect((await nexus.cloud()).height).to.equal(3);
    await add(3);
    expect(await counter.count()).to.equal(4n);
  });

  it("works with loadFixture", async () => {
    const connection = await network.create("l1");
    const fixture = async () => {
      const program = await connection.nexus.program("counter");
      return { program, cloudId: await connection.nexus.cloudId() };
    };
    for (let i = 0; i < 3; i++) {
      const { program } = await connection.networkHelpers.loadFixture(fixture);
      const { output } = await program.run(Buffer.from(toBeHex(7, 32).slice(2), "hex"));
      expect(BigInt(`0x${Buffer.from(output).toString("hex")}`)).to.equal(7n);
    }
  });

  it("boots anew after a snapshot from before its boot", async () => {
    const { nexus, networkHelpers } = await network.create("l1");
    const before = await networkHelpers.takeSnapshot();
    expect(await (await nexus.program("fibonacci")).call("10")).to.equal("55");
    const first = await nexus.cloud();
    await before.restore();
    expect(await (await nexus.program("fibonacci")).call("11")).to.equal("89");
    expect(await nexus.cloud()).not.to.equal(first);
  });

  it("serves an L1 and an OP chain from one cloud, and goes back in time with its home", async () => {
    const home = await network.create("l1");
    const other = await network.create({ network: "op", override: { chainId: 1_337 } });
    const before = await home.networkHelpers.takeSnapshot();
    await other.nexus.join(home.nexus);
    const fibonacci = async (connection: Pick<typeof home, "nexus">, n: number) =>
      (await connection.nexus.program("fibonacci")).call(String(n));
    expect(await fibonacci(home, 10)).to.equal("55");
    expect(await fibonacci(other, 11)).to.equal("89");
    await before.restore();
    expect(await fibonacci(other, 14)).to.equal("377");
    expect(await fibonacci(home, 15)).to.equal("610");
    const snapshot = await other.networkHelpers.takeSnapshot();
    const refused: Error = await snapshot.restore().then(
      () => expect.fail("it went back"),
      (error: Error) => error,
    );
    expect(refused.message).to.match(/went back in time, but the cloud that serves it lives on another/);
  });

  it("keeps a chain that joined after a snapshot of its home", async () => {
    const home = await network.create("l1");
    await home.nexus.program("fibonacci");
    const snapshot = await home.networkHelpers.takeSnapshot();
    const other = await network.create({ network: "op", override: { chainId: 1_337 } });
    await other.nexus.join(home.nexus);
    expect(await (await other.nexus.program("fibonacci")).call("10")).to.equal("55");
    await snapshot.restore();
    expect(await (await other.nexus.program("fibonacci")).call("11")).to.equal("89");
  });

  it("keeps no process alive", async () => {
    const script = `
      import { network } from "hardhat";
      const { nexus } = await network.create("l1");
      console.log(await (await nexus.program("fibonacci")).call("30"));
      console.log("done");`;
    const root = fileURLToPath(new URL("../../..", import.meta.url));
    const child = spawn(
      process.execPath,
      ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", script],
      { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
    );
    let output = "";
    let doneAt = Infinity;
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("done")) doneAt = performance.now();
    });
    const [code] = (await once(child, "exit")) as [number | null];
    expect(output).to.equal("832040\ndone\n");
    expect(code).to.equal(0);
    expect(performance.now() - doneAt).to.be.below(5_000);
  });
});
