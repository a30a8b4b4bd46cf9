import { setTimeout as sleep } from "node:timers/promises";

import { EventSource } from "../cloud/chains/event-source.ts";
import type { OrderedEvent, Place } from "../cloud/replication/event.ts";
import { NodeError, type Command, type Surroundings } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { chainOf, readingOf, servedOf, type ChainConfiguration } from "./served-of.ts";
import { NodeFolder } from "./node-folder.ts";

/** Events taken at once, and milliseconds between two looks at a chain, and at most after it could not be asked. */
const [AT_ONCE, INTERVAL, LONGEST] = [128, 2_000, 60_000];

/** Reads the cloud's events from every chain exactly as a node does, so that an operator sees whether the endpoints are good enough. */
export const watch: Command = {
  summary: "read the cloud's events through the endpoints, as a node does",
  help: `Follows every chain of the configuration from its deployedAt on: headers, logs, blooms and blocks by their hash are
compared, between endpoints too, and nothing is believed that does not fit. Prints each event of the cloud once it
is final, and what is wrong with an endpoint. It needs no password, keeps nothing and sends nothing.

  --once                 end when everything that is final now is read

It goes on until SIGTERM or SIGINT. With --once it ends with 1 when a chain could not be read.`,
  options: { once: { type: "boolean" } },
  run: async (given, around) => {
    const { configuration: file } = new NodeFolder(given.folder);
    const { cloud, home, mirrors } = await readConfiguration(file, around.environment);
    if (cloud === undefined)
      throw new NodeError(`The configuration ${file} names no cloud: there are no events yet.`);
    const isOnce = given.options["once"] === true;
    const read = await Promise.all([home, ...mirrors].map((chain) => follow(chain, cloud, isOnce, around)));
    return read.every((isRead) => isRead);
  },
};

/** Prints a chain's events. @returns whether all that was final could be read, when it ends */
async function follow(
  configuration: ChainConfiguration,
  cloud: string,
  isOnce: boolean,
  around: Surroundings,
): Promise<boolean> {
  const { chainId } = configuration;
  let source: EventSource | undefined;
  let cursor: Place | undefined;
  let [said, interval] = ["", INTERVAL];
  const say = (line: string): void => {
    if (line !== said) around.note(`chain ${chainId}: ${line}`);
    said = line;
  };
  while (!around.stopped.aborted) {
    let isRead = false;
    try {
      source ??= new EventSource(
        await servedOf(chainOf(configuration), configuration),
        cloud,
        readingOf(configuration),
      );
      const final = await source.served.chain.finalHead();
      const events = await source.after(cursor, AT_ONCE);
      for (const event of events) around.print(eventText(event));
      cursor = events.at(-1)?.place ?? cursor;
      if (events.length === AT_ONCE) continue;
      say(`read up to block ${final}`);
      [isRead, interval] = [true, INTERVAL];
    } catch (error) {
      say((error as Error).message);
      interval = Math.min(2 * interval, LONGEST);
    }
    if (isOnce) return isRead;
    await sleep(interval, undefined, { signal: around.stopped }).catch(() => undefined);
  }
  return true;
}

function eventText(event: OrderedEvent): string {
  const { chainId, place } = event;
  const where = `chain ${chainId} block ${place.block} log ${place.logIndex}`;
  switch (event.kind) {
    case "request":
      return `${where}: request ${event.requestId} of program ${event.request.programId} by ${event.request.requester}`;
    case "log":
      return `${where}: log of ${event.emitter} for ${event.programIds.length} programs`;
    case "epoch":
      return `${where}: epoch ${event.epoch} is active`;
    case "funds":
      return `${where}: ${event.amount} wei more for calls of program ${event.programId}`;
  }
}
