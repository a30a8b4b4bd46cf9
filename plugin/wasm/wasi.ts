/**
 * WASI preview 1 for ordinary commands: input, output and log as descriptors, and nothing of the machine it runs on.
 *
 * https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md; docs/host-interface.md says which call does what.
 */
import { GuestFault, type GuestMemory } from "./guest-memory.ts";
import { hostType, type HostFunction } from "./host-function.ts";
import type { FunctionType } from "./module.ts";

export const wasiModule = "wasi_snapshot_preview1";

/** What calls are paid for by: each call, its buffers and bytes, and a bad pointer, whose finding out takes long. */
export type WasiWork = "call" | "buffer" | "byte" | "fault";

/** What a WASI program is connected to. Any of these may throw to end the run. */
export interface WasiWorld {
  /** Called before the work it pays for is done; of a fault, after it. */
  charge(work: WasiWork, count: number): void;
  /** Takes up to `capacity` bytes of the input (descriptor 0) or private input (3). */
  read(descriptor: 0 | 3, capacity: number): Uint8Array;
  /** Appends to the output (1) or the log (2). `bytes` is guest memory: to be copied. */
  write(descriptor: 1 | 2, bytes: Uint8Array): void;
  random(length: number): Uint8Array;
  /** Ends the run. */
  exit(code: number): never;
}

const errno = { success: 0, badf: 8, fault: 21, inval: 28, nosys: 52, notsup: 58, spipe: 70 } as const;

/** As many buffers as Linux takes in one readv or writev. */
const mostBuffers = 1024;

const characterDevice = 2;
const rights = { read: 1n << 1n, write: 1n << 6n, poll: 1n << 27n };

/** Types of all functions of preview 1. */
export const wasiTypes: ReadonlyMap<string, FunctionType> = new Map(
  Object.entries({
    args_get: "ii>i",
    args_sizes_get: "ii>i",
    environ_get: "ii>i",
    environ_sizes_get: "ii>i",
    clock_res_get: "ii>i",
    clock_time_get: "iIi>i",
    fd_advise: "iIIi>i",
    fd_allocate: "iII>i",
    fd_close: "i>i",
    fd_datasync: "i>i",
    fd_fdstat_get: "ii>i",
    fd_fdstat_set_flags: "ii>i",
    fd_fdstat_set_rights: "iII>i",
    fd_filestat_get: "ii>i",
    fd_filestat_set_size: "iI>i",
    fd_filestat_set_times: "iIIi>i",
    fd_pread: "iiiIi>i",
    fd_prestat_get: "ii>i",
    fd_prestat_dir_name: "iii>i",
    fd_pwrite: "iiiIi>i",
    fd_read: "iiii>i",
    fd_readdir: "iiiIi>i",
    fd_renumber: "ii>i",
    fd_seek: "iIii>i",
    fd_sync: "i>i",
    fd_tell: "ii>i",
    fd_write: "iiii>i",
    path_create_directory: "iii>i",
    path_filestat_get: "iiiii>i",
    path_filestat_set_times: "iiiiIIi>i",
    path_link: "iiiiiii>i",
    path_open: "iiiiiIIii>i",
    path_readlink: "iiiiii>i",
    path_remove_directory: "iii>i",
    path_rename: "iiiiii>i",
    path_symlink: "iiiii>i",
    path_unlink_file: "iii>i",
    poll_oneoff: "iiii>i",
    proc_exit: "i>",
    proc_raise: "i>i",
    random_get: "ii>i",
    sched_yield: ">i",
    sock_accept: "iii>i",
    sock_recv: "iiiiii>i",
    sock_send: "iiiii>i",
    sock_shutdown: "ii>i",
  }).map(([name, type]) => [name, hostType(type)]),
);

/** The functions of preview 1 for one run. */
export function wasiFunctions(memory: () => GuestMemory, world: WasiWorld): Record<string, HostFunction> {
  const wasi = new Wasi(memory, world);
  const functions: Record<string, HostFunction> = {};
  for (const name of wasiTypes.keys()) functions[name] = () => wasi.guarded(() => errno.nosys);

  const implemented: Record<string, (...parameters: never[]) => number> = {
    args_sizes_get: (count: number, size: number) => wasi.nothing(count, size),
    environ_sizes_get: (count: number, size: number) => wasi.nothing(count, size),
    args_get: () => errno.success,
    environ_get: () => errno.success,
    clock_res_get: (clock: number, to: number) => wasi.clock(clock, to, 1n),
    clock_time_get: (clock: number, _precision: bigint, to: number) => wasi.clock(clock, to, 0n),
    fd_close: (fd: number) => wasi.close(fd),
    fd_fdstat_get: (fd: number, to: number) => wasi.fdstat(fd, to),
    fd_fdstat_set_flags: (fd: number, flags: number) =>
      wasi.known(fd) ?? (flags === 0 ? errno.success : errno.notsup),
    fd_filestat_get: (fd: number, to: number) => wasi.filestat(fd, to),
    fd_prestat_get: () => errno.badf,
    fd_prestat_dir_name: () => errno.badf,
    fd_read: (fd: number, buffers: number, count: number, to: number) => wasi.read(fd, buffers, count, to),
    fd_seek: (fd: number) => wasi.known(fd) ?? errno.spipe,
    fd_tell: (fd: number) => wasi.known(fd) ?? errno.spipe,
    fd_write: (fd: number, buffers: number, count: number, to: number) => wasi.write(fd, buffers, count, to),
    poll_oneoff: () => errno.notsup,
    random_get: (to: number, length: number) => wasi.random(to, length),
    sched_yield: () => errno.success,
  };
  for (const [name, call] of Object.entries(implemented)) {
    functions[name] = (...parameters: never[]) => wasi.guarded(() => call(...parameters));
  }
  functions["proc_exit"] = (code: number) => {
    world.charge("call", 1);
    world.exit(code >>> 0);
  };
  return functions;
}

