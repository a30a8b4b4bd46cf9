import {
  decodeRlp,
  encodeRlp,
  getBytes,
  hexlify,
  keccak256,
  toBeHex,
  type RlpStructuredDataish,
} from "ethers";

import type { Request } from "../digests.ts";

/** Where a chain's event stands in that chain; events of a chain enter blocks in this order. */
export interface Place {
  readonly block: bigint;
  readonly logIndex: number;
}

/** What every event of a chain carries. */
interface ChainEvent {
  readonly chainId: bigint;
  readonly place: Place;
  /** Unix time of the chain's block, in seconds. */
  readonly timestamp: bigint;
}

/** A request recorded by a chain's gateway. */
export interface RequestEvent extends ChainEvent {
  readonly kind: "request";
  readonly requestId: string;
  readonly request: Request;
  readonly input: Uint8Array;
}

/** A log of any contract that programs have subscriptions to. */
export interface LogEvent extends ChainEvent {
  readonly kind: "log";
  /** The programs that it is given to, ascending, each once. */
  readonly programIds: readonly string[];
  readonly emitter: string;
  readonly topics: readonly string[];
  readonly data: Uint8Array;
}

/** A new epoch: from the block that contains it on, headers are signed under it. */
export interface EpochEvent extends ChainEvent {
  readonly kind: "epoch";
  readonly epoch: bigint;
}

/** A program made known to the cloud; its id is the keccak256 of the module. */
export interface ProgramEvent {
  readonly kind: "program";
  readonly module: Uint8Array;
}

/** A chain to serve from the block on that contains this: its headers are signed for the gateway there. */
export interface ChainAddedEvent {
  readonly kind: "chain";
  readonly chainId: bigint;
  readonly gateway: string;
}

/** An event that comes from a chain, and has its place there. */
export type OrderedEvent = RequestEvent | LogEvent | EpochEvent;
/** An event that the cloud's operators put in. */
export type OperatorEvent = ProgramEvent | ChainAddedEvent;
export type CloudEvent = OrderedEvent | OperatorEvent;

/** Whether `a` stands before `b` in their chain. */
export function isBefore(a: Place, b: Place): boolean {
  return a.block < b.block || (a.block === b.block && a.logIndex < b.logIndex);
}

const KINDS = ["request", "log", "epoch", "program", "chain"] as const;

/** RLP integers have no leading zeros, and zero is the empty string. */
function integer(value: bigint | number): string {
  return BigInt(value) === 0n ? "0x" : toBeHex(value);
}

function parseInteger(item: RlpStructuredDataish): bigint {
  const hex = parseHex(item);
  return hex === "0x" ? 0n : BigInt(hex);
}

function parseHex(item: RlpStructuredDataish | undefined): string {
  if (typeof item !== "string")
    throw new Error(`Malformed event: expected bytes, got ${JSON.stringify(item)}.`);
  return item;
}

function parseList(item: RlpStructuredDataish | undefined): RlpStructuredDataish[] {
  if (!Array.isArray(item)) throw new Error(`Malformed event: expected a list, got ${JSON.stringify(item)}.`);
  return item;
}

/** The event's RLP structure: [kind, …fields], the fields in the order of its type. */
export function eventToRlp(event: CloudEvent): RlpStructuredDataish[] {
  const kind = integer(KINDS.indexOf(event.kind));
  if (event.kind === "program") return [kind, hexlify(event.module)];
  if (event.kind === "chain") return [kind, integer(event.chainId), event.gateway];
  const origin = [
    integer(event.chainId),
    integer(event.place.block),
    integer(event.place.logIndex),
    integer(event.timestamp),
  ];
  switch (event.kind) {
    case "epoch":
      return [kind, ...origin, integer(event.epoch)];
    case "log":
      return [kind, ...origin, [...event.programIds], event.emitter, [...event.topics], hexlify(event.data)];
    case "request": {
      const r = event.request;
      const fields = [
        r.cloudId,
        r.programId,
        r.requester,
        integer(r.nonce),
        integer(r.fee),
        integer(r.deadline),
        integer(r.callbackGas),
        r.inputHash,
      ];
      return [kind, ...origin, event.requestId, fields, hexlify(event.input)];
    }
  }
}

/** The inverse of `eventToRlp`. @throws when the structure is not one it makes. */
export function eventFromRlp(item: RlpStructuredDataish): CloudEvent {
  const [kindItem, ...rest] = parseList(item);
  const kind = KINDS[Number(parseInteger(parseHex(kindItem)))];
  if (kind === undefined) throw new Error(`Malformed event: there is no kind ${parseHex(kindItem)}.`);
  if (kind === "program") return { kind, module: getBytes(parseHex(rest[0])) };
  if (kind === "chain") return { kind, chainId: parseInteger(parseHex(rest[0])), gateway: parseHex(rest[1]) };
  const [chainId, block, logIndex, timestamp, ...fields] = rest;
  const origin = {
    chainId: parseInteger(parseHex(chainId)),
    place: { block: parseInteger(parseHex(block)), logIndex: Number(parseInteger(parseHex(logIndex))) },
    timestamp: parseInteger(parseHex(timestamp)),
  };
  switch (kind) {
    case "epoch":
      return { kind, ...origin, epoch: parseInteger(parseHex(fields[0])) };
    case "log":
      return {
        kind,
        ...origin,
        programIds: parseList(fields[0]).map(parseHex),
        emitter: parseHex(fields[1]),
        topics: parseList(fields[2]).map(parseHex),
        data: getBytes(parseHex(fields[3])),
      };
    case "request": {
      const r = parseList(fields[1]).map(parseHex) as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
      ];
      return {
        kind,
        ...origin,
        requestId: parseHex(fields[0]),
        request: {
          cloudId: r[0],
          programId: r[1],
          requester: r[2],
          nonce: parseInteger(r[3]),
          fee: parseInteger(r[4]),
          deadline: parseInteger(r[5]),
          callbackGas: parseInteger(r[6]),
          inputHash: r[7],
        },
        input: getBytes(parseHex(fields[2])),
      };
    }
  }
}

/** keccak256 of the event's RLP: the same at every node that saw the same event. */
export function eventId(event: CloudEvent): string {
  return keccak256(encodeRlp(eventToRlp(event)));
}

/** Canonical bytes of an event. */
export function encodeEvent(event: CloudEvent): Uint8Array {
  return getBytes(encodeRlp(eventToRlp(event)));
}

/** The inverse of `encodeEvent`. */
export function decodeEvent(bytes: Uint8Array): CloudEvent {
  return eventFromRlp(decodeRlp(bytes));
}
