/** Ten integer programs in AssemblyScript, as exported functions that read and write memory from byte 4,096 on. */
import asc from "assemblyscript/asc";

const source = `
const DATA: usize = 4096;

function next(x: u64): u64 { x ^= x << 13; x ^= x >> 7; return x ^ (x << 17); }

/** Fills n 32-bit numbers. */
export function fill(n: i32, seed: u64): void {
  let x = seed | 1;
  for (let i = 0; i < n; i++) { x = next(x); store<u32>(DATA + (<usize>i << 2), <u32>(x >> 16)); }
}

export function sort(n: i32): u32 {
  for (let gap = n >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < n; i++) {
      const value = load<u32>(DATA + (<usize>i << 2));
      let j = i;
      while (j >= gap && load<u32>(DATA + (<usize>(j - gap) << 2)) > value) {
        store<u32>(DATA + (<usize>j << 2), load<u32>(DATA + (<usize>(j - gap) << 2)));
        j -= gap;
      }
      store<u32>(DATA + (<usize>j << 2), value);
    }
  }
  return load<u32>(DATA + (<usize>(n >> 1) << 2));
}

export function search(n: i32, times: i32): i32 {
  let sum = 0;
  let x: u64 = 88172645463325252;
  for (let k = 0; k < times; k++) {
    x = next(x);
    const wanted = <u32>(x >> 16);
    let low = 0, high = n;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (load<u32>(DATA + (<usize>middle << 2)) < wanted) low = middle + 1; else high = middle;
    }
    sum += low;
  }
  return sum;
}

export function sieve(n: i32): i32 {
  memory.fill(DATA, 1, n + 1);
  let count = 0;
  for (let i = 2; i <= n; i++) {
    if (load<u8>(DATA + i) == 0) continue;
    count++;
    for (let j = i * i; j <= n; j += i) store<u8>(DATA + j, 0);
  }
  return count;
}

export function collatz(n: u64): u64 {
  let most: u64 = 0;
  for (let start: u64 = 1; start <= n; start++) {
    let x = start, steps: u64 = 0;
    while (x != 1) { x = x & 1 ? 3 * x + 1 : x >> 1; steps++; }
    if (steps > most) most = steps;
  }
  return most;
}

const P: u64 = 4294967291;
export function matrix(n: i32): u64 {
  const a = DATA, b = DATA + (<usize>(n * n) << 3), c = b + (<usize>(n * n) << 3);
  for (let i = 0; i < n * n; i++) {
    store<u64>(a + (<usize>i << 3), (<u64>i * 2654435761 + 1) % P);
    store<u64>(b + (<usize>i << 3), (<u64>i * 40503 + 7) % P);
  }
  let trace: u64 = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) {
    let sum: u64 = 0;
    for (let k = 0; k < n; k++) {
      sum = (sum + load<u64>(a + (<usize>(i * n + k) << 3)) * load<u64>(b + (<usize>(k * n + j) << 3)) % P) % P;
    }
    store<u64>(c + (<usize>(i * n + j) << 3), sum);
    if (i == j) trace = (trace + sum) % P;
  }
  return trace;
}

/** Schoolbook product of two numbers of n 32-bit digits. */
export function product(n: i32): u32 {
  const a = DATA, b = DATA + (<usize>n << 2), c = b + (<usize>n << 2);
  for (let i = 0; i < 2 * n; i++) store<u32>(c + (<usize>i << 2), 0);
  for (let i = 0; i < n; i++) {
    let carry: u64 = 0;
    for (let j = 0; j < n; j++) {
      const at = c + (<usize>(i + j) << 2);
      carry += <u64>load<u32>(a + (<usize>i << 2)) * load<u32>(b + (<usize>j << 2)) + load<u32>(at);
      store<u32>(at, <u32>carry);
      carry >>= 32;
    }
    store<u32>(c + (<usize>(i + n) << 2), <u32>carry);
  }
  return load<u32>(c + (<usize>(2 * n - 1) << 2));
}

export function life(size: i32, generations: i32): i32 {
  const a = DATA, b = DATA + size * size;
  for (let i = 0; i < size * size; i++) store<u8>(a + i, <u8>((i * i + 3 * i) % 7 < 3));
  for (let g = 0; g < generations; g++) {
    for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) {
      let around = 0;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
        if (dx == 0 && dy == 0) continue;
        around += load<u8>(a + ((y + dy + size) % size) * size + (x + dx + size) % size);
      }
      store<u8>(b + y * size + x, <u8>(around == 3 || (around == 2 && load<u8>(a + y * size + x) != 0)));
    }
    memory.copy(a, b, size * size);
  }
  let alive = 0;
  for (let i = 0; i < size * size; i++) alive += load<u8>(a + i);
  return alive;
}

const K = memory.data<u32>([
  0x428a2f98,0x71374491,0xb5c0fbcf,0xe9b5dba5,0x3956c25b,0x59f111f1,0x923f82a4,0xab1c5ed5,0xd807aa98,0x12835b01,0x243185be,0x550c7dc3,
  0x72be5d74,0x80deb1fe,0x9bdc06a7,0xc19bf174,0xe49b69c1,0xefbe4786,0x0fc19dc6,0x240ca1cc,0x2de92c6f,0x4a7484aa,0x5cb0a9dc,0x76f988da,
  0x983e5152,0xa831c66d,0xb00327c8,0xbf597fc7,0xc6e00bf3,0xd5a79147,0x06ca6351,0x14292967,0x27b70a85,0x2e1b2138,0x4d2c6dfc,0x53380d13,
  0x650a7354,0x766a0abb,0x81c2c92e,0x92722c85,0xa2bfe8a1,0xa81a664b,0xc24b8b70,0xc76c51a3,0xd192e819,0xd6990624,0xf40e3585,0x106aa070,
  0x19a4c116,0x1e376c08,0x2748774c,0x34b0bcb5,0x391c0cb3,0x4ed8aa4a,0x5b9cca4f,0x682e6ff3,0x748f82ee,0x78a5636f,0x84c87814,0x8cc70208,
  0x90befffa,0xa4506ceb,0xbef9a3f7,0xc67178f2]);

/** Hashes length bytes at DATA + 512 in place (the padding goes behind them); the digest goes to DATA. */
export function sha256(length: i32): void {
  const at = DATA + 512, w = DATA + 64;
  store<u32>(DATA, 0x6a09e667); store<u32>(DATA, 0xbb67ae85, 4); store<u32>(DATA, 0x3c6ef372, 8); store<u32>(DATA, 0xa54ff53a, 12);
  store<u32>(DATA, 0x510e527f, 16); store<u32>(DATA, 0x9b05688c, 20); store<u32>(DATA, 0x1f83d9ab, 24); store<u32>(DATA, 0x5be0cd19, 28);
  const total = (length + 9 + 63) & ~63;
  memory.fill(at + length, 0, total - length);
  store<u8>(at + length, 0x80);
  store<u64>(at + total - 8, bswap<u64>(<u64>length << 3));
  for (let block = at; block < at + total; block += 64) {
    for (let i = 0; i < 16; i++) store<u32>(w + (<usize>i << 2), bswap(load<u32>(block + (<usize>i << 2))));
    for (let i = 16; i < 64; i++) {
      const x = load<u32>(w + (<usize>(i - 15) << 2)), y = load<u32>(w + (<usize>(i - 2) << 2));
      store<u32>(w + (<usize>i << 2), load<u32>(w + (<usize>(i - 16) << 2)) + load<u32>(w + (<usize>(i - 7) << 2))
        + (rotr(x, 7) ^ rotr(x, 18) ^ (x >>> 3)) + (rotr(y, 17) ^ rotr(y, 19) ^ (y >>> 10)));
    }
    let a = load<u32>(DATA), b = load<u32>(DATA, 4), c = load<u32>(DATA, 8), d = load<u32>(DATA, 12);
    let e = load<u32>(DATA, 16), f = load<u32>(DATA, 20), g = load<u32>(DATA, 24), h = load<u32>(DATA, 28);
    for (let i = 0; i < 64; i++) {
      const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + load<u32>(K + (<usize>i << 2)) + load<u32>(w + (<usize>i << 2));
      const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
    }
    store<u32>(DATA, load<u32>(DATA) + a); store<u32>(DATA, load<u32>(DATA, 4) + b, 4); store<u32>(DATA, load<u32>(DATA, 8) + c, 8);
    store<u32>(DATA, load<u32>(DATA, 12) + d, 12); store<u32>(DATA, load<u32>(DATA, 16) + e, 16); store<u32>(DATA, load<u32>(DATA, 20) + f, 20);
    store<u32>(DATA, load<u32>(DATA, 24) + g, 24); store<u32>(DATA, load<u32>(DATA, 28) + h, 28);
  }
  for (let i: usize = 0; i < 32; i += 4) store<u32>(DATA + i, bswap(load<u32>(DATA + i)));
}

/** Climbs a Merkle tree: depth times sha256 of the digest and a sibling. */
export function climb(depth: i32): void {
  for (let i = 0; i < depth; i++) {
    const side = <usize>(i & 1) << 5;
    memory.copy(DATA + 512 + side, DATA, 32);
    memory.fill(DATA + 512 + (32 - side), <u8>i, 32);
    sha256(64);
  }
}

const RC = memory.data<u64>([
  0x0000000000000001,0x0000000000008082,0x800000000000808a,0x8000000080008000,0x000000000000808b,0x0000000080000001,0x8000000080008081,
  0x8000000000008009,0x000000000000008a,0x0000000000000088,0x0000000080008009,0x000000008000000a,0x000000008000808b,0x800000000000008b,
  0x8000000000008089,0x8000000000008003,0x8000000000008002,0x8000000000000080,0x000000000000800a,0x800000008000000a,0x8000000080008081,
  0x8000000000008080,0x0000000080000001,0x8000000080008008]);
const ROTATIONS = memory.data<u8>([1,3,6,10,15,21,28,36,45,55,2,14,27,41,56,8,25,43,62,18,39,61,20,44]);
const LANES = memory.data<u8>([10,7,11,17,18,3,5,16,8,21,24,4,15,23,19,13,12,2,20,14,22,9,6,1]);

function permute(s: usize): void {
  const c = s + 200;
  for (let round: usize = 0; round < 24; round++) {
    for (let x: usize = 0; x < 40; x += 8) {
      store<u64>(c + x, load<u64>(s + x) ^ load<u64>(s + x, 40) ^ load<u64>(s + x, 80) ^ load<u64>(s + x, 120) ^ load<u64>(s + x, 160));
    }
    for (let x: usize = 0; x < 5; x++) {
      const d = load<u64>(c + ((x + 4) % 5 << 3)) ^ rotl(load<u64>(c + ((x + 1) % 5 << 3)), 1);
      for (let y: usize = 0; y < 200; y += 40) store<u64>(s + y + (x << 3), load<u64>(s + y + (x << 3)) ^ d);
    }
    let last = load<u64>(s, 8);
    for (let i: usize = 0; i < 24; i++) {
      const lane = s + (<usize>load<u8>(LANES + i) << 3);
      const kept = load<u64>(lane);
      store<u64>(lane, rotl(last, load<u8>(ROTATIONS + i)));
      last = kept;
    }
    for (let y: usize = 0; y < 200; y += 40) {
      for (let x: usize = 0; x < 40; x += 8) store<u64>(c + x, load<u64>(s + y + x));
      for (let x: usize = 0; x < 5; x++) {
        store<u64>(s + y + (x << 3), load<u64>(c + (x << 3)) ^ (~load<u64>(c + ((x + 1) % 5 << 3)) & load<u64>(c + ((x + 2) % 5 << 3))));
      }
    }
    store<u64>(s, load<u64>(s) ^ load<u64>(RC + (round << 3)));
  }
}

/** Hashes length bytes at DATA + 512; the digest goes to DATA. */
export function keccak256(length: i32): void {
  memory.fill(DATA, 0, 200);
  let at = DATA + 512, left: usize = length;
  while (left >= 136) {
    for (let i: usize = 0; i < 136; i += 8) store<u64>(DATA + i, load<u64>(DATA + i) ^ load<u64>(at + i));
    permute(DATA);
    at += 136; left -= 136;
  }
  for (let i: usize = 0; i < left; i++) store<u8>(DATA + i, load<u8>(DATA + i) ^ load<u8>(at + i));
  store<u8>(DATA + left, load<u8>(DATA + left) ^ 1);
  store<u8>(DATA + 135, load<u8>(DATA + 135) ^ 0x80);
  permute(DATA);
}
`;

