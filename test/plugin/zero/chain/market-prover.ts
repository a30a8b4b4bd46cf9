import { fileURLToPath } from "node:url";

import { AssertionError, expect, use } from "chai";
import { hexlify, keccak256, toUtf8Bytes } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../../hardhat.config.ts";
import { nexusMatchers } from "../../../../plugin/api/matchers.ts";

use(nexusMatchers);

const root = fileURLToPath(new URL("../../../..", import.meta.url));

describe("requests for proofs at the market, as if proving were native", () => {
  async function connect() {
    const nexus = { zero: { mode: "mock" as const }, cloud: { nodes: 1 } };
    const hre = await createHardhatRuntimeEnvironment({ ...config, nexus }, {}, root);
    return hre.network.create("l1");
  }

  async function setUp(program: string | Uint8Array = "fibonacci") {
    const connection = await connect();
    const { ethers, nexus } = connection;
    const loaded = await nexus.program(program);
    const market = await nexus.addressOf("ZeroMarket");
    const buyer = await ethers.deployContract("ProofBuyer", [
      market,
      await nexus.zeroSelector(),
      await loaded.zeroId(),
    ]);
    const ask = async (...inputs: string[]) => buyer.ask!(inputs.map((input) => toUtf8Bytes(input)));
    const texts = async () =>
      Promise.all(
        Array.from({ length: Number(await buyer.bought!()) }, async (_, i) =>
          Buffer.from((await buyer.journals!(i)).slice(2), "hex").toString(),
        ),
      );
    return { ...connection, program: loaded, buyer, ask, texts };
  }

  async function message(assertion: PromiseLike<unknown>): Promise<string> {
    try {
      await assertion;
    } catch (error) {
      if (error instanceof AssertionError) return error.message;
      throw error;
    }
    throw new Error("the assertion held");
  }

  it("are answered, and called back, before an awaited transaction's promise resolves", async () => {
    const { ask, texts, nexus } = await setUp();
    const asked = await ask("30");
    expect(await texts()).to.deep.equal(["832040"]);
    await expect(asked).to.be.provenBy(nexus).withJournal("832040").withCallback();
    await expect(asked).to.be.provenBy(nexus).withJournal(toUtf8Bytes("832040"));
    const wrong = expect(asked).to.be.provenBy(nexus).withJournal("832041");
    expect(await message(wrong)).to.equal('expected the journal "832041", but it is "832040"');
    expect(await message(expect(asked).not.to.be.provenBy(nexus))).to.match(/1 of its 1 requests was proven/);
    const untyped = expect(asked).to.be.provenBy(nexus) as unknown as { withOutcome(outcome: string): void };
    expect(() => untyped.withOutcome("Success")).to.throw(/only follow answeredBy/);
  });

  it("are all answered: several of a transaction, and those that a callback makes", async () => {
    const { ask, texts, nexus, buyer } = await setUp();
    await expect(ask("1", "2", "20"))
      .to.be.provenBy(nexus)
      .withCallback();
    expect(await texts()).to.deep.equal(["1", "1", "6765"]);
    await buyer.setMode!(5n); // asks once more
    await ask("7");
    expect(await texts()).to.deep.equal(["1", "1", "6765", "13", "55"]);
  });

  it("of which one has no proof say why, and keep no other from being answered", async () => {
    const { ask, texts, nexus } = await setUp();
    const asked = await ask("5", "many", "6");
    expect(await texts()).to.deep.equal(["5", "8"]);
    expect(await message(expect(asked).to.be.provenBy(nexus))).to.match(
      /but 2 of its 3 requests were proven: fibonacci ended with exit code 1, .*"many" is not a number/,
    );
    const failures = (await nexus.proofs(asked)).map(({ failure }) => failure !== undefined);
    expect(failures).to.deep.equal([false, true, false]);
  });

  it("read the private input that the test gives: one for all, or one for each request", async () => {
    const { ethers, nexus, buyer, texts, program } = await setUp("preimage");
    const challenge = (secret: string) => keccak256(toUtf8Bytes(secret));
    await nexus.privateInput(program, "open sesame");
    await buyer.ask!([challenge("open sesame"), challenge("close sesame")]);
    expect(await texts()).to.deep.equal(["yes", "no"]);
    const seen: string[] = [];
    await nexus.privateInput(program, ({ input, request, id }) => {
      seen.push(hexlify(input), request.requester, id);
      return toUtf8Bytes("close sesame");
    });
    const { hash } = await buyer.ask!([challenge("close sesame")]);
    expect((await texts()).at(-1)).to.equal("yes");
    const [proof] = await nexus.proofs(hash);
    const asked = [challenge("close sesame"), await ethers.resolveAddress(buyer), proof!.requestId];
    expect(seen).to.deep.equal(asked);
  });

  it("wait while the prover is stopped, and for a private input that is given later", async () => {
    const { ask, texts, nexus, program } = await setUp();
    await nexus.stopProver();
    const asked = await ask("9");
    await expect(asked).not.to.be.provenBy(nexus);
    expect(await message(expect(asked).to.be.provenBy(nexus))).to.match(
      /0 of its 1 .*: the prover is stopped/,
    );
    await nexus.startProver();
    expect(await texts()).to.deep.equal(["34"]);

    await nexus.privateInput(program, () => {
      throw new Error("nothing to give yet");
    });
    expect(await message(expect(ask("10")).to.be.provenBy(nexus))).to.match(/: nothing to give yet/);
    await nexus.privateInput(program, "");
    expect(await texts()).to.deep.equal(["34", "55"]);
  });

  it("name a program that nobody loaded: an example is found, another is waited for", async () => {
    const { ethers, nexus } = await connect();
    const market = await nexus.addressOf("ZeroMarket");
    const elsewhere = (await connect()).nexus;
    const fibonacci = await (await elsewhere.program("fibonacci")).zeroId();
    const buyer = await ethers.deployContract("ProofBuyer", [market, await nexus.zeroSelector(), fibonacci]);
    await expect(buyer.ask!([toUtf8Bytes("12")]))
      .to.be.provenBy(nexus)
      .withJournal("144");

    // The least module: it does nothing, and ends well.
    const module = Uint8Array.from(
      Buffer.from(
        "0061736d010000000104016000000302010005030100010713020" +
          "66d656d6f72790200065f737461727400000a040102000b",
        "hex",
      ),
    );
    const own = await (await elsewhere.program(module)).zeroId();
    const other = await ethers.deployContract("ProofBuyer", [market, await nexus.zeroSelector(), own]);
    const asked = await other.ask!([toUtf8Bytes("12")]);
    expect(await message(expect(asked).to.be.provenBy(nexus))).to.match(
      /: No program known here has the identity 0x[0-9a-f]{64}\. Load it with nexus\.program\(\)/,
    );
    await nexus.program(module);
    await expect(asked).to.be.provenBy(nexus).withJournal("").withCallback();
  });

  it("go back in time with the chain", async () => {
    const { ask, texts, networkHelpers } = await setUp();
    await ask("1");
    const snapshot = await networkHelpers.takeSnapshot();
    for (let i = 0; i < 2; i++) {
      await ask("10");
      await ask("11");
      expect(await texts()).to.deep.equal(["1", "55", "89"]);
      await snapshot.restore();
      expect(await texts()).to.deep.equal(["1"]);
    }
  });

  it("tell a transaction that asks for none", async () => {
    const { ethers, nexus } = await setUp();
    const [signer] = await ethers.getSigners();
    const transfer = signer!.sendTransaction({ to: signer!.address });
    await expect(transfer).not.to.be.provenBy(nexus);
    expect(await message(expect(transfer).to.be.provenBy(nexus))).to.match(/made no request at the market/);
  });
});
