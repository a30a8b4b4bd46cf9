import { setTimeout as sleep } from "node:timers/promises";

import { hexlify } from "ethers";

import { EvmContract } from "../../chain/evm-chain.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import * as digests from "../../contracts/digests.ts";
import { confirm } from "../dkg/confirmation.ts";
import { Phase, type CommitteeStruct, type PendingEpoch } from "../node/registry.ts";
import { Ceremonies, type StartCeremony } from "./ceremonies.ts";
import { DutySender, type Duty, type DutyAccount } from "./duty-sender.ts";
import { EquivocationEvidence, type Equivocation } from "./equivocation-evidence.ts";
import { JointRequests, type JointRequest, type SignTogether } from "./joint-requests.ts";
import type { KeptKey, KeyRing } from "./key-ring.ts";
import type { RegistryView } from "./registry-view.ts";

/** What a node needs to see its cloud through its epochs. */
export interface EpochDutiesParts {
  readonly view: RegistryView;
  readonly ring: KeyRing;
  readonly account: DutyAccount;
  /** The node's identity: its secp256k1 secret key, 32 bytes, and that key's public side, compressed. */
  readonly identity: { readonly secret: Uint8Array; readonly publicKey: Uint8Array };
  readonly startCeremony: StartCeremony;
  readonly signTogether: SignTogether;
  /** Milliseconds for which a key ceremony goes on after its epoch became active; 10 minutes unless given. */
  readonly linger?: number;
  /** This machine's own time, Unix seconds. */
  readonly unixTime?: () => bigint;
}

const LINGER = 600_000;
/** Seconds that this machine's clock may be ahead. */
const CLOCK_MARGIN = 3_600n;
/** `ATTEMPTS` of Clouds.sol: in so many last confirmation windows of an epoch the next may be opened. */
const ATTEMPTS = 3n;

/** The registry after the newest block. */
interface Newest {
  readonly current: bigint;
  readonly pending: PendingEpoch;
  /** That block's time, Unix seconds. */
  readonly now: bigint;
  /** The current committee while its signatures are accepted. */
  readonly live: CommitteeStruct | undefined;
}

/** An open challenge of `LivenessChallenges`. */
interface Challenge {
  readonly epoch: bigint;
  readonly answerBy: bigint;
  readonly number: bigint;
}

/**
 * What the home chain needs of a node from one epoch to the next: the next epoch is opened, its committee selected, its key generated and
 * confirmed, the cloud handed over; challenges are answered. What is done next follows from the chain and the keystore alone, so a node
 * that is killed between any two steps goes on with the next. docs/epochs.md describes it in the same order.
 */
export class EpochDuties {
  readonly #parts: EpochDutiesParts;
  readonly #sender: DutySender;
  readonly #ceremonies: Ceremonies;
  readonly #joint: JointRequests;
  readonly #evidence: EquivocationEvidence;
  #challenges: EvmContract | undefined;
  /** As of the final block. */
  #challenge: Challenge | undefined;
  #looked = -1n;

