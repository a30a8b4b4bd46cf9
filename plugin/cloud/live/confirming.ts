import { hexlify } from "ethers";

import type { EvmChain } from "../../chain/evm-chain.ts";
import { confirm } from "../dkg/confirmation.ts";
import { Phase } from "../node/registry.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RegistryView } from "./registry-view.ts";

/** Milliseconds between two looks for a receipt, and how many there are. */
const [POLL, LOOKS] = [1_000, 120];

/**
 * Confirms to the registry the key that this node has kept of the selected epoch, unless that is done, or enough others have.
 *
 * @param paying the home chain, whose provider signs for `account`
 * @param identity the identity's secret, 32 bytes
 * @returns the transaction's hash; undefined when there was nothing to send
 * @throws Error when the registry refuses
 */
export async function confirmKept(
  view: RegistryView,
  keyRing: KeyRing,
  paying: EvmChain,
  account: string,
  identity: Uint8Array,
): Promise<string | undefined> {
  const { latest } = view;
  const seen = view.selection;
  const key = seen && keyRing.selectedKey(seen.epoch, seen.deadline);
  if (key === undefined) return undefined;
  const { epoch, phase, deadline, confirmed, membersHash } = await latest.pending();
  const isSame = epoch === seen!.epoch && deadline === seen!.deadline && phase === Phase.Selected;
  if (!isSame || ((confirmed >> BigInt(key.share.index - 1)) & 1n) === 1n) return undefined;
  const { registry, cloudId } = latest;
  const context = { chainId: paying.chainId, registry: registry.address, cloudId, epoch, membersHash };
  const said = confirm(context, key.group, key.share, identity);
  const args = [
    cloudId,
    {
      ...said,
      groupKey: hexlify(said.groupKey),
      shareKey: hexlify(said.shareKey),
      identitySignature: hexlify(said.identitySignature),
      possession: hexlify(said.possession),
    },
  ];
  const data = registry.abi.encodeFunctionData("confirm", args);
  const hash = await paying.send({ from: account, to: registry.address, data });
  for (let looked = 0; looked < LOOKS; looked++) {
    const receipt = await paying.receipt(hash);
    // One that failed came after enough others, or after the deadline; the next look says which.
    if (receipt !== undefined) return hash;
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
  return hash;
}
