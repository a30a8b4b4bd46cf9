/**
 * node scripts/rewrite-lazy-imports.mjs, after tsc: in dist/plugin/index.js TypeScript 6.0.3 leaves `import("./x.ts")` as
 * it is, though it rewrites the same elsewhere; packages run only what ends in .js.
 */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist", import.meta.url));
for (const file of await readdir(dist, { recursive: true })) {
  if (!file.endsWith(".js")) continue;
  const path = join(dist, file);
  const code = await readFile(path, "utf8");
  const rewritten = code.replace(/\bimport\("(\.[^"]*)\.ts"\)/g, 'import("$1.js")');
  if (rewritten !== code) await writeFile(path, rewritten);
}
