import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { CallStatus, type OutboundCall } from "../../plugin/cloud/runtime/invocation.ts";
import { Outcome } from "../../plugin/contracts/digests.ts";
import { buildProgram } from "../../plugin/programs/build.ts";
import { findRustToolchain } from "../../plugin/programs/rust-toolchain.ts";
import { rustSdkFrom } from "../../plugin/programs/sdk.ts";
import { run } from "../plugin/cloud/runtime/programs.ts";

/** Each asks for three calls and writes what it was told. */
const RUST = `use nexus::{call, CallError};
fn main() {
    let told: Vec<Result<(), CallError>> = (0..3).map(|i| call(7, &[9; 20], 1000 + i, b"data")).collect();
    println!("{told:?}");
    told[0].expect("the first call");
}`;
const ASSEMBLYSCRIPT = `import { call, CallStatus, fail, writeOutputText } from "hardhat-nexus/programs/sdk-assemblyscript/assembly/index";
const target = new Uint8Array(20).fill(9);
const data = Uint8Array.wrap(String.UTF8.encode("data"));
let told = "";
let first = CallStatus.Accepted;
for (let i: u32 = 0; i < 3; i++) {
  const status = call(7, target, 1000 + i, data);
  if (i == 0) first = status;
  told += status == CallStatus.Accepted ? "Ok " : status == CallStatus.Unfunded ? "Unfunded " : "NotServed ";
}
writeOutputText(told);
if (first != CallStatus.Accepted) fail("the first call: " + first.toString());
`;

/** Runs a program that is told this of its calls. */
function toldOf(wasm: Uint8Array, ...answers: CallStatus[]) {
  const asked: OutboundCall[] = [];
  const result = run(wasm, { admitCall: (call) => answers[asked.push(call) - 1]! });
  return {
    ...result,
    asked,
    output: Buffer.from(result.output).toString(),
    log: Buffer.from(result.log).toString(),
  };
}

describe("programs: calls", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-calls-"));
    await mkdir(join(folder, "node_modules"));
    await symlink(process.cwd(), join(folder, "node_modules", "hardhat-nexus"));
    const compiler = join("node_modules", "assemblyscript");
    await symlink(join(process.cwd(), compiler), join(folder, compiler));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function built(name: string, files: Readonly<Record<string, string>>): Promise<Uint8Array> {
    const program = join(folder, "programs", name);
    for (const [file, content] of Object.entries(files)) {
      await mkdir(join(program, file, ".."), { recursive: true });
      await writeFile(join(program, file), content);
    }
    return (await buildProgram(program, { cacheDirectory: join(folder, "cache") })).wasm;
  }

  it("tell a Rust program what becomes of each, as a result to handle", async function () {
    if (process.env.NEXUS_REQUIRE_TOOLCHAIN !== "1") {
      const found = await findRustToolchain().catch(() => undefined);
      if (found === undefined) this.skip();
    }
    const sdk = rustSdkFrom(join(folder, "programs", "rust"));
    const wasm = await built("rust", {
      "Cargo.toml": `[package]\nname = "rust"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nnexus = { path = "${sdk}" }\n`,
      "src/main.rs": RUST,
    });
    const { outcome, output, calls, asked } = toldOf(
      wasm,
      CallStatus.Accepted,
      CallStatus.Unfunded,
      CallStatus.NotServed,
    );
    expect(outcome).to.equal(Outcome.Success);
    expect(output).to.equal("[Ok(()), Err(Unfunded), Err(NotServed)]\n");
    expect(asked.map(({ gasLimit }) => gasLimit)).to.deep.equal([1000, 1001, 1002]);
    expect(calls).to.deep.equal([
      {
        chainId: 7n,
        target: new Uint8Array(20).fill(9),
        gasLimit: 1000,
        data: new TextEncoder().encode("data"),
      },
    ]);
    const refused = toldOf(wasm, CallStatus.Unfunded, CallStatus.Unfunded, CallStatus.Unfunded);
    expect(refused.outcome).to.not.equal(Outcome.Success);
    expect(refused.log).to.include("the first call: Unfunded");
  });

  it("tell an AssemblyScript program what becomes of each", async () => {
    const wasm = await built("script", { "assembly/index.ts": ASSEMBLYSCRIPT });
    const { output, calls } = toldOf(wasm, CallStatus.Accepted, CallStatus.Unfunded, CallStatus.NotServed);
    expect(output).to.equal("Ok Unfunded NotServed ");
    expect(calls.map(({ gasLimit }) => gasLimit)).to.deep.equal([1000]);
    const refused = toldOf(wasm, CallStatus.NotServed, CallStatus.Accepted, CallStatus.Accepted);
    expect(refused.outcome).to.equal(Outcome.ExitedWithError);
    expect(refused.log).to.include("the first call: 2");
    expect(refused.calls, "a run that fails calls nobody").to.deep.equal([]);
  });
});
