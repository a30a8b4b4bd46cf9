import { expect } from "chai";
import { AbiCoder, getBytes, id, zeroPadValue } from "ethers";

import { Guest, prebuilt } from "./guest.ts";

const abi = AbiCoder.defaultAbiCoder();
const uint256 = (value: bigint | number) => getBytes(abi.encode(["uint256"], [value]));

describe("programs: with storage and events", () => {
  it("counter adds its inputs up, and keeps the count when one is wrong", async () => {
    const counter = new Guest(prebuilt("counter"));
    expect(getBytes((await counter.run(uint256(5))).output)).to.deep.equal(uint256(5));
    expect(getBytes((await counter.run(uint256(37))).output)).to.deep.equal(uint256(42));
    for (const [input, reason] of [
      [new Uint8Array(31), "not one word"],
      [new Uint8Array(64), "not one word"],
      [uint256(2n ** 128n), "more than 128 bits"],
      [uint256(2n ** 128n - 1n), "more than 128 bits"],
    ] as const) {
      const { exitCode, log } = await counter.run(input);
      expect(exitCode).to.equal(1);
      expect(log).to.include(reason);
    }
    expect(getBytes((await counter.run(uint256(0))).output)).to.deep.equal(uint256(42));
  });

  it("ledger moves balances from run to run, all of a run's commands or none", async () => {
    const ledger = new Guest(prebuilt("ledger"));
    const run = async (input: string) => ledger.run(input);
    expect((await run("deposit alice 100\ntransfer alice bob 30")).output.toString()).to.equal(
      "alice 100\nalice 70\nbob 30\n",
    );
    const failed = await run("transfer bob carol 30\ntransfer alice bob 71");
    expect(failed.exitCode).to.equal(1);
    expect(failed.log).to.include("alice has 70 and not 71");
    expect((await run("list")).output.toString()).to.equal("alice 70\nbob 30\n");
    expect((await run("transfer bob bob 30\nbalance bob")).output.toString()).to.equal(
      "bob 0\nbob 30\nbob 30\n",
    );
    expect((await run("transfer bob alice 30\nlist")).output.toString()).to.equal(
      "bob 0\nalice 100\nalice 100\n",
    );
    for (const [input, reason] of [
      ["steal alice", "unknown command"],
      ["deposit alice -1", "is not an amount"],
      [`deposit alice ${2n ** 128n - 1n}`, "more than 2^128"],
    ] as const) {
      const { exitCode, log } = await run(input);
      expect(exitCode).to.equal(1);
      expect(log).to.include(reason);
    }
    const names = Array.from(
      { length: 300 },
      (_, i) => `account-${String(i).padStart(3, "0")}-${"x".repeat(100)}`,
    );
    await run(names.map((name) => `deposit ${name} 1`).join("\n"));
    const listed = (await run("list")).output.toString().trim().split("\n");
    expect(listed).to.deep.equal([...names.map((name) => `${name} 1`), "alice 100"]);
  });

  it("digit is a digit of the randomness", async () => {
    const digit = new Guest(prebuilt("digit"));
    const draw = async (...bytes: number[]) => {
      const random = new Uint8Array(32).fill(255);
      random.set(bytes);
      return BigInt(`0x${(await digit.run("", {}, random)).output.toString("hex")}`);
    };
    expect(await draw(0)).to.equal(0n);
    expect(await draw(249)).to.equal(9n);
    expect(await draw(250, 251, 127)).to.equal(7n);
  });

  describe("twap", () => {
    const feed = new Uint8Array(20).fill(7);
    const topic = getBytes(id("PriceChanged(uint256)"));

    async function oracle(prices: [time: number, price: number | bigint][], emitter = feed): Promise<Guest> {
      const twap = new Guest(prebuilt("twap"));
      for (const [time, price] of prices) {
        const { exitCode, log } = await twap.run("", {
          blockTimestamp: BigInt(time),
          emitter,
          topics: [topic],
          data: uint256(price),
        });
        expect(log).to.equal("");
        expect(exitCode).to.equal(0);
      }
      return twap;
    }

    async function ask(twap: Guest, now: number, window: number, of = feed): Promise<bigint> {
      const input = getBytes(
        abi.encode(["address", "uint64"], [`0x${Buffer.from(of).toString("hex")}`, window]),
      );
      const { exitCode, output, log } = await twap.run(input, { blockTimestamp: BigInt(now) });
      expect(log).to.equal("");
      expect(exitCode).to.equal(0);
      const [price, asOf] = abi.decode(["uint256", "uint64"], output);
      expect(asOf).to.equal(BigInt(now));
      return price as bigint;
    }

    it("weighs each price by the time it held", async () => {
      const twap = await oracle([
        [1000, 100],
        [1010, 200],
        [1040, 50],
      ]);
      expect(await ask(twap, 1050, 50)).to.equal((100n * 10n + 200n * 30n + 50n * 10n) / 50n);
      expect(await ask(twap, 1050, 20)).to.equal((200n * 10n + 50n * 10n) / 20n);
      expect(await ask(twap, 1050, 5)).to.equal(50n);
      expect(await ask(twap, 1050, 1000)).to.equal((100n * 10n + 200n * 30n + 50n * 10n) / 50n);
      expect(await ask(twap, 1000, 60)).to.equal(100n);
      expect(await ask(twap, 500_000, 60)).to.equal(50n);
    });

    it("takes the last price of a block, and the largest prices for the longest window", async () => {
      const largest = 2n ** 96n - 1n;
      const twap = await oracle([
        [1000, 1],
        [1000, largest],
      ]);
      expect(await ask(twap, 1000 + 604_800, 604_800)).to.equal(largest);
    });

    it("forgets what no window reaches, and nothing else", async () => {
      const day = 86_400;
      const twap = await oracle(Array.from({ length: 40 }, (_, i) => [i * day, i]));
      // The mean of days 32 to 38, of which each price held for one.
      expect(await ask(twap, 39 * day, 7 * day)).to.equal(35n);
    });

    it("keeps feeds apart, by emitter", async () => {
      const other = new Uint8Array(20).fill(8);
      const twap = await oracle([[1000, 5]], other);
      expect(await ask(twap, 1010, 10, other)).to.equal(5n);
      const input = getBytes(abi.encode(["address", "uint64"], [`0x${"07".repeat(20)}`, 10]));
      expect((await twap.run(input, { blockTimestamp: 1010n })).log).to.include("no price of this feed");
      const elsewhere = getBytes(abi.encode(["address", "uint64"], [`0x${"08".repeat(20)}`, 10]));
      expect((await twap.run(elsewhere, { blockTimestamp: 1010n, chainId: 2n })).log).to.include(
        "no price of this feed",
      );
    });

    it("refuses bad events and requests with exit code 1", async () => {
      const twap = await oracle([[1000, 5]]);
      const request = (types: string[], values: unknown[]) => getBytes(abi.encode(types, values));
      const dirty = getBytes(zeroPadValue(`0x01${"07".repeat(20)}`, 32));
      for (const [input, event, reason] of [
        [new Uint8Array(), { topics: [topic], data: new Uint8Array(31) }, "not one word"],
        [new Uint8Array(), { topics: [topic], data: uint256(2n ** 96n) }, "2^96 or more"],
        [new Uint8Array(), {}, "not abi.encode(address, uint64)"],
        [new Uint8Array(65), {}, "not abi.encode(address, uint64)"],
        [request(["bytes32", "uint64"], [dirty, 10]), {}, "not an address"],
        [request(["address", "uint64"], [`0x${"07".repeat(20)}`, 0]), {}, "not 1 second to 7 days"],
        [request(["address", "uint64"], [`0x${"07".repeat(20)}`, 604_801]), {}, "not 1 second to 7 days"],
        [request(["address", "uint256"], [`0x${"07".repeat(20)}`, 2n ** 64n]), {}, "not 1 second to 7 days"],
      ] as const) {
        const { exitCode, output, log } = await twap.run(input, {
          blockTimestamp: 2000n,
          ...event,
          topics: [...("topics" in event ? event.topics : [])],
        });
        expect(log).to.include(reason);
        expect(exitCode).to.equal(1);
        expect(output.length).to.equal(0);
      }
    });
  });
});
