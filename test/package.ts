import { execFile } from "node:child_process";
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";

import { outsideHardhat, packed } from "./packed.ts";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("..", import.meta.url));

/** A project as people make them: a package manager, and one of Hardhat's toolboxes. */
interface Kind {
  readonly name: string;
  readonly toolbox: string;
  /** Who runs its tests, as `npx hardhat test` calls it. */
  readonly runner: string;
  /** What its tests import, beside the toolbox. */
  readonly with: readonly string[];
  /** The command that installs packages for development. */
  readonly add: readonly [command: string, ...args: string[]];
}

const NPM = ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--save-dev"] as const;
// It ends with an error where a dependency has a script that it does not run, as esbuild of Hardhat has.
const PNPM = ["npx", "-y", "pnpm@11", "add", "--config.strict-dep-builds=false", "--save-dev"] as const;
const MOCHA = ["ethers@6", "chai@6", "mocha@11", "@types/chai@5", "@types/mocha@10"];
const KINDS: readonly Kind[] = [
  {
    name: "with npm, Mocha and ethers",
    toolbox: "@nomicfoundation/hardhat-toolbox-mocha-ethers@3.0.7",
    runner: "mocha",
    with: MOCHA,
    add: NPM,
  },
  {
    name: "with npm, node:test and viem",
    toolbox: "@nomicfoundation/hardhat-toolbox-viem@5.0.7",
    runner: "nodejs",
    with: ["viem@2"],
    add: NPM,
  },
  {
    name: "with pnpm",
    toolbox: "@nomicfoundation/hardhat-toolbox-mocha-ethers@3.0.7",
    runner: "mocha",
    with: MOCHA,
    add: PNPM,
  },
];

/** What the plugin may add to a project's node_modules, in bytes. */
const MOST_ADDED = 150_000_000;

/** What a process that tests with mock proofs, and compiles nothing, may hold at its peak, in bytes. */
const MOST_MEMORY = 400_000_000;

const config = (toolbox: string, settings = "") => `import { fileURLToPath } from "node:url";
import toolbox from "${toolbox.slice(0, toolbox.lastIndexOf("@"))}";
import nexus from "hardhat-nexus";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  plugins: [toolbox, nexus],${settings}
  // As the documentation has it, but for the compiler, which comes from npm here.
  solidity: {
    compilers: [{ version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) }],
    npmFilesToBuild: ["hardhat-nexus/contracts/examples/Counter.sol"],
  },
});
`;

/** As Hardhat's own projects have it. */
const tsconfig = (runner: string) => `{
  "compilerOptions": {
    "lib": ["es2023"],
    "module": "nodenext",
    "target": "es2022",
    "strict": true,
    "skipLibCheck": true,
    "noEmit": true,
    "types": ["node"${runner === "mocha" ? ', "mocha"' : ""}]
  },
  "exclude": ["programs", "node_modules"]
}
`;

/** A typed use of what the plugin gives, for tsc alone; `hex` is viem's type of an address. */
const TYPED = `import { network } from "hardhat";

const { nexus } = await network.create();
export const gateway: \`0x\${string}\` = await nexus.gateway();
export const fee: unknown = (await nexus.contract("NexusGateway")).abi[0].type;
// @ts-expect-error there is no such part
await nexus.contract("NexusGate");
`;

/**
 * A test that takes a mock proof, and fails if its process ever held too much; for either runner. Of what getrusage says, a process on
 * Linux inherits its parent's peak (getrusage(2), `ru_maxrss`), which is large here.
 */
const MOCK = `import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { network } from "hardhat";

describe("a mock proof", () => {
  it("takes little memory", async () => {
    const { nexus } = await network.create();
    const program = await nexus.program("sum");
    const { journal } = await program.prove("1 2 39");
    assert.equal(new TextDecoder().decode(journal), "42");
    const kibibytes = existsSync("/proc/self/status")
      ? Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))![1])
      : process.resourceUsage().maxRSS;
    const peak = kibibytes * 1024;
    assert.ok(peak < ${MOST_MEMORY}, \`\${peak} bytes at the peak\`);
  });
});
`;

