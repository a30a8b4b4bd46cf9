import { hexlify } from "ethers";

import { reach, type Attachment } from "./attachment.ts";
import type { ActivatedEpoch } from "./embedded-committee.ts";

/** Tells a mirror of the epochs that became active after it was deployed, one step at a time. */
export class MirrorFollower {
  readonly #attachment: Attachment;
  readonly #cloudId: string;
  #missing: ActivatedEpoch[] = [];

  constructor(attachment: Attachment, cloudId: string) {
    this.#attachment = attachment;
    this.#cloudId = cloudId;
  }

  /** Takes in that an epoch has become active, for the mirror to be told. */
  learn(epoch: ActivatedEpoch): void {
    this.#missing.push(epoch);
  }

  /** Forgets the epochs after `epoch`; for a home chain that went back in time. */
  forgetAfter(epoch: bigint): void {
    this.#missing = this.#missing.filter(({ committee }) => committee.epoch <= epoch);
  }

  /** Takes the next step, unless the mirror has come further by itself. @returns false when there is none */
  async step(): Promise<boolean> {
    const [epoch] = this.#missing;
    if (epoch === undefined) return false;
    const { served, account } = this.#attachment;
    const [current] = await served.chain.read(served.committees, "currentEpoch", this.#cloudId);
    if ((current as bigint) < epoch.committee.epoch) {
      const { fromEpoch, signature } = epoch.rotation!;
      await reach(served.chain, epoch.committee.validFrom);
      const args = [fromEpoch, epoch.committee, epoch.operators, hexlify(signature)];
      await account.call(served.committees, "follow", args);
    }
    this.#missing = this.#missing.filter((one) => one !== epoch);
    return true;
  }
}
