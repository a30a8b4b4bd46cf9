import { expect } from "chai";

import { Guest, prebuilt } from "./guest.ts";

function fibonacci(n: number): string {
  let [current, next] = [0n, 1n];
  for (let i = 0; i < n; i++) [current, next] = [next, current + next];
  return String(current);
}

/** [input, output] for what succeeds; [input, part of the log] for what ends with exit code 1. */
const programs: Record<
  string,
  { good: [string | Uint8Array, string][]; bad: [string | Uint8Array, string][] }
> = {
  fibonacci: {
    good: [
      ["0", "0"],
      ["1", "1"],
      ["30", "832040"],
      [" 93\n", "12200160415121876738"],
      // digits of 18 decimals: the first with two of them, and one with zeros inside
      ...["87", "88", "187", "1000", "10000"].map((n): [string, string] => [n, fibonacci(Number(n))]),
    ],
    bad: [
      ["10001", "the last one that is has number 10000"],
      ["4294967295", "is not computed here"],
      ["4294967296", "is not a number of steps"],
      ["-1", "is not a number of steps"],
      ["", "is not a number of steps"],
      [Uint8Array.of(0xff), "not text"],
    ],
  },
  wordcount: {
    good: [
      ["", ""],
      ["b a, B! c-a b", "b 3\na 2\nc 1\n"],
      ["Straße STRASSE straße", "straße 2\nstrasse 1\n"],
    ],
    bad: [[Uint8Array.of(0x61, 0xc0), "cannot read the text"]],
  },
  json: {
    good: [
      ['.\n [1, 2.50e+3 ,"\\u00e9\\n", null]', '[1,2.50e+3,"é\\n",null]\n'],
      [
        '.pairs[1].price\n{"pairs":[{"price":1},{"price":12345678901234567890.125}]}',
        "12345678901234567890.125\n",
      ],
      ['.a\n{"a":1,"a":{"b":[]}}', '{"b":[]}\n'],
      ['.\n"\\ud83d\\ude00"', '"😀"\n'],
      [`[0][0]\n${"[".repeat(100)}${"]".repeat(100)}`, `${"[".repeat(98)}${"]".repeat(98)}\n`],
    ],
    bad: [
      ["no document", "the first line is the path"],
      [".a\n[1]", 'there is nothing at ".a"'],
      ["é\n1", "a step of a path"],
      ["[x]\n[1]", '"x" is not an index'],
      [".\n[1,]", "byte 3: expected a value, found ']'"],
      ['.\n{"a" 1}', "expected ':'"],
      [".\n01", "expected the end"],
      [".\n1.", "expected a digit, found the end"],
      ['.\n"\\ud800"', "second half of a surrogate pair"],
      ['.\n"\\u+123"', "four hexadecimal digits"],
      ['.\n"a\u0001"', "expected a character"],
      [`.\n${"[".repeat(100_000)}`, "nested deeper than 128"],
    ],
  },
  sieve: {
    good: [
      ["0", "0\n"],
      ["2", "1\n"],
      ["1000000", "78498\n"],
    ],
    bad: [
      ["20000001", "is not a number up to 20000000"],
      ["x", "is not a number"],
    ],
  },
  mandelbrot: {
    good: [["1", " \n1\n"]],
    bad: [
      ["0", "is not a size from 1 to 1024"],
      ["1025", "is not a size"],
    ],
  },
  histogram: {
    good: [
      ["", ""],
      ["7 -1\t-10 0\n12 19 9", "-10..-1 2 **\n0..9 3 ***\n10..19 2 **\n"],
    ],
    bad: [
      ["12 x", "not an integer of 1 to 15 digits: x"],
      ["-", "not an integer"],
      ["1234567890123456", "not an integer"],
    ],
  },
};

describe("programs: input to output", () => {
  for (const [name, { good, bad }] of Object.entries(programs)) {
    it(`${name} answers, and refuses bad input with exit code 1 and a reason`, async () => {
      const guest = new Guest(prebuilt(name));
      for (const [input, output] of good) {
        const result = await guest.run(input);
        expect(result.log).to.equal("");
        expect(result.exitCode).to.equal(0);
        expect(result.output.toString()).to.equal(output);
      }
      for (const [input, reason] of bad) {
        const { exitCode, output, log } = await guest.run(input);
        expect(log).to.include(reason);
        expect(exitCode).to.equal(1);
        expect(output.length).to.equal(0);
      }
    });
  }

  it("mandelbrot draws the set and counts the same iterations as JavaScript", async () => {
    const size = 40;
    let total = 0;
    for (let y = 0; y < size / 2; y++) {
      for (let x = 0; x < size; x++) {
        const [cRe, cIm] = [-2.2 + (3.2 * x) / size, -1.2 + (2.4 * y) / (size / 2)];
        let [re, im, time] = [0, 0, 0];
        while (time < 256 && re * re + im * im <= 4) {
          [re, im] = [re * re - im * im + cRe, 2 * re * im + cIm];
          time++;
        }
        total += time;
      }
    }
    const lines = (await new Guest(prebuilt("mandelbrot")).run(String(size))).output.toString().split("\n");
    expect(lines.length).to.equal(size / 2 + 2);
    expect(Number(lines[size / 2])).to.equal(total);
    expect(lines[size / 4]).to.include("@@@@@");
  });
});
