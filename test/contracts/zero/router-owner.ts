/** What the owner of a router, or a thief of its key, can do to those who rely on the router: all attacks are played. */
import { expect } from "chai";
import { concat, keccak256, toUtf8Bytes, ZeroAddress, type Result } from "ethers";
import { network } from "hardhat";

import type { ProofRequest } from "../../../plugin/zero/chain/zero-chain.ts";
import { mockSelector as MOCK } from "../../../plugin/zero/proof/mock-proof.ts";
import { executionGas, expectGas } from "../../gas-snapshot.ts";
import { mockProof } from "./mock-proof.ts";

const PROGRAM = keccak256(toUtf8Bytes("program"));
const INPUT = "0x01";
const JOURNAL = toUtf8Bytes("yes");
const FORGED = "0xdeadbeef";
const SALT = keccak256("0x00");
const DELAY = 30n * 86_400n;

describe("The owner of a ZeroRouter", () => {
  async function deploy() {
    const connection = await network.create({ network: "l1" });
    const { ethers, provider } = connection;
    const [owner, thief, user] = await ethers.getSigners();
    const mock = await ethers.deployContract("ZeroMockVerifier");
    const router = await ethers.deployContract("ZeroRouter", [owner!.address, DELAY, [mock]]);
    const market = await ethers.deployContract("ZeroMarket", [router, 1]);
    const door = await ethers.deployContract("PrivateCheck", [router, MOCK, PROGRAM, keccak256("0x02")]);
    const buyer = await ethers.deployContract("PinnedBuyer", [market, MOCK]);
    const now = async (): Promise<bigint> => BigInt((await ethers.provider.getBlock("latest"))!.timestamp);
    const pass = async (seconds: bigint): Promise<void> => {
      await provider.request({ method: "evm_increaseTime", params: [Number(seconds)] });
      await provider.request({ method: "hardhat_mine", params: [] });
    };
    /** The owner adds a verifier that accepts everything, and says nothing of it when it is asked about program 0. */
    const addDeceitful = async () => {
      const deceitful = await ethers.deployContract("DeceitfulVerifier", [FORGED]);
      await router.connect(owner!).add(deceitful);
      return deceitful;
    };
    return {
      ethers,
      router,
      market,
      door,
      buyer,
      mock,
      owner: owner!,
      thief: thief!,
      user: user!,
      now,
      pass,
      addDeceitful,
    };
  }

  it("forges proofs for those who trust the router alone, but only after its delay", async () => {
    const { router, thief, now, pass, addDeceitful } = await deploy();
    await addDeceitful();
    const verify = () => router.connect(thief).verify(PROGRAM, INPUT, JOURNAL, FORGED);
    const activeFrom = (await now()) + DELAY;
    expect((await router.entryOf(FORGED)).activeFrom).to.equal(activeFrom);
    // Calls are executed at the clock's time: an hour is longer than the machine can stand still between two of them.
    for (const wait of [0n, DELAY - 3_600n]) {
      await pass(wait);
      expect(await router.accepts(FORGED)).to.equal(false);
      await expect(verify())
        .to.be.revertedWithCustomError(router, "ZeroRouterPendingSelector")
        .withArgs(FORGED, activeFrom);
    }
    await pass(3_600n);
    await verify();
    expect(await router.accepts(FORGED)).to.equal(true);
  });

  it("opens no PrivateCheck, at any time", async () => {
    const { door, thief, user, pass, addDeceitful } = await deploy();
    await addDeceitful();
    await pass(DELAY + 1n);
    for (const proof of [FORGED, concat([FORGED, MOCK]), "0x", "0xdead"]) {
      await expect(door.connect(thief).enter(JOURNAL, proof)).to.be.revertedWithCustomError(
        door,
        "ZeroSelectorNotPinned",
      );
    }
    expect(await door.admitted(thief)).to.equal(false);
    await door.connect(user).enter(JOURNAL, mockProof(PROGRAM, await door.inputOf(user), JOURNAL));
    expect(await door.admitted(user)).to.equal(true);
  });

  it("takes no bounty from the market, at any time", async () => {
    const { market, thief, user, now, pass, addDeceitful } = await deploy();
    await addDeceitful();
    await pass(DELAY + 1n);
    const sent = await market
      .connect(user)
      .request(PROGRAM, MOCK, INPUT, (await now()) + 3_600n, 0, { value: 10n ** 18n });
    const receipt = (await sent.wait())!;
    expectGas("zero: request at the market, 1 byte of input", executionGas(receipt, sent.data), 80_000);
    const requested = receipt.logs
      .map((log) => market.interface.parseLog(log))
      .find((log) => log?.name === "ProofRequested")!;
    const [id, asked] = [
      requested.args[0] as string,
      (requested.args[1] as Result).toObject() as ProofRequest,
    ] as const;
    const attempt = async (by: typeof thief, proof: string) => {
      const through = market.connect(by);
      await through.commit(
        await market.commitmentOf(id, by.address, keccak256(JOURNAL), keccak256(proof), SALT),
      );
      return through.fulfil(asked, INPUT, JOURNAL, proof, SALT);
    };
    await expect(attempt(thief, FORGED))
      .to.be.revertedWithCustomError(market, "ZeroSelectorNotPinned")
      .withArgs(FORGED, MOCK);
    // Nor does a request with the selector exchanged pass for the recorded one.
    const exchanged = { ...asked, selector: FORGED };
    await expect(
      market.connect(thief).fulfil(exchanged, INPUT, JOURNAL, FORGED, SALT),
    ).to.be.revertedWithCustomError(market, "ZeroMarketNotOpen");
    expect(await market.creditOf(thief)).to.equal(0n);
    await attempt(user, mockProof(PROGRAM, INPUT, JOURNAL));
    expect(await market.creditOf(user)).to.equal(10n ** 18n);
  });

  it("makes no ZeroConsumer believe a proof, handed in or called back, at any time", async () => {
    const { buyer, market, thief, user, now, pass, addDeceitful } = await deploy();
    await addDeceitful();
    await pass(DELAY + 1n);
    await expect(buyer.connect(thief).getFunction("check")(PROGRAM, INPUT, JOURNAL, FORGED))
      .to.be.revertedWithCustomError(buyer, "ZeroSelectorNotPinned")
      .withArgs(FORGED, MOCK);
    await buyer.getFunction("check")(PROGRAM, INPUT, JOURNAL, mockProof(PROGRAM, INPUT, JOURNAL));
    const deadline = (await now()) + 3_600n;
    const sent = await buyer.connect(user).getFunction("ask").send(PROGRAM, INPUT, deadline, { value: 1n });
    const requested = (await sent.wait())!.logs
      .map((log) => market.interface.parseLog(log))
      .find((log) => log?.name === "ProofRequested")!;
    expect(requested.args[1].selector).to.equal(MOCK);
  });

  it("lets nobody rely on a verifier that is not active: it could come to be any", async () => {
    const { ethers, router, market, now, pass, addDeceitful } = await deploy();
    for (const when of ["not added", "pending"]) {
      if (when === "pending") await addDeceitful();
      const deadline = (await now()) + 3_600n;
      await expect(market.request(PROGRAM, FORGED, INPUT, deadline, 0), when)
        .to.be.revertedWithCustomError(market, "ZeroSelectorNotAccepted")
        .withArgs(await router.getAddress(), FORGED);
      await expect(
        ethers.deployContract("PrivateCheck", [router, FORGED, PROGRAM, SALT]),
        when,
      ).to.be.revertedWithCustomError(market, "ZeroSelectorNotAccepted");
      await expect(
        ethers.deployContract("PinnedBuyer", [market, FORGED]),
        when,
      ).to.be.revertedWithCustomError(market, "ZeroSelectorNotAccepted");
    }
    await pass(DELAY);
    await router.retire(MOCK);
    await expect(
      market.request(PROGRAM, MOCK, INPUT, (await now()) + 3_600n, 0),
    ).to.be.revertedWithCustomError(market, "ZeroSelectorNotAccepted");
  });

  it("can have a verifier stopped or retired before it is ever used", async () => {
    const { ethers, router, thief, pass, addDeceitful } = await deploy();
    await addDeceitful();
    await router.retire(FORGED);
    const credulous = await ethers.deployContract("CredulousVerifier", ["0xc4ed0001"]);
    await router.add(credulous);
    await router.connect(thief).stop(INPUT, JOURNAL, "0xc4ed0001");
    await pass(DELAY + 1n);
    await expect(router.verify(PROGRAM, INPUT, JOURNAL, FORGED)).to.be.revertedWithCustomError(
      router,
      "ZeroRouterRetiredSelector",
    );
    await expect(router.verify(PROGRAM, INPUT, JOURNAL, "0xc4ed0001")).to.be.revertedWithCustomError(
      router,
      "ZeroRouterStoppedSelector",
    );
  });

  it("cannot have a router without a delay on a live chain, nor one for ever", async () => {
    const { ethers } = await deploy();
    const live = (await network.create({ network: "l1", override: { chainId: 10 } })).ethers;
    const factory = await live.getContractFactory("ZeroRouter");
    const [owner] = await live.getSigners();
    for (const delay of [0n, 7n * 86_400n - 1n]) {
      await expect(live.deployContract("ZeroRouter", [owner!.address, delay, []]))
        .to.be.revertedWithCustomError(factory, "ZeroRouterBadDelay")
        .withArgs(delay, 7n * 86_400n);
    }
    const router = await live.deployContract("ZeroRouter", [owner!.address, 7n * 86_400n, []]);
    expect(await router.activationDelay()).to.equal(7n * 86_400n);
    await expect(ethers.deployContract("ZeroRouter", [owner!.address, 366n * 86_400n, []]))
      .to.be.revertedWithCustomError(factory, "ZeroRouterBadDelay")
      .withArgs(366n * 86_400n, 0n);
    await expect(
      ethers.deployContract("ZeroRouter", [owner!.address, 0n, [ZeroAddress]]),
    ).to.be.revertedWithCustomError(factory, "ZeroRouterNoVerifier");
  });
});
