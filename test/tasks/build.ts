import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../hardhat.config.ts";
import { programIdOf } from "../../plugin/cloud/runtime/prepare.ts";
import { prebuilt } from "../programs/guest.ts";
import { printed, refusal } from "./printed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("nexus:build", () => {
  let project: string;
  let environment: HardhatRuntimeEnvironment;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), "nexus-build-"));
    await symlink(join(root, "node_modules"), join(project, "node_modules"));
    await cp(join(root, "programs/sdk-assemblyscript"), join(project, "programs/sdk-assemblyscript"), {
      recursive: true,
    });
    await cp(join(root, "programs/histogram"), join(project, "programs/histogram"), { recursive: true });
    const paths = { ...config.paths, cache: join(project, "cache") };
    const nexus = { programs: join(project, "programs") };
    environment = await createHardhatRuntimeEnvironment({ ...config, paths, nexus }, {}, root);
  });
  after(() => rm(project, { recursive: true }));

  it("builds all programs of the project, and what has not changed not again", async () => {
    const reports = async () =>
      JSON.parse(await printed(environment, "nexus:build", { json: true })) as Record<string, unknown>[];
    const [first, ...others] = await reports();
    expect(others).to.deep.equal([]);
    const module = prebuilt("histogram");
    expect(first).to.include({
      name: "histogram",
      programId: programIdOf(module),
      bytes: module.length,
      cached: false,
    });
    expect(first!.functions).to.be.greaterThan(10);
    expect(first!.instructions).to.be.greaterThan(1_000);
    expect((await reports())[0]).to.deep.equal({ ...first, cached: true });
    const table = await printed(environment, "nexus:build", { programs: ["histogram"] });
    expect(table).to.match(/histogram +│ [\d,]+ +│ \d+ +│ [\d,]+ +│ assemblyscript .*│ unchanged/);
    expect(table).to.include(programIdOf(module));
  });

  it("says what there is when a program is not, and what does not compile", async () => {
    expect(await refusal(environment, "nexus:build", { programs: ["histogramm"] })).to.match(
      /no program histogramm in .*There are: histogram\. Add one with: npx hardhat nexus:init histogramm$/,
    );
    const wrong = join(project, "programs/wrong/assembly");
    await mkdir(wrong, { recursive: true });
    await writeFile(join(wrong, "index.ts"), "const number: i32 = undefinedName;\n");
    expect(await refusal(environment, "nexus:build", { programs: ["wrong"] })).to.match(
      /wrong does not compile:[^]*undefinedName/,
    );
    await writeFile(
      join(wrong, "index.ts"),
      `@external("env", "clock")\ndeclare function clock(): i64;\nclock();\n`,
    );
    expect(await refusal(environment, "nexus:build", { programs: ["wrong"] })).to.match(
      /wrong builds, but no cloud would run it: .*import env\.clock does not exist/,
    );
  });
});
