import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

const root = fileURLToPath(new URL("..", import.meta.url));
const FOLDERS = [
  "bench",
  "contracts",
  "deploy",
  "plugin",
  "programs",
  "scripts",
  "tasks",
  "test",
  "types",
  "web",
];
const GPL = "// SPDX-License-Identifier: GPL-3.0-or-later";

/** Path from the root and text of every source file. */
async function sources(): Promise<{ path: string; text: string }[]> {
  const found = await Promise.all(
    FOLDERS.map(async (folder) => {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile() && /\.(ts|mjs|js|sol|rs)$/.test(entry.name))
        .map(({ parentPath, name }) => join(parentPath, name));
    }),
  );
  return Promise.all(
    found.flat().map(async (file) => ({ path: relative(root, file), text: await readFile(file, "utf8") })),
  );
}

describe("LICENSE", () => {
  it("names the folders of the files that say they are under the GPL, and no others", async () => {
    const licence = await readFile(join(root, "LICENSE"), "utf8");
    const under = (await sources())
      .filter(({ text }) => text.startsWith(GPL))
      .map(({ path }) => dirname(path));
    const named = [...licence.matchAll(/\b(?:bench|plugin|test)\/[\w/]*(?<=\/)/g)].map(([folder]) =>
      folder.slice(0, -1),
    );
    expect(named.sort()).to.deep.equal([...new Set(under)].sort());
    const { license } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { license: string };
    expect(license).to.equal("MIT AND GPL-3.0-or-later");
  });

  it("is right that whatever imports snarkjs is under the GPL", async () => {
    const importing = (await sources()).filter(({ text }) => /^import .* from "snarkjs";$/m.test(text));
    expect(importing).not.to.deep.equal([]);
    for (const { path, text } of importing) expect(text.startsWith(GPL), path).to.equal(true);
  });
});
