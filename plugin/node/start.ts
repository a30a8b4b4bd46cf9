import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { computeAddress, hexlify, ZeroAddress } from "ethers";

import type { EvmChain } from "../chain/evm-chain.ts";
import { SigningProvider } from "../chain/signing-provider.ts";
import { AccountSender } from "../cloud/chains/account-sender.ts";
import { EventSource } from "../cloud/chains/event-source.ts";
import { ScanRecord } from "../cloud/chains/scan-record.ts";
import { freePort } from "../cloud/cometbft/free-ports.ts";
import { checkCometBft } from "../cloud/cometbft/process.ts";
import type { CometPlace } from "../cloud/cometbft/comet-place.ts";
import type { CometRpc } from "../cloud/cometbft/rpc.ts";
import type { Journal } from "../cloud/live/journal.ts";
import { KeyRing } from "../cloud/live/key-ring.ts";
import { LightServer } from "../cloud/live/light-server.ts";
import { LiveNode } from "../cloud/live/live-node.ts";
import { repeat } from "../cloud/live/loop.ts";
import { RegistryView } from "../cloud/live/registry-view.ts";
import type { ServedPlace } from "../cloud/live/served.ts";
import { closeStores, openStores, type LiveStores } from "../cloud/live/stores.ts";
import { KeystoreError } from "../cloud/keystore/private-file.ts";
import { ApprovedPrograms } from "./approved-programs.ts";
import { lastBlocks } from "./block-view.ts";
import { NodeError, type Command } from "./command.ts";
import { readConfiguration, type NodeConfiguration } from "./configuration.ts";
import { endpointsOf } from "./endpoints-of.ts";
import { journalOf } from "./log.ts";
import { NodeFolder, type NodeKeys } from "./node-folder.ts";
import { PASSWORD_HELP, PASSWORD_OPTION, passwordOf } from "./password.ts";
import { NodeWatch } from "./running-state.ts";
import { chainOf, readingOf, servedOf, type ChainConfiguration } from "./served-of.ts";
import { recordsIn } from "./signing-records.ts";
import { registryOf } from "./standing.ts";
import { StatusServer } from "./status-server.ts";

/** Milliseconds between two looks at balances; how long a turn is unless it is configured. */
const [FUNDS_INTERVAL, TURN_TIME] = [60_000, 30_000];
/** Milliseconds between two tries while a chain is away at the start. */
const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 60_000];
/** Blocks on the node's page. */
const SHOWN_BLOCKS = 50;
/** Seconds that this machine's clock may be behind the home chain's newest block. */
const CLOCK_SLACK = 30n;
/** A node answers light clients at this many ports after the one where it listens. */
const LIGHT_PORT = 2;

/** Runs the node. */
export const start: Command = {
  summary: "run the node until SIGTERM or SIGINT",
  help: `Waits for the cloud's first committee, takes part in its key ceremony if this node is selected, and then works on the cloud's
chain: as a member, or as a node that follows. Prints a line of JSON for everything that happens, with level, time and msg.

  --pretty               print lines for people instead
  --password-file FILE   where the password of the keys is

It ends with 0 when it was stopped; with 1, and a sentence why, when it cannot go on.

${PASSWORD_HELP}`,
  options: { ...PASSWORD_OPTION, pretty: { type: "boolean" } },
  run: async (given, around) => {
    const folder = new NodeFolder(given.folder);
    const configuration = await readConfiguration(folder.configuration, around.environment);
    const { cloud } = configuration;
    if (cloud === undefined)
      throw new NodeError(`The configuration ${folder.configuration} names no cloud to serve.`);
    await checkCometBft(configuration.cometbft);
    const password = await passwordOf(given, around);
    const journal = journalOf(around.print, given.options["pretty"] === true);
    const stores = await openStores(configuration.data);
    const sockets = await mkdtemp(join(tmpdir(), "nexus-"));
    try {
      const keys = await folder.openKeys(password);
      const account = await folder.openAccount(password);
      const running = { folder, configuration, cloud, keys, account, stores, sockets, journal };
      const parts = await reached(() => partsOf(running), journal, around.stopped);
      if (parts !== undefined) await work(running, parts, around.stopped);
    } finally {
      await closeStores(stores);
      await rm(sockets, { recursive: true, force: true });
    }
    journal.info("stopped");
    return true;
  },
};

interface Running {
  readonly folder: NodeFolder;
  readonly configuration: NodeConfiguration;
  readonly cloud: string;
  readonly keys: NodeKeys;
  readonly account: Awaited<ReturnType<NodeFolder["openAccount"]>>;
  readonly stores: LiveStores;
  /** Folder of sockets, whose paths are to be short. */
  readonly sockets: string;
  readonly journal: Journal;
}

interface Parts {
  readonly view: RegistryView;
  readonly keyRing: KeyRing;
  readonly served: readonly ServedPlace[];
  readonly paying: readonly EvmChain[];
  readonly address: string;
  /** Whose node this is, as the registry says; the account itself while it says nothing. */
  readonly operator: string;
}

/** Everything that asks the chains before the node can work. */
async function partsOf({ configuration, cloud, keys, account, stores }: Running): Promise<Parts> {
  const { home, mirrors } = configuration;
  const view = await RegistryView.open({
    chain: chainOf(home),
    finality: home.finality,
    registry: registryOf(configuration),
    cloudId: cloud,
  });
  const keyRing = await KeyRing.open(keys.keystore, view.suite);
  const paying: EvmChain[] = [];
  const served: ServedPlace[] = [];
  for (const chain of [home, ...mirrors]) {
    const provider = new SigningProvider(endpointsOf(chain), BigInt(chain.chainId), account);
    const one = chainOf(chain, provider);
    paying.push(one);
    served.push(await servedPlace(chain, one, provider.address, cloud, stores));
  }
  const address = served[0]!.sender.address;
  const identity = computeAddress(hexlify(keys.identity.publicKey));
  const [bound] = await view.latest.chain.read(view.latest.registry, "operatorOf", identity);
  const operator = bound === ZeroAddress ? address : (bound as string);
  return { view, keyRing, served, paying, address, operator };
}

