const CHUNK = 512;

/** Index of the first element of `sorted` that is not below `key`. */
function lowerBound(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * A set of binary strings (see `bytes.ts`) in lexicographic order: a list of sorted chunks of at most 512 keys, split
 * when full. Insertion and removal move at most one chunk, so a million keys cost a few microseconds each.
 */
export class SortedKeys {
  #chunks: string[][] = [];
  /** Chunks that no copy shares, and that may therefore be changed in place. */
  #own = new Set<string[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    const chunk = this.#chunks[this.#chunkOf(key)];
    return chunk !== undefined && chunk[lowerBound(chunk, key)] === key;
  }

  /** An independent copy. The two share what neither has changed, so it costs next to nothing. */
  clone(): SortedKeys {
    const copy = new SortedKeys();
    copy.#chunks = [...this.#chunks];
    copy.#size = this.#size;
    this.#own.clear();
    return copy;
  }

  /** Adds `key`; nothing happens when it is there already. */
  add(key: string): void {
    if (this.#chunks.length === 0) this.#chunks.push([]);
    const at = Math.min(this.#chunkOf(key), this.#chunks.length - 1);
    const index = lowerBound(this.#chunks[at]!, key);
    if (this.#chunks[at]![index] === key) return;
    const chunk = this.#ownChunk(at);
    if (index === chunk.length) chunk.push(key);
    else chunk.splice(index, 0, key);
    this.#size++;
    if (chunk.length <= CHUNK) return;
    // Keys often arrive in ascending order: splitting off only the last one then leaves every chunk full.
    const upper = chunk.splice(index === CHUNK ? CHUNK : CHUNK >>> 1);
    this.#own.add(upper);
    this.#chunks.splice(at + 1, 0, upper);
  }

  /** Removes `key`; nothing happens when it is absent. */
  delete(key: string): void {
    if (!this.has(key)) return;
    const at = this.#chunkOf(key);
    const chunk = this.#ownChunk(at);
    chunk.splice(lowerBound(chunk, key), 1);
    this.#size--;
    if (chunk.length > 0) return;
    this.#chunks.splice(at, 1);
    this.#own.delete(chunk);
  }

  /** The smallest key with `from` ≤ key < `to`. Without `to` there is no upper end. */
  first(from: string, to?: string): string | undefined {
    const chunk = this.#chunks[this.#chunkOf(from)];
    const key = chunk?.[lowerBound(chunk, from)];
    return key !== undefined && (to === undefined || key < to) ? key : undefined;
  }

  /** The largest key with `from` ≤ key < `to`. Without `to` there is no upper end. */
  last(from: string, to?: string): string | undefined {
    const at = to === undefined ? this.#chunks.length : this.#chunkOf(to);
    const chunk = this.#chunks[at];
    const below = chunk === undefined || to === undefined ? 0 : lowerBound(chunk, to);
    const key = below > 0 ? chunk![below - 1] : this.#chunks[at - 1]?.at(-1);
    return key !== undefined && key >= from ? key : undefined;
  }

  /** Keys from `from` (included) to `to` (excluded; to the end without it), ascending. Do not change the set meanwhile. */
  *range(from = "", to?: string): Generator<string, void, undefined> {
    for (let at = this.#chunkOf(from); at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at]!;
      for (let index = lowerBound(chunk, from); index < chunk.length; index++) {
        const key = chunk[index]!;
        if (to !== undefined && key >= to) return;
        yield key;
      }
    }
  }

  /** The chunk at `at`, made this set's own. */
  #ownChunk(at: number): string[] {
    const chunk = this.#chunks[at]!;
    if (this.#own.has(chunk)) return chunk;
    const copy = [...chunk];
    this.#chunks[at] = copy;
    this.#own.add(copy);
    return copy;
  }

  /** Index of the first chunk whose last key is not below `key`; the number of chunks when there is none. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle]!.at(-1) ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
