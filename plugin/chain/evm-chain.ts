import { Interface, toQuantity, type InterfaceAbi, type LogDescription } from "ethers";

import type { Eip1193 } from "./eip1193.ts";

export type { Eip1193 };

/** Up to which block a chain's logs count as final: a depth below the head (0: the head itself), or its own `finalized`. */
export type Finality = number | "finalized";

/** A log as JSON-RPC returns it. */
export interface RpcLog {
  readonly address: string;
  readonly topics: string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly logIndex: string;
  readonly transactionHash: string;
}

/** A block's header with the hashes of its transactions, as JSON-RPC returns it, as far as it is used. */
export interface RpcHeader {
  readonly number: string;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestamp: string;
  /** Missing, or all zero, on some rollups. */
  readonly logsBloom?: string | null;
  readonly transactions: readonly string[];
}

/** A transaction receipt, as far as it is used. */
export interface RpcReceipt {
  readonly status: string;
  readonly blockNumber: string;
  readonly gasUsed: string;
  readonly transactionHash: string;
  readonly contractAddress: string | null;
  readonly logs: readonly RpcLog[];
}

/** What a transaction pays per gas, in wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** A transaction to send; what is left out, the provider fills in. */
export interface Transaction extends Partial<Fees> {
  readonly from: string;
  readonly to?: string;
  readonly data: string;
  readonly value?: bigint;
  readonly gas?: bigint;
  readonly nonce?: bigint;
}

/** One EVM chain behind a JSON-RPC provider, with the few calls that the cloud makes. */
export class EvmChain implements Eip1193 {
  readonly chainId: bigint;
  /** What the chain can be asked through, each by itself: one provider, unless it is made of several. */
  readonly endpoints: readonly Eip1193[];
  readonly #provider: Eip1193;
  readonly #finality: Finality;
  readonly #timestamps = new Map<bigint, bigint>();

  constructor(provider: Eip1193, chainId: bigint, finality: Finality) {
    this.#provider = provider;
    this.endpoints = provider.endpoints ?? [provider];
    this.chainId = chainId;
    this.#finality = finality;
  }

  /** Connects and asks the chain for its id. */
  static async connect(provider: Eip1193, finality: Finality): Promise<EvmChain> {
    return new EvmChain(
      provider,
      BigInt((await provider.request({ method: "eth_chainId" })) as string),
      finality,
    );
  }

