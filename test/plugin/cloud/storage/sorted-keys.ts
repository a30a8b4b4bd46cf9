import { expect } from "chai";
import fc from "fast-check";

import { fromBinary, prefixEnd, toBinary } from "../../../../plugin/cloud/storage/bytes.ts";
import { SortedKeys } from "../../../../plugin/cloud/storage/sorted-keys.ts";

describe("storage: sorted keys", () => {
  it("holds thousands of keys in order while they come and go in any order", () => {
    const keys = new SortedKeys();
    const model = new Set<string>();
    let seed = 0x6e65;
    for (let step = 0; step < 30_000; step++) {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      const key = String(seed % 5000);
      // Growth first, then decline to a few.
      if (seed % 7 < (step < 15_000 ? 5 : 1)) {
        keys.add(key);
        model.add(key);
      } else {
        keys.delete(key);
        model.delete(key);
      }
      expect(keys.has(key)).to.equal(model.has(key));
    }
    expect(keys.size).to.equal(model.size);
    expect([...keys.range()]).to.deep.equal([...model].sort());
  });

  it("finds the first, the last and all keys of a range, as a sorted array does", () => {
    const byte = fc.constantFrom("\x00", "\x01", "a", "\xff");
    const key = fc.string({ unit: byte, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(key, { maxLength: 40 }),
        key,
        fc.option(key, { nil: undefined }),
        (added, from, to) => {
          const keys = new SortedKeys();
          for (const key of added) keys.add(key);
          const expected = [...new Set(added)]
            .sort()
            .filter((key) => key >= from && (to === undefined || key < to));
          expect([...keys.range(from, to)]).to.deep.equal(expected);
          expect(keys.first(from, to)).to.equal(expected[0]);
          expect(keys.last(from, to)).to.equal(expected.at(-1));
        },
      ),
      { seed: 0x6e65, numRuns: 500 },
    );
  });

  it("copies itself so that neither sees the other's changes", () => {
    const original = new SortedKeys();
    for (let i = 0; i < 2000; i++) original.add(String(i));
    const before = [...original.range()];
    const copy = original.clone();
    for (let i = 0; i < 2000; i += 2) copy.delete(String(i));
    copy.add("new");
    expect([...original.range()]).to.deep.equal(before);
    const middle = [...copy.range()];
    for (let i = 0; i < 2000; i += 3) original.delete(String(i));
    original.add("other");
    expect([...copy.range()]).to.deep.equal(middle);
    expect(copy.size).to.equal(1001);
  });

  it("orders binary strings as their bytes, and bounds prefixes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 }), fc.uint8Array({ maxLength: 4 }), (a, b) => {
        expect(Math.sign(Buffer.compare(a, b))).to.equal(
          toBinary(a) < toBinary(b) ? -1 : toBinary(a) > toBinary(b) ? 1 : 0,
        );
        expect(fromBinary(toBinary(a))).to.deep.equal(a);
        const end = prefixEnd(toBinary(b));
        const within = toBinary(a) >= toBinary(b) && (end === undefined || toBinary(a) < end);
        expect(within).to.equal(toBinary(a).startsWith(toBinary(b)));
      }),
      { seed: 0x6e65, numRuns: 500 },
    );
    expect(prefixEnd("\xff\xff")).to.equal(undefined);
    expect(prefixEnd("a\xff")).to.equal("b");
  });
});