class Wasi {
  readonly #memory: () => GuestMemory;
  readonly #world: WasiWorld;
  readonly #open = new Set([0, 1, 2, 3]);

  constructor(memory: () => GuestMemory, world: WasiWorld) {
    this.#memory = memory;
    this.#world = world;
  }

  /** Charges the call itself, and turns a bad pointer into EFAULT. */
  guarded(call: () => number): number {
    this.#world.charge("call", 1);
    try {
      return call();
    } catch (error) {
      if (!(error instanceof GuestFault)) throw error;
    }
    this.#world.charge("fault", 1);
    return errno.fault;
  }

  /** EBADF for a descriptor that is not open. */
  known(fd: number): number | undefined {
    return this.#open.has(fd) ? undefined : errno.badf;
  }

  /** Sizes of an empty list of strings. */
  nothing(count: number, size: number): number {
    this.#memory().setU32(count, 0);
    this.#memory().setU32(size, 0);
    return errno.success;
  }

  clock(id: number, to: number, value: bigint): number {
    if (id < 0 || id > 3) return errno.inval;
    this.#memory().setU64(to, value);
    return errno.success;
  }

  close(fd: number): number {
    return this.#open.delete(fd) ? errno.success : errno.badf;
  }

  fdstat(fd: number, to: number): number {
    if (!this.#open.has(fd)) return errno.badf;
    const stat = new Uint8Array(24);
    stat[0] = characterDevice;
    const granted = rights.poll | (fd === 1 || fd === 2 ? rights.write : rights.read);
    new DataView(stat.buffer).setBigUint64(8, granted, true);
    this.#memory().write(to, stat);
    return errno.success;
  }

  filestat(fd: number, to: number): number {
    if (!this.#open.has(fd)) return errno.badf;
    const stat = new Uint8Array(64);
    stat[16] = characterDevice;
    this.#memory().write(to, stat);
    return errno.success;
  }

  read(fd: number, buffers: number, count: number, to: number): number {
    if ((fd !== 0 && fd !== 3) || !this.#open.has(fd)) return errno.badf;
    const views = this.#views(buffers, count);
    if (views === undefined) return errno.inval;
    this.#memory().setU32(to, 0); // refuses a bad pointer before anything is taken from the input
    let total = 0;
    for (const view of views) {
      const bytes = this.#world.read(fd, view.length);
      this.#world.charge("byte", bytes.length);
      view.set(bytes);
      total += bytes.length;
      if (bytes.length < view.length) break;
    }
    this.#memory().setU32(to, total);
    return errno.success;
  }

  write(fd: number, buffers: number, count: number, to: number): number {
    if ((fd !== 1 && fd !== 2) || !this.#open.has(fd)) return errno.badf;
    const views = this.#views(buffers, count);
    if (views === undefined) return errno.inval;
    const total = views.reduce((sum, view) => sum + view.length, 0);
    if (total > 0xffff_ffff) return errno.inval;
    this.#world.charge("byte", total);
    // The bytes go out as they are before the count is written, should the two overlap.
    this.#memory().view(to, 4);
    for (const view of views) this.#world.write(fd, view);
    this.#memory().setU32(to, total);
    return errno.success;
  }

  random(to: number, length: number): number {
    const view = this.#memory().view(to, length);
    view.set(this.#world.random(view.length));
    return errno.success;
  }

  /** The buffers of a readv or writev, all checked before any is used; undefined when there are too many. */
  #views(buffers: number, count: number): Uint8Array[] | undefined {
    const memory = this.#memory();
    if (count >>> 0 > mostBuffers) return undefined;
    this.#world.charge("buffer", count);
    const views: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const at = (buffers >>> 0) + 8 * i;
      views.push(memory.view(memory.getU32(at), memory.getU32(at + 4)));
    }
    return views;
  }
}
