import { hexlify } from "ethers";

import { refusalText } from "../../plugin/api/call-funds.ts";
import { deliveredAnswers } from "../../plugin/callbacks/answers.ts";
import type { CallbackResult } from "../../plugin/callbacks/callback.ts";
import type { ProjectArtifacts } from "../../plugin/callbacks/revert-reason.ts";
import type { EmbeddedCloud, ServedBlock } from "../../plugin/cloud/embedded/embedded-cloud.ts";
import * as digests from "../../plugin/contracts/digests.ts";
import type { Block } from "../../plugin/cloud/replication/block.ts";
import type { BlockRecord } from "../../plugin/cloud/replication/block-record.ts";
import type { RequestEvent } from "../../plugin/cloud/replication/event.ts";
import { describeEvent, type BlockView } from "../../plugin/node/block-view.ts";

/** A block as the page shows it. Amounts are decimal text, times milliseconds of Unix time. */
export interface ServedBlockView extends BlockView {
  /** Share indices; null for a block that an earlier process signed. */
  readonly signers: readonly number[] | null;
  readonly deliveries: readonly { chainId: string; kind: string; transactionHash: string; gasUsed: string }[];
  readonly time: number | null;
}

/** A request and what came of it, as the page shows it. */
export interface RequestView {
  readonly requestId: string;
  readonly chainId: string;
  readonly requester: string;
  readonly programId: string;
  readonly program: string | null;
  readonly height: number;
  readonly input: string;
  readonly outcome: string;
  readonly reason: string | null;
  /** Why calls that the program asked for are not made. */
  readonly refusedCalls: readonly string[];
  readonly fuelUsed: string;
  readonly log: string;
  readonly output: string;
  /** Wei that the request paid. */
  readonly fee: string;
  /** What came of the callback, and why it failed; null if an earlier process delivered the answer, or none is delivered. */
  readonly callback: { readonly status: CallbackResult["status"]; readonly reason: string | null } | null;
  /** The transaction that delivered the block's answers on that chain; its gas is with the block. Null if an earlier process sent it. */
  readonly transactionHash: string | null;
  readonly time: number | null;
}

/** How many blocks are kept for the page; the nodes keep more. */
const KEPT = 1_000;
/** How much of an input, output or log is shown, in bytes; the chain has all of it. */
const SHOWN = 4_096;

/** The last blocks of a cloud and the requests in them, ready to be shown. */
export class Journal {
  readonly #blocks = new Map<number, { block: ServedBlockView; requests: readonly RequestView[] }>();
  readonly #names = new Map<string, string>();

  /** Remembers what a program is called. */
  name(programId: string, name: string): void {
    this.#names.set(programId, name);
  }

