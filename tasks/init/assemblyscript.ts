/** Files of an AssemblyScript program, by path in its folder: it reads numbers and writes their sum. */
export function assemblyScriptProgram(): Record<string, string> {
  return {
    "tsconfig.json": `{ "extends": "assemblyscript/std/assembly.json", "include": ["assembly"] }
`,
    "assembly/index.ts": `// Input: whole numbers, separated by white space. Output: their sum.

import {
  fail,
  readInputText,
  writeOutputText,
} from "hardhat-nexus/programs/sdk-assemblyscript/assembly/index";

/** The number that \`word\` is, which has 1 to 15 digits and perhaps a sign. */
function parse(word: string): i64 {
  const negative = word.startsWith("-");
  const digits = negative ? word.length - 1 : word.length;
  if (digits < 1 || digits > 15) fail("not a number of 1 to 15 digits: " + word);
  let value: i64 = 0;
  for (let i = negative ? 1 : 0; i < word.length; i++) {
    const digit = word.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) fail("not a number of 1 to 15 digits: " + word);
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

let sum: i64 = 0;
const words = readInputText().replaceAll("\\n", " ").replaceAll("\\t", " ").replaceAll("\\r", " ").split(" ");
for (let i = 0; i < words.length; i++) {
  if (words[i].length > 0) sum += parse(words[i]);
}
writeOutputText(sum.toString());
`,
  };
}
