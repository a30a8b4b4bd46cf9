import { execFile } from "node:child_process";
import { access, readdir } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The same target: its present name, and the one before Rust 1.78. */
const TARGETS = ["wasm32-wasip1", "wasm32-wasi"] as const;

/** A Rust compiler that can build for WASI, with a cargo to drive it. */
export interface RustToolchain {
  readonly cargo: string;
  readonly rustc: string;
  readonly target: (typeof TARGETS)[number];
  /** As `rustc --version` prints it. */
  readonly version: string;
  readonly sysroot: string;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Compilers that may be there: $RUSTC, those on the PATH, rustup's toolchains, the system's. */
async function candidates(): Promise<string[]> {
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, "rustc"));
  const toolchains = join(process.env.RUSTUP_HOME ?? join(homedir(), ".rustup"), "toolchains");
  const installed = await readdir(toolchains).catch(() => []);
  const rustup = installed.sort().map((name) => join(toolchains, name, "bin", "rustc"));
  const asked = process.env.RUSTC === undefined ? [] : [process.env.RUSTC];
  return [...new Set([...asked, ...onPath, ...rustup, "/usr/bin/rustc"])];
}

/**
 * The first Rust compiler on this machine that has the standard library for WASI.
 * @param compilers paths of compilers to look at, in this order
 * @throws Error that says what to install when there is none
 */
export async function findRustToolchain(compilers?: readonly string[]): Promise<RustToolchain> {
  const found: string[] = [];
  for (const rustc of compilers ?? (await candidates())) {
    if (!(await exists(rustc))) continue;
    let sysroot: string;
    let version: string;
    try {
      sysroot = (await run(rustc, ["--print", "sysroot"])).stdout.trim();
      version = (await run(rustc, ["--version"])).stdout.trim();
    } catch {
      continue; // rustup's proxy without a default toolchain
    }
    found.push(`${rustc} (${version})`);
    for (const target of TARGETS) {
      if (!(await exists(join(sysroot, "lib", "rustlib", target, "lib")))) continue;
      const beside = [join(dirname(rustc), "cargo"), join(sysroot, "bin", "cargo")];
      for (const cargo of beside) if (await exists(cargo)) return { cargo, rustc, target, version, sysroot };
    }
  }
  throw new Error(
    found.length === 0
      ? "Rust programs need a Rust compiler, and there is none. Install Rust from https://rustup.rs, then run " +
          "`rustup target add wasm32-wasip1`."
      : `Rust programs need the target wasm32-wasip1, which none of these compilers has: ${found.join(", ")}. Run ` +
          "`rustup target add wasm32-wasip1`.",
  );
}
