import { EvmChain, EvmContract } from "../chain/evm-chain.ts";
import { loadArtifact } from "../contracts/artifacts.ts";
import { NodeError, type Command } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { endpointsOf } from "./endpoints-of.ts";
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
import { registryOf, standingOf } from "./standing.ts";
import type { Wish } from "../chain/transact.ts";

/** Has the operator stand for its cloud's committees no more, and says how long its node and its stake are bound. */
export const leave: Command = {
  summary: "stand for the cloud no more, and see until when the node must go on",
  help: `Sends leaveCloud from the account in the folder, unless the operator does not stand, and says what remains: the
epochs that the operator is a member of, until which its node must go on, and when its stake comes free. It can be
called again, and then says that alone.

${PRINT_HELP}
  --password-file FILE   where the password of the keys is; not needed with --print

${PASSWORD_HELP}`,
  options: { ...PASSWORD_OPTION, ...PRINT_OPTIONS },
  run: async (given, around) => {
    const { isPrinted, operator: chosen } = printingOf(given);
    const folder = new NodeFolder(given.folder);
    const configuration = await readConfiguration(folder.configuration, around.environment);
    const { cloud: cloudId, home } = configuration;
    if (cloudId === undefined)
      throw new NodeError(`The configuration ${folder.configuration} names no cloud to leave.`);
    const operator = chosen ?? (await folder.accountAddress());
    const reading = new EvmChain(endpointsOf(home), BigInt(home.chainId), home.finality);
    const { cloud } = await standingOf(reading, configuration, operator);
    const wish: Wish = { contract: registryOf(configuration), method: "leaveCloud", args: [cloudId] };
    if (!cloud!.isCandidate) around.note(`the operator does not stand for cloud ${cloudId}`);
    else if (isPrinted) printWishes(reading, operator, [wish], around);
    else {
      const { chain, account } = await openHome(configuration, folder, await passwordOf(given, around));
      await sendWishes(chain, account, [wish], around);
    }
    // What --print prints is for programs to send.
    const say = isPrinted ? around.note : around.print;
    for (const line of await remains(reading, configuration, operator)) say(line);
    return true;
  },
};

/** What an operator still has to do, and when its stake comes free, a sentence each. */
async function remains(
  chain: EvmChain,
  configuration: Parameters<typeof standingOf>[1],
  operator: string,
): Promise<string[]> {
  const registry = registryOf(configuration);
  const { cloud } = await standingOf(chain, configuration, operator);
  const { epoch, isMember, next } = cloud!;
  const now = await chain.latestTimestamp();
  const lines: string[] = [];
  let isBound = false;
  const member = (number: bigint, until: bigint): void => {
    isBound = true;
    lines.push(
      `The operator is a member of epoch ${number}: its node must go on until ${timeOf(until)}, or until a later epoch has taken over.`,
    );
  };
  if (isMember) {
    const [found] = await chain.read(registry, "committee", configuration.cloud, epoch);
    const { validUntil } = found as { validUntil: bigint };
    if (validUntil > now) member(epoch, validUntil);
  }
  if (next?.phase === "opened") {
    isBound = true;
    lines.push(
      `Epoch ${next.epoch} is open, and its committee may yet be drawn to include the operator: call again once it is selected.`,
    );
  } else if (next?.isMember === true) {
    member(next.epoch, next.validUntil);
  }
  if (!isBound) lines.push("The operator is a member of no epoch: its node may stop.");

  const [address] = await chain.read(registry, "staking");
  const staking = new EvmContract(address as string, loadArtifact("NexusStaking").abi);
  const [delay] = (await chain.read(staking, "unbondingDelay")) as [bigint];
  const [state] = (await chain.read(staking, "operatorState", operator)) as [{ heldUntil: bigint }];
  const free = state.heldUntil > now + delay ? state.heldUntil : now + delay;
  lines.push(
    `Stake that is taken out now (NexusStaking.undelegate) can be withdrawn from ${timeOf(free)} on: ` +
      (state.heldUntil > now + delay
        ? "until then it answers for what the operator signed."
        : `the unbonding delay is ${delay} seconds.`),
  );
  return lines;
}

/** A Unix time as text. */
function timeOf(seconds: bigint): string {
  return new Date(Number(seconds) * 1_000).toISOString();
}
