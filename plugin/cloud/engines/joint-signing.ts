import { combine, TooFewPartialsError } from "../../crypto/threshold/combine.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import type { KeyShare } from "../../crypto/threshold/key-share.ts";
import { partialSign } from "../../crypto/threshold/partial-sign.ts";
import { toHex } from "../storage/bytes.ts";
import type { Gossip } from "./gossip.ts";
import type { Heard } from "./heard.ts";
import type { Surroundings } from "./ordered-replica.ts";
import type { Voice } from "./voice.ts";

/** What a member signs with. */
export interface MemberKey {
  readonly group: GroupKey;
  readonly share: KeyShare;
}

/** Milliseconds until a node says its partial signature again, doubled each time. */
const [FIRST, LONGEST] = [1_000, 60_000];

/**
 * What members sign together that no block holds, such as a hand-over to the next committee. Each of them has derived the digest by itself
 * from what it sees on the chain, and says its partial signature until that is not wanted any more: others may come to it later, or have
 * lost what was said.
 */
export class JointSigning {
  readonly #heard: Heard;
  readonly #voice: Pick<Voice, "say" | "now">;
  readonly #around: Pick<Surroundings, "complain">;
  #wake: () => void = () => undefined;
  #news: Promise<void> = Promise.resolve();

  constructor(heard: Heard, voice: Pick<Voice, "say" | "now">, around: Pick<Surroundings, "complain">) {
    this.#heard = heard;
    this.#voice = voice;
    this.#around = around;
    this.renewNews();
  }

  /** To be called when a partial signature was heard. */
  renewNews(): void {
    this.#wake();
    this.#news = new Promise((resolve) => (this.#wake = resolve));
  }

  /**
   * The signature of an epoch's group over a digest (32 bytes), once enough members have said their part of it.
   *
   * @param key this node's, of that epoch
   * @param wanted ends it; this node says its part until then, also when it has the signature
   * @throws the signal's reason when it is aborted before
   */
  async sign(epoch: bigint, digest: Uint8Array, key: MemberKey, wanted: AbortSignal): Promise<Uint8Array> {
    const { index, signature } = partialSign(key.group.suite, key.share, digest);
    const gossip = { kind: "partial", epoch, index, digest: toHex(digest), signature } as const;
    this.#heard.addPartial(gossip, this.#voice.now(), gossip.digest, signature);
    const unwanted = new Promise<void>((resolve) => {
      wanted.addEventListener("abort", () => resolve(), { once: true });
    });
    void this.#repeat(gossip, wanted, unwanted);
    for (;;) {
      wanted.throwIfAborted();
      const news = this.#news;
      const made = this.#combine(epoch, digest, key);
      if (made !== undefined) return made;
      await Promise.race([news, unwanted]);
    }
  }

  async #repeat(
    gossip: Omit<Gossip & { kind: "partial" }, "time">,
    wanted: AbortSignal,
    unwanted: Promise<void>,
  ): Promise<void> {
    for (let pause = FIRST; !wanted.aborted; pause = Math.min(2 * pause, LONGEST)) {
      await this.#voice
        .say({ ...gossip, time: this.#voice.now() })
        .catch((error: unknown) => this.#around.complain("A partial signature was not told", error));
      let timer: NodeJS.Timeout | undefined;
      const waited = new Promise<void>((resolve) => (timer = setTimeout(resolve, pause)));
      await Promise.race([waited, unwanted]);
      clearTimeout(timer);
    }
  }

  /** The signature if enough right parts of it are there. Wrong ones are named, and never looked at again. */
  #combine(epoch: bigint, digest: Uint8Array, key: MemberKey): Uint8Array | undefined {
    const name = toHex(digest);
    const partials = this.#heard.partials(epoch, name);
    if (partials.length < key.group.threshold) return undefined;
    try {
      const { signature, bad } = combine(key.group, digest, partials);
      for (const { index, reason } of bad) this.#leaveOut(epoch, index, name, reason);
      return signature;
    } catch (error) {
      if (!(error instanceof TooFewPartialsError)) throw error;
      for (const { index, reason } of error.bad) this.#leaveOut(epoch, index, name, reason);
      return undefined;
    }
  }

  #leaveOut(epoch: bigint, index: number, digest: string, reason: string): void {
    this.#heard.dropWrongPartial({ epoch, index }, digest);
    const fault = new Error(`member ${index} of epoch ${epoch} on ${digest}: ${reason}`);
    this.#around.complain("A partial signature was left out", fault);
  }
}