  /** A JSON-RPC call as EIP-1193 has it. */
  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    return this.#provider.request(args);
  }

  /** Any other JSON-RPC call. */
  async rpc(method: string, ...params: unknown[]): Promise<unknown> {
    return this.#provider.request({ method, params });
  }

  /** Number of the newest block. */
  async head(): Promise<bigint> {
    return BigInt((await this.rpc("eth_blockNumber")) as string);
  }

  /** Unix time of the newest block, in seconds. */
  async latestTimestamp(): Promise<bigint> {
    return BigInt(
      ((await this.rpc("eth_getBlockByNumber", "latest", false)) as { timestamp: string }).timestamp,
    );
  }

  /** Number of the newest final block; -1n while there is none. */
  async finalHead(): Promise<bigint> {
    if (this.#finality === "finalized") {
      const block = (await this.rpc("eth_getBlockByNumber", "finalized", false)) as { number: string } | null;
      return block === null ? -1n : BigInt(block.number);
    }
    const head = (await this.head()) - BigInt(this.#finality);
    return head < -1n ? -1n : head;
  }

  /** Logs of the blocks [from, to] at one of `addresses`, in the chain's order; with these first topics, or one of each list, if given. */
  async logs(
    addresses: readonly string[],
    from: bigint,
    to: bigint,
    topics: readonly (string | readonly string[])[] = [],
  ): Promise<RpcLog[]> {
    if (addresses.length === 0 || from > to) return [];
    const filter = { address: addresses, topics, fromBlock: toQuantity(from), toBlock: toQuantity(to) };
    return (await this.rpc("eth_getLogs", filter)) as RpcLog[];
  }

  /** Unix time of a final block, in seconds. */
  async timestamp(block: bigint): Promise<bigint> {
    const known = this.#timestamps.get(block);
    if (known !== undefined) return known;
    const found = (await this.rpc("eth_getBlockByNumber", toQuantity(block), false)) as {
      timestamp: string;
    } | null;
    if (found === null) throw new Error(`Chain ${this.chainId} does not know its block ${block}.`);
    const timestamp = BigInt(found.timestamp);
    if (this.#timestamps.size > 1_000) this.#timestamps.clear();
    this.#timestamps.set(block, timestamp);
    return timestamp;
  }

  /** Forgets what it remembers of blocks; after a simulated chain was reverted. */
  forget(): void {
    this.#timestamps.clear();
  }

  /** Result of a read-only call, decoded. */
  async read(contract: EvmContract, method: string, ...args: unknown[]): Promise<unknown[]> {
    return this.#call({}, contract, method, args);
  }

  /** The same as it was after a block, which the provider has the state of if it is a late one. */
  async readAt(block: bigint, contract: EvmContract, method: string, ...args: unknown[]): Promise<unknown[]> {
    return this.#call({}, contract, method, args, toQuantity(block));
  }

  /**
   * The same as a transaction of `from` would see it, which is to own ether: at the base fee of the chain. Nodes set that to zero in a
   * call that names no gas price.
   */
  async readPaying(
    from: string,
    contract: EvmContract,
    method: string,
    ...args: unknown[]
  ): Promise<unknown[]> {
    const { maxFeePerGas } = await this.fees();
    return this.#call({ from, gasPrice: toQuantity(maxFeePerGas) }, contract, method, args);
  }

  async #call(
    sender: Readonly<Record<string, string>>,
    contract: EvmContract,
    method: string,
    args: readonly unknown[],
    block = "latest",
  ): Promise<unknown[]> {
    const data = contract.abi.encodeFunctionData(method, args);
    const call = { ...sender, to: contract.address, data };
    const result = (await this.rpc("eth_call", call, block)) as string;
    return contract.abi.decodeFunctionResult(method, result).toArray() as unknown[];
  }

  /** Number of transactions that `account` has in the chain, hence the nonce of its next. */
  async nonce(account: string): Promise<bigint> {
    return BigInt((await this.rpc("eth_getTransactionCount", account, "latest")) as string);
  }

  /** What a transaction pays per gas if it is to enter soon, in wei: twice the base fee and the tip. */
  async fees(): Promise<Fees> {
    const block = (await this.rpc("eth_getBlockByNumber", "latest", false)) as { baseFeePerGas?: string };
    const tip = BigInt((await this.rpc("eth_maxPriorityFeePerGas").catch(() => "0x3b9aca00")) as string);
    return { maxFeePerGas: 2n * BigInt(block.baseFeePerGas ?? "0x0") + tip, maxPriorityFeePerGas: tip };
  }

  /**
   * Gas with which a transaction would succeed after the newest block; on rollups that count it as gas, with what its data costs on
   * the chain below.
   */
  async estimateGas({ from, to, data }: Pick<Transaction, "from" | "to" | "data">): Promise<bigint> {
    return BigInt((await this.rpc("eth_estimateGas", { from, to, data }, "latest")) as string);
  }

  /** Runs a transaction after the newest block without sending it. @throws what the provider says when it would fail */
  async attempt(transaction: Transaction): Promise<void> {
    await this.rpc("eth_call", rpcTransaction(transaction), "latest");
  }

  /** Most gas that the transactions of a block may have, as of the newest one. */
  async blockGasLimit(): Promise<bigint> {
    const block = (await this.rpc("eth_getBlockByNumber", "latest", false)) as { gasLimit: string };
    return BigInt(block.gasLimit);
  }

  /** Sends a transaction from an account that the provider signs for. @returns its hash */
  async send(transaction: Transaction): Promise<string> {
    return (await this.rpc("eth_sendTransaction", rpcTransaction(transaction))) as string;
  }

  /** The receipt of a mined transaction, or undefined while it is not mined. */
  async receipt(hash: string): Promise<RpcReceipt | undefined> {
    return ((await this.rpc("eth_getTransactionReceipt", hash)) as RpcReceipt | null) ?? undefined;
  }
}

/** A transaction as the JSON-RPC takes it. */
function rpcTransaction({ from, to, data, ...numbers }: Transaction): Record<string, string> {
  const quantities = Object.entries(numbers).map(([key, value]) => [key, toQuantity(value as bigint)]);
  return { from, data, ...(to !== undefined && { to }), ...Object.fromEntries(quantities) };
}

/** A contract's address and interface. */
export class EvmContract {
  readonly address: string;
  readonly abi: Interface;

  constructor(address: string, abi: InterfaceAbi) {
    this.address = address;
    this.abi = new Interface(abi);
  }

  /** Decodes a log of this contract; undefined when it is another's or of an unknown event. */
  parse(log: RpcLog): LogDescription | undefined {
    if (log.address.toLowerCase() !== this.address.toLowerCase()) return undefined;
    return this.abi.parseLog(log) ?? undefined;
  }
}
