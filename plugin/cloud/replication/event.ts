import { hexlify } from "ethers";

import type { Request } from "../../contracts/digests.ts";
import { keccak256 } from "../../crypto/keccak.ts";
import { toHex } from "../storage/bytes.ts";
import { decode, type RlpItem } from "../storage/rlp.ts";
import {
  encode,
  integer,
  parseBytes,
  parseHex,
  parseInteger,
  parseList,
  type Structure,
} from "./structure.ts";

/** Where a chain's event stands in that chain; events of a chain enter blocks in this order. */
export interface Place {
  readonly block: bigint;
  readonly logIndex: number;
}

/** What every event of a chain carries. */
interface Origin {
  readonly chainId: bigint;
  readonly place: Place;
  /** Unix time of the chain's block, in seconds. */
  readonly timestamp: bigint;
}

/** A request recorded by a chain's gateway. */
export interface RequestEvent extends Origin {
  readonly kind: "request";
  readonly requestId: string;
  readonly request: Request;
  readonly input: Uint8Array;
}

/** A log of any contract that programs have subscriptions to. */
export interface LogEvent extends Origin {
  readonly kind: "log";
  /** The programs that it is given to, ascending, each once. */
  readonly programIds: readonly string[];
  readonly emitter: string;
  readonly topics: readonly string[];
  readonly data: Uint8Array;
  /** What it says besides, when it is the outbox's. */
  readonly funds?: Funds;
}

/** A new epoch: from the block that contains it on, headers are signed under it. */
export interface EpochEvent extends Origin {
  readonly kind: "epoch";
  readonly epoch: bigint;
}

/** What a program has more for calls to a chain. */
export interface Funds {
  readonly programId: string;
  /** Wei. */
  readonly amount: bigint;
}

/** What a chain's outbox tells of the funds of a program: it was given them, or a call of it did not cost them. */
export interface FundsEvent extends Origin, Funds {
  readonly kind: "funds";
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
  /** See `ServedGateway`. */
  readonly callGasPrice: bigint;
}

/** A chain that takes part in no block from this one on, until it is resumed. What waits for it is kept. */
export interface ChainPausedEvent {
  readonly kind: "pause";
  readonly chainId: bigint;
}

/** A paused chain that takes part in blocks again, from this one on. */
export interface ChainResumedEvent {
  readonly kind: "resume";
  readonly chainId: bigint;
}

/** A gateway that is served no more, and never will be again. What waits for it is dropped. */
export interface ChainRemovedEvent {
  readonly kind: "removal";
  readonly chainId: bigint;
  readonly gateway: string;
}

/** A run to be left out of the block that contains this, because the nodes' machines cannot do it. */
export interface SkipEvent {
  readonly kind: "skip";
  /** `eventId` of the request or log that leads to the run; one of the last block. */
  readonly eventId: string;
  readonly programId: string;
}

/** What operators change of the chains that are served. */
export type ChainEvent = ChainAddedEvent | ChainPausedEvent | ChainResumedEvent | ChainRemovedEvent;

/** An event that comes from a chain, and has its place there. */
export type OrderedEvent = RequestEvent | LogEvent | EpochEvent | FundsEvent;
/** An event that the cloud's operators put in. */
export type OperatorEvent = ProgramEvent | ChainEvent | SkipEvent;
export type CloudEvent = OrderedEvent | OperatorEvent;

/** Whether an event changes which chains are served. */
export function isChainEvent(event: CloudEvent): event is ChainEvent {
  return !isOrdered(event) && event.kind !== "program" && event.kind !== "skip";
}

/** The programs that an event leads to a run of. */
export function programsRunBy(event: RequestEvent | LogEvent): readonly string[] {
  return event.kind === "log" ? event.programIds : [hexlify(event.request.programId)];
}

/** Whether an event comes from a chain. */
export function isOrdered(event: CloudEvent): event is OrderedEvent {
  return "place" in event;
}

/** Whether `a` stands before `b` in their chain. */
export function isBefore(a: Place, b: Place): boolean {
  return a.block < b.block || (a.block === b.block && a.logIndex < b.logIndex);
}

const KINDS = [
  "request",
  "log",
  "epoch",
  "program",
  "chain",
  "pause",
  "resume",
  "removal",
  "skip",
  "funds",
] as const;

/** A request's fields in their order. */
export function requestStructure(r: Request): Structure {
  return [
    r.cloudId,
    r.programId,
    r.requester,
    integer(r.nonce),
    integer(r.fee),
    integer(r.deadline),
    integer(r.callbackGas),
    integer(r.fuelLimit),
    integer(r.outputLimit),
    r.inputHash,
  ];
}

/** The inverse of `requestStructure`. @throws Error on anything else */
export function parseRequest(item: RlpItem | undefined): Request {
  const r = parseList(item, 10);
  return {
    cloudId: parseHex(r[0]),
    programId: parseHex(r[1]),
    requester: parseHex(r[2]),
    nonce: parseInteger(r[3]),
    fee: parseInteger(r[4]),
    deadline: parseInteger(r[5]),
    callbackGas: parseInteger(r[6]),
    fuelLimit: parseInteger(r[7]),
    outputLimit: parseInteger(r[8]),
    inputHash: parseHex(r[9]),
  };
}

