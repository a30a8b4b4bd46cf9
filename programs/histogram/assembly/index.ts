// SPDX-License-Identifier: MIT
// Input: integers, separated by white space. Output: how many fall into each ten, as "40..49 3 ***".

import { fail, readInputText, writeOutputText } from "../../sdk-assemblyscript/assembly/index";

const WIDTH: i64 = 10;
const LONGEST_BAR: i32 = 60;

/** The integer that `word` is, which has 1 to 15 digits and perhaps a sign. */
function parseInteger(word: string): i64 {
  const negative = word.startsWith("-");
  const digits = negative ? word.length - 1 : word.length;
  if (digits < 1 || digits > 15) fail("not an integer of 1 to 15 digits: " + word);
  let value: i64 = 0;
  for (let i = negative ? 1 : 0; i < word.length; i++) {
    const digit = word.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) fail("not an integer of 1 to 15 digits: " + word);
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

/** The lower end of the ten that holds `value`. */
function lowerEnd(value: i64): i64 {
  const rest = value % WIDTH;
  return value - (rest < 0 ? rest + WIDTH : rest);
}

const counts = new Map<i64, i32>();
const words = readInputText().replaceAll("\n", " ").replaceAll("\t", " ").replaceAll("\r", " ").split(" ");
for (let i = 0; i < words.length; i++) {
  if (words[i].length == 0) continue;
  const bucket = lowerEnd(parseInteger(words[i]));
  counts.set(bucket, counts.has(bucket) ? counts.get(bucket) + 1 : 1);
}

const buckets = counts.keys();
buckets.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
let output = "";
for (let i = 0; i < buckets.length; i++) {
  const bucket = buckets[i];
  const count = counts.get(bucket);
  const bar = "*".repeat(min(count, LONGEST_BAR));
  output +=
    bucket.toString() + ".." + (bucket + WIDTH - 1).toString() + " " + count.toString() + " " + bar + "\n";
}
writeOutputText(output);
