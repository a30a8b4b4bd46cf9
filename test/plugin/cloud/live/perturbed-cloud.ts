import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import hre from "hardhat";

import { freePorts } from "../../../../plugin/cloud/cometbft/free-ports.ts";
import type { RunningState } from "../../../../plugin/node/running-state.ts";
import { untilInOffice } from "../../../../tasks/found/founding.ts";
import { configure, type Operator } from "../../../../tasks/rehearse/operators.ts";
import { RehearsedCloud } from "../../../../tasks/rehearse/rehearsed-cloud.ts";
import { EndpointProxy, type EndpointFault } from "./endpoint-proxy.ts";
import { SeverableLink, type Break } from "./severable-link.ts";

/** Sepolia. */
const HOME = 11_155_111;
/** Milliseconds that a member has to bring a block: a test does not wait long for those that are away. */
const TURN = 2_000;
/** Milliseconds between two looks, and that nothing may take longer than, however busy the machine is. */
const [LOOK, PATIENCE] = [250, 240_000];

/** A block as a node says it. */
export interface SaidBlock {
  readonly height: number;
  readonly blockHash: string;
  readonly stateRoot: string;
}

/** A cloud of processes, in which every connection between two nodes, and of a node to its chain, can be broken. */
export class PerturbedCloud {
  readonly cloud: RehearsedCloud;
  readonly #proxies = new Map<string, EndpointProxy>();
  readonly #links: { readonly ends: readonly string[]; readonly link: SeverableLink }[] = [];

  private constructor(cloud: RehearsedCloud) {
    this.cloud = cloud;
  }

  /** Founds it, and waits until its committee is in office. */
  static async found(nodes: number): Promise<PerturbedCloud> {
    const cloud = await RehearsedCloud.open(hre, "cometbft");
    const perturbed = new PerturbedCloud(cloud);
    try {
      await perturbed.#found(nodes);
    } catch (error) {
      await perturbed.close();
      throw error;
    }
    return perturbed;
  }

  get operators(): readonly Operator[] {
    return this.cloud.operators;
  }

  /** Ends a node and all its children at once, as a machine that loses its power. */
  async kill({ name }: Operator): Promise<void> {
    const node = this.cloud.nodes.get(name)!;
    node.kill();
    await node.ended();
  }

  /** Sends a signal to a node with its children. */
  signal({ name }: Operator, signal: NodeJS.Signals): void {
    process.kill(-this.cloud.nodes.get(name)!.pid, signal);
  }

  /** Ends the node's process alone. */
  async killParent({ name }: Operator): Promise<void> {
    const node = this.cloud.nodes.get(name)!;
    process.kill(node.pid, "SIGKILL");
    await node.ended();
  }

  /** Ends the CometBFT of a node. */
  async killComet({ name }: Operator): Promise<void> {
    const { pid } = this.cloud.nodes.get(name)!;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    for (const child of children.trim().split(/\s+/)) {
      const command = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
      if (command.includes("cometbft")) process.kill(Number(child), "SIGKILL");
    }
  }

  async start(operator: Operator): Promise<void> {
    await this.cloud.start([operator]);
  }

  /** Cuts a node off from all others, those that it connects to and those that connect to it. */
  cutOff({ name }: Operator, how: Break): void {
    for (const { ends, link } of this.#links) if (ends.includes(name)) link.sever(how);
  }

  rejoin({ name }: Operator): void {
    for (const { ends, link } of this.#links) if (ends.includes(name)) link.mend();
  }

  async failEndpoint({ name }: Operator, fault: EndpointFault): Promise<void> {
    await this.#proxies.get(name)!.fail(fault);
  }

  /** What a node says of itself; undefined when it does not answer. */
  async health({ statusPort }: Operator): Promise<RunningState | undefined> {
    return (await asked(statusPort, "health")) as RunningState | undefined;
  }

  /** Its last blocks, newest first; none when it does not answer. */
  async blocks({ statusPort }: Operator): Promise<readonly SaidBlock[]> {
    return ((await asked(statusPort, "blocks")) as readonly SaidBlock[] | undefined) ?? [];
  }

  async height(operator: Operator): Promise<number> {
    return (await this.health(operator))?.height ?? 0;
  }

  /** Waits until all nodes have the same last block and nothing to complain of. @returns the blocks of each, newest first */
  async quiet(): Promise<(readonly SaidBlock[])[]> {
    return this.until("all nodes have the same last block, and no trouble", async () => {
      const states = await Promise.all(this.operators.map(async (one) => this.health(one)));
      const blocks = await Promise.all(this.operators.map(async (one) => this.blocks(one)));
      const heights = new Set(blocks.map(([last]) => last?.height));
      const isWell = states.every((state) => state !== undefined && state.trouble.length === 0);
      return isWell && heights.size === 1 ? blocks : undefined;
    });
  }

  /** Waits until `look` finds something other than undefined or false. @throws Error with what the nodes said last, when it takes too long */
  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await sleep(LOOK);
    }
    const said = await Promise.all(
      this.operators.map(
        async (one) =>
          `${one.name}: ${JSON.stringify(await this.health(one))}\n${this.cloud.nodes.get(one.name)?.tail ?? ""}`,
      ),
    );
    throw new Error(`It did not come that ${what}.\n${said.join("\n")}`);
  }

  async close(): Promise<void> {
    // A node that was stopped hears nothing.
    this.cloud.kill();
    await this.cloud.close(process.env["NEXUS_KEEP"] === "1");
    for (const { link } of this.#links) await link.close();
    for (const proxy of this.#proxies.values()) await proxy.close();
  }

  async #found(nodes: number): Promise<void> {
    const { cloud } = this;
    const home = await cloud.startChain(HOME);
    const told = { step: () => undefined, note: () => undefined };
    await cloud.create(home, { size: `${nodes}`, epochLength: "7d", confirmationWindow: "5m" }, told);
    await cloud.makeOperators(nodes);
    const ports = await freePorts(nodes * (nodes - 1));
    for (const one of this.operators) {
      const proxy = await EndpointProxy.open(home.url);
      this.#proxies.set(one.name, proxy);
      const ways = new Map<number, number>();
      for (const other of this.operators) {
        if (other === one) continue;
        const port = ports.pop()!;
        ways.set(other.port, port);
        // Blocks, the key ceremony, and what nodes that begin ask.
        for (const shift of [0, 1, 2]) {
          const link = await SeverableLink.open(port + shift, other.port + shift);
          this.#links.push({ ends: [one.name, other.name], link });
        }
      }
      await configure(one.folder, (written) => {
        const { network, home: chain } = written as unknown as Written;
        const peers = network.peers.map((peer) => {
          const at = peer.lastIndexOf(":") + 1;
          return peer.slice(0, at) + String(ways.get(Number(peer.slice(at))));
        });
        return {
          ...written,
          network: { ...network, peers },
          home: { ...chain, endpoints: [{ url: proxy.url }], turnTime: TURN },
        };
      });
      await cloud.stand(one);
    }
    await cloud.start();
    const { site, cloudId } = cloud.founded;
    await untilInOffice({ ...site, stopped: AbortSignal.timeout(PATIENCE) }, cloudId, told, true);
  }
}

interface Written {
  readonly network: { readonly peers: readonly string[] };
  readonly home: object;
}

async function asked(port: number, path: string): Promise<unknown> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(2_000) });
    return await response.json();
  } catch {
    return undefined;
  }
}
