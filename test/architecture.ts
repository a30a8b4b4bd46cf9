import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Whether `room` is `path` or a folder above it. */
const holds = (room: string, path: string): boolean => path === room || path.startsWith(`${room}/`);

/** Rooms by floor, 0 at the bottom, from the drawing in docs/architecture.md: a line per floor, a name per room. */
async function drawnFloors(): Promise<Map<string, number>> {
  const page = await readFile(join(root, "docs/architecture.md"), "utf8");
  const drawing = /```floors\n(.*?)```/s.exec(page);
  if (drawing === null) throw new Error("docs/architecture.md has no drawing of the floors.");
  const floors = new Map<string, number>();
  for (const line of drawing[1]!.trimEnd().split("\n")) {
    const [floor, ...rooms] = line.trim().split(/\s+/);
    for (const name of rooms) {
      const room = /^(deploy|tasks|plugin)\b/.test(name) ? name : `plugin/${name}`;
      expect(floors.has(room), `${room} is drawn twice`).to.equal(false);
      floors.set(room, Number(floor));
    }
  }
  return floors;
}

/** What each source file imports, files by their paths from the root. Type imports count as well. */
async function importsOf(folder: string, suffix = ".ts"): Promise<Map<string, string[]>> {
  const entries = await readdir(join(root, folder), { recursive: true });
  const files = entries
    .filter((name) => name.endsWith(suffix) && !name.startsWith("kernels/build"))
    .map((name) => join(folder, name));
  const imports = new Map<string, string[]>();
  for (const file of files) {
    const code = await readFile(join(root, file), "utf8");
    const found = [
      ...code.matchAll(/\bfrom\s+"(\.[^"]+)"/g),
      ...code.matchAll(/\bimport\s*\(?\s*"(\.[^"]+)"/g),
    ].map(([, path]) => normalize(join(dirname(file), path!.endsWith(suffix) ? path! : `${path}${suffix}`)));
    imports.set(file, found);
  }
  return imports;
}

/** A way from a file back to itself, or undefined. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const way: string[] = [];
  const follow = (file: string): string[] | undefined => {
    const from = way.indexOf(file);
    if (from !== -1) return [...way.slice(from), file];
    if (done.has(file)) return undefined;
    way.push(file);
    for (const next of imports.get(file) ?? []) {
      const circle = follow(next);
      if (circle !== undefined) return circle;
    }
    way.pop();
    done.add(file);
    return undefined;
  };
  for (const file of imports.keys()) {
    const circle = follow(file);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

describe("docs/architecture.md", () => {
  it("finds circles", () => {
    const imports = new Map([
      ["a", ["b", "c"]],
      ["b", ["c"]],
      ["c", []],
    ]);
    expect(circleIn(imports)).to.equal(undefined);
    expect(circleIn(imports.set("c", ["b"]))).to.deep.equal(["b", "c", "b"]);
  });

  it("draws every room, and no import leads up or across a floor", async () => {
    const floors = await drawnFloors();
    const roomOf = (file: string): string => {
      // The room is the nearest folder that is drawn: one folder per chip is no room of its own.
      const room = [...floors.keys()]
        .filter((one) => holds(one, dirname(file)))
        .sort((a, b) => b.length - a.length)[0];
      if (room === undefined) throw new Error(`${file} lies in no room of the drawing.`);
      return room;
    };
    const imports = new Map(
      (await Promise.all(["plugin", "tasks", "deploy"].map((folder) => importsOf(folder)))).flatMap(
        (some) => [...some],
      ),
    );
    const entered = new Set<string>();
    const wrong: string[] = [];
    for (const [file, targets] of imports) {
      if (file.startsWith("plugin/zero/kernels/assembly")) continue;
      const from = roomOf(file);
      entered.add(from);
      for (const target of targets.filter((path) => imports.has(path))) {
        const to = roomOf(target);
        if (from !== to && floors.get(to)! >= floors.get(from)!) wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).to.deep.equal([]);
    expect(
      [...floors.keys()].filter((room) => !entered.has(room)),
      "drawn, but empty",
    ).to.deep.equal([]);
  });

  it("is right that no file imports itself by way of others", async () => {
    for (const folder of ["plugin", "tasks", "deploy", "contracts", "programs"]) {
      const suffix = folder === "contracts" ? ".sol" : ".ts";
      expect(circleIn(await importsOf(folder, suffix)), folder).to.equal(undefined);
    }
  });
});
