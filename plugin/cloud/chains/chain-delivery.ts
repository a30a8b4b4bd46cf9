import type { BlockRecord, ChainRecord } from "../replication/block-record.ts";
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
  /** Notes that a chain has got everything up to `height`, below its finality. */
  noteDelivered(chainId: bigint, height: number): Promise<void>;
}

/** What it takes to bring a cloud's blocks to one chain. */
export interface ChainDeliveryParts {
  readonly chainId: bigint;
  /** The gateway that headers for the relayer's contracts name. */
  readonly gateway: string;
  readonly relayer: Pick<Relayer, "deliver" | "has" | "head" | "isFinal">;
  /** The blocks as they are now; undefined while nobody has any. */
  readonly blocks: () => SignedBlocks | undefined;
  /** Height up to which the chain has got everything below its finality. */
  readonly delivered: number;
  /**
   * Whether it is this node's turn to bring a block, which others bring as well. While it is not, the block is left to them, and passed
   * over once the chain has it. Always, unless given.
   */
  readonly isDue?: (height: number) => boolean;
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
  /** Blocks that the chain has got, in their order, up to where it may still lose them. */
  #unsettled: Unsettled[] = [];
  /** The chain's head when it was last asked about them. */
  #asked = -1n;
  /** How often the chain went back in time: what was under way then no longer counts. */
  #rewound = 0;

  constructor(parts: ChainDeliveryParts) {
    this.chainId = parts.chainId;
    this.#gateway = parts.gateway.toLowerCase();
    this.#parts = parts;
    this.#delivered = parts.delivered;
    this.queue = new DeliveryQueue(() => this.#next(), parts.clock, parts.backoff);
  }

  /** Height up to which the chain has got everything, if it is not reorganised. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Goes back, or on, to where the chain has got everything up to `height`; for simulated chains. */
  resume(height: number): void {
    this.#rewound++;
    this.#delivered = height;
    this.#unsettled = [];
    this.#asked = -1n;
  }

  async #next(): Promise<boolean> {
    if ((await this.#parts.prepare?.()) === true) return true;
    const blocks = this.#parts.blocks();
    if (blocks === undefined) return false;
    await this.#settle(blocks);
    const [height, rewound] = [this.#delivered + 1, this.#rewound];
    if (height > blocks.height) return false;
    const said = this.#saidIn(blocks, height);
    const since = said === undefined ? undefined : await this.#parts.relayer.head();
    const deliveries = said === undefined ? [] : await this.#deliver(blocks, height, said);
    if (deliveries === undefined) return false;
    if (rewound !== this.#rewound) return true;
    this.#delivered = height;
    this.#unsettled.push({ height, since });
    this.#asked = -1n;
    this.#parts.onDelivered?.(height, deliveries);
    await this.#settle(blocks);
    return true;
  }

  /** Notes what cannot be lost any more, and brings again what a reorganisation has taken back; once for each head of the chain. */
  async #settle(blocks: SignedBlocks): Promise<void> {
    if (this.#unsettled.length === 0) return;
    const { relayer } = this.#parts;
    const [head, rewound] = [await relayer.head(), this.#rewound];
    if (head === this.#asked) return;
    let settled: number | undefined;
    for (const { height, since } of this.#unsettled) {
      const said = this.#saidIn(blocks, height);
      if (said !== undefined && since !== undefined && !(await relayer.isFinal(said.record, since))) break;
      settled = height;
    }
    if (rewound !== this.#rewound) return;
    if (settled !== undefined) {
      await blocks.noteDelivered(this.chainId, settled);
      this.#unsettled = this.#unsettled.filter(({ height }) => height > settled);
    }
    for (const { height } of this.#unsettled) {
      const said = this.#saidIn(blocks, height);
      const again = said === undefined ? [] : await this.#deliver(blocks, height, said);
      if (rewound !== this.#rewound) return;
      if (again !== undefined && again.length > 0) this.#parts.onDelivered?.(height, again);
    }
    this.#asked = head;
  }

  /** What a block says to the chain, and where among its headers; undefined when it says nothing and needs no signature there. */
  #saidIn(blocks: SignedBlocks, height: number): Said | undefined {
    const { chains } = blocks.record(height);
    const at = chains.findIndex(
      ({ chainId, gateway }) => chainId === this.chainId && gateway.toLowerCase() === this.#gateway,
    );
    const record = chains[at];
    const isSilent = record === undefined || record.answers.length + record.calls.length === 0;
    return isSilent ? undefined : { record, at };
  }

  /**
   * Brings a block that is signed, when it is this node's turn. What this node may not bring, or cannot for want of a signature that others
   * had, the chain may have by others.
   *
   * @returns undefined when the chain lacks it
   */
  async #deliver(
    blocks: SignedBlocks,
    height: number,
    { record, at }: Said,
  ): Promise<readonly Delivery[] | undefined> {
    const certificate = await blocks.certificate(height);
    if (certificate === undefined || this.#parts.isDue?.(height) === false)
      return (await this.#parts.relayer.has(record)) ? [] : undefined;
    return this.#parts.relayer.deliver(certificate.epoch, record, certificate.signatures[at]!);
  }
}

/** A block that the chain has got. */
interface Unsettled {
  readonly height: number;
  /** The chain's head before it was brought; undefined when there was nothing to bring. */
  readonly since: bigint | undefined;
}

interface Said {
  readonly record: ChainRecord;
  readonly at: number;
}