  /** The programs that have a name, in the order they got it. */
  get programs(): { id: string; name: string }[] {
    return [...this.#names].map(([id, name]) => ({ id, name }));
  }

  /** Fills in the blocks that an earlier process left in the nodes' stores. */
  recall(cloud: EmbeddedCloud): void {
    this.#blocks.clear();
    for (let height = Math.max(1, cloud.height - KEPT + 1); height <= cloud.height; height++) {
      this.#keep(cloud, blockOf(cloud, height), cloud.record(height), undefined);
    }
  }

  /** Adds a block that has just been delivered, with what came of its callbacks, by request. @returns how it is shown */
  add(
    cloud: EmbeddedCloud,
    served: ServedBlock,
    callbacks: ReadonlyMap<string, CallbackResult> = new Map(),
  ): ServedBlockView {
    // A simulated chain that went back took the blocks above with it.
    for (const height of this.#blocks.keys()) if (height >= served.height) this.#blocks.delete(height);
    this.#keep(cloud, blockOf(cloud, served.height), served.record, served, callbacks);
    for (const height of this.#blocks.keys()) {
      if (this.#blocks.size <= KEPT) break;
      this.#blocks.delete(height);
    }
    return this.#blocks.get(served.height)!.block;
  }

  /** Blocks above `from` up to `top`, newest first, at most `limit`. */
  blocks(from: number, top: number, limit: number): ServedBlockView[] {
    const found = [...this.#blocks.values()].map(({ block }) => block);
    return found
      .filter(({ height }) => height > from && height <= top)
      .reverse()
      .slice(0, limit);
  }

  /** Requests in blocks up to `top`, newest first, at most `limit`. */
  requests(top: number, limit: number): RequestView[] {
    const found = [...this.#blocks.values()].filter(({ block }) => block.height <= top);
    return found
      .flatMap(({ requests }) => requests)
      .reverse()
      .slice(0, limit);
  }

  request(requestId: string, top: number): RequestView | undefined {
    return this.requests(top, Infinity).find((request) => request.requestId === requestId.toLowerCase());
  }

  #keep(
    cloud: EmbeddedCloud,
    { events }: Block,
    record: BlockRecord,
    served: ServedBlock | undefined,
    callbacks: ReadonlyMap<string, CallbackResult> = new Map(),
  ): void {
    const deliveries = (served?.deliveries ?? []).map(({ chainId, delivery }) => ({
      chainId: String(chainId),
      kind: delivery.kind,
      transactionHash: delivery.transactionHash,
      gasUsed: String(delivery.gasUsed),
    }));
    const time = served === undefined ? null : Date.now();
    const block: ServedBlockView = {
      height: record.height,
      epoch: String(record.epoch),
      blockHash: record.blockHash,
      stateRoot: hexlify(record.chains[0]!.header.stateRoot),
      events: events.map(describeEvent),
      requests: events.filter(({ kind }) => kind === "request").length,
      signers:
        served === undefined || served.signers.length === 0
          ? null
          : [...served.signers].sort((a, b) => a - b),
      deliveries,
      time,
    };
    const outputs = new Map(
      record.chains.flatMap(({ chainId, gateway, answers }) =>
        answers.map(({ request, output }) => [
          hexlify(digests.request(chainId, gateway, request)),
          hexlify(output.subarray(0, SHOWN)),
        ]),
      ),
    );
    const requests = requestsRunIn(cloud, record.height).map(
      ({ requestId, chainId, request, input }): RequestView => {
        const run = record.runs.find((one) => one.requestId === requestId);
        const delivery = deliveries.find((one) => one.kind === "fulfil" && one.chainId === String(chainId));
        const callback = callbacks.get(requestId);
        const programId = hexlify(request.programId);
        return {
          requestId,
          chainId: String(chainId),
          requester: hexlify(request.requester),
          programId,
          program: this.#names.get(programId) ?? null,
          height: record.height,
          input: hexlify(input.subarray(0, SHOWN)),
          outcome:
            Object.entries(digests.Outcome).find(([, value]) => value === run?.outcome)?.[0] ?? "Unknown",
          reason: run?.reason ?? null,
          refusedCalls: (run?.refusedCalls ?? []).map((one) => refusalText(programId, one)),
          fuelUsed: String(run?.fuelUsed ?? 0n),
          log: (run?.log ?? "").slice(0, SHOWN),
          output: outputs.get(requestId) ?? "0x",
          fee: String(request.fee),
          callback:
            callback === undefined ? null : { status: callback.status, reason: callback.reason ?? null },
          transactionHash: delivery?.transactionHash ?? null,
          time,
        };
      },
    );
    this.#blocks.set(record.height, { block, requests });
  }
}

/** An event in a few words. */
/** What came of the callbacks of a block that has just been delivered, by request. */
export async function callbacksOf(
  cloud: EmbeddedCloud,
  { height, deliveries }: ServedBlock,
  artifacts: ProjectArtifacts,
): Promise<Map<string, CallbackResult>> {
  const requests = requestsRunIn(cloud, height);
  const callbacks = new Map<string, CallbackResult>();
  for (const { chainId, delivery } of deliveries) {
    const served = cloud.chains.find((one) => one.chainId === chainId);
    if (delivery.kind !== "fulfil" || served === undefined) continue;
    const { chain, gateway } = served;
    const hash = delivery.transactionHash;
    const answers = await deliveredAnswers(hash, requests, chain, gateway.address, artifacts);
    for (const { requestId, callback } of answers) callbacks.set(requestId, callback);
  }
  return callbacks;
}

/** The requests that a block runs and answers: those that the block before holds. */
function requestsRunIn(cloud: EmbeddedCloud, height: number): RequestEvent[] {
  return height === 1 ? [] : blockOf(cloud, height - 1).events.filter((event) => event.kind === "request");
}

function blockOf(cloud: EmbeddedCloud, height: number): Block {
  return cloud.replicas.find((replica) => replica.height >= height)!.block(height);
}
