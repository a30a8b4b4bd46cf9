import { hexlify } from "ethers";

import type { CloudNode } from "../cloud/node/cloud-node.ts";
import type { CloudEvent } from "../cloud/replication/event.ts";
import { programIdOf } from "../cloud/runtime/prepare.ts";

/** A block as a page shows it; bytes hexadecimal. */
export interface BlockView {
  readonly height: number;
  readonly epoch: string;
  readonly blockHash: string;
  /** Of the cloud's state after it. */
  readonly stateRoot: string;
  /** What it holds, in a few words each. */
  readonly events: readonly string[];
  readonly requests: number;
}

/** The last blocks that a node has, newest first, at most `limit`. */
export function lastBlocks(node: CloudNode, limit: number): BlockView[] {
  const views: BlockView[] = [];
  const { blocks } = node.application;
  for (let height = node.height; height > 0 && views.length < limit && blocks.has(height); height--) {
    views.push(blockView(node, height));
  }
  return views;
}

function blockView(node: CloudNode, height: number): BlockView {
  const { epoch, blockHash, chains } = node.application.blocks.record(height);
  const { events } = node.block(height);
  return {
    height,
    epoch: String(epoch),
    blockHash,
    stateRoot: hexlify(chains[0]!.header.stateRoot),
    events: events.map(describeEvent),
    requests: events.filter(({ kind }) => kind === "request").length,
  };
}

/** What happened, in a few words. */
export function describeEvent(event: CloudEvent): string {
  switch (event.kind) {
    case "program":
      return `program ${programIdOf(event.module).slice(0, 10)}`;
    case "chain":
      return `chain ${event.chainId} joins`;
    case "pause":
      return `chain ${event.chainId} is paused`;
    case "resume":
      return `chain ${event.chainId} is resumed`;
    case "removal":
      return `chain ${event.chainId} leaves`;
    case "skip":
      return `run of program ${event.programId.slice(0, 10)} left out`;
    case "epoch":
      return `epoch ${event.epoch}`;
    case "funds":
      return `${event.amount} wei for calls of ${event.programId.slice(0, 10)}`;
    case "log":
      return `log of ${event.emitter.slice(0, 10)}`;
    case "request":
      return `request ${event.requestId.slice(0, 10)}`;
  }
}
