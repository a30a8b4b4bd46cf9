import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";

import { buildProgram } from "../../plugin/programs/build.ts";
import { findRustToolchain } from "../../plugin/programs/rust-toolchain.ts";
import { prebuilt } from "./guest.ts";

interface Entry {
  programId: string;
  sha256: string;
  bytes: number;
  toolchain: string;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const programs = join(root, "programs");
const manifest = JSON.parse(await readFile(join(programs, "prebuilt", "manifest.json"), "utf8")) as Record<
  string,
  Entry
>;

describe("programs: what is committed", () => {
  it("is what the manifest says, for every program", async () => {
    const names = (await readdir(programs, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory() && !/^(prebuilt|target|sdk-.*)$/.test(entry.name))
      .map(({ name }) => name)
      .sort();
    expect(Object.keys(manifest)).to.deep.equal(names);
    for (const [name, { programId, sha256, bytes }] of Object.entries(manifest)) {
      const wasm = prebuilt(name);
      expect(wasm.length, name).to.equal(bytes);
      expect(`0x${Buffer.from(keccak_256(wasm)).toString("hex")}`, name).to.equal(programId);
      expect(createHash("sha256").update(wasm).digest("hex"), name).to.equal(sha256);
      expect(Buffer.from(wasm).includes(root), `${name} holds a path of this machine`).to.equal(false);
    }
  });

  it("comes out of the sources, built in another folder", async function () {
    this.timeout(600_000);
    const compilers = new Set(Object.values(manifest).map(({ toolchain }) => toolchain));
    const before = process.env.RUSTC;
    process.env.RUSTC = before ?? "/usr/bin/rustc";
    let folder: string | undefined;
    try {
      const found = await findRustToolchain().then(
        ({ version, target }) => `${version}, ${target}`,
        (error: Error) => error.message,
      );
      if (!compilers.has(found)) {
        const missing = `needs ${[...compilers].join(" and ")}, found ${found}`;
        if (process.env.NEXUS_REQUIRE_TOOLCHAIN === "1") expect.fail(missing);
        console.log(`      skipped: ${missing}`);
        this.skip();
      }
      folder = await mkdtemp(join(tmpdir(), "nexus-programs-"));
      await cp(programs, join(folder, "a", "programs"), { recursive: true });
      await symlink(join(root, "node_modules"), join(folder, "node_modules"));
      // One plain program, one with the SDK and one in AssemblyScript; all of them where time does not matter.
      const some =
        process.env.NEXUS_REQUIRE_TOOLCHAIN === "1"
          ? Object.keys(manifest)
          : ["fibonacci", "counter", "histogram"];
      for (const name of some) {
        const cacheDirectory = join(folder, "cache");
        const built = await buildProgram(join(folder, "a", "programs", name), { cacheDirectory });
        expect(built.cached).to.equal(false);
        expect(built.programId, name).to.equal(manifest[name]!.programId);
        expect((await buildProgram(join(folder, "a", "programs", name), { cacheDirectory })).cached).to.equal(
          true,
        );
      }
    } finally {
      if (before === undefined) delete process.env.RUSTC;
      else process.env.RUSTC = before;
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    }
  });
});
