/**
 * The replicated state as entries of the state trie: canonical bytes under an account that no program can have, so that
 * the state root, and with it every signed header, commits to what a block decides as well as to what programs store.
 *
 * | key                    | value                                             |
 * | ---------------------- | ------------------------------------------------- |
 * | block                  | content hash of the last block                    |
 * | epoch                  | epoch under which headers are signed              |
 * | chain/ID               | [gateway, call gas price] of a served chain       |
 * | paused/ID              | empty: the chain takes part in no block           |
 * | retired/ID/GATEWAY     | empty: the gateway is never served again          |
 * | cursor/ID              | [block, log index] of the chain's last event      |
 * | run/N                  | the N-th event of the last block that runs wait for |
 * | taken/ID               | [answers, calls] that headers took for the chain  |
 * | answer/ID/N            | [request, outcome, output], the N-th of the chain |
 * | call/ID/N              | [program id, nonce, target, gas limit, data]      |
 * | nonce/PROGRAM/ID       | outbound calls of a program to the chain          |
 * | credit/PROGRAM/ID      | wei that a program has for calls to the chain     |
 * | program/PROGRAM        | empty: the cloud knows the module with this hash  |
 *
 * Keys are text, numbers in them decimal. Values are RLP, a single one a string and not a list.
 */
import { keccak256 } from "../../crypto/keccak.ts";
import type { Outcome } from "../../contracts/digests.ts";
import { equalBytes } from "../storage/bytes.ts";
import { decode } from "../storage/rlp.ts";
import { Amounts } from "./amounts.ts";
import type { Answer, OutboundCall } from "./block-record.ts";
import {
  decodeEvent,
  encodeEvent,
  parseRequest,
  requestStructure,
  type LogEvent,
  type RequestEvent,
} from "./event.ts";
import { outgoingOf, settle, type ReplicatedState, type ServedGateway } from "./replicated-state.ts";
import { encode, integer, parseBytes, parseHex, parseInteger, parseList } from "./structure.ts";

/** Whose entries these are, 32 bytes. A program's id is the hash of its module, and this is the hash of no module. */
export const REPLICATION_ACCOUNT = keccak256(new TextEncoder().encode("Nexus replicated state v1"));

/** Where the content hash of the last block is. */
export const BLOCK_ENTRY = "block";

const PROGRAM = "program/";

/** Where it says that the cloud knows a program. */
export function programEntry(programId: string): string {
  return PROGRAM + programId.toLowerCase();
}

/** The program that an entry says is known; undefined when the entry says something else. */
export function programOfEntry(key: string): string | undefined {
  return key.startsWith(PROGRAM) ? key.slice(PROGRAM.length) : undefined;
}

/**
 * The entries of a state but those of the last block and of known programs, which it does not hold, and those of programs' calls, which may
 * be many (`amountChanges`).
 */
export function entriesOf(state: ReplicatedState): Map<string, Uint8Array> {
  const entries = new Map<string, Uint8Array>();
  entries.set("epoch", encode(integer(state.epoch)));
  for (const { chainId, gateway, callGasPrice } of state.chains) {
    entries.set(`chain/${chainId}`, encode([gateway, integer(callGasPrice)]));
  }
  for (const chainId of state.paused) entries.set(`paused/${chainId}`, encode("0x"));
  for (const key of state.retired) entries.set(`retired/${key.replace(":", "/")}`, encode("0x"));
  for (const [chainId, { block, logIndex }] of state.cursors) {
    entries.set(`cursor/${chainId}`, encode([integer(block), integer(logIndex)]));
  }
  for (const [i, event] of state.waiting.entries()) entries.set(`run/${i}`, encodeEvent(event));
  for (const [chainId, { answers, calls, answersTaken, callsTaken }] of state.outgoing) {
    entries.set(`taken/${chainId}`, encode([integer(answersTaken), integer(callsTaken)]));
    for (const [i, answer] of answers.entries()) {
      entries.set(`answer/${chainId}/${answersTaken + i}`, encodedAnswer(answer));
    }
    for (const [i, call] of calls.entries()) {
      entries.set(`call/${chainId}/${callsTaken + i}`, encodedCall(call));
    }
  }
  return entries;
}

/** What must be written of the numbers and credits of programs' calls, which were changed since they were settled; undefined removes one. */
export function amountChanges({
  callNonces,
  callCredit,
}: Pick<ReplicatedState, "callNonces" | "callCredit">): Map<string, Uint8Array | undefined> {
  const changes = new Map<string, Uint8Array | undefined>();
  for (const [kind, amounts] of [
    ["nonce", callNonces],
    ["credit", callCredit],
  ] as const) {
    for (const [key, amount] of amounts.changes()) {
      changes.set(
        `${kind}/${key.replace(":", "/")}`,
        amount === undefined ? undefined : encode(integer(amount)),
      );
    }
  }
  return changes;
}

/**
 * The state behind its entries.
 *
 * @throws Error on entries that `entriesOf` and `amountChanges` do not make
 */
