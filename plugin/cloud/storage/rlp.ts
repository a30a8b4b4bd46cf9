/** Recursive Length Prefix, the encoding of Ethereum's tries: Yellow Paper, appendix B. */

/** A decoded item: a byte string or a list. Byte strings are views into the decoded bytes. */
export type RlpItem = Uint8Array | RlpItem[];

function prefix(length: number, offset: number): number[] {
  if (length < 56) return [offset + length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [offset + 55 + digits.length, ...digits];
}

/** The encoding of a byte string. */
export function encodeString(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && bytes[0]! < 0x80) return bytes;
  const head = prefix(bytes.length, 0x80);
  const encoded = new Uint8Array(head.length + bytes.length);
  encoded.set(head);
  encoded.set(bytes, head.length);
  return encoded;
}

/** The encoding of a non-negative integer: its big-endian bytes without leading zeros. */
export function encodeInteger(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return encodeString(Uint8Array.from(bytes));
}

/** The encoding of a list whose items are encoded already. */
export function encodeList(items: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const item of items) length += item.length;
  const head = prefix(length, 0xc0);
  const encoded = new Uint8Array(head.length + length);
  encoded.set(head);
  let at = head.length;
  for (const item of items) {
    encoded.set(item, at);
    at += item.length;
  }
  return encoded;
}

/**
 * Decodes exactly one item.
 * @throws Error when bytes are missing or left over, or when the encoding is not the shortest one
 */
export function decode(bytes: Uint8Array): RlpItem {
  const [item, end] = decodeAt(bytes, 0, bytes.length, 0);
  if (end !== bytes.length) throw new Error(`RLP: ${bytes.length - end} bytes are left over after the item.`);
  return item;
}

/** The non-negative integer that a decoded byte string stands for. */
export function decodeInteger(item: RlpItem | undefined): number {
  if (!(item instanceof Uint8Array) || item[0] === 0) throw new Error("RLP: not an integer.");
  let value = 0;
  for (const byte of item) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new Error(`RLP: an integer of ${item.length} bytes is too large.`);
  return value;
}

/** Nothing in this code nests deeper; the bound keeps hostile bytes from exhausting the stack. */
const MAX_DEPTH = 16;

function decodeAt(bytes: Uint8Array, start: number, limit: number, depth: number): [RlpItem, number] {
  if (depth > MAX_DEPTH) throw new Error(`RLP: lists are nested deeper than ${MAX_DEPTH}.`);
  if (start >= limit) throw new Error("RLP: the input ends where an item should begin.");
  const first = bytes[start]!;
  if (first < 0x80) return [bytes.subarray(start, start + 1), start + 1];
  const list = first >= 0xc0;
  const short = first - (list ? 0xc0 : 0x80);
  let at = start + 1;
  let length = short;
  if (short > 55) {
    const digits = short - 55;
    if (digits > 4) throw new Error(`RLP: a length of ${digits} bytes is more than this code reads.`);
    if (at + digits > limit) throw new Error("RLP: the input ends within a length.");
    length = 0;
    for (const byte of bytes.subarray(at, at + digits)) length = length * 256 + byte;
    if (bytes[at] === 0 || length < 56) throw new Error("RLP: a length is not encoded in the shortest way.");
    at += digits;
  }
  const end = at + length;
  if (end > limit) throw new Error(`RLP: an item of ${length} bytes ends outside of the input.`);
  if (!list) {
    if (length === 1 && bytes[at]! < 0x80) throw new Error("RLP: a byte is not encoded in the shortest way.");
    return [bytes.subarray(at, end), end];
  }
  const items: RlpItem[] = [];
  while (at < end) {
    const [item, next] = decodeAt(bytes, at, end, depth + 1);
    items.push(item);
    at = next;
  }
  return [items, end];
}
