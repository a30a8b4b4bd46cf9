/**
 * A process that runs an embedded cloud in a folder until it is killed. Argument: `Orders` as JSON. Prints a line of
 * JSON (`Ready`) once it serves; ends well on SIGTERM.
 */

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { EvmChain, type Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import { EmbeddedCloud } from "../../../../plugin/cloud/embedded/embedded-cloud.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";

export interface Orders {
  readonly url: string;
  readonly directory: string;
  /** Path of the program to publish. */
  readonly program: string;
  /** The write to a node's store, counted over all nodes from 1, around which the process kills itself. */
  readonly die?: { readonly write: number; readonly when: "before" | "after" };
}

export interface Ready {
  readonly cloudId: string;
  readonly gateway: string;
  readonly programId: string;
}

// Mocha loads every file of this folder; only as a process of its own does this one do anything.
if (import.meta.main) {
  const { url, directory, program, die } = JSON.parse(process.argv[2]!) as Orders;

  if (die !== undefined) {
    let writes = 0;
    const original = Object.getOwnPropertyDescriptor(LevelStore.prototype, "write")!
      .value as LevelStore["write"];
    LevelStore.prototype.write = async function (batch) {
      writes += 1;
      const isLast = writes === die.write;
      if (isLast && die.when === "before") process.kill(process.pid, "SIGKILL");
      await original.call(this, batch);
      if (isLast) process.kill(process.pid, "SIGKILL");
    };
  }

  const provider: Eip1193 = {
    async request({ method, params }) {
      const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: params ?? [] });
      const response = await fetch(url, { method: "POST", body });
      const { result, error } = (await response.json()) as { result?: unknown; error?: { message: string } };
      if (error !== undefined) throw new Error(error.message);
      return result;
    },
  };

  let ending = false;
  process.on("SIGTERM", () => (ending = true));

  const chain = await EvmChain.connect(provider, 0);
  const options = {
    nodes: 4,
    suite: "BN254",
    fees: "none",
    limits: {},
    directory,
  } as const;
  const cloud = await EmbeddedCloud.boot(chain, options);
  const programId = cloud.publish(new Uint8Array(await readFile(program)));
  const gateway = cloud.addressOf(chain.chainId, "NexusGateway");
  process.stdout.write(`${JSON.stringify({ cloudId: cloud.cloudId, gateway, programId } satisfies Ready)}\n`);
  while (!ending) {
    await cloud.service();
    await sleep(10);
  }
  await cloud.close();
}
