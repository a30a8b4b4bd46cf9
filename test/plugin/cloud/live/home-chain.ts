/** A chain with a live chain's id in this process, with the suite on it. */
import { network } from "hardhat";

import { development } from "../../../../deploy/suite/development-suite.ts";
import { deployParts } from "../../../../plugin/chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../../../plugin/chain/development-account.ts";
import { EvmChain, EvmContract, type Finality } from "../../../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";

export interface HomeChain {
  readonly chain: EvmChain;
  /** The founder's. */
  readonly account: DevelopmentAccount;
  contract(name: string): EvmContract;
  /** Makes so many blocks. */
  mine(blocks: number): Promise<void>;
  /** Makes a block at a time, Unix seconds. */
  reach(time: bigint): Promise<void>;
}

export async function homeChain(finality: Finality, chainId = 11_155_111): Promise<HomeChain> {
  const { provider } = await network.create({ network: "l1", override: { chainId } });
  const chain = await EvmChain.connect(provider, finality);
  const account = await DevelopmentAccount.open(chain, "founder");
  const parts = await deployParts(account, (m) => development(m, false));
  return {
    chain,
    account,
    contract: (name) => new EvmContract(parts.get(name)!, loadArtifact(name).abi),
    mine: async (blocks) => {
      for (let i = 0; i < blocks; i++) await chain.rpc("evm_mine");
    },
    reach: async (time) => {
      await chain.rpc("evm_setNextBlockTimestamp", `0x${time.toString(16)}`);
      await chain.rpc("evm_mine");
    },
  };
}
