/** Runs a WASI command on Node's own WebAssembly engine: what the machine must agree with. */
import { engine } from "../../../../plugin/wasm/engine.ts";

/**
 * @param wasm a command that imports fd_read and fd_write and nothing else
 * @returns what it writes to standard output
 */
export function runOnNode(wasm: Uint8Array, input: Uint8Array): Uint8Array {
  const written: Uint8Array[] = [];
  let read = 0;
  const memory = (): ArrayBuffer => (exports["memory"] as { buffer: ArrayBuffer }).buffer;
  /** Calls `each` with every buffer of an iovec array, and stores what that adds up to. */
  const gather = (buffers: number, count: number, total: number, each: (buffer: Uint8Array) => number) => {
    const view = new DataView(memory());
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const [at, length] = [0, 4].map((offset) => view.getUint32(buffers + 8 * i + offset, true));
      sum += each(new Uint8Array(memory(), at, length));
    }
    view.setUint32(total, sum, true);
    return 0;
  };
  const numbers = (given: readonly unknown[]) => given.map(Number) as [number, number, number, number];
  const host = {
    fd_read: (...given: unknown[]) => {
      const [, buffers, count, total] = numbers(given);
      return gather(buffers, count, total, (buffer) => {
        const part = input.subarray(read, read + buffer.length);
        buffer.set(part);
        read += part.length;
        return part.length;
      });
    },
    fd_write: (...given: unknown[]) => {
      const [, buffers, count, total] = numbers(given);
      return gather(buffers, count, total, (buffer) => {
        written.push(buffer.slice());
        return buffer.length;
      });
    },
  };
  const { exports } = new engine.Instance(new engine.Module(wasm), { wasi_snapshot_preview1: host });
  (exports["_start"] as () => void)();
  return new Uint8Array(Buffer.concat(written));
}
