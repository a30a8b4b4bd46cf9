import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Paths of the pages that people read, from the root. */
async function pages(): Promise<string[]> {
  const found = (await readdir(root)).filter((name) => name.endsWith(".md"));
  for (const folder of ["docs", "plugin"]) {
    const files = await readdir(join(root, folder), { recursive: true });
    found.push(...files.filter((name) => name.endsWith(".md")).map((name) => join(folder, name)));
  }
  return found;
}

/** The targets of a page's links, without code. */
function linksOf(page: string): string[] {
  const text = page.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "``");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
}

/** The names that a page's headings are linked by. */
function anchorsOf(page: string): Set<string> {
  const headings = [...page.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)];
  return new Set(
    headings.map(([, text]) =>
      text!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** What is wrong with the links of a page in the repository; `path` is the page's. */
async function deadLinks(path: string, page: string): Promise<string[]> {
  const dead: string[] = [];
  for (const link of linksOf(page)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [file, anchor] = link.split("#") as [string, string?];
    const target = file === "" ? join(root, path) : join(root, dirname(path), file);
    const found = await stat(target).catch(() => undefined);
    const isThere =
      found !== undefined &&
      !relative(root, target).startsWith("..") &&
      (anchor === undefined || anchorsOf(await readFile(target, "utf8")).has(anchor));
    if (!isThere) dead.push(`${path}: ${link}`);
  }
  return dead;
}

describe("the links between pages", () => {
  it("are looked at in text, and found dead where a file or a heading is missing", async () => {
    const page =
      "[a](LICENSE) [b](docs/plugin.md#a-test) [c](no.md) [d](docs/plugin.md#no) [e](#no) `[f](no)`\n";
    expect(await deadLinks("README.md", page)).to.deep.equal([
      "README.md: no.md",
      "README.md: docs/plugin.md#no",
      "README.md: #no",
    ]);
  });

  it("lead somewhere", async () => {
    const dead = await Promise.all(
      (await pages()).map(async (path) => deadLinks(path, await readFile(join(root, path), "utf8"))),
    );
    expect(dead.flat()).to.deep.equal([]);
  });

  it("lead from docs/README.md to every page of docs", async () => {
    const index = await readFile(join(root, "docs/README.md"), "utf8");
    const linked = new Set(linksOf(index).map((link) => join("docs", link.split("#")[0]!)));
    const there = (await pages()).filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
    expect(there.filter((path) => !linked.has(path))).to.deep.equal([]);
  });
});