describe("the npm package", function () {
  this.timeout(1_800_000);

  let folder: string;
  let tarball: string;
  let versions: Record<string, string>;
  before(async function () {
    // Packing and installing take minutes, so only where slow tests are asked for.
    if (process.env.NEXUS_SLOW !== "1") return this.skip();
    tarball = await packed();
    folder = await mkdtemp(join(tmpdir(), "nexus-package-"));
    ({ devDependencies: versions } = JSON.parse(await readFile(join(repository, "package.json"), "utf8")) as {
      devDependencies: Record<string, string>;
    });
    return undefined;
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  for (const { name, toolbox, runner, with: beside, add } of KINDS) {
    it(`works in an empty project ${name}, from its documentation alone`, async () => {
      const project = join(folder, name.replaceAll(/\W+/g, "-"));
      await mkdir(project);
      await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", type: "module" }));
      const modules = join(project, "node_modules");
      const exec = async (command: string, ...args: string[]): Promise<string> => {
        const options = { cwd: project, env: outsideHardhat(), maxBuffer: 64 * 1024 * 1024 };
        return (await run(command, args, options).catch(explained)).stdout;
      };
      const install = (...packages: string[]): Promise<string> => {
        const [command, ...args] = add;
        return exec(command, ...args, ...packages);
      };
      const pinned = (...names: string[]): string[] => names.map((one) => `${one}@${versions[one]}`);
      await install(...pinned("hardhat", "solc", "typescript", "@types/node"), toolbox, ...beside);
      const without = await sizeOf(modules);
      await install(tarball);
      expect((await sizeOf(modules)) - without, "bytes that the plugin adds").to.be.below(MOST_ADDED);

      const operator = join(modules, ".bin", "nexus-node");
      expect(await exec(operator, "--help")).to.contain("Usage: nexus-node COMMAND [FOLDER] [options]");
      await writeFile(join(project, "password"), "correct horse", { mode: 0o600 });
      expect(await exec(operator, "init", "node", "--password-file", "password")).to.match(/identity +0x/);

      await writeFile(join(project, "hardhat.config.ts"), config(toolbox));
      await writeFile(join(project, "tsconfig.json"), tsconfig(runner));
      const hardhat = (...args: string[]): Promise<string> =>
        exec(process.execPath, join(modules, "hardhat", "dist", "src", "cli.js"), ...args);

      // Rust, then AssemblyScript: what init says to do next is done to the letter.
      for (const [program, language] of [
        ["sum", "rust"],
        ["pay", "assemblyscript"],
      ] as const) {
        const output = await hardhat("nexus:init", program, "--language", language);
        const next = output
          .slice(output.indexOf("Next:"))
          .match(/^ {2}\S.*$/gm)!
          .map((line) => line.trim());
        expect(next.at(-1)).to.equal(`npx hardhat test ${runner} test/${program}.ts`);
        if (language === "assemblyscript") {
          expect(output).to.match(/^First: AssemblyScript, /);
          expect(next.shift()).to.equal("npm install --save-dev assemblyscript");
          await install(...pinned("assemblyscript"));
        }
        for (const command of next) {
          const [, args] = /^npx hardhat (.*)$/.exec(command)!;
          const shown = await hardhat(...args!.match(/"[^"]*"|\S+/g)!.map((one) => one.replaceAll('"', "")));
          if (command.includes("nexus:run")) expect(shown).to.match(/Output +│ 42/);
          if (command.includes(" test "))
            expect(shown)
              .to.match(/1 passing/)
              .and.not.match(/failing/);
        }
      }
      if (runner === "nodejs") {
        await writeFile(join(project, "test", "documented.ts"), await viemExample());
        expect(await hardhat("test", runner, "test/documented.ts")).to.match(/1 passing/);
      }
      await writeFile(join(project, "test", "typed.ts"), TYPED);
      await exec(process.execPath, join(modules, "typescript", "bin", "tsc"));

      const mock = runner === "mocha" ? MOCK : `import { describe, it } from "node:test";\n${MOCK}`;
      await writeFile(join(project, "test", "mock.ts"), mock);
      await writeFile(
        join(project, "mock.config.ts"),
        config(toolbox, '\n  nexus: { zero: { mode: "mock" } },'),
      );
      const quick = ["--config", "mock.config.ts", "test", runner, "--no-compile", "test/mock.ts"];
      expect(await hardhat(...quick)).to.match(/1 passing/);

      const json = async (...args: string[]): Promise<Record<string, unknown>> =>
        JSON.parse(await hardhat(...args, "--json")) as Record<string, unknown>;
      const proven = await json("nexus:prove", "sum", "--input", "1 2 39", "-o", "proof.json");
      expect(proven).to.include({ output: "42", file: "proof.json" });
      const { programId } = proven;
      expect(await json("nexus:verify", "proof.json")).to.include({ accepted: true, programId });
      const onChain = await json("nexus:verify", "proof.json", "--network", "default");
      expect(onChain).to.include({ accepted: true, programId, network: "default" });
      await rm(project, { recursive: true });
    });
  }
});

/** The test with viem that docs/plugin.md shows. */
async function viemExample(): Promise<string> {
  const page = await readFile(join(repository, "docs", "plugin.md"), "utf8");
  const found = /^```ts\n((?:(?!^```)[^])*"viem"(?:(?!^```)[^])*)^```$/m.exec(page);
  if (found === null) throw new Error("docs/plugin.md shows no test with viem.");
  return found[1]!;
}

/** The error of a command, with what it printed: the last of it says what went wrong. */
function explained(error: Error & { stdout?: string; stderr?: string }): never {
  const printed = `${error.stdout ?? ""}${error.stderr ?? ""}`;
  throw new Error(`${error.message.split("\n")[0]}\n${printed.slice(-4_000)}`, { cause: error });
}

/** Bytes of the files below a folder; links are not followed, so that pnpm's files count once. */
async function sizeOf(path: string): Promise<number> {
  const entry = await lstat(path);
  if (!entry.isDirectory()) return entry.isFile() ? entry.size : 0;
  const sizes = await Promise.all((await readdir(path)).map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
