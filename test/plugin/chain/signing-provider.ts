import { inspect } from "node:util";

import { expect } from "chai";
import { computeAddress, SigningKey, toQuantity, Transaction } from "ethers";

import { CheckedEndpoint } from "../../../plugin/chain/chain-check.ts";
import type { Eip1193 } from "../../../plugin/chain/eip1193.ts";
import { Endpoints } from "../../../plugin/chain/endpoints.ts";
import { EvmChain } from "../../../plugin/chain/evm-chain.ts";
import { HttpProvider } from "../../../plugin/chain/http-provider.ts";
import { SigningError, SigningProvider } from "../../../plugin/chain/signing-provider.ts";
import { startNode, type LiveNode } from "../../deploy/live-node.ts";

const CHAIN = 11155111n;
const KEY = new SigningKey(`0x${"a7".repeat(32)}`);
const ADDRESS = computeAddress(KEY.publicKey);
const TO = `0x${"12".repeat(20)}`;

describe("plugin/chain/signing-provider, beside a node with the id of a live chain", () => {
  let node: LiveNode;
  let http: Eip1193;
  let snapshot: unknown;

  before(async () => {
    node = await startNode(Number(CHAIN));
    http = new HttpProvider(new URL(node.url));
    await http.request({ method: "hardhat_setBalance", params: [ADDRESS, toQuantity(10n ** 20n)] });
  });
  after(() => node.close());
  beforeEach(async () => (snapshot = await http.request({ method: "evm_snapshot" })));
  afterEach(async () => {
    await http.request({ method: "evm_revert", params: [snapshot] });
    await http.request({ method: "evm_setAutomine", params: [true] });
  });

  const signing = (provider = http): SigningProvider => new SigningProvider(provider, CHAIN, KEY);
  const send = async (provider: Eip1193, transaction: Record<string, unknown> = {}): Promise<string> =>
    (await provider.request({
      method: "eth_sendTransaction",
      params: [{ to: TO, ...transaction }],
    })) as string;
  const automine = (on: boolean): Promise<unknown> =>
    http.request({ method: "evm_setAutomine", params: [on] });
  const mine = (): Promise<unknown> => http.request({ method: "hardhat_mine", params: [] });
  const found = async (hash: string): Promise<Record<string, string>> =>
    (await http.request({ method: "eth_getTransactionByHash", params: [hash] })) as Record<string, string>;
  const noncesOf = async (hashes: readonly string[]): Promise<number[]> =>
    (await Promise.all(hashes.map(found))).map(({ nonce }) => Number(nonce));
  const message = async (promise: Promise<unknown>): Promise<string> =>
    promise.then(
      () => "no failure",
      (error: Error) => error.message,
    );

  it("signs what is to be sent from its account, which the node knows nothing of", async () => {
    const accounts = (await http.request({ method: "eth_accounts" })) as string[];
    expect(accounts.map((one) => one.toLowerCase())).not.to.include(ADDRESS.toLowerCase());
    const chain = await EvmChain.connect(signing(), 0);
    expect(await chain.rpc("eth_accounts")).to.deep.equal([ADDRESS]);
    const hash = await chain.send({ from: ADDRESS, to: TO, data: "0x", value: 7n });
    expect(BigInt((await chain.receipt(hash))!.status)).to.equal(1n);
    const transaction = await found(hash);
    expect(transaction).to.include({ type: "0x2", chainId: toQuantity(CHAIN), to: TO, value: "0x7" });
    expect(transaction.from!.toLowerCase()).to.equal(ADDRESS.toLowerCase());
  });

  it("signs with the fees, gas and nonce that are given", async () => {
    const fees = { maxFeePerGas: toQuantity(5n * 10n ** 9n), maxPriorityFeePerGas: toQuantity(3n) };
    const hash = await send(signing(), { ...fees, gas: "0xea60", nonce: "0x0", data: "0x" });
    expect(await found(hash)).to.include({ ...fees, gas: "0xea60", nonce: "0x0" });
  });

  it("deploys a contract", async () => {
    const chain = new EvmChain(signing(), CHAIN, 0);
    // PUSH1 0, PUSH1 0, RETURN: a contract without code.
    const hash = await chain.send({ from: ADDRESS, data: "0x60006000f3" });
    const receipt = await chain.receipt(hash);
    expect(receipt).to.include({ status: "0x1" });
    expect(receipt!.contractAddress).to.match(/^0x/);
  });

  it("gives each of several sends at once a nonce of its own, mined or not", async () => {
    await automine(false);
    const provider = signing();
    const first = await Promise.all([send(provider), send(provider), send(provider)]);
    await mine();
    const second = await Promise.all([send(provider), send(provider)]);
    expect(await noncesOf([...first, ...second])).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it("goes on after the nonces that wait when another process takes over", async () => {
    await automine(false);
    const before = [await send(signing()), await send(signing())];
    const after = await send(signing());
    expect(await noncesOf([...before, after])).to.deep.equal([0, 1, 2]);
  });

  it("goes on after its own, and sends them again, when the node has lost or not yet got them", async () => {
    await automine(false);
    const provider = signing();
    const lost = await send(provider);
    await http.request({ method: "hardhat_dropTransaction", params: [lost] });
    expect(await found(lost)).to.equal(null);
    const next = await send(provider);
    expect(await noncesOf([lost, next])).to.deep.equal([0, 1]);
    await mine();
    const chain = new EvmChain(http, CHAIN, 0);
    for (const hash of [lost, next]) expect(await chain.receipt(hash)).to.include({ status: "0x1" });
  });

  it("takes the place of what can enter the chain no more", async () => {
    await automine(false);
    const provider = signing();
    const lost = await send(provider, { value: toQuantity(10n ** 19n * 9n) });
    await http.request({ method: "hardhat_dropTransaction", params: [lost] });
    await http.request({ method: "hardhat_setBalance", params: [ADDRESS, toQuantity(10n ** 18n)] });
    const next = await send(provider);
    expect(await noncesOf([next])).to.deep.equal([0]);
  });

  it("replaces a transaction by one with the same nonce that pays more", async () => {
    await automine(false);
    const provider = signing();
    const fees = (gwei: bigint) => ({
      maxFeePerGas: toQuantity(gwei * 10n ** 9n),
      maxPriorityFeePerGas: toQuantity(gwei * 10n ** 9n),
    });
    const cheap = await send(provider, { nonce: "0x0", ...fees(5n) });
    expect(await message(send(provider, { nonce: "0x0", value: "0x1", ...fees(5n) }))).to.match(
      /underpriced|replace/i,
    );
    const dear = await send(provider, { nonce: "0x0", ...fees(10n) });
    await mine();
    const chain = new EvmChain(http, CHAIN, 0);
    expect(await chain.receipt(cheap)).to.equal(undefined);
    expect(await chain.receipt(dear)).to.include({ status: "0x1" });
  });

  it("knows a transaction as sent whose first answer was lost", async () => {
    let losing = true;
    // The node takes it; the answer does not arrive, and the next endpoint is asked.
    const lossy: Eip1193 = {
      request: async (args) => {
        const answer = await http.request(args);
        if (args.method !== "eth_sendRawTransaction" || !losing) return answer;
        losing = false;
        throw new Error("socket hang up");
      },
    };
    await automine(false);
    const hash = await send(signing(new Endpoints([lossy, http])));
    expect(losing).to.equal(false);
    expect(await noncesOf([hash])).to.deep.equal([0]);
  });

  it("hands on what the chain refuses, and uses no nonce for it", async () => {
    const provider = signing();
    expect(await message(send(provider, { value: toQuantity(10n ** 21n), gas: "0x5208" }))).to.match(
      /enough funds/,
    );
    expect(await noncesOf([await send(provider)])).to.deep.equal([0]);
  });

  it("signs for no other account, and nothing that it would leave out", async () => {
    const refused = async (transaction: Record<string, unknown>): Promise<string> => {
      const error = await send(signing(), transaction).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(SigningError);
      return (error as Error).message;
    };
    expect(await refused({ from: TO })).to.equal(`Account ${ADDRESS} signs here, and not ${TO}.`);
    expect(await refused({ gasPrice: "0x1" })).to.match(/has no gasPrice/);
    expect(await refused({ accessList: [] })).to.match(/has no accessList/);
    expect(await new EvmChain(http, CHAIN, 0).nonce(ADDRESS)).to.equal(0n);
  });

  it("signs for its chain alone: a node of another gets nothing, and could do nothing with it", async () => {
    const asked: string[] = [];
    const noted: Eip1193 = {
      request: async (args) => {
        asked.push(args.method);
        return http.request(args);
      },
    };
    const provider = new SigningProvider(new CheckedEndpoint(noted, 1n, "rpc.example"), 1n, KEY);
    expect(await message(send(provider))).to.match(/^rpc.example is of chain 11155111, and not of chain 1/);
    expect(asked.every((method) => method === "eth_chainId")).to.equal(true);
    let raw = "";
    const unchecked: Eip1193 = {
      request: async (args) => {
        if (args.method === "eth_sendRawTransaction") raw = args.params![0] as string;
        return http.request(args);
      },
    };
    expect(await message(send(new SigningProvider(unchecked, 1n, KEY)))).to.match(/chain ?id/i);
    expect(Transaction.from(raw).chainId).to.equal(1n);
  });

  it("lets each of a chain's endpoints be asked by itself, and shows its key to nobody", async () => {
    const [a, b] = [http, signing()];
    const both = new Endpoints([a, b]);
    expect(new EvmChain(signing(both), CHAIN, 0).endpoints).to.equal(both.endpoints);
    expect(inspect(signing(), { depth: 9, showHidden: true })).not.to.contain("a7a7a7a7");
    expect(JSON.stringify(signing())).not.to.contain("a7a7a7a7");
  });
});