function structureOf(event: CloudEvent): Structure {
  const kind = integer(KINDS.indexOf(event.kind));
  if (event.kind === "program") return [kind, event.module];
  if (event.kind === "chain")
    return [kind, integer(event.chainId), event.gateway, integer(event.callGasPrice)];
  if (event.kind === "removal") return [kind, integer(event.chainId), event.gateway];
  if (event.kind === "skip") return [kind, event.eventId, event.programId];
  if (event.kind === "pause" || event.kind === "resume") return [kind, integer(event.chainId)];
  const origin = [
    integer(event.chainId),
    integer(event.place.block),
    integer(event.place.logIndex),
    integer(event.timestamp),
  ];
  switch (event.kind) {
    case "epoch":
      return [kind, ...origin, integer(event.epoch)];
    case "funds":
      return [kind, ...origin, event.programId, integer(event.amount)];
    case "log":
      return [
        kind,
        ...origin,
        event.programIds,
        event.emitter,
        event.topics,
        event.data,
        event.funds === undefined ? [] : [event.funds.programId, integer(event.funds.amount)],
      ];
    case "request":
      return [kind, ...origin, event.requestId, requestStructure(event.request), event.input];
  }
}

/** How many fields follow the kind. */
const FIELDS = {
  request: 7,
  log: 9,
  epoch: 5,
  program: 1,
  chain: 3,
  pause: 1,
  resume: 1,
  removal: 2,
  skip: 2,
  funds: 6,
} as const;

function fundsIn(items: readonly RlpItem[]): Pick<LogEvent, "funds"> {
  if (items.length === 0) return {};
  const [programId, amount] = parseList([...items], 2);
  return { funds: { programId: parseHex(programId), amount: parseInteger(amount) } };
}

/** The event behind a decoded item. @throws Error when the item is not one that `encodeEvent` makes */
export function eventFromRlp(item: RlpItem): CloudEvent {
  const [kindItem, ...rest] = parseList(item);
  const kind = KINDS[Number(parseInteger(kindItem))];
  if (kind === undefined) throw new Error(`Malformed event: there is no kind ${parseHex(kindItem)}.`);
  parseList(rest, FIELDS[kind]);
  if (kind === "program") return { kind, module: parseBytes(rest[0]) };
  if (kind === "chain" || kind === "removal") {
    const gateway = { chainId: parseInteger(rest[0]), gateway: parseHex(rest[1]) };
    return kind === "chain"
      ? { kind, ...gateway, callGasPrice: parseInteger(rest[2]) }
      : { kind, ...gateway };
  }
  if (kind === "skip") return { kind, eventId: parseHex(rest[0]), programId: parseHex(rest[1]) };
  if (kind === "pause" || kind === "resume") return { kind, chainId: parseInteger(rest[0]) };
  const [chainId, block, logIndex, timestamp, ...fields] = rest;
  const origin = {
    chainId: parseInteger(chainId),
    place: { block: parseInteger(block), logIndex: Number(parseInteger(logIndex)) },
    timestamp: parseInteger(timestamp),
  };
  switch (kind) {
    case "epoch":
      return { kind, ...origin, epoch: parseInteger(fields[0]) };
    case "funds":
      return { kind, ...origin, programId: parseHex(fields[0]), amount: parseInteger(fields[1]) };
    case "log":
      return {
        kind,
        ...origin,
        programIds: parseList(fields[0]).map(parseHex),
        emitter: parseHex(fields[1]),
        topics: parseList(fields[2]).map(parseHex),
        data: parseBytes(fields[3]),
        ...fundsIn(parseList(fields[4])),
      };
    case "request":
      return {
        kind,
        ...origin,
        requestId: parseHex(fields[0]),
        request: parseRequest(fields[1]),
        input: parseBytes(fields[2]),
      };
  }
}

/** What has been computed of an event, which never changes: its bytes and id are asked for several times a block. */
const encodings = new WeakMap<CloudEvent, Uint8Array>();
const ids = new WeakMap<CloudEvent, string>();

/** keccak256 of the event's bytes: the same at every node that saw the same event. */
export function eventId(event: CloudEvent): string {
  let id = ids.get(event);
  if (id === undefined) ids.set(event, (id = toHex(keccak256(encodeEvent(event)))));
  return id;
}

/** Canonical bytes of an event: RLP of [kind, …fields], the fields in the order of its type. */
export function encodeEvent(event: CloudEvent): Uint8Array {
  let encoding = encodings.get(event);
  if (encoding === undefined) encodings.set(event, (encoding = encode(structureOf(event))));
  return encoding;
}

/** The inverse of `encodeEvent`. @throws Error on bytes that it did not make */
export function decodeEvent(bytes: Uint8Array): CloudEvent {
  return eventFromRlp(decode(bytes));
}
