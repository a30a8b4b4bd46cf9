import { expect } from "chai";
import { id, toBeHex } from "ethers";
import { network } from "hardhat";

import { EventSource } from "../../../../plugin/cloud/chains/event-source.ts";
import { EvmChain, type Eip1193, type Finality } from "../../../../plugin/chain/evm-chain.ts";
import { servedChain } from "../../../../plugin/cloud/chains/served-chain.ts";

const TOPIC = id("Transfer(address,address,uint256)");
const PROGRAMS = [id("program A"), id("program B")] as const;
const DAY = 86_400;

/** The suite on a chain of its own, whose cloud sleeps, and sources that look at it. */
async function watched() {
  const connection = await network.create("l1");
  const { ethers, nexus, provider } = connection;
  const cloud = await nexus.cloud();
  for (let node = 1; node <= 4; node++) await nexus.stopNode(node).catch(() => undefined);
  const gateway = await ethers.getContractAt("NexusGateway", await nexus.gateway());
  const address = await nexus.addressOf("NexusSubscriptions");
  const subscriptions = await ethers.getContractAt("NexusSubscriptions", address);
  const token = await ethers.getContractAt("DevelopmentToken", await nexus.addressOf("DevelopmentToken"));
  const [user] = await ethers.getSigners();
  const rent = await subscriptions.rentPerDay();
  const sourceOver = async (finality: Finality, through: Eip1193 = provider) => {
    const {
      committees,
      gateway: at,
      outbox,
      checkpoints,
      subscriptions: subs,
      deployedAt,
    } = cloud.chains[0]!;
    const chain = await EvmChain.connect(through, finality);
    const addresses = {
      committees: committees.address,
      gateway: at.address,
      outbox: outbox.address,
      checkpoints: checkpoints.address,
      subscriptions: subs.address,
    };
    return new EventSource(
      servedChain(chain, addresses, { isHome: true, deployedAt, callGasPrice: 0n }),
      cloud.cloudId,
    );
  };
  const request = async (input = "0x01") => {
    const deadline = (await connection.networkHelpers.time.latest()) + DAY;
    return gateway.request(
      cloud.cloudId,
      PROGRAMS[0],
      input,
      0,
      deadline,
      { fuel: 10n ** 8n, outputBytes: 1_024n },
      {
        value: 10n ** 17n,
      },
    );
  };
  const subscribe = (program: string, days = 1n) =>
    subscriptions.subscribe(cloud.cloudId, program, token, TOPIC, { value: rent * days });
  const mint = () => token.getFunction("mint")(user!, 1n);
  return {
    ...connection,
    provider,
    cloud,
    user,
    subscriptions,
    token,
    rent,
    sourceOver,
    request,
    subscribe,
    mint,
  };
}

const kinds = (events: readonly { kind: string }[]) => events.map(({ kind }) => kind);