async function servedPlace(
  configuration: ChainConfiguration,
  paying: EvmChain,
  account: string,
  cloud: string,
  stores: LiveStores,
): Promise<ServedPlace> {
  const read = await servedOf(chainOf(configuration), configuration);
  const source = new EventSource(
    read,
    cloud,
    readingOf(configuration),
    new ScanRecord(stores.state, read, cloud),
  );
  const { turnTime = TURN_TIME } = configuration;
  const sender = new AccountSender(paying, account);
  return { source, paying: { ...read, chain: paying }, sender, turnTime };
}

async function work(running: Running, parts: Parts, stopped: AbortSignal): Promise<void> {
  const { folder, configuration, keys, stores, sockets, journal } = running;
  const { network, cometbft, name, data, blockTime, snapshots, retention, status } = configuration;
  const { view, keyRing, served, paying, address, operator } = parts;
  const place = async (socket: string, shift: number): Promise<CometPlace> => ({
    command: cometbft,
    name,
    listen: shifted(network.listen, shift),
    external: network.external === undefined ? undefined : shifted(network.external, shift),
    peers: network.peers.map((peer) => shifted(peer, shift)),
    rpc: `127.0.0.1:${await freePort()}`,
    socket: join(sockets, socket),
  });
  const node = new LiveNode({
    view,
    keyRing,
    secret: keys.secret,
    identity: keys.identity,
    validator: keys.validator,
    peer: keys.peer,
    served,
    stores,
    folder: data,
    lastSigned: recordsIn(data).validator,
    comet: await place("cloud.sock", 0),
    lightServers: network.peers.map((peer) => shifted(peer.slice(peer.indexOf("@") + 1), LIGHT_PORT)),
    ceremony: await place("keys.sock", 1),
    blockTime,
    snapshots,
    retention,
    operator,
    programs: async (approve, until) =>
      new ApprovedPrograms(folder.programs, {
        approve,
        complain: (reason) => journal.warn("a program is not approved", { reason }),
      }).watch(until),
    journal,
  });
  const watch = new NodeWatch(name, address, keys.identity.publicKey, node);
  const server = await StatusServer.listen(status.listen, {
    health: () => watch.state,
    metrics: async () => watch.metrics(),
    blocks: () => (node.chain === undefined ? [] : lastBlocks(node.chain.node, SHOWN_BLOCKS)),
  });
  const light = await lightServer(shifted(network.listen, LIGHT_PORT), node).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  const end = new AbortController();
  const until = AbortSignal.any([stopped, end.signal]);
  const looking = repeat(
    () => lookAround(watch, paying, journal),
    { interval: FUNDS_INTERVAL, longest: FUNDS_INTERVAL },
    until,
    () => undefined,
  );
  journal.info("started", { name, cloud: view.cloudId, status: status.listen, peer: keys.peer.address });
  try {
    await node.run(stopped);
  } finally {
    end.abort();
    await looking;
    await light.close();
    await server.close();
  }
}

/** Answers nodes that begin later. @throws NodeError when it cannot listen there */
async function lightServer(listen: string, node: LiveNode): Promise<LightServer> {
  const source = {
    standing: async () => node.chain?.standing() ?? { height: 0n, snapshots: [] },
    call: async (...asked: Parameters<CometRpc["call"]>) => {
      const rpc = node.chain?.rpc;
      if (rpc === undefined) throw new Error("CometBFT does not run.");
      return rpc.call(...asked);
    },
  };
  return LightServer.listen(listen, source).catch((error: unknown) => {
    throw new NodeError(
      `The node cannot listen at ${listen}, for nodes that begin later: ${(error as Error).message}.`,
    );
  });
}

/** Says what the account is short of, and whether the clock is right. */
async function lookAround(watch: NodeWatch, paying: readonly EvmChain[], journal: Journal): Promise<void> {
  for (const chain of paying) {
    const shortage = await watch.lookAtFunds(chain).catch(() => undefined);
    if (shortage !== undefined) journal.warn("the account is low", { reason: shortage });
  }
  const time = await paying[0]!.latestTimestamp();
  if (BigInt(Math.floor(Date.now() / 1_000)) + CLOCK_SLACK < time)
    journal.warn("this machine's clock is behind the home chain's", { chainTime: time });
}

/** What needs the chains, as soon as they are there; undefined when it was stopped before. @throws NodeError for what is configured wrongly */
async function reached<T>(
  open: () => Promise<T>,
  journal: Journal,
  stopped: AbortSignal,
): Promise<T | undefined> {
  for (let wait = FIRST_WAIT; !stopped.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    try {
      return await open();
    } catch (error) {
      if (error instanceof NodeError || error instanceof KeystoreError) throw error;
      journal.warn("waiting for the chains", { reason: (error as Error).message, inMs: wait });
    }
    await sleep(wait, undefined, { signal: stopped }).catch(() => undefined);
  }
  return undefined;
}

/** A place so many ports further. */
function shifted(place: string, by: number): string {
  const at = place.lastIndexOf(":") + 1;
  return place.slice(0, at) + String(Number(place.slice(at)) + by);
}
