import type { Bls12381Verifier } from "../../types/ethers-contracts/bls/Bls12381Verifier.ts";
import type { Bls12381Verifier__factory } from "../../types/ethers-contracts/factories/bls/Bls12381Verifier__factory.ts";
import type { Bn254Verifier } from "../../types/ethers-contracts/bls/Bn254Verifier.ts";
import type { Bn254Verifier__factory } from "../../types/ethers-contracts/factories/bls/Bn254Verifier__factory.ts";
import type { CommitteeMirror } from "../../types/ethers-contracts/committee/CommitteeMirror.ts";
import type { CommitteeMirror__factory } from "../../types/ethers-contracts/factories/committee/CommitteeMirror__factory.ts";
import type { CommitteeRegistry } from "../../types/ethers-contracts/committee/CommitteeRegistry.ts";
import type { CommitteeRegistry__factory } from "../../types/ethers-contracts/factories/committee/CommitteeRegistry__factory.ts";
import type { DevelopmentToken } from "../../types/ethers-contracts/examples/DevelopmentToken.ts";
import type { DevelopmentToken__factory } from "../../types/ethers-contracts/factories/examples/DevelopmentToken__factory.ts";
import type { EquivocationSlashing } from "../../types/ethers-contracts/staking/EquivocationSlashing.ts";
import type { EquivocationSlashing__factory } from "../../types/ethers-contracts/factories/staking/EquivocationSlashing__factory.ts";
import type { NexusGateway } from "../../types/ethers-contracts/cloud/NexusGateway.ts";
import type { NexusGateway__factory } from "../../types/ethers-contracts/factories/cloud/NexusGateway__factory.ts";
import type { NexusOutbox } from "../../types/ethers-contracts/cloud/NexusOutbox.ts";
import type { NexusOutbox__factory } from "../../types/ethers-contracts/factories/cloud/NexusOutbox__factory.ts";
import type { NexusStaking } from "../../types/ethers-contracts/staking/NexusStaking.ts";
import type { NexusStaking__factory } from "../../types/ethers-contracts/factories/staking/NexusStaking__factory.ts";
import type { NexusSubscriptions } from "../../types/ethers-contracts/cloud/NexusSubscriptions.ts";
import type { NexusSubscriptions__factory } from "../../types/ethers-contracts/factories/cloud/NexusSubscriptions__factory.ts";
import type { StateCheckpoints } from "../../types/ethers-contracts/cloud/StateCheckpoints.ts";
import type { StateCheckpoints__factory } from "../../types/ethers-contracts/factories/cloud/StateCheckpoints__factory.ts";
import type { ZeroMarket } from "../../types/ethers-contracts/zero/ZeroMarket.ts";
import type { ZeroMarket__factory } from "../../types/ethers-contracts/factories/zero/ZeroMarket__factory.ts";
import type { ZeroMockVerifier } from "../../types/ethers-contracts/zero/ZeroMockVerifier.ts";
import type { ZeroMockVerifier__factory } from "../../types/ethers-contracts/factories/zero/ZeroMockVerifier__factory.ts";
import type { ZeroRouter } from "../../types/ethers-contracts/zero/ZeroRouter.ts";
import type { ZeroRouter__factory } from "../../types/ethers-contracts/factories/zero/ZeroRouter__factory.ts";
import type { Hex } from "./hex.ts";

/** One contract's types: as ethers has it, and its interface as viem reads it. */
interface Typed<Contract, Factory extends { readonly abi: unknown }> {
  readonly contract: Contract;
  readonly abi: Factory["abi"];
}

/** The parts of the suite that a chain with a cloud has, by contract name. */
export interface SuiteContracts {
  Bls12381Verifier: Typed<Bls12381Verifier, typeof Bls12381Verifier__factory>;
  Bn254Verifier: Typed<Bn254Verifier, typeof Bn254Verifier__factory>;
  CommitteeMirror: Typed<CommitteeMirror, typeof CommitteeMirror__factory>;
  CommitteeRegistry: Typed<CommitteeRegistry, typeof CommitteeRegistry__factory>;
  DevelopmentToken: Typed<DevelopmentToken, typeof DevelopmentToken__factory>;
  EquivocationSlashing: Typed<EquivocationSlashing, typeof EquivocationSlashing__factory>;
  NexusGateway: Typed<NexusGateway, typeof NexusGateway__factory>;
  NexusOutbox: Typed<NexusOutbox, typeof NexusOutbox__factory>;
  NexusStaking: Typed<NexusStaking, typeof NexusStaking__factory>;
  NexusSubscriptions: Typed<NexusSubscriptions, typeof NexusSubscriptions__factory>;
  StateCheckpoints: Typed<StateCheckpoints, typeof StateCheckpoints__factory>;
  ZeroMarket: Typed<ZeroMarket, typeof ZeroMarket__factory>;
  ZeroMockVerifier: Typed<ZeroMockVerifier, typeof ZeroMockVerifier__factory>;
  ZeroRouter: Typed<ZeroRouter, typeof ZeroRouter__factory>;
}

export type SuitePart = keyof SuiteContracts;

/**
 * A part of the suite on one chain: a contract of ethers, with what viem needs of it beside. `connect` gives the same for
 * another account or provider.
 */
export type SuiteContract<Part extends SuitePart> = SuiteContracts[Part]["contract"] & {
  readonly address: Hex;
  /** As viem takes it: `readContract({ ...part, functionName })` is typed. */
  readonly abi: SuiteContracts[Part]["abi"];
};
