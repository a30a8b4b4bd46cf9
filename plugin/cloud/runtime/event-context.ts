import type { EventContext } from "./invocation.ts";

/**
 * The bytes that `event_context` hands to a program; the layout is a table in docs/host-interface.md.
 *
 * @throws RangeError when an id, address or topic has a wrong length, or there are more than 4 topics
 */
export function encodeEventContext(event: EventContext, programId: Uint8Array): Uint8Array {
  const { topics, data } = event;
  if (topics.length > 4) throw new RangeError(`an event has at most 4 topics, not ${topics.length}`);
  const out = new Uint8Array(144 + 32 * topics.length + data.length);
  const view = new DataView(out.buffer);
  let at = 0;
  const number64 = (value: bigint): void => {
    view.setBigUint64(at, value, true);
    at += 8;
  };
  const number32 = (value: number): void => {
    view.setUint32(at, value, true);
    at += 4;
  };
  const fixed = (name: string, bytes: Uint8Array, length: number): void => {
    if (bytes.length !== length)
      throw new RangeError(`${name} must have ${length} bytes, not ${bytes.length}`);
    out.set(bytes, at);
    at += length;
  };
  number64(event.chainId);
  number64(event.blockNumber);
  number64(event.blockTimestamp);
  number64(event.height);
  fixed("cloudId", event.cloudId, 32);
  fixed("programId", programId, 32);
  fixed("emitter", event.emitter, 20);
  fixed("caller", event.caller, 20);
  number32(topics.length);
  topics.forEach((topic, i) => fixed(`topic ${i}`, topic, 32));
  number32(data.length);
  out.set(data, at);
  return out;
}
