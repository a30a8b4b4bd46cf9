/**
 * The framing of CometBFT's socket protocol (CometBFT 0.38, "ABCI 2.0: client and server"): each message is its length as an
 * unsigned varint, then its bytes.
 */

/** Bytes of the longest length that is read: 2^28 - 1 needs four. */
const LENGTH_BYTES = 4;

/** A peer that does not keep to the framing. What follows on its connection has no meaning. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

/** A message with its length in front. */
export function frame(message: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let rest = message.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  const framed = new Uint8Array(length.length + message.length);
  framed.set(length);
  framed.set(message, length.length);
  return framed;
}

/** Takes the bytes of a connection as they come and gives the messages in them. */
export class FrameReader {
  readonly #longest: number;
  #pieces: Uint8Array[] = [];
  #length = 0;

  /** @param longest most bytes of a message, below 2^28 */
  constructor(longest: number) {
    if (!Number.isSafeInteger(longest) || longest < 1 || longest >= 2 ** (7 * LENGTH_BYTES)) {
      throw new RangeError(`A message cannot have ${longest} bytes at most: choose 1 to 2^28 - 1.`);
    }
    this.#longest = longest;
  }

  /** Takes `bytes`, which the reader keeps. */
  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  /**
   * The next whole message, or undefined while there is none.
   *
   * @throws FrameError for a length that is too great or not the shortest encoding: as soon as it is seen, whatever follows
   */
  next(): Uint8Array | undefined {
    const head = this.#peek(LENGTH_BYTES);
    let length = 0;
    let size = 0;
    for (;;) {
      if (size === LENGTH_BYTES) throw new FrameError("A message's length has more than four bytes.");
      const byte = head[size];
      if (byte === undefined) return undefined;
      length |= (byte & 0x7f) << (7 * size);
      size += 1;
      if (byte < 0x80) {
        if (byte === 0 && size > 1) throw new FrameError("A message's length is padded with zeros.");
        break;
      }
    }
    if (length > this.#longest) {
      throw new FrameError(`A message has ${length} bytes, and at most ${this.#longest} are taken.`);
    }
    if (this.#length < size + length) return undefined;
    this.#take(size);
    return this.#take(length);
  }

  /** The first bytes, `most` of them or as many as there are. */
  #peek(most: number): Uint8Array {
    const first = this.#pieces[0];
    if (first === undefined || first.length >= most || this.#pieces.length === 1) {
      return first?.subarray(0, most) ?? new Uint8Array();
    }
    const bytes = new Uint8Array(Math.min(most, this.#length));
    let at = 0;
    for (const piece of this.#pieces) {
      if (at === bytes.length) break;
      const part = piece.subarray(0, bytes.length - at);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let at = 0;
    let used = 0;
    while (at < count) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(0, count - at);
      bytes.set(part, at);
      at += part.length;
      if (part.length === piece.length) used += 1;
      else this.#pieces[used] = piece.subarray(part.length);
    }
    this.#pieces.splice(0, used);
    this.#length -= count;
    return bytes;
  }
}
