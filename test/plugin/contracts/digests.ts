import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";

import * as digests from "../../../plugin/contracts/digests.ts";

const SEED = 0x4e65787573;

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => hexlify(bytes));
const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const bytes = fc.uint8Array({ maxLength: 200 }).map((value) => hexlify(value));
const word = hex(32);
const address = hex(20);

describe(`digests, the twin of Digests.sol (seed ${SEED})`, () => {
  async function deploy() {
    const { ethers } = await network.create({ network: "l1" });
    const harness = await ethers.deployContract("DigestsHarness");
    const { chainId } = await ethers.provider.getNetwork();
    return { harness, chainId };
  }

  /** Calls function `name` of the harness and of the twin with the same arguments, 24 times, with random values. */
  async function agree<T extends unknown[]>(
    name: string,
    args: fc.Arbitrary<T>,
    twin: (chainId: bigint, ...args: T) => Uint8Array,
  ): Promise<void> {
    const { harness, chainId } = await deploy();
    const check = fc.asyncProperty(args, async (values) => {
      const expected: unknown = await harness.getFunction(name).staticCall(...values);
      expect(hexlify(twin(chainId, ...values))).to.equal(expected);
    });
    await fc.assert(check, { seed: SEED, numRuns: 24 });
  }

  it("header", () =>
    agree(
      "header",
      fc.tuple(
        address,
        word,
        uint(64),
        fc.record({ height: uint(64), stateRoot: word, resultsHash: word, callsHash: word }),
      ),
      digests.header,
    ));

  it("request", () =>
    agree(
      "request",
      fc.tuple(
        address,
        fc.record({
          cloudId: word,
          programId: word,
          requester: address,
          nonce: uint(64),
          fee: uint(96),
          deadline: uint(40),
          callbackGas: uint(32),
          fuelLimit: uint(64),
          outputLimit: uint(32),
          inputHash: word,
        }),
      ),
      digests.request,
    ));

  it("result", () =>
    agree("result", fc.tuple(word, fc.constantFrom(...Object.values(digests.Outcome)), bytes), (_, ...args) =>
      digests.result(...args),
    ));

  it("call", () =>
    agree("call", fc.tuple(word, uint(64), address, uint(32), bytes), (_, ...args) => digests.call(...args)));

  it("list", () =>
    agree("list", fc.tuple(fc.array(word, { maxLength: 5 })), (_, ...args) => digests.list(...args)));

  it("rotation", () =>
    agree(
      "rotation",
      fc.tuple(
        word,
        uint(64),
        uint(64),
        uint(64),
        uint(64),
        fc.integer({ min: 0, max: 65535 }),
        fc.integer({ min: 0, max: 65535 }),
        bytes,
        word,
      ),
      (_, ...args) => digests.rotation(...args),
    ));

  it("confirmation", () =>
    agree("confirmation", fc.tuple(address, word, uint(64), word, bytes, bytes), digests.confirmation));

  it("liveness", () => agree("liveness", fc.tuple(address, word, uint(64), uint(64)), digests.liveness));

  it("vote", () =>
    agree("vote", fc.tuple(word, uint(64), uint(64), word), (_, ...args) => digests.vote(...args)));

  it("identity", () => agree("identity", fc.tuple(address, address), digests.identity));

  it("cloud", () => agree("cloud", fc.tuple(address, address, uint(256)), digests.cloud));

  it("takes bytes and hex strings alike", () => {
    const zero = new Uint8Array(32);
    expect(digests.vote(zero, 1n, 2n, zero)).to.deep.equal(
      digests.vote(hexlify(zero), 1n, 2n, hexlify(zero)),
    );
  });

  it("refuses what the Solidity type cannot hold", () => {
    const zero = new Uint8Array(32);
    expect(() => digests.vote(zero, 2n ** 64n, 0n, zero)).to.throw(RangeError, "does not fit in uint64");
    expect(() => digests.vote(zero, -1n, 0n, zero)).to.throw(RangeError, "does not fit in uint64");
    expect(() => digests.vote(zero.subarray(1), 0n, 0n, zero)).to.throw(RangeError, "31 bytes");
    expect(() => digests.identity(1n, zero, zero)).to.throw(RangeError, "20 bytes");
    expect(() => digests.vote("00", 0n, 0n, zero)).to.throw(TypeError, "0x-prefixed");
    expect(() => digests.list(["0x0"])).to.throw(TypeError, "0x-prefixed");
  });
});
