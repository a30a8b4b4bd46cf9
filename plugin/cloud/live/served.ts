import type { AccountSender } from "../chains/account-sender.ts";
import { ChainDelivery, type SignedBlocks } from "../chains/chain-delivery.ts";
import type { EventSource } from "../chains/event-source.ts";
import { Relayer } from "../chains/relayer.ts";
import type { ServedChain } from "../chains/served-chain.ts";
import type { CloudNode } from "../node/cloud-node.ts";
import { reasonOf, type Journal } from "./journal.ts";
import { LookPace } from "./look-pace.ts";
import { Prompt, repeat } from "./loop.ts";
import { Turns, type Place } from "./turns.ts";

/** A chain that a node is configured to serve. */
export interface ServedPlace {
  readonly source: EventSource;
  /** The same chain, whose provider signs for the operator's account. */
  readonly paying: ServedChain;
  /** Sends all that the account sends there. */
  readonly sender: AccountSender;
  /** Milliseconds that a member has to bring a block until the next one does. */
  readonly turnTime: number;
  /** Has the chain learn of the next committee, if it is a mirror's that lacks one; false when there is nothing to do. */
  readonly follow?: () => Promise<boolean>;
}

/** How a chain does, for the operator. */
export interface ChainState {
  readonly chainId: bigint;
  /** Final block that the node has seen last; undefined before it has. */
  readonly final: bigint | undefined;
  /** Why events cannot be read, or blocks brought; undefined when they can. */
  readonly reading: string | undefined;
  readonly delivering: string | undefined;
  /** Height up to which the chain has got everything. */
  readonly delivered: number;
}

/** One node's work for one chain: it looks for events, tells of them, and brings signed blocks when it is its turn. */
export class ServedByNode {
  readonly chainId: bigint;
  readonly #place: ServedPlace;
  readonly #node: CloudNode;
  readonly #turns: Turns;
  readonly #delivery: ChainDelivery;
  readonly #journal: Journal;
  readonly #blockTime: number;
  readonly #pace: LookPace;
  readonly #looking = new Prompt();
  #final: bigint | undefined;
  #reading: string | undefined;
  #said: string | undefined;

  /**
   * @param place among the members, as it is now
   * @param blockTime milliseconds from a block of the cloud to the next
   */
  constructor(
    served: ServedPlace,
    node: CloudNode,
    place: () => Place | undefined,
    blockTime: number,
    journal: Journal,
  ) {
    const { source, paying, sender, turnTime, follow } = served;
    this.#place = served;
    this.#node = node;
    this.#journal = journal;
    this.#blockTime = blockTime;
    this.#pace = new LookPace(blockTime);
    this.chainId = source.served.chainId;
    this.#turns = new Turns(this.chainId, turnTime, place);
    const { blocks } = node.application;
    this.#delivery = new ChainDelivery({
      chainId: this.chainId,
      gateway: paying.gateway.address,
      relayer: new Relayer(paying, node.application.parameters.cloudId, sender),
      blocks: () => blocksOf(node),
      // What it has not, from before a snapshot, it cannot bring.
      delivered: Math.max(blocks.delivered(this.chainId) ?? 0, blocks.oldest - 1),
      isDue: (height) => this.#turns.isDue(height),
      ...(follow !== undefined && { prepare: follow }),
      onDelivered: (height, deliveries) => {
        for (const { kind, transactionHash, gasUsed } of deliveries)
          journal.info("brought", {
            chain: this.chainId,
            height,
            kind,
            transaction: transactionHash,
            gasUsed,
          });
      },
    });
  }

  get state(): ChainState {
    return {
      chainId: this.chainId,
      final: this.#final,
      reading: this.#reading,
      delivering: this.#delivery.queue.trouble?.error.message,
      delivered: this.#delivery.delivered,
    };
  }

  noteSigned(height: number): void {
    this.#turns.noteSigned(height);
    void this.#deliver();
  }

  /** Looks at once when another member sees a final block of the chain that this node has not seen. */
  noteOthers(final: bigint): void {
    if (final > (this.#final ?? -1n)) this.#looking.give();
  }

  /**
   * Works until it is stopped.
   *
   * @param tell is told the chain's final block whenever there are events for a block up to there
   */
  async run(stopped: AbortSignal, tell: (final: bigint) => Promise<void>): Promise<void> {
    const chain = this.chainId;
    // A transaction may take minutes; what becomes of it is seen after the next start.
    const end = new Promise<void>((resolve) => {
      if (stopped.aborted) resolve();
      stopped.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.all([
      repeat(
        () => this.#look(tell),
        this.#pace,
        stopped,
        (error) => {
          this.#reading = error.message;
          this.#journal.warn("a chain cannot be read", { chain, reason: error.message });
        },
        () => this.#journal.info("a chain can be read again", { chain }),
        this.#looking,
      ),
      repeat(
        () => Promise.race([this.#deliver(), end]),
        { interval: 2 * this.#blockTime, longest: this.#pace.longest },
        stopped,
        (error) => this.#journal.error("a chain is not served", { chain, reason: reasonOf(error) }),
      ),
    ]);
  }

  async #look(tell: (final: bigint) => Promise<void>): Promise<void> {
    const final = await this.#place.source.served.chain.finalHead();
    this.#pace.note(final);
    const cursor = this.#node.application.cursor(this.chainId);
    const [event] = await this.#node.after(this.chainId, cursor, 1);
    [this.#final, this.#reading] = [final, undefined];
    if (event !== undefined) await tell(event.place.block > final ? event.place.block : final);
  }

  /** Brings what there is. What keeps it from that is said once. */
  async #deliver(): Promise<void> {
    const { queue } = this.#delivery;
    await queue.advance();
    const reason = queue.trouble?.error.message;
    if (reason === this.#said) return;
    this.#said = reason;
    const fields = { chain: this.chainId, height: this.#delivery.delivered + 1, reason };
    if (reason === undefined) this.#journal.info("blocks are brought again", fields);
    else this.#journal.warn("a block is not brought", fields);
  }
}

function blocksOf(node: CloudNode): SignedBlocks {
  const { blocks } = node.application;
  return {
    height: node.height,
    record: (height) => blocks.record(height),
    certificate: async (height) => node.certificate(height),
    noteDelivered: async (chainId, height) => blocks.noteDelivered(chainId, height),
  };
}
