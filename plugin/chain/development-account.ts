import { dataSlice, id, type Interface } from "ethers";

import { markDevelopmentChain } from "./development-chain.ts";
import type { EvmChain, EvmContract, RpcReceipt } from "./evm-chain.ts";

/** The chain is not one whose accounts can be impersonated: the embedded cloud cannot act there. */
export class NotADevelopmentChainError extends Error {
  override readonly name = "NotADevelopmentChainError";

  constructor(chainId: bigint, options?: ErrorOptions) {
    super(
      `Chain ${chainId} does not let accounts be impersonated, so the embedded cloud cannot run its operators there. ` +
        "Use a simulated network, or a node of Hardhat or Anvil.",
      options,
    );
  }
}

/**
 * An account of the embedded cloud on a development chain: impersonated and funded by the chain itself, so that it has
 * no key and the user's accounts, their nonces and balances stay as they are.
 */
export class DevelopmentAccount {
  readonly chain: EvmChain;
  readonly address: string;

  private constructor(chain: EvmChain, address: string) {
    this.chain = chain;
    this.address = address;
  }

  /**
   * The account with this name, with ether to spend, on a chain whose contracts know that it is for development.
   *
   * @throws NotADevelopmentChainError
   */
  static async open(chain: EvmChain, name: string): Promise<DevelopmentAccount> {
    const address = dataSlice(id(`Nexus embedded ${name}`), 12);
    try {
      await chain.rpc("hardhat_impersonateAccount", address);
      await chain.rpc("hardhat_setBalance", address, "0xd3c21bcecceda1000000");
      await markDevelopmentChain(chain, Number(chain.chainId));
    } catch (error) {
      throw new NotADevelopmentChainError(chain.chainId, { cause: error });
    }
    return new DevelopmentAccount(chain, address);
  }

  /** Deploys a contract. @returns its address */
  async deploy(abi: Interface, bytecode: string, args: readonly unknown[]): Promise<string> {
    const { contractAddress } = await this.#transact(
      undefined,
      bytecode + abi.encodeDeploy(args).slice(2),
      abi,
    );
    return contractAddress!;
  }

  /** Calls a contract's method in a transaction. @throws Error naming the contract's custom error */
  async call(
    contract: EvmContract,
    method: string,
    args: readonly unknown[],
    value = 0n,
  ): Promise<RpcReceipt> {
    return this.#transact(
      contract.address,
      contract.abi.encodeFunctionData(method, args),
      contract.abi,
      value,
    );
  }

  async #transact(to: string | undefined, data: string, abi: Interface, value = 0n): Promise<RpcReceipt> {
    const hash = await this.chain.send({
      from: this.address,
      data,
      gas: GAS,
      value,
      ...(to !== undefined && { to }),
    });
    let receipt = await this.chain.receipt(hash);
    if (receipt === undefined) {
      // The network does not mine by itself; the embedded cloud's own transactions do not wait for whoever does.
      await this.chain.rpc("hardhat_mine", "0x1");
      receipt = await this.chain.receipt(hash);
    }
    if (receipt !== undefined && BigInt(receipt.status) === 1n) return receipt;
    const what = to === undefined ? "a deployment" : abi.parseTransaction({ data })?.name;
    throw new Error(
      `The embedded cloud's transaction ${hash} (${what}) failed on chain ${this.chain.chainId}.`,
    );
  }
}

/** Enough for anything the embedded cloud sends, and below what EIP-7825 allows a transaction. */
const GAS = 16_000_000n;
