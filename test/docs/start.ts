import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";

import { outsideHardhat, packed } from "../packed.ts";
import { firstMissing, followPage, stepsOf } from "./literal-page.ts";
import { localRegistry } from "./local-registry.ts";

const url = (path: string): URL => new URL(`../../${path}`, import.meta.url);

describe("following a page", () => {
  it("takes commands, what they print, and files from it", () => {
    const page = "Do:\n\n```sh\nls\n```\n\n```text\na\n```\n\nNot `b`. Write `c/d.ts`:\n\n```ts\nx;\n```\n";
    expect(stepsOf(page)).to.deep.equal([
      { kind: "run", commands: "ls\n", shows: "a\n" },
      { kind: "write", file: "c/d.ts", text: "x;\n" },
    ]);
    expect(() => stepsOf("Look:\n\n```ts\nx;\n```\n")).to.throw("does not say where to write");
    expect(() => stepsOf("```sh\nls\n```\n\nThen:\n\n```text\na\n```\n")).to.throw(
      "what no commands printed",
    );
  });

  it("holds what is printed against what the page shows", () => {
    const printed = "one\n\u001b[32mtwo\u001b[39m (12 ms)\nthree\n";
    for (const shown of ["one\ntwo (12 ms)\nthree", "…\ntwo…\n…", "one\n…\nthree", "…"])
      expect(firstMissing(shown, printed), shown).to.equal(undefined);
    expect(firstMissing("two…\n…", printed)).to.equal("two…");
    expect(firstMissing("one\ntwo\nthree", printed)).to.equal("two");
    expect(firstMissing("…\nthree\ntwo…", printed)).to.equal("two…");
    expect(firstMissing("one", printed)).to.equal("nothing after line 1");
    expect(firstMissing("…\n.wo…\n…", printed)).to.equal(".wo…");
  });

  it("stops at the first command that fails, prints something else, or is not there", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nexus-page-"));
    const follow = async (page: string): Promise<void> => followPage(page, folder, process.env);
    try {
      await follow(
        "```sh\nmkdir a && cd a\n```\n\nWrite `b`:\n\n```ts\nc\n```\n\n```sh\ncat b\n```\n\n```text\nc\n```\n",
      );
      const failed = async (page: string): Promise<string> =>
        follow(page).then(
          () => "",
          (error: Error) => error.message,
        );
      expect(await failed("```sh\nfalse\necho no\n```\n")).to.match(/went wrong/);
      expect(await failed("```sh\ncat a/b\n```\n\n```text\nd\n```\n")).to.match(/should print\nd\n/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("docs/start.md", function () {
  this.timeout(1_800_000);

  it("leads from an empty folder to an answer and a proof, to the letter", async function () {
    // Packing takes minutes.
    if (process.env.NEXUS_SLOW !== "1") return this.skip();
    const { stdout } = await promisify(execFile)("npm", ["config", "get", "registry"]);
    const manifest = JSON.parse(await readFile(url("package.json"), "utf8")) as {
      name: string;
      version: string;
    };
    const registry = await localRegistry(await packed(), manifest, stdout.trim());
    const folder = await mkdtemp(join(tmpdir(), "nexus-start-"));
    try {
      const env = { ...outsideHardhat(), npm_config_registry: registry.url, NO_COLOR: "1" };
      await followPage(await readFile(url("docs/start.md"), "utf8"), folder, env);
    } finally {
      await registry.close();
      await rm(folder, { recursive: true });
    }
    return undefined;
  });
});
