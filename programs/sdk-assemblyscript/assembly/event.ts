// SPDX-License-Identifier: MIT

import * as buffer from "./buffer";
import { event_context } from "./host/nexus";

/** The event on a chain that caused this run. Ids, addresses and topics are bytes as Ethereum writes them. */
export class Event {
  constructor(private bytes: Uint8Array) {}

  get chainId(): u64 {
    return load<u64>(this.bytes.dataStart);
  }

  /** Block that holds the event. */
  get blockNumber(): u64 {
    return load<u64>(this.bytes.dataStart, 8);
  }

  /** That block's time, in Unix seconds. */
  get blockTimestamp(): u64 {
    return load<u64>(this.bytes.dataStart, 16);
  }

  /** Height of the cloud's own block in which this run happens. */
  get height(): u64 {
    return load<u64>(this.bytes.dataStart, 24);
  }

  get cloudId(): Uint8Array {
    return this.bytes.slice(32, 64);
  }

  get programId(): Uint8Array {
    return this.bytes.slice(64, 96);
  }

  /** The contract that emitted the event: for a request, the gateway. */
  get emitter(): Uint8Array {
    return this.bytes.slice(96, 116);
  }

  /** The contract that asked: for a request, the requester. */
  get caller(): Uint8Array {
    return this.bytes.slice(116, 136);
  }

  get topics(): Uint8Array[] {
    const topics: Uint8Array[] = [];
    for (let i = 0, count = load<u32>(this.bytes.dataStart, 136); i < <i32>count; i++) {
      topics.push(this.bytes.slice(140 + 32 * i, 172 + 32 * i));
    }
    return topics;
  }

  get data(): Uint8Array {
    return this.bytes.slice(144 + 32 * load<u32>(this.bytes.dataStart, 136));
  }
}

/** The event that caused this run. */
export function currentEvent(): Event {
  while (true) {
    const size = event_context(buffer.start(), buffer.capacity());
    if (buffer.holds(size)) return new Event(buffer.take(size));
  }
}
