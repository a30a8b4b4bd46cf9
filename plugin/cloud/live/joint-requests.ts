import type { EpochKey } from "../node/signatures.ts";
import { toHex } from "../storage/bytes.ts";

/** Has members of an epoch sign a digest together, until it is not wanted any more: `CometBftApplication.signTogether`. */
export type SignTogether = (
  epoch: bigint,
  digest: Uint8Array,
  key: EpochKey,
  wanted: AbortSignal,
) => Promise<Uint8Array>;

/** What is to be signed together. */
export interface JointRequest {
  readonly epoch: bigint;
  /** 32 bytes. */
  readonly digest: Uint8Array;
  /** This node's key of the epoch. */
  readonly key: EpochKey;
}

/** What this node signs together with others at present. */
export class JointRequests {
  readonly #signTogether: SignTogether;
  readonly #complain: (what: string, error: unknown) => void;
  readonly #open = new Map<string, { readonly end: AbortController; signature?: Uint8Array }>();

  constructor(signTogether: SignTogether, complain: (what: string, error: unknown) => void) {
    this.#signTogether = signTogether;
    this.#complain = complain;
  }

  /** Signs these from now on, and nothing else any more. */
  want(requests: readonly JointRequest[]): void {
    const names = new Set(requests.map(({ digest }) => toHex(digest)));
    for (const [name, { end }] of this.#open) {
      if (names.has(name)) continue;
      end.abort();
      this.#open.delete(name);
    }
    for (const request of requests) this.#begin(request);
  }

  /** The signature of a digest that is wanted, once it is there. */
  signature(digest: Uint8Array): Uint8Array | undefined {
    return this.#open.get(toHex(digest))?.signature;
  }

  #begin({ epoch, digest, key }: JointRequest): void {
    const name = toHex(digest);
    if (this.#open.has(name)) return;
    const end = new AbortController();
    const open: { readonly end: AbortController; signature?: Uint8Array } = { end };
    this.#open.set(name, open);
    this.#signTogether(epoch, digest, key, end.signal).then(
      (signature) => (open.signature = signature),
      (error: unknown) => {
        if (end.signal.aborted) return;
        // It is begun again by the next who wants it.
        this.#open.delete(name);
        this.#complain(`The committee of epoch ${epoch} did not sign together`, error);
      },
    );
  }
}
