import type { BlockRecord } from "../replication/block-record.ts";
import type { Certificate } from "../replication/engine.ts";
import { DeliveryQueue, type Backoff, type Clock } from "./delivery-queue.ts";
import type { Delivery, Relayer } from "./relayer.ts";

/** The blocks of a cloud, as far as they are signed. */
export interface SignedBlocks {
  /** Height of the newest. */
  readonly height: number;
  record(height: number): BlockRecord;
  /** The certificate of a block, under an epoch whose signatures are still accepted; undefined while there is none. */
  certificate(height: number): Promise<Certificate | undefined>;
  /** Notes that a chain has got everything up to `height`. */
  noteDelivered(chainId: bigint, height: number): Promise<void>;
}

/** What it takes to bring a cloud's blocks to one chain. */
export interface ChainDeliveryParts {
  readonly chainId: bigint;
  /** The gateway that headers for the relayer's contracts name. */
  readonly gateway: string;
  readonly relayer: Pick<Relayer, "deliver">;
  /** The blocks as they are now; undefined while nobody has any. */
  readonly blocks: () => SignedBlocks | undefined;
  /** Height up to which the chain has got everything. */
  readonly delivered: number;
  /**
   * Does the next thing that the chain needs before it takes blocks, such as to learn of a new committee; false when there is none.
   */
  readonly prepare?: () => Promise<boolean>;
  /** Told of every block once the chain has got its part, with the transactions that brought it. */
  readonly onDelivered?: (height: number, deliveries: readonly Delivery[]) => void;
  readonly clock?: Clock;
  readonly backoff?: Backoff;
}

/** Brings a cloud's signed blocks to one chain, in their order and through a queue of its own. */
export class ChainDelivery {
  readonly chainId: bigint;
  readonly queue: DeliveryQueue;
  readonly #parts: ChainDeliveryParts;
  readonly #gateway: string;
  #delivered: number;
  /** How often the chain went back in time: what was under way then no longer counts. */
  #rewound = 0;

  constructor(parts: ChainDeliveryParts) {
    this.chainId = parts.chainId;
    this.#gateway = parts.gateway.toLowerCase();
    this.#parts = parts;
    this.#delivered = parts.delivered;
    this.queue = new DeliveryQueue(() => this.#next(), parts.clock, parts.backoff);
  }

  /** Height up to which the chain has got everything. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Goes back, or on, to where the chain has got everything up to `height`; for simulated chains. */
  resume(height: number): void {
    this.#rewound++;
    this.#delivered = height;
  }

  async #next(): Promise<boolean> {
    if ((await this.#parts.prepare?.()) === true) return true;
    const blocks = this.#parts.blocks();
    const [height, rewound] = [this.#delivered + 1, this.#rewound];
    if (blocks === undefined || height > blocks.height) return false;
    const deliveries = await this.#deliver(blocks, height);
    if (deliveries === undefined) return false;
    if (rewound !== this.#rewound) return true;
    this.#delivered = height;
    await blocks.noteDelivered(this.chainId, height);
    this.#parts.onDelivered?.(height, deliveries);
    return true;
  }

  /** Undefined when the block is not signed. */
  async #deliver(blocks: SignedBlocks, height: number): Promise<readonly Delivery[] | undefined> {
    const { chains } = blocks.record(height);
    const at = chains.findIndex(
      ({ chainId, gateway }) => chainId === this.chainId && gateway.toLowerCase() === this.#gateway,
    );
    const said = chains[at];
    // What says nothing to the chain needs no signature there.
    if (said === undefined || said.answers.length + said.calls.length === 0) return [];
    const certificate = await blocks.certificate(height);
    if (certificate === undefined) return undefined;
    return this.#parts.relayer.deliver(certificate.epoch, said, certificate.signatures[at]!);
  }
}