  constructor(parts: EpochDutiesParts) {
    const { account, ring, identity, startCeremony: start, linger = LINGER } = parts;
    this.#parts = parts;
    this.#sender = new DutySender(account);
    this.#evidence = new EquivocationEvidence(parts.view);
    this.#joint = new JointRequests(parts.signTogether, account.complain);
    const { turn: pause, clock, progress, complain } = account;
    const { publicKey } = identity;
    this.#ceremonies = new Ceremonies({
      start,
      ring,
      identity: publicKey,
      linger,
      pause,
      clock,
      progress,
      complain,
    });
  }

  /** Takes steps until it is stopped. @param interval milliseconds between two looks at the chain */
  async run(interval: number, stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      const taken = await this.step().catch((error: unknown) => {
        this.#parts.account.complain("What epochs need could not be looked at", error);
        return false;
      });
      if (!taken) await sleep(interval, undefined, { signal: stopped }).catch(() => undefined);
    }
    await this.stop();
  }

  /** Ends what goes on beside the steps. What this node has to sign, it says no more. */
  async stop(): Promise<void> {
    this.#joint.want([]);
    await this.#ceremonies.stop();
  }

  /** Has evidence handed in that a member voted twice. @returns the operator that it is against; undefined when no stake answers for it */
  accuse(equivocation: Equivocation): string | undefined {
    return this.#evidence.add(equivocation);
  }

  /** Looks at the chain, and takes the steps that it is this node's turn to take. @returns whether it took any */
  async step(): Promise<boolean> {
    const { view, ring } = this.#parts;
    ring.matchTo(view.committees);
    await this.#ceremonies.follow(view);
    if (view.block > this.#looked) {
      this.#looked = view.block;
      await this.#lookForChallenge();
      await ring.retain(
        (kept) => this.#isWanted(kept),
        (ceremony) => this.#isSeedWanted(ceremony),
      );
    }
    this.#joint.want(this.#toSign());

    const duties = [...this.#duties(await this.#newest()), ...(await this.#reports())];
    this.#sender.retain(new Set(duties.map(({ name }) => name)));
    let taken = false;
    for (const duty of duties) taken = (await this.#sender.take(duty)) || taken;
    return taken;
  }

  async #newest(): Promise<Newest> {
    const { latest } = this.#parts.view;
    const pending = await latest.pending();
    const current = await latest.currentEpoch();
    const committee = current === 0n ? undefined : await latest.committee(current);
    const now = await latest.chain.latestTimestamp();
    return {
      current,
      pending,
      now,
      live: committee !== undefined && now < committee.validUntil ? committee : undefined,
    };
  }

  /** What can be done on the home chain at present. */
  #duties(newest: Newest): Duty[] {
    const { pending, current, now, live } = newest;
    const { epoch, phase } = pending;
    const { confirmationWindow } = this.#parts.view.parameters;
    const duties: Duty[] = this.#answer();
    switch (phase) {
      case Phase.None:
        if (live === undefined || now + ATTEMPTS * confirmationWindow >= live.validUntil)
          duties.push(this.#call(`epoch ${epoch + 1n}`, "openEpoch"));
        break;
      case Phase.Opened:
        duties.push(this.#call(`epoch ${epoch}, seed ${pending.seedBlock}`, "selectCommittee"));
        // Possible only once the seed is too old for a selection.
        duties.push(this.#call(`epoch ${epoch}, after seed ${pending.seedBlock}`, "openEpoch"));
        break;
      case Phase.Selected:
        if (now >= pending.deadline) duties.push(this.#call(`epoch ${epoch}`, "abandonEpoch"));
        else duties.push(...this.#confirmation(pending));
        break;
      case Phase.Ready:
        if (now >= pending.validUntil) duties.push(this.#call(`epoch ${epoch}`, "abandonEpoch"));
        else if (live === undefined) duties.push(this.#call(`epoch ${epoch}`, "activate"));
        else duties.push(...this.#rotation(current, epoch));
        break;
    }
    return duties;
  }

  /** A step that any operator may take: those of the current committee do, and while it cannot sign the candidates. */
  #call(what: string, method: string, ...args: unknown[]): Duty {
    const { view } = this.#parts;
    const members = view.epochs.get(view.current)?.operators ?? [];
    const operators = [...new Set([...members, ...view.candidates])];
    const { registry } = view.latest;
    return {
      name: `${method} of ${what}`,
      contract: registry,
      method,
      args: [view.cloudId, ...args],
      operators,
    };
  }

  /** This node's confirmation of the key that it has kept. t members suffice, so the others wait whether those do. */
  #confirmation(pending: PendingEpoch): Duty[] {
    const { view, ring, account, identity } = this.#parts;
    const { epoch, deadline, membersHash, members, confirmed } = pending;
    // The key is of the selection that is final, which must still be the one of the newest block.
    const isFinal = view.selection?.deadline === deadline && view.selection.membersHash === membersHash;
    const key = ring.selectedKey(epoch, deadline);
    if (key === undefined || !isFinal || ((confirmed >> BigInt(key.share.index - 1)) & 1n) === 1n) return [];
    const registry = view.latest.registry.address;
    const context = {
      chainId: view.latest.chain.chainId,
      registry,
      cloudId: view.cloudId,
      epoch,
      membersHash,
    };
    const confirmation = confirm(context, key.group, key.share, identity.secret);
    const missing =
      key.group.threshold - members.filter((_, i) => ((confirmed >> BigInt(i)) & 1n) === 1n).length;
    return [
      {
        ...this.#call(`epoch ${epoch}, deadline ${deadline}`, "confirm", confirmation),
        operators: members.filter((_, i) => ((confirmed >> BigInt(i)) & 1n) === 0n),
        together: missing,
      },
    ].filter(({ operators }) =>
      operators.some((one) => one.toLowerCase() === account.operator.toLowerCase()),
    );
  }

  #rotation(current: bigint, epoch: bigint): Duty[] {
    const request = this.#rotationRequest();
    const signature = request && this.#joint.signature(request.digest);
    if (signature === undefined || this.#parts.view.current !== current) return [];
    return [this.#call(`epoch ${current} to ${epoch}`, "rotate", hexlify(signature))];
  }

  /** What keeps evidence from being looked up keeps no other duty from being done. */
  async #reports(): Promise<Duty[]> {
    return this.#evidence.duties().catch((error: unknown) => {
      this.#parts.account.complain("Evidence against members cannot be handed in", error);
      return [];
    });
  }

  #answer(): Duty[] {
    const request = this.#livenessRequest();
    const signature = request && this.#joint.signature(request.digest);
    if (signature === undefined) return [];
    const { number } = this.#challenge!;
    return [
      {
        ...this.#call(`challenge ${number}`, "answerChallenge", hexlify(signature)),
        contract: this.#challenges!,
      },
    ];
  }

  /** What this node signs as a member of the current committee. It follows from final blocks alone. */
  #toSign(): JointRequest[] {
    return [this.#rotationRequest(), this.#livenessRequest()].filter((request) => request !== undefined);
  }

  /** The hand-over to the committee that is ready, as it was selected. */
  #rotationRequest(): JointRequest | undefined {
    const { view, ring } = this.#parts;
    const { current: fromEpoch, selection, cloudId, parameters } = view;
    const key = ring.keys.get(fromEpoch);
    if (selection?.phase !== Phase.Ready || key === undefined) return undefined;
    const { epoch, validFrom, validUntil, members, groupKey, membersHash } = selection;
    const [size, { threshold }] = [members.length, parameters];
    const digest = digests.rotation(
      cloudId,
      fromEpoch,
      epoch,
      validFrom,
      validUntil,
      size,
      threshold,
      groupKey,
      membersHash,
    );
    return { epoch: fromEpoch, digest, key };
  }

  #livenessRequest(): JointRequest | undefined {
    const { view, ring } = this.#parts;
    const challenge = this.#challenge;
    const key = challenge && ring.keys.get(challenge.epoch);
    if (key === undefined || challenge!.epoch !== view.current) return undefined;
    const { epoch, number } = challenge!;
    const { address } = this.#challenges!;
    return {
      epoch,
      digest: digests.liveness(view.latest.chain.chainId, address, view.cloudId, epoch, number),
      key,
    };
  }

  /** Looks for an open challenge in the final block. What keeps it from that keeps no other duty from being done. */
  async #lookForChallenge(): Promise<void> {
    const { view, account } = this.#parts;
    const { chain, registry } = view.final;
    try {
      this.#challenges ??= new EvmContract(
        (await chain.readAt(view.block, registry, "challenges"))[0] as string,
        loadArtifact("LivenessChallenges").abi,
      );
      const [found] = await chain.readAt(view.block, this.#challenges, "challengeOf", view.cloudId);
      const { epoch, answerBy, number } = found as Challenge;
      this.#challenge = answerBy === 0n ? undefined : { epoch, answerBy, number };
    } catch (error) {
      account.complain("Challenges of the committee cannot be read", error);
    }
  }

  /**
   * Whether a key may still be needed: its epoch is the current one or may yet become active, or its time may not be over. What the registry
   * shows now, such as another key or that the epoch was given up, may be false or of a branch that others are not on, so nothing is destroyed
   * for it before the latest end that the epoch can have had.
   */
  #isWanted({ epoch, deadline, key }: KeptKey): boolean {
    const { view } = this.#parts;
    const { epochLength, confirmationWindow } = view.parameters;
    // It begins at its selection, a window before the deadline, or at the end of the one before, at most ATTEMPTS windows later.
    if (!this.#isPast(deadline + epochLength + ATTEMPTS * confirmationWindow)) return true;
    const active = view.epochs.get(epoch)?.committee;
    if (active === undefined) {
      const { epoch: newest, phase } = view.pending;
      return epoch > newest || (epoch === newest && phase !== Phase.None);
    }
    const isTheKey = hexlify(key.group.groupPublicKey) === active.groupKey;
    return isTheKey && (epoch >= view.current || view.time < active.validUntil);
  }

  /** Whether a ceremony may go on or be joined yet: nobody begins in it a window after its deadline. */
  #isSeedWanted(ceremony: string): boolean {
    const { view } = this.#parts;
    const deadline = BigInt(ceremony.split(".")[1]!);
    return (
      !this.#isPast(deadline + view.parameters.confirmationWindow) || this.#ceremonies.mayGoOn(ceremony, view)
    );
  }

  /** Whether a time, Unix seconds, has passed by final blocks and by this machine's own clock: neither alone is believed. */
  #isPast(time: bigint): boolean {
    const { view, unixTime = ownTime } = this.#parts;
    return view.time > time && unixTime() > time + CLOCK_MARGIN;
  }
}

const ownTime = (): bigint => BigInt(Math.floor(Date.now() / 1_000));
