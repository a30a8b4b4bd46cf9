import { getAddress, hexlify, ZeroAddress } from "ethers";

import * as digests from "../contracts/digests.ts";
import type { EvmChain, EvmContract } from "../chain/evm-chain.ts";
import { NodeError, type Command, type Surroundings } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { NodeFolder } from "./node-folder.ts";
import {
  openHome,
  PRINT_HELP,
  PRINT_OPTIONS,
  printingOf,
  printWishes,
  sendWishes,
} from "./operator-transactions.ts";
import { PASSWORD_HELP, PASSWORD_OPTION, passwordOf } from "./password.ts";
import { registryOf, standingOf, type CloudStanding } from "./standing.ts";
import type { Wish } from "../chain/transact.ts";

/** Registers the node's identity as its operator's, and has the operator stand for the cloud's committees. */
export const register: Command = {
  summary: "register the node at the registry, and stand for its cloud",
  help: `Sends what is missing from the account in the folder: registerNode, and joinCloud where the configuration names a
cloud and the operator has the stake that it asks for. It can be called again; what is done already is not sent.

${PRINT_HELP}
  --replace              put this node in the place of another that the operator has registered
  --password-file FILE   where the password of the keys is

${PASSWORD_HELP}`,
  options: {
    ...PASSWORD_OPTION,
    ...PRINT_OPTIONS,
    replace: { type: "boolean" },
  },
  run: async (given, around) => {
    const { isPrinted, operator: chosen } = printingOf(given);
    const folder = new NodeFolder(given.folder);
    const configuration = await readConfiguration(folder.configuration, around.environment);
    const password = await passwordOf(given, around);
    const { chain, account } = await openHome(configuration, folder, password);
    const operator = chosen ?? account;
    const registry = registryOf(configuration);
    const standing = await standingOf(chain, configuration, operator);

    const wishes: Wish[] = [];
    const { address } = await folder.identity();
    if (standing.identity === getAddress(address)) {
      around.note(`node ${address} is registered already`);
    } else {
      await requireFree(chain, registry, address, operator);
      if (standing.identity !== undefined && given.options["replace"] !== true) {
        throw new NodeError(
          `Operator ${operator} has registered node ${standing.identity}: call again with --replace to put ${address} in its place. ` +
            "Committees that were selected already keep the other one.",
        );
      }
      wishes.push(await registration(chain, registry, folder, password, operator));
    }
    const { cloud } = standing;
    const join = cloud !== undefined && canJoin(cloud, configuration.cloud!, around);
    if (join) wishes.push({ contract: registry, method: "joinCloud", args: [configuration.cloud] });

    if (isPrinted) printWishes(chain, operator, wishes, around);
    else await sendWishes(chain, account, wishes, around);
    return cloud === undefined || cloud.isCandidate || join;
  },
};

/** @throws NodeError when the identity is another operator's */
async function requireFree(
  chain: EvmChain,
  registry: EvmContract,
  identity: string,
  operator: string,
): Promise<void> {
  const [bound] = await chain.read(registry, "operatorOf", identity);
  if (bound === ZeroAddress || bound === operator) return;
  throw new NodeError(
    `Node ${identity} is bound to operator ${bound as string} for ever: make another folder with \`nexus-node init\` for ${operator}.`,
  );
}

/** `registerNode` with the identity's proof that it is meant for this operator. */
async function registration(
  chain: EvmChain,
  registry: EvmContract,
  folder: NodeFolder,
  password: string,
  operator: string,
): Promise<Wish> {
  const identity = await folder.openIdentity(password);
  const proof = identity.signDigest(digests.identity(chain.chainId, registry.address, operator));
  const { publicKey } = await folder.identity();
  return { contract: registry, method: "registerNode", args: [publicKey, hexlify(proof)] };
}

/** Whether the operator does not stand for the cloud yet and may. */
function canJoin(
  { isCandidate, stake, minStake }: CloudStanding,
  cloud: string,
  around: Surroundings,
): boolean {
  if (isCandidate) {
    around.note(`the operator stands for cloud ${cloud} already`);
    return false;
  }
  if (stake >= minStake) return true;
  around.note(
    `the operator cannot stand for cloud ${cloud}: the stake behind it is ${stake}, and the cloud asks for ${minStake}. ` +
      "Stake the rest (NexusStaking.register once, then delegate), and call again.",
  );
  return false;
}
