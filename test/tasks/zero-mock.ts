import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import binaryen from "binaryen";
import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../hardhat.config.ts";
import { startNode } from "../deploy/live-node.ts";
import { printed, refusal } from "./printed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The commands around a proof, with proofs that are made in no time: everything but the proof itself is as with real ones. */
describe("nexus:prove, nexus:verify and nexus:run --zero, with mock proofs", () => {
  let folder: string;
  let mock: HardhatRuntimeEnvironment;
  const on = (network: string) =>
    createHardhatRuntimeEnvironment(
      { ...config, nexus: { zero: { mode: "mock" as const }, cloud: { nodes: 1 } } },
      { network },
      root,
    );
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-prove-"));
    mock = await createHardhatRuntimeEnvironment(
      { ...config, nexus: { zero: { mode: "mock" }, cloud: { nodes: 1 } } },
      {},
      root,
    );
  });
  after(() => rm(folder, { recursive: true }));

  const wasm = async (name: string, text: string): Promise<string> => {
    const file = join(folder, `${name}.wasm`);
    await writeFile(file, binaryen.parseText(text).emitBinary());
    return file;
  };

  /** A proof file of the example. */
  const proven = async (name = "proof.json"): Promise<string> => {
    const output = join(folder, name);
    await printed(mock, "nexus:prove", { program: "fibonacci", input: "30", output });
    return output;
  };

  it("writes a proof that is accepted here and by the contract of the network", async () => {
    const output = join(folder, "fibonacci.json");
    const table = await printed(mock, "nexus:prove", { program: "fibonacci", input: "30", output });
    expect(table).to.match(/Output +│ 832040/);
    expect(table).to.match(/Instructions +│ [1-9]/);
    expect(table).to.include(output);
    const file = JSON.parse(await readFile(output, "utf8")) as Record<string, string>;
    expect(Object.keys(file)).to.deep.equal(["format", "programId", "input", "journal", "proof"]);
    expect(Buffer.from(file.journal!.slice(2), "hex").toString()).to.match(/^832040\n?$/);

    expect(await printed(mock, "nexus:verify", { file: output })).to.match(
      /Accepted by this verifier[^]*Output +│ 832040/,
    );
    for (const network of ["l1", "op", "generic"]) {
      const json = await printed(await on(network), "nexus:verify", { file: output, json: true });
      expect(JSON.parse(json)).to.include({ accepted: true, network, programId: file.programId });
    }
  });

  it("refuses a proof of anything else, here and at the contract", async () => {
    const output = await proven();
    const text = await readFile(output, "utf8");
    const file = JSON.parse(text) as Record<string, string>;
    const withKeys = (changes: Record<string, string>): string =>
      `${JSON.stringify({ ...file, ...changes }, undefined, 2)}\n`;
    const l1 = await on("l1");
    for (const key of ["programId", "input", "journal", "proof"]) {
      const old = file[key]!;
      // The last digit only: the first bytes of a proof are its selector.
      const changed = old.slice(0, -1) + (old.endsWith("0") ? "1" : "0");
      await writeFile(output, withKeys({ [key]: changed }));
      expect(await refusal(mock, "nexus:verify", { file: output }), key).to.match(/not of this program/);
      expect(await refusal(l1, "nexus:verify", { file: output }), key).to.match(
        /^The contract refuses the proof: ZeroMockWrongClaim\(/,
      );
    }
    await writeFile(output, withKeys({ proof: `0x01020304${file.proof!.slice(10)}` }));
    expect(await refusal(mock, "nexus:verify", { file: output })).to.match(/is for verifier 0x01020304/);
    expect(await refusal(l1, "nexus:verify", { file: output })).to.match(/ZeroRouterUnknownSelector/);
  });

  it("refuses what is no proof's file, in a sentence", async () => {
    const none = join(folder, "none.json");
    expect(await refusal(mock, "nexus:verify", { file: none })).to.equal(
      `${none} is no proof: it does not exist.`,
    );
    const bad = join(folder, "bad.json");
    for (const [text, why] of [
      ["", "it is not JSON"],
      ["{}", "format must be"],
      [(await readFile(await proven(), "utf8")).replace('"input": "0x', '"input": "'), "input must be bytes"],
    ] as const) {
      await writeFile(bad, text);
      expect(await refusal(mock, "nexus:verify", { file: bad })).to.include(`is no proof: ${why}`);
    }
    expect(await refusal(mock, "nexus:verify", { file: folder })).to.match(/cannot be read \(EISDIR\)/);
  });

  it("says why a run cannot be proven, and writes no file", async () => {
    const output = join(folder, "never.json");
    const of = (program: string, args: Record<string, unknown> = {}) =>
      refusal(mock, "nexus:prove", { program, output, ...args });
    const start = `(memory (export "memory") 1) (export "_start" (func $main))`;
    const trapping = await wasm("trapping", `(module ${start} (func $main unreachable))`);
    expect(await of(trapping)).to.match(
      /^trapping trapped: unreachable in function .*only a run with exit code 0 can be proven/,
    );
    const endless = await wasm("endless", `(module ${start} (func $main (loop $again (br $again))))`);
    expect(await of(endless)).to.match(
      /^endless was stopped: too many instructions: \d+ were executed in function 0 at byte .* whether it ends at all\.$/,
    );
    const long = await wasm(
      "long",
      `(module ${start} (func $main (local i32) (loop $again (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get 0) (i32.const 2000000))))))`,
    );
    expect(await of(long)).to.match(
      /^This run of long cannot be proven: it has 2000001 instructions of the chip add/,
    );
    const talkative = await wasm(
      "talkative",
      `(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 8) (func (export "_start") (i32.store (i32.const 4) (i32.const 524281))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))`,
    );
    expect(await of(talkative)).to.match(/^talkative trapped: journal too long: at most 524280 bytes/);
    const foreign = await wasm(
      "foreign",
      `(module (import "env" "now" (func $now)) ${start} (func $main call $now))`,
    );
    expect(await of(foreign)).to.match(/^Nexus Zero does not run foreign: .*import "env" "now"/);
    const empty = join(folder, "empty.wasm");
    await writeFile(empty, "");
    expect(await of(empty)).to.match(/^Nexus Zero does not run empty: malformed WebAssembly/);
    expect(await of(join(folder, "none.wasm"))).to.match(/^The module .*none\.wasm does not exist\.$/);
    expect(await of("fibonacci", { input: "0x1", inputHex: true })).to.match(/^The input is not hex: /);
    expect(await of("fibonacci", { privateInputFile: join(folder, "none") })).to.match(
      /^The private input file .*none does not exist\.$/,
    );
    expect(await of("fibonacci", { input: "many" })).to.match(
      /^fibonacci ended with exit code 1, .* It said: "many" is not a number/,
    );
    const floating = await wasm(
      "floating",
      `(module ${start} (func $main (drop (f64.add (f64.const 1) (f64.const 2)))))`,
    );
    expect(await of(floating)).to.match(/^Nexus Zero does not run floating: unsupported WebAssembly.*f64/);
    expect(await of("twap")).to.match(/^Nexus Zero does not run twap: /);
    expect(await of("fibonacci", { input: "1".repeat(524_281) })).to.match(
      /has 524281 bytes, and Nexus Zero takes at most 524280/,
    );
    expect(await of("fibonacci", { privateInput: "1", privateInputFile: "x" })).to.match(
      /^Give the private input once: either with --private-input or/,
    );
    expect(await of("fibonacci", { output: join(folder, "no", "where.json") })).to.match(
      /There is no folder .*no to write/,
    );
    expect(await of("fibonacci", { output: folder })).to.match(/is a folder: name a file/);
    expect(await readFile(output).catch((error: NodeJS.ErrnoException) => error.code)).to.equal("ENOENT");
  });

  it("warns where a program asks for random bytes, which everybody knows", async () => {
    const random = await wasm(
      "random",
      `(module (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1) (func (export "_start") (drop (call $random (i32.const 0) (i32.const 8)))))`,
    );
    const output = join(folder, "random.json");
    const said = async (args: Record<string, unknown>): Promise<string> => {
      const lines: string[] = [];
      await printed(mock, "nexus:prove", { output, ...args }, (line) => lines.push(line));
      return lines.join("\n");
    };
    expect(await said({ program: random })).to.match(
      /^Warning: random imports random_get, .* known to everybody/m,
    );
    expect(await said({ program: random, json: true })).to.equal("");
    expect(await said({ program: "fibonacci", input: "3" })).not.to.match(/Warning/);
  });

  it("keeps the private input out of everything that it prints and writes", async () => {
    const output = join(folder, "private.json");
    const secret = "correct horse battery staple";
    const args = { program: "fibonacci", input: "10", privateInput: secret, output, json: true };
    const json = await printed(mock, "nexus:prove", args);
    expect(JSON.parse(json)).to.include({ program: "fibonacci", inputBytes: 2, file: output });
    const shown = json + (await readFile(output, "utf8"));
    expect(shown).not.to.include(secret);
    expect(shown).not.to.include(Buffer.from(secret).toString("hex"));
  });

  it("sells a proof of the example at the market, alone and beside the cloud", async () => {
    const table = await printed(mock, "nexus:run", { zero: true });
    expect(table).to.match(/fibonacci on default[^]*Proof accepted by the contract[^]*Output +│ 832040/);
    expect(table).to.match(/Gas +│ \d/);
    const alone = JSON.parse(await printed(mock, "nexus:run", { zero: true, json: true })) as Record<
      string,
      unknown
    >;
    expect(alone).to.include({ program: "fibonacci", network: "default" });
    expect(alone.gasUsed).to.be.greaterThan(50_000);
    const both = JSON.parse(await printed(mock, "nexus:run", { zero: true, cloud: true, json: true })) as {
      cloud: Record<string, unknown>;
      zero: Record<string, unknown>;
    };
    expect(both.cloud.outputHex).to.equal(both.zero.outputHex);
    expect(await refusal(mock, "nexus:run", { privateInput: "1", cloud: true, zero: true })).to.match(
      /A cloud keeps nothing private/,
    );
    expect(await refusal(mock, "nexus:run", { privateInput: "1" })).to.match(
      /give a private input with --zero/,
    );
  });

  it("sends nothing to a live chain", async () => {
    const live = await startNode(10);
    try {
      expect(await refusal(live.hre, "nexus:run", { zero: true })).to.match(/chain 10, a live one/);
      expect(await refusal(live.hre, "nexus:verify", { file: await proven() })).to.match(
        /ZeroRouter is not deployed on chain 10/,
      );
      const { provider } = await live.hre.network.create();
      expect(await provider.request({ method: "eth_blockNumber" })).to.equal("0x0");
    } finally {
      await live.close();
    }
  });
});
