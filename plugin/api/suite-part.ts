import { BaseContract, BrowserProvider, JsonRpcSigner, type ContractRunner, type InterfaceAbi } from "ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { loadArtifact } from "../contracts/artifacts.ts";
import type { Hex } from "../contracts/hex.ts";
import type { SuiteContract, SuitePart } from "../contracts/suite-contracts.ts";

/** A contract of ethers that knows its address and interface by the names that viem has for them. */
class Part extends BaseContract {
  readonly address: Hex;
  readonly abi: InterfaceAbi;

  constructor(address: Hex, abi: InterfaceAbi, runner: ContractRunner) {
    super(address, abi, runner);
    this.address = address;
    this.abi = abi;
  }

  override connect(runner: ContractRunner): Part {
    return new Part(this.address, this.abi, runner);
  }
}

/** The part of the suite at `address`, whose transactions the connection's first account sends. */
export async function suitePart<Name extends SuitePart>(
  connection: NetworkConnection<ChainType | string>,
  name: Name,
  address: Hex,
): Promise<SuiteContract<Name>> {
  const part = new Part(address, loadArtifact(name).abi, await firstAccount(connection));
  return part as unknown as SuiteContract<Name>;
}

/** The first account of the connection, or its provider where there is none. */
async function firstAccount(connection: NetworkConnection<ChainType | string>): Promise<ContractRunner> {
  // The project's own signer where there is one, which its matchers know.
  const { ethers } = connection as { ethers?: { getSigners(): Promise<readonly ContractRunner[]> } };
  const [signer] = (await ethers?.getSigners()) ?? [];
  if (signer !== undefined) return signer;
  const { provider } = connection;
  const chain = new BrowserProvider(provider, connection.networkConfig.chainId, { cacheTimeout: -1 });
  const [account] = (await provider.request({ method: "eth_accounts" })) as string[];
  return account === undefined ? chain : new JsonRpcSigner(chain, account);
}
