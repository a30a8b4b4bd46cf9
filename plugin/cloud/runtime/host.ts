/** The `nexus` imports: storage, event, outbound calls, randomness. docs/host-interface.md is their specification. */
import type { GuestMemory } from "../../wasm/guest-memory.ts";
import { hostType, type HostFunction } from "../../wasm/host-function.ts";
import type { FunctionType } from "../../wasm/module.ts";
import { encodeEventContext } from "./event-context.ts";
import { CallStatus, type Invocation, type OutboundCall } from "./invocation.ts";
import { fuelPer, type ExecutionLimits } from "./limits.ts";
import { Stop } from "./stop.ts";
import { StorageOverlay } from "./storage-overlay.ts";

export const nexusModule = "nexus";

/** Types of the functions of the `nexus` module. */
export const nexusTypes: ReadonlyMap<string, FunctionType> = new Map(
  Object.entries({
    storage_get: "iiii>i",
    storage_set: "iiii>",
    storage_delete: "ii>i",
    storage_scan: "iiiiiii>i",
    event_context: "ii>i",
    outbound_call: "Iiiii>i",
    randomness: "i>",
  }).map(([name, type]) => [name, hostType(type)]),
);

/** The host side of one run. */
export class NexusHost {
  readonly storage: StorageOverlay;
  readonly calls: OutboundCall[] = [];
  readonly #invocation: Invocation;
  readonly #limits: ExecutionLimits;
  readonly #memory: () => GuestMemory;
  readonly #charge: (units: number) => void;
  readonly #event: Uint8Array;
  #writtenBytes = 0;

  /** @param charge takes fuel, and ends the run when there is not enough */
  constructor(
    invocation: Invocation,
    programId: Uint8Array,
    limits: ExecutionLimits,
    memory: () => GuestMemory,
    charge: (units: number) => void,
  ) {
    this.#invocation = invocation;
    this.#limits = limits;
    this.#memory = memory;
    this.#charge = charge;
    this.#event = encodeEventContext(invocation.event, programId);
    this.storage = new StorageOverlay(invocation.storage);
  }

  functions(): Record<string, HostFunction> {
    return {
      storage_get: (key: number, keyLength: number, to: number, capacity: number) => {
        const name = this.#key(key, keyLength, fuelPer.storageRead);
        const buffer = this.#memory().view(to, capacity);
        const value = this.storage.get(name);
        return value === undefined ? -1 : this.#answer(buffer, [value]);
      },
      storage_set: (key: number, keyLength: number, value: number, valueLength: number) => {
        const name = this.#key(key, keyLength, fuelPer.storageWrite);
        this.#atMost("bytes of a stored value", valueLength >>> 0, this.#limits.valueBytes);
        this.#charge(((keyLength >>> 0) + (valueLength >>> 0)) * fuelPer.storageByte);
        this.#write(name, this.#memory().read(value, valueLength));
      },
      storage_delete: (key: number, keyLength: number) => {
        const name = this.#key(key, keyLength, fuelPer.storageWrite);
        if (this.storage.get(name) === undefined) return 0;
        this.#write(name, undefined);
        return 1;
      },
      storage_scan: (
        from: number,
        fromLength: number,
        to: number,
        toLength: number,
        order: number,
        buffer: number,
        capacity: number,
      ) => {
        if (order !== 0 && order !== 1)
          throw Stop.badArgument(`storage_scan: order ${order >>> 0} is neither 0 nor 1`);
        this.#charge(fuelPer.hostCall + fuelPer.storageRead);
        const lower = this.#bound(from, fromLength);
        const upper = this.#bound(to, toLength);
        const target = this.#memory().view(buffer, capacity);
        const entry = this.storage.next(lower, upper.length === 0 ? undefined : upper, order === 1, () =>
          this.#charge(fuelPer.storageSkip),
        );
        if (entry === undefined) return -1;
        const keyLength = new Uint8Array(4);
        new DataView(keyLength.buffer).setUint32(0, entry.key.length, true);
        return this.#answer(target, [keyLength, entry.key, entry.value]);
      },
      event_context: (to: number, capacity: number) => {
        this.#charge(fuelPer.hostCall);
        return this.#answer(this.#memory().view(to, capacity), [this.#event]);
      },
      outbound_call: (
        chainId: bigint,
        target: number,
        gasLimit: number,
        data: number,
        dataLength: number,
      ) => {
        this.#charge(fuelPer.hostCall + fuelPer.outboundCall);
        this.#atMost("outbound calls", this.calls.length + 1, this.#limits.calls);
        this.#atMost("gas of an outbound call", gasLimit >>> 0, this.#limits.callGas);
        this.#atMost("bytes of an outbound call's data", dataLength >>> 0, this.#limits.callDataBytes);
        this.#chargeBytes(dataLength >>> 0);
        const call = {
          chainId: BigInt.asUintN(64, chainId),
          target: this.#memory().read(target, 20),
          gasLimit: gasLimit >>> 0,
          data: this.#memory().read(data, dataLength),
        };
        const status = this.#invocation.admitCall(call);
        if (status === CallStatus.Accepted) this.calls.push(call);
        return status;
      },
      randomness: (to: number) => {
        this.#charge(fuelPer.hostCall + 32 * fuelPer.hostByte);
        this.#memory().write(to, this.#invocation.randomness);
      },
    };
  }

  #atMost(what: string, value: number, most: number): void {
    if (value > most) throw Stop.limit(what, value, most);
  }

  #chargeBytes(count: number): void {
    this.#charge(count * fuelPer.hostByte);
  }

  #key(pointer: number, length: number, fuel: number): Uint8Array {
    this.#charge(fuelPer.hostCall + fuel);
    if (length === 0) throw Stop.badArgument("a storage key has at least 1 byte");
    this.#atMost("bytes of a storage key", length >>> 0, this.#limits.keyBytes);
    this.#chargeBytes(length);
    return this.#memory().read(pointer, length);
  }

  /** An end of a scanned range: up to one byte longer than a key, so that it can name the key's successor. */
  #bound(pointer: number, length: number): Uint8Array {
    this.#atMost("bytes of a scan's bound", length >>> 0, this.#limits.keyBytes + 1);
    this.#chargeBytes(length);
    return this.#memory().read(pointer, length);
  }

  #write(key: Uint8Array, value: Uint8Array | undefined): void {
    this.#writtenBytes += key.length + (value?.length ?? 0);
    this.#atMost("bytes written to storage", this.#writtenBytes, this.#limits.writtenBytes);
    if (!this.storage.has(key))
      this.#atMost("storage keys written", this.storage.size + 1, this.#limits.writes);
    this.storage.write(key, value);
  }

  /**
   * Size, then copy: the size of the parts together, which are written one after the other if they fit. Callers look up the
   * whole buffer before anything else, so that whether a program traps does not depend on what is stored.
   */
  #answer(buffer: Uint8Array, parts: readonly Uint8Array[]): number {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    if (size > buffer.length) return size;
    this.#chargeBytes(size);
    let at = 0;
    for (const part of parts) {
      buffer.set(part, at);
      at += part.length;
    }
    return size;
  }
}