/** Reads two numbers, a name's place in `guestCalls` and an argument, runs it, and writes 64 bytes from DATA and the result. */
const command = `
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_read")
declare function fd_read(fd: i32, buffers: usize, count: i32, read: usize): i32;
// @ts-ignore: decorator
@external("wasi_snapshot_preview1", "fd_write")
declare function fd_write(fd: i32, buffers: usize, count: i32, written: usize): i32;

const IO: usize = 3072;
export function _start(): void {
  store<u32>(IO, IO + 64); store<u32>(IO, 16, 4);
  fd_read(0, IO, 1, IO + 32);
  const n = load<i32>(IO + 72);
  let result: u64 = 0;
  switch (load<i32>(IO + 64)) {
    case 0: fill(n, 5); result = sort(n); break;
    case 1: fill(n, 7); sort(n); result = search(n, n); break;
    case 2: result = sieve(n); break;
    case 3: result = collatz(n); break;
    case 4: result = matrix(n); break;
    case 5: fill(2 * n, 9); result = product(n); break;
    case 6: result = life(n, 2); break;
    case 7: sha256(n); break;
    case 8: climb(n); break;
    default: keccak256(n);
  }
  store<u64>(DATA, result, 64);
  store<u32>(IO, DATA); store<u32>(IO, 72, 4);
  fd_write(1, IO, 1, IO + 32);
}
`;

/** The programs, in the order of the command's numbers, each with a small argument. */
export const guestCalls = [
  ["sort", 40n],
  ["search", 24n],
  ["sieve", 300n],
  ["collatz", 30n],
  ["matrix", 5n],
  ["product", 12n],
  ["life", 8n],
  ["sha256", 70n],
  ["climb", 1n],
  ["keccak256", 40n],
] as const;

/** The input with which the command runs the program of that number. */
export function guestInput(number: number, argument: bigint): Uint8Array {
  return new Uint8Array(new BigUint64Array([BigInt(number), argument]).buffer);
}

async function compile(text: string): Promise<Uint8Array> {
  const { error, binary, stderr } = await asc.compileString(text, {
    optimizeLevel: 3,
    runtime: "stub",
    noAssert: true,
    initialMemory: 8,
  });
  if (error !== null || binary === null) throw new Error(stderr.toString());
  return binary;
}

/** The programs as one module; compiles for a second or two. */
export const guestPrograms = (): Promise<Uint8Array> => compile(source);

/** The programs behind one WASI command. */
export const guestCommand = (): Promise<Uint8Array> => compile(source + command);
