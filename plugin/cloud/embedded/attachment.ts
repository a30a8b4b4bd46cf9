import { toQuantity } from "ethers";

import { cloudMirror } from "../../../deploy/suite/suite.ts";
import { deployParts } from "../../chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../chain/development-account.ts";
import { EvmContract, type EvmChain } from "../../chain/evm-chain.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import { Patience } from "../../chain/patience.ts";
import { AccountSender } from "../chains/account-sender.ts";
import { Relayer, SIMULATED_BOUNDS } from "../chains/relayer.ts";
import { servedChain, type ServedChain } from "../chains/served-chain.ts";
import type { ActivatedEpoch } from "./embedded-committee.ts";
import type { Foundation } from "./foundation.ts";
import { callbackBps, callGasPriceOf, pricesOf, type EmbeddedCloudOptions } from "./founding.ts";

/** A chain that an embedded cloud serves, and what it takes to deliver there. */
export interface Attachment {
  readonly served: ServedChain;
  readonly account: DevelopmentAccount;
  readonly relayer: Relayer;
  /** Addresses of the suite on this chain, by contract name. */
  readonly parts: ReadonlyMap<string, string>;
  /** For questions that others' work should not have to wait for. */
  readonly patience: Patience;
}

const PATIENCE_MS = 10_000;

/** What a cloud needs of a chain on which the suite is deployed. */
export async function attachmentOf(
  chain: EvmChain,
  { cloudId, parts, deployedAt }: Pick<Foundation, "cloudId" | "parts" | "deployedAt">,
  isHome: boolean,
): Promise<Attachment> {
  const addresses = {
    committees: parts.get(isHome ? "CommitteeRegistry" : "CommitteeMirror")!,
    gateway: parts.get("NexusGateway")!,
    outbox: parts.get("NexusOutbox")!,
    checkpoints: parts.get("StateCheckpoints")!,
    subscriptions: parts.get("NexusSubscriptions")!,
  };
  const outbox = new EvmContract(addresses.outbox, loadArtifact("NexusOutbox").abi);
  const [callGasPrice] = await chain.read(outbox, "callGasPrice");
  const served = servedChain(chain, addresses, {
    isHome,
    deployedAt,
    callGasPrice: callGasPrice as bigint,
    isDevelopment: true,
  });
  const account = await DevelopmentAccount.open(chain, "relayer");
  const mine = async () => void (await chain.rpc("hardhat_mine", "0x1"));
  return {
    served,
    account,
    parts,
    patience: new Patience(PATIENCE_MS),
    relayer: new Relayer(
      served,
      cloudId,
      new AccountSender(chain, account.address, { poll: 20, bump: 5_000, mine }),
      SIMULATED_BOUNDS,
    ),
  };
}

/** Deploys the suite on one more development chain, with a mirror anchored in the active epoch. */
export async function attachMirror(
  chain: EvmChain,
  cloudId: string,
  { committee, operators }: ActivatedEpoch,
  { suite, fees }: EmbeddedCloudOptions,
): Promise<Attachment> {
  await reach(chain, committee.validFrom);
  const account = await DevelopmentAccount.open(chain, "deployer");
  const verifier = suite === "BN254" ? "Bn254Verifier" : "Bls12381Verifier";
  const parameters = {
    cloudId,
    prices: pricesOf(fees),
    callbackBps: callbackBps(fees),
    callGasPrice: callGasPriceOf(fees),
    anchor: committee,
    operators,
    homeFinality: 0,
  };
  const parts = await deployParts(account, (m) => cloudMirror(m, verifier), parameters);
  return attachmentOf(chain, { cloudId, parts, deployedAt: (await chain.head()) + 1n }, false);
}

/** Lets a simulated chain's clock, which knows nothing of another's, reach `time` (Unix seconds). */
export async function reach(chain: EvmChain, time: bigint): Promise<void> {
  if ((await chain.latestTimestamp()) >= time) return;
  try {
    await chain.rpc("evm_setNextBlockTimestamp", toQuantity(time));
    await chain.rpc("hardhat_mine", "0x1");
  } catch (error) {
    // Somebody else's block may have come first, with a time that is no earlier.
    if ((await chain.latestTimestamp()) < time) throw error;
  }
}