export function stateOf(entries: ReadonlyMap<string, Uint8Array>): ReplicatedState {
  const state: ReplicatedState = {
    chains: [],
    paused: new Set(),
    retired: new Set(),
    epoch: 0n,
    cursors: new Map(),
    outgoing: new Map(),
    waiting: queued(entries, "run", 0, decodedRun),
    callNonces: new Amounts(),
    callCredit: new Amounts(),
  };
  const paused = new Set<bigint>();
  const retired = new Set<string>();
  const chains: ServedGateway[] = [];
  for (const [key, value] of entries) {
    const [kind, first, second] = key.split("/");
    if (kind === BLOCK_ENTRY || ["program", "run", "answer", "call"].includes(kind!)) continue;
    const item = decode(value);
    if (kind === "epoch") state.epoch = parseInteger(item);
    else if (kind === "chain") {
      const [gateway, callGasPrice] = parseList(item, 2);
      chains.push({
        chainId: BigInt(first!),
        gateway: parseHex(gateway),
        callGasPrice: parseInteger(callGasPrice),
      });
    } else if (kind === "paused") paused.add(BigInt(first!));
    else if (kind === "retired") retired.add(`${first}:${second}`);
    else if (kind === "cursor") {
      const [block, logIndex] = parseList(item, 2);
      state.cursors.set(BigInt(first!), {
        block: parseInteger(block),
        logIndex: Number(parseInteger(logIndex)),
      });
    } else if (kind === "nonce") state.callNonces.set(`${first}:${second}`, parseInteger(item));
    else if (kind === "credit") state.callCredit.set(`${first}:${second}`, parseInteger(item));
    else if (kind === "taken") {
      const outgoing = outgoingOf(state, BigInt(first!));
      const [answers, calls] = parseList(item, 2);
      outgoing.answersTaken = Number(parseInteger(answers));
      outgoing.callsTaken = Number(parseInteger(calls));
    } else throw new Error(`The replicated state has an entry of no known kind: ${key}.`);
  }
  settle(state);
  state.paused = paused;
  state.retired = retired;
  state.chains = chains.sort((a, b) => (a.chainId < b.chainId ? -1 : 1));
  for (const [chainId, { answers, calls, answersTaken, callsTaken }] of state.outgoing) {
    answers.push(...queued(entries, `answer/${chainId}`, answersTaken, decodedAnswer));
    calls.push(...queued(entries, `call/${chainId}`, callsTaken, decodedCall));
  }
  return state;
}

/** What must be written so that entries become others; undefined removes one. */
export function changesBetween(
  before: ReadonlyMap<string, Uint8Array>,
  after: ReadonlyMap<string, Uint8Array>,
): Map<string, Uint8Array | undefined> {
  const changes = new Map<string, Uint8Array | undefined>();
  for (const key of before.keys()) if (!after.has(key)) changes.set(key, undefined);
  for (const [key, value] of after) if (!equalBytes(before.get(key), value)) changes.set(key, value);
  return changes;
}

/** The entries `prefix/first`, `prefix/(first + 1)`, … up to the first that is not there. */
function queued<T>(
  entries: ReadonlyMap<string, Uint8Array>,
  prefix: string,
  first: number,
  decoded: (bytes: Uint8Array) => T,
): T[] {
  const items: T[] = [];
  for (;;) {
    const bytes = entries.get(`${prefix}/${first + items.length}`);
    if (bytes === undefined) return items;
    items.push(decoded(bytes));
  }
}

/** Bytes of what waits, which never changes and may wait for many blocks. */
const encodings = new WeakMap<Answer | OutboundCall, Uint8Array>();

function remembered<T extends Answer | OutboundCall>(item: T, encoded: (item: T) => Uint8Array): Uint8Array {
  let bytes = encodings.get(item);
  if (bytes === undefined) encodings.set(item, (bytes = encoded(item)));
  return bytes;
}

function decodedRun(bytes: Uint8Array): RequestEvent | LogEvent {
  const event = decodeEvent(bytes);
  if (event.kind === "request" || event.kind === "log") return event;
  throw new Error(`No run waits for an event of the kind ${event.kind}.`);
}

function encodedAnswer(answer: Answer): Uint8Array {
  return remembered(answer, ({ request, outcome, output }) =>
    encode([requestStructure(request), integer(outcome), output]),
  );
}

function decodedAnswer(bytes: Uint8Array): Answer {
  const [request, outcome, output] = parseList(decode(bytes), 3);
  return {
    request: parseRequest(request),
    outcome: Number(parseInteger(outcome)) as Outcome,
    output: parseBytes(output),
  };
}

function encodedCall(call: OutboundCall): Uint8Array {
  return remembered(call, ({ programId, nonce, target, gasLimit, data }) =>
    encode([programId, integer(nonce), target, integer(gasLimit), data]),
  );
}

function decodedCall(bytes: Uint8Array): OutboundCall {
  const [programId, nonce, target, gasLimit, data] = parseList(decode(bytes), 5);
  return {
    programId: parseHex(programId),
    nonce: parseInteger(nonce),
    target: parseHex(target),
    gasLimit: parseInteger(gasLimit),
    data: parseBytes(data),
  };
}
