import { rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { styleText } from "node:util";

import { HardhatPluginError } from "hardhat/plugins";
import type { HookContext, NetworkHooks } from "hardhat/types/hooks";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { ChainType, JsonRpcServer, NetworkConnection } from "hardhat/types/network";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { chainOf } from "../deploy/chains.ts";
import { isDevelopmentChain } from "../plugin/chain/development-chain.ts";
import type { CloudProgram } from "../plugin/api/cloud-program.ts";
import { Nexus } from "../plugin/api/nexus.ts";
import type { ServedBlock } from "../plugin/cloud/embedded/embedded-cloud.ts";
import { exampleNames, programsIn } from "../plugin/programs/load.ts";
import { ensureCompiledSuite } from "./compiled-suite.ts";
import { callbacksOf, Journal, type ServedBlockView } from "./node/journal.ts";
import { openMarket } from "./node/market.ts";
import { isLoopback, PageServer } from "./node/page-server.ts";
import { Serving } from "./node/serving.ts";
import { statusView } from "./node/status-view.ts";

interface NodeArguments {
  readonly zero: boolean;
  readonly out: string;
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly rpcPort: number;
}

type Connection = NetworkConnection<ChainType | string>;

/** The chain to serve, and what serves it. */
interface Home {
  readonly connection: Connection;
  readonly nexus: Nexus;
  /** The JSON-RPC server of a simulated network; undefined where the chain is elsewhere. */
  readonly rpc: { readonly server: JsonRpcServer; readonly url: string } | undefined;
}

/** Longest wait for what is under way when the node is told to stop, in milliseconds. Nothing is lost by not waiting. */
const GRACE = 10_000;
/** Most blocks and requests of one answer. */
const PAGE = 200;

/** A cloud that runs until it is told to stop, with a page that shows what it does. */
const node: NewTaskActionFunction<NodeArguments> = async (args, hre) => {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await ensureCompiledSuite(hre, announce);
    const home = await openHome(args, hre);
    try {
      await run(args, hre, home, stopping.signal);
    } finally {
      const grace = setTimeout(() => process.exit(process.exitCode ?? 0), GRACE);
      await home.rpc?.server.close();
      await home.nexus.close();
      await home.connection.close();
      clearTimeout(grace);
    }
    console.log("The cloud has stopped.");
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
};

function announce(what: string): void {
  console.log(styleText("dim", `${what} …`));
}

async function run(
  { host, port, out, zero }: NodeArguments,
  hre: HardhatRuntimeEnvironment,
  { connection, nexus, rpc }: Home,
  signal: AbortSignal,
): Promise<void> {
  const { session } = nexus;
  session.tolerateRefusedCalls();
  const chain = await session.chainOf(connection);
  const journal = new Journal();
  let cloud = await session.cloud(announce);
  journal.recall(cloud);
  /** Blocks up to now are in the journal. */
  let shown: Promise<unknown> = Promise.resolve();
  const serving = new Serving(session, chain, rpc !== undefined);
  const page = new PageServer({
    status: async () => {
      const { trouble = null } = serving;
      return statusView(cloud, { trouble, programs: journal.programs, rpc: rpc?.url ?? null });
    },
    blocks: async (from) => shown.then(() => journal.blocks(from, cloud.height, PAGE)),
    requests: async () => shown.then(() => journal.requests(cloud.height, PAGE)),
    request: async (id) => shown.then(() => journal.request(id, cloud.height)),
    publish: async (module) => (await nexus.program(module)).id,
    skip: async (run) => {
      await session.change((present) => present.skipRun(run));
      // What keeps it from serving otherwise is told by the status.
      void session.service().catch(() => undefined);
    },
  });
  const pagePort = await listening(page.listen(host, port), host, port, "--port");
  try {
    const show = async (block: ServedBlock): Promise<void> => {
      const present = await session.cloud();
      // A simulated network that was reset got another cloud.
      if (present !== cloud) journal.recall((cloud = present));
      // A chain that does not answer now may not tell; the block is served all the same.
      const callbacks = await callbacksOf(cloud, block, hre.artifacts).catch(() => undefined);
      console.log(lineOf(journal.add(cloud, block, callbacks)));
      page.announce();
    };
    const unsubscribe = session.onBlock((block) => {
      shown = shown.then(async () => show(block));
    });
    const { committee } = cloud.committee.active!;
    console.log(
      styleText("bold", `Nexus cloud ${cloud.cloudId}\n`) +
        `${committee.size} nodes, of whom ${committee.threshold} sign, on network ${connection.networkName} ` +
        `(chain ${chain.chainId})\n` +
        `  Page      ${urlOf(host, pagePort)}\n` +
        (rpc === undefined ? "" : `  JSON-RPC  ${rpc.url}\n`) +
        `  Gateway   ${cloud.addressOf(chain.chainId, "NexusGateway")}`,
    );
    const published = await publishPrograms(hre, nexus, journal);
    for (const { name, id } of journal.programs) console.log(`  ${name.padEnd(11)} ${id}`);
    const market = zero ? await openMarket(nexus, published) : undefined;
    if (out !== "") {
      const parts = cloud.addresses(chain.chainId);
      const addresses = {
        chainId: Number(chain.chainId),
        ...(rpc !== undefined && { rpc: rpc.url }),
        page: urlOf(host, pagePort),
        cloudId: cloud.cloudId,
        contracts: Object.fromEntries(parts),
        programs: Object.fromEntries(journal.programs.map(({ name, id }) => [name, id])),
        ...(market !== undefined && { zero: market }),
      };
      await writeAddresses(resolve(out), addresses);
    }
    page.announce();
    await serving.run(signal, (trouble) => {
      console.log(
        trouble === undefined
          ? styleText("green", "The cloud serves again.")
          : styleText("yellow", `The cloud cannot serve, and tries again: ${trouble}`),
      );
      page.announce();
    });
    unsubscribe();
    await shown;
  } catch (error) {
    if (error instanceof Error && error.name === "ChainGoneError")
      throw new HardhatPluginError("hardhat-nexus", error.message, error);
    throw error;
  } finally {
    await page.close();
  }
}

/** Connects to the chosen network; a simulated one is served too, so that others can use it. */
async function openHome(args: NodeArguments, hre: HardhatRuntimeEnvironment): Promise<Home> {
  const name = hre.globalOptions.network ?? "default";
  if (hre.config.networks[name]?.type === "edr-simulated") {
    if (args.data !== "") {
      throw new HardhatPluginError(
        "hardhat-nexus",
        `Network ${name} is simulated and begins anew each time, so there is nothing to go on from with --data. ` +
          "Start `npx hardhat node`, and choose it with --network localhost.",
      );
    }
    return serveSimulated(args, hre, name);
  }
  const connection = await hre.network.create(name);
  try {
    const chainId = Number(await connection.provider.request({ method: "eth_chainId" }));
    if (!isDevelopmentChain(chainId)) {
      throw new HardhatPluginError(
        "hardhat-nexus",
        `Network ${name} is chain ${chainId} (${chainOf(chainId)?.name ?? "a live one"}), and the keys of an embedded ` +
          "cloud are known to everybody: it serves development chains only (31337, 1337).",
      );
    }
  } catch (error) {
    await connection.close();
    if (error instanceof HardhatPluginError) throw error;
    throw new HardhatPluginError(
      "hardhat-nexus",
      `Network ${name} does not answer: ${(error as Error).message.split("\n")[0]}`,
      error as Error,
    );
  }
  const cloud = args.data === "" ? {} : { directory: resolve(args.data) };
  return { connection, nexus: new Nexus(hre, connection, cloud), rpc: undefined };
}

/** A JSON-RPC server of a simulated network, and the connection behind it, whose transactions the cloud serves at once. */
async function serveSimulated(
  { host, rpcPort }: NodeArguments,
  hre: HardhatRuntimeEnvironment,
  name: string,
): Promise<Home> {
  let connection: Connection | undefined;
  const catching: Partial<NetworkHooks> = {
    async newConnection<T extends ChainType | string>(
      context: HookContext,
      next: (context: HookContext) => Promise<NetworkConnection<T>>,
    ) {
      const made = await next(context);
      connection = made as unknown as Connection;
      return made;
    },
  };
  hre.hooks.registerHandlers("network", catching);
  let server: JsonRpcServer;
  try {
    // Hardhat's server does not report that a port is taken.
    if (rpcPort !== 0) await listening(tryPort(host, rpcPort), host, rpcPort, "--rpc-port");
    server = await hre.network.createServer(name, host, rpcPort);
  } finally {
    hre.hooks.unregisterHandlers("network", catching);
  }
  const { port } = await server.listen();
  return {
    connection: connection!,
    nexus: connection!.nexus,
    rpc: { server, url: urlOf(host, port) },
  };
}

/** Makes the project's programs and the examples known; one that does not build is said and left out. */
async function publishPrograms(
  hre: HardhatRuntimeEnvironment,
  nexus: Nexus,
  journal: Journal,
): Promise<CloudProgram[]> {
  const folder = hre.config.nexus.programs;
  const names = new Set([...(await programsIn(folder)), ...(await exampleNames())]);
  const published: CloudProgram[] = [];
  for (const name of [...names].sort()) {
    try {
      const program = await nexus.publish(name);
      journal.name(program.id, name);
      published.push(program);
    } catch (error) {
      console.log(styleText("yellow", `Program ${name} is left out: ${(error as Error).message}`));
    }
  }
  return published;
}

/** Writes the file whole or not at all: who waits for it reads it at once. */
async function writeAddresses(file: string, addresses: object): Promise<void> {
  try {
    await writeFile(`${file}.new`, `${JSON.stringify(addresses, undefined, 2)}\n`);
    await rename(`${file}.new`, file);
  } catch (error) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `The file ${file} of --out cannot be written (${(error as NodeJS.ErrnoException).code}).`,
      error as Error,
    );
  }
}

function lineOf({ height, events, requests, signers, deliveries }: ServedBlockView): string {
  const others = events.filter((event) => !event.startsWith("request "));
  const gas = deliveries.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n);
  const parts = [
    `Block ${height}`,
    ...(requests > 0 ? [`${requests} ${requests === 1 ? "request" : "requests"}`] : []),
    ...(others.length > 2 ? [`${others.length} other events`] : others),
    ...(signers === null ? [] : [`signed by ${signers.join(" ")}`]),
    ...(gas > 0n ? [`delivered for ${gas} gas`] : []),
  ];
  return parts.join(styleText("dim", " · "));
}

async function tryPort(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

/** What `attempt` gives, with a clear error when it cannot listen there. */
async function listening<T>(attempt: Promise<T>, host: string, port: number, option: string): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EADDRINUSE" ? "is in use by another process" : `cannot be used: ${message}`;
    throw new HardhatPluginError(
      "hardhat-nexus",
      `Port ${port} of ${host} ${why}. Choose another with ${option}.`,
      error as Error,
    );
  }
}

function urlOf(host: string, port: number): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return `http://${isLoopback(host) || host !== "0.0.0.0" ? shown : "localhost"}:${port}/`;
}

export default node;
