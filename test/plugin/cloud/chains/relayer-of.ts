import { AccountSender, type Patience } from "../../../../plugin/cloud/chains/account-sender.ts";
import { Relayer, type DeliveryBounds } from "../../../../plugin/cloud/chains/relayer.ts";
import type { ServedChain } from "../../../../plugin/cloud/chains/served-chain.ts";

/** A relayer for a chain, with an account of its own there. */
export function relayerOf(
  served: ServedChain,
  cloudId: string,
  account: string,
  patience?: Patience,
  bounds?: DeliveryBounds,
): Relayer {
  return new Relayer(served, cloudId, new AccountSender(served.chain, account, patience), bounds);
}
