import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { expect } from "chai";

import { buildProgram } from "../../../plugin/programs/build.ts";
import { findRustToolchain } from "../../../plugin/programs/rust-toolchain.ts";
import { rustSdkFrom } from "../../../plugin/programs/sdk.ts";
import { stripCustomSections } from "../../../plugin/programs/strip.ts";

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => expect.fail("no error"),
    (error: Error) => error.message,
  );
}

describe("programs: build", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-build-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it("says what is missing when a folder is no program", async () => {
    const message = await messageOf(buildProgram(folder, { cacheDirectory: join(folder, "cache") }));
    expect(message).to.include(`${folder} is not a program`).and.to.include("docs/writing-programs.md");
  });

  it("says what to install when there is no compiler, or none with the target", async () => {
    expect(await messageOf(findRustToolchain([]))).to.include("https://rustup.rs");
    const compiler = join(folder, "rustc");
    await writeFile(compiler, `#!/bin/sh\n[ "$1" = --version ] && echo rustc 1.99.0 || echo ${folder}\n`);
    await chmod(compiler, 0o755);
    const message = await messageOf(findRustToolchain([join(folder, "absent"), compiler]));
    expect(message)
      .to.include(`${compiler} (rustc 1.99.0)`)
      .and.to.include("rustup target add wasm32-wasip1");
  });

  it("finds the target under either name, with the cargo beside the compiler", async () => {
    for (const target of ["wasm32-wasi", "wasm32-wasip1"]) {
      const sysroot = join(folder, target);
      const compiler = join(sysroot, "bin", "rustc");
      await mkdir(join(sysroot, "bin"), { recursive: true });
      await mkdir(join(sysroot, "lib", "rustlib", target, "lib"), { recursive: true });
      await writeFile(compiler, `#!/bin/sh\n[ "$1" = --version ] && echo rustc 1.99.0 || echo ${sysroot}\n`);
      await chmod(compiler, 0o755);
      expect(await messageOf(findRustToolchain([compiler]))).to.include("rustup target add");
      await writeFile(join(sysroot, "bin", "cargo"), "");
      expect(await findRustToolchain([compiler])).to.deep.include({
        target,
        rustc: compiler,
        version: "rustc 1.99.0",
      });
    }
  });

  it("shows the compiler's messages, and builds anew once the source is right", async () => {
    const program = join(folder, "program");
    const cacheDirectory = join(folder, "cache");
    const source = join(program, "assembly", "index.ts");
    await mkdir(join(program, "assembly"), { recursive: true });
    await mkdir(join(program, "node_modules"));
    await writeFile(source, "const x: i32 = undefinedName;");
    expect(await messageOf(buildProgram(program, { cacheDirectory }))).to.include(
      "npm install -D assemblyscript",
    );
    await symlink(
      join(process.cwd(), "node_modules", "assemblyscript"),
      join(program, "node_modules", "assemblyscript"),
    );
    expect(await messageOf(buildProgram(program, { cacheDirectory })))
      .to.include(`${program} does not compile`)
      .and.to.include("undefinedName");
    await writeFile(source, "export const x: i32 = 1;");
    const built = await buildProgram(program, { cacheDirectory });
    expect(built).to.deep.include({ name: "program", cached: false });
    expect(await buildProgram(program, { cacheDirectory })).to.deep.equal({ ...built, cached: true });
    await writeFile(source, "export const x: i32 = 2;");
    const changed = await buildProgram(program, { cacheDirectory });
    expect(changed.cached).to.equal(false);
    expect(changed.programId).to.not.equal(built.programId);
  });

  it("says which path dependency is missing, and where the SDK is", async () => {
    const program = join(folder, "stray");
    await mkdir(join(program, "src"), { recursive: true });
    const manifest = (dependency: string) =>
      `[package]\nname = "stray"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\n${dependency}\n`;
    const refused = async (dependency: string): Promise<string> => {
      await writeFile(join(program, "Cargo.toml"), manifest(dependency));
      return messageOf(buildProgram(program, { cacheDirectory: join(folder, "cache") }));
    };
    expect(await refused('nexus = { path = "../sdk-rust" }')).to.equal(
      `${join(program, "Cargo.toml")} depends on nexus at "../sdk-rust", but there is no Cargo package in ` +
        `${join(folder, "sdk-rust")}. The SDK is at "${relative(program, join(process.cwd(), "programs/sdk-rust"))}".`,
    );
    expect(await refused('other-crate = { version = "1", path = "../none" }')).to.match(
      /depends on other-crate at "\.\.\/none", but there is no Cargo package in [^ ]*\/none\.$/,
    );
  });

  it("builds a program with the SDK, without the path of either in the module", async function () {
    if (process.env.NEXUS_REQUIRE_TOOLCHAIN !== "1") {
      const found = await findRustToolchain().catch(() => undefined);
      if (found === undefined) this.skip();
    }
    const program = join(folder, "programs", "keeper");
    await mkdir(join(program, "src"), { recursive: true });
    await mkdir(join(folder, "node_modules"));
    await symlink(process.cwd(), join(folder, "node_modules", "hardhat-nexus"));
    expect(rustSdkFrom(program)).to.equal("../../node_modules/hardhat-nexus/programs/sdk-rust");
    await writeFile(
      join(program, "Cargo.toml"),
      `[package]\nname = "keeper"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nnexus = { path = "${rustSdkFrom(program)}" }\n`,
    );
    // What panics names its source file, that of the SDK too.
    const main =
      'fn main() { nexus::storage::set(b"a", b"b"); print!("{}", nexus::event::current().data[7]); }';
    await writeFile(join(program, "src", "main.rs"), main);
    const { wasm } = await buildProgram(program, { cacheDirectory: join(folder, "cache") });
    const text = Buffer.from(wasm).toString("latin1");
    expect(text).to.include("/dependency/nexus/src/event.rs");
    expect(text).not.to.include(folder).and.not.to.include(process.cwd());
  });

  it("strips custom sections except names, and refuses what is no module", () => {
    const magic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const name = [0, 6, 4, ...Buffer.from("name"), 0];
    const other = [0, 5, 4, ...Buffer.from("nome")];
    const code = [10, 1, 0];
    const stripped = stripCustomSections(Uint8Array.from([...magic, ...other, ...code, ...name, ...other]));
    expect([...stripped]).to.deep.equal([...magic, ...code, ...name]);
    expect(() => stripCustomSections(Uint8Array.of(0x7f, 0x45))).to.throw("does not begin with 0x7f45");
    expect(() => stripCustomSections(Uint8Array.from([...magic, 10, 9, 0]))).to.throw(
      "a section of 9 bytes is cut off",
    );
    expect(() => stripCustomSections(Uint8Array.from([...magic, 10, 0x80]))).to.throw("no integer ends");
  });
});