describe("plugin/cloud/chains/event-source", () => {
  it("sees what is as deep as the chain's finality, and nothing of a reorganisation above it", async () => {
    const { provider, sourceOver, request, networkHelpers } = await watched();
    const source = await sourceOver(2);
    const snapshot = await provider.request({ method: "evm_snapshot" });
    await request("0xaa");
    await networkHelpers.mine(1);
    expect(await source.after(undefined, 10)).to.deep.equal([]);
    await provider.request({ method: "evm_revert", params: [snapshot] });
    await request("0xbb");
    await networkHelpers.mine(1);
    expect(await source.after(undefined, 10)).to.deep.equal([]);
    await networkHelpers.mine(1);
    const events = await source.after(undefined, 10);
    expect(events.map((event) => event.kind === "request" && [...event.input])).to.deep.equal([[0xbb]]);
  });

  it("gives events in the chain's order, each once, behind the cursor and up to the limit", async () => {
    const { sourceOver, request } = await watched();
    const source = await sourceOver(0);
    for (let i = 1; i <= 5; i++) await request(toBeHex(i));
    const first = await source.after(undefined, 2);
    const second = await source.after(first.at(-1)!.place, 10);
    await request(toBeHex(6));
    const third = await source.after(second.at(-1)!.place, 10);
    const inputs = [...first, ...second, ...third].map((event) => event.kind === "request" && event.input[0]);
    expect(inputs).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(await (await sourceOver(0)).after(undefined, 10)).to.deep.equal([...first, ...second, ...third]);
  });

  it("follows subscriptions from their making to their end", async () => {
    const { cloud, user, subscriptions, token, rent, sourceOver, subscribe, mint, networkHelpers } =
      await watched();
    const source = await sourceOver(0);
    let cursor: Parameters<typeof source.after>[0];
    const programsOfNext = async () => {
      const events = await source.after(cursor, 10);
      cursor = events.at(-1)?.place ?? cursor;
      return events.map((event) => (event.kind === "log" ? event.programIds : event.kind));
    };
    const [a, b] = PROGRAMS;
    await mint();
    await subscribe(a);
    expect(await programsOfNext(), "before and at the subscription").to.deep.equal([]);
    await mint();
    expect(await programsOfNext(), "subscribed").to.deep.equal([[a]]);
    await subscribe(b, 3n);
    await mint();
    expect(await programsOfNext(), "two programs on one event").to.deep.equal([[a, b].sort()]);
    await networkHelpers.time.increase(DAY);
    await mint();
    expect(await programsOfNext(), "one expired").to.deep.equal([[b]]);
    await subscriptions.extend(user!, cloud.cloudId, a, token, TOPIC, { value: rent });
    await mint();
    expect(await programsOfNext(), "extended").to.deep.equal([[a, b].sort()]);
    await subscriptions.cancel(cloud.cloudId, b, token, TOPIC);
    await mint();
    expect(await programsOfNext(), "cancelled").to.deep.equal([[a]]);
  });

  it("counts a subscription for what comes behind it in the same block", async () => {
    const { provider, sourceOver, subscribe, mint } = await watched();
    const source = await sourceOver(0);
    await provider.request({ method: "evm_setAutomine", params: [false] });
    await mint();
    await subscribe(PROGRAMS[0]);
    await mint();
    await provider.request({ method: "evm_mine" });
    expect(kinds(await source.after(undefined, 10))).to.deep.equal(["log"]);
  });

  it("loses nothing and repeats nothing when its provider fails half way", async () => {
    const { provider, sourceOver, request, subscribe, mint } = await watched();
    let allowed = Infinity;
    const flaky: Eip1193 = {
      request: async (args) => {
        if (allowed-- <= 0) throw new Error("the provider is gone");
        return provider.request(args);
      },
    };
    const source = await sourceOver(0, flaky);
    await request("0x01");
    expect(await source.after(undefined, 10)).to.have.length(1);
    await subscribe(PROGRAMS[0]);
    await mint();
    await request("0x02");
    await mint();
    let failures = 0;
    for (let calls = 0; ; calls++) {
      allowed = calls;
      try {
        const events = await source.after(undefined, 10);
        expect(kinds(events)).to.deep.equal(["request", "log", "request", "log"]);
        break;
      } catch (error) {
        expect((error as Error).message).to.equal("the provider is gone");
        failures++;
      }
    }
    expect(failures).to.be.above(2);
    allowed = Infinity;
    expect(await (await sourceOver(0)).after(undefined, 10)).to.deep.equal(await source.after(undefined, 10));
  });

  it("goes on believing what an endpoint said, and reads it once more when others see something else", async () => {
    const { provider, sourceOver, request, networkHelpers } = await watched();
    let isLying = true;
    const source = await sourceOver(0, {
      request: async (call) => {
        const answer = await provider.request(call);
        if (!isLying || call.method !== "eth_getLogs") return answer;
        // The input, which ends the log's data.
        return (answer as { data: string }[]).map((log) => {
          const at = log.data.length - 64;
          return { ...log, data: `${log.data.slice(0, at)}ff${log.data.slice(at + 2)}` };
        });
      },
    });
    const inputs = async (): Promise<(number | undefined)[]> =>
      (await source.after(undefined, 10)).map((event) =>
        event.kind === "request" ? event.input[0] : undefined,
      );
    await request("0x01");
    expect(await inputs()).to.deep.equal([0xff]);
    isLying = false;
    await request("0x02");
    await networkHelpers.mine(1);
    expect(await inputs(), "what was read is not asked for again").to.deep.equal([0xff, 0x02]);
    source.doubt();
    expect(await inputs()).to.deep.equal([0x01, 0x02]);
    // What two look for at once is read once.
    source.doubt();
    expect(await Promise.all([inputs(), inputs()])).to.deep.equal([
      [0x01, 0x02],
      [0x01, 0x02],
    ]);
  });

  it("asks nothing about what lies behind the cursor but subscriptions, as after a restart", async () => {
    const { provider, sourceOver, request, subscribe, mint } = await watched();
    await subscribe(PROGRAMS[0]);
    for (let i = 1; i <= 10; i++) {
      await request(toBeHex(i));
      await mint();
    }
    const before = await sourceOver(0);
    const past = await before.after(undefined, 100);
    expect(past).to.have.length(20);
    const cursor = past[18]!.place;

    const asked: string[] = [];
    const counted: Eip1193 = {
      request: async (args) => {
        asked.push(args.method);
        return provider.request(args);
      },
    };
    const restarted = await sourceOver(0, counted);
    const events = await restarted.after(cursor, 100);
    expect(kinds(events), "the cursor's own block, and what was subscribed to before it").to.deep.equal([
      "log",
    ]);
    expect(events).to.deep.equal(past.slice(19));
    const { length: headers } = asked.filter((method) => method === "eth_getBlockByNumber");
    expect(headers, "each block's header once").to.be.at.most(Number(await restarted.served.chain.head()));

    await subscribe(PROGRAMS[1]);
    await mint();
    const next = await restarted.after(events[0]!.place, 100);
    expect(next).to.deep.equal(await before.after(events[0]!.place, 100));
    expect(next.map((event) => event.kind === "log" && event.programIds.length)).to.deep.equal([2]);
  });
});
