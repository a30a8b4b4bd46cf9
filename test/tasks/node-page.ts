import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { JsonRpcProvider, keccak256, toUtf8Bytes, ZeroHash } from "ethers";
import hre from "hardhat";
import type { Browser } from "playwright-core";

import { loadArtifact } from "../../plugin/contracts/artifacts.ts";
import { EvmContract } from "../../plugin/chain/evm-chain.ts";
import type { ServedBlockView, RequestView } from "../../tasks/node/journal.ts";
import type { StatusView } from "../../tasks/node/status-view.ts";
import { program as assembled } from "../plugin/cloud/runtime/programs.ts";
import { openBrowser } from "../browser.ts";
import { startNode } from "../deploy/live-node.ts";

const ATTACK = "<img/src=x/onerror=document.title='owned'>";

describe("nexus:node", function () {
  this.timeout(300_000);
  let child: ChildProcess;
  let printed = "";
  const folder = mkdtempSync(join(tmpdir(), "nexus-node-"));
  const addresses = join(folder, "addresses.json");
  let page: string;
  let provider: JsonRpcProvider;
  let status: StatusView;

  before(async () => {
    const cli = fileURLToPath(new URL("../../node_modules/hardhat/dist/src/cli.js", import.meta.url));
    child = spawn(
      process.execPath,
      [cli, "nexus:node", "--port", "0", "--rpc-port", "0", "--out", addresses],
      {
        cwd: fileURLToPath(new URL("../..", import.meta.url)),
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    child.stdout!.on("data", (text: Buffer) => (printed += text.toString()));
    await until(() => /^Block 1.*signed by/m.test(printed));
    page = /Page +(http\S+)/.exec(printed)![1]!;
    provider = new JsonRpcProvider(/JSON-RPC +(http\S+)/.exec(printed)![1]!, undefined, {
      staticNetwork: true,
      batchMaxCount: 1,
    });
    status = (await read("api/status")) as StatusView;
  });
  after(() => {
    provider?.destroy();
    child?.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      // Killed by a signal, as after a timeout, it has no exit code.
      expect(child.exitCode ?? child.signalCode, printed).to.equal(null);
      await sleep(50);
    }
  }

  async function read(path: string): Promise<unknown> {
    return (await fetch(page + path)).json();
  }

  /** Asks through the gateway, as any contract's user would. @returns the request's id */
  async function ask(program: string, input: string, callbackGas = 0): Promise<string> {
    const { cloudId, programs, chains } = status;
    const id = programs.find(({ name }) => name === program)?.id ?? program;
    const gateway = new EvmContract(chains[0]!.gateway, loadArtifact("NexusGateway").abi);
    const deadline = (await provider.getBlock("latest"))!.timestamp + 86_400;
    const signer = await provider.getSigner(0);
    const [bytes, limits] = [toUtf8Bytes(input), [10_000_000, 1_000]];
    const quote = gateway.abi.encodeFunctionData("quote", [cloudId, bytes.length, callbackGas, limits]);
    const value = 2n * BigInt(await provider.call({ to: gateway.address, data: quote }));
    const args = [cloudId, id, bytes, callbackGas, deadline, limits];
    const data = gateway.abi.encodeFunctionData("request", args);
    const sent = await signer.sendTransaction({ to: gateway.address, data, value });
    const receipt = (await sent.wait())!;
    return gateway.abi.parseLog(receipt.logs[0]!)!.args["requestId"] as string;
  }

  it("serves what is asked over JSON-RPC before the transaction's answer is there", async () => {
    const id = await ask("fibonacci", "30");
    const found = (await read(`api/requests/${id}`)) as RequestView;
    expect(found).to.include({ program: "fibonacci", outcome: "Success", reason: null });
    expect(Buffer.from(found.output.slice(2), "hex").toString().trim()).to.equal("832040");
    expect(Buffer.from(found.input.slice(2), "hex").toString()).to.equal("30");
    expect(found.requester).to.equal((await (await provider.getSigner(0)).getAddress()).toLowerCase());
    expect(found.callback).to.deep.equal({ status: "none", reason: null });
    const blocks = (await read(`api/blocks?from=${found.height - 1}`)) as ServedBlockView[];
    const { deliveries } = blocks.find(({ height }) => height === found.height)!;
    expect(deliveries.map(({ transactionHash }) => transactionHash)).to.deep.equal([found.transactionHash]);
    expect(Number(deliveries[0]!.gasUsed)).to.be.greaterThan(50_000);
    const gateway = new EvmContract(status.chains[0]!.gateway, loadArtifact("NexusGateway").abi);
    const data = gateway.abi.encodeFunctionData("statusOf", [id]);
    const answer = await provider.call({ to: gateway.address, data });
    expect(BigInt(answer), "it is open no longer").to.equal(0n);
    expect(printed).to.match(/Block 2.*1 request.*signed by \d \d \d[^]*Block 3.*delivered for \d+ gas/);
  });

  it("tells of a callback that failed, and why", async () => {
    const id = await ask("fibonacci", "31", 50_000);
    const { outcome, callback, fee } = (await read(`api/requests/${id}`)) as RequestView;
    expect(outcome).to.equal("Success");
    expect(callback!.status).to.equal("failed");
    expect(callback!.reason).to.match(/^there is no contract at 0x/);
    expect(fee).to.match(/^\d+$/);
  });

  it("tells of calls that programs ask for without funds, and of what they have for calls", async () => {
    const module = assembled(`(func $start
      (call $call (i64.const 31337) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 0)))`);
    const published = await fetch(`${page}api/programs`, {
      method: "POST",
      body: new Uint8Array(module),
      headers: { "content-type": "application/wasm" },
    });
    expect(published.status).to.equal(201);
    const program = keccak256(module);
    const refused = (await read(`api/requests/${await ask(program, "")}`)) as RequestView;
    expect(refused.outcome, "who sends the transaction is told nothing").to.equal("Success");
    expect(refused.refusedCalls).to.have.length(1);
    expect(refused.refusedCalls[0]).to.include("has 0.0 ether for its calls to chain 31337");

    await until(() => existsSync(addresses));
    const { contracts } = JSON.parse(await readFile(addresses, "utf8")) as {
      contracts: Record<string, string>;
    };
    const outbox = new EvmContract(contracts["NexusOutbox"]!, loadArtifact("NexusOutbox").abi);
    const named = status.programs.find(({ name }) => name === "fibonacci")!;
    for (const id of [program, named.id]) {
      const data = outbox.abi.encodeFunctionData("fund", [status.cloudId, id]);
      const signer = await provider.getSigner(0);
      await (await signer.sendTransaction({ to: outbox.address, data, value: 10n ** 18n })).wait();
    }
    const paid = (await read(`api/requests/${await ask(program, "")}`)) as RequestView;
    expect(paid.refusedCalls).to.deep.equal([]);
    const { programs } = (await read("api/status")) as StatusView;
    const credits = programs.find(({ id }) => id === named.id)!.callCredits;
    expect(credits).to.deep.equal([{ chainId: "31337", wei: String(10n ** 18n) }]);
  });

  it("writes what front-ends and scripts need to the file of --out", async () => {
    await until(() => existsSync(addresses));
    const written = JSON.parse(await readFile(addresses, "utf8")) as Record<string, unknown>;
    expect(written).to.include({ chainId: 31337, cloudId: status.cloudId, page });
    expect(written["rpc"]).to.equal(status.chains[0]!.rpc);
    expect(written["contracts"]).to.include({ NexusGateway: status.chains[0]!.gateway });
    expect(written["contracts"]).to.include.keys("ZeroMarket", "ZeroRouter");
    const { programs } = (await read("api/status")) as StatusView;
    expect(written["programs"]).to.deep.equal(Object.fromEntries(programs.map(({ name, id }) => [name, id])));
  });

  it("takes programs from operators, and says what is wrong with others", async () => {
    const post = (body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${page}api/programs`, {
        method: "POST",
        body: new Uint8Array(body),
        headers: { "content-type": "application/wasm", ...headers },
      });
    const file = new URL("../../programs/prebuilt/fibonacci.wasm", import.meta.url);
    const module = new Uint8Array(await readFile(file));
    // A custom section makes it another program.
    const other = new Uint8Array([...module, 0, 5, 1, 0x78, 1, 2, 3]);
    const accepted = await post(other);
    expect(accepted.status).to.equal(201);
    expect((await accepted.json()) as object)
      .to.have.property("programId")
      .that.matches(/^0x[0-9a-f]{64}$/);

    const refused = await post(new Uint8Array([1, 2, 3]));
    expect(refused.status).to.equal(422);
    expect((await post(module, { origin: "http://evil.example" })).status).to.equal(403);
    expect((await post(module, { "content-type": "text/plain" })).status).to.equal(415);
    expect((await post(new Uint8Array(16 * 1024 * 1024 + 1))).status).to.equal(413);
  });

  it("skips a run that waits, and says so of one that does not", async () => {
    const post = async (body: string, type = "application/json"): Promise<number> =>
      (await fetch(`${page}api/skips`, { method: "POST", body, headers: { "content-type": type } })).status;
    const none = { eventId: ZeroHash, programId: ZeroHash };
    expect(((await read("api/status")) as StatusView).stuck).to.deep.equal([]);
    expect(await post(JSON.stringify(none))).to.equal(422);
    expect(await post(JSON.stringify({ ...none, eventId: "0x12" }))).to.equal(400);
    expect(await post("null")).to.equal(400);
    expect(await post(JSON.stringify(none), "text/plain")).to.equal(415);
    expect(await post(" ".repeat(2_000))).to.equal(413);
    expect((await fetch(`${page}api/skips`)).status).to.equal(405);
  });

  it("answers nobody under a name that is not this machine's, and changes nothing it is only asked to show", async () => {
    const { port } = new URL(page);
    const statusFor = async (host: string): Promise<number | undefined> => {
      const sent = httpRequest({ port, host: "127.0.0.1", path: "/api/status", headers: { host } }).end();
      const [response] = (await once(sent, "response")) as [{ statusCode?: number; resume(): void }];
      response.resume();
      return response.statusCode;
    };
    expect(await statusFor(`localhost:${port}`)).to.equal(200);
    expect(await statusFor(`127.0.0.1.evil.example:${port}`)).to.equal(403);
    expect(await statusFor(`evil.example:${port}`)).to.equal(403);
    expect((await fetch(`${page}api/status`, { method: "POST" })).status).to.equal(405);
    expect((await fetch(`${page}api/blocks?from=-1`)).status).to.equal(400);
    expect((await fetch(`${page}api/requests/${ZeroHash}`)).status).to.equal(404);
    expect((await fetch(`${page}../package.json`)).status).to.equal(404);
    const root = await fetch(page);
    expect(root.headers.get("content-security-policy")).to.include("default-src 'none'");
    expect(root.headers.get("access-control-allow-origin")).to.equal(null);
  });

  describe("its page", () => {
    let browser: Browser;
    before(async function () {
      const opened = await openBrowser();
      if (opened === undefined) this.skip();
      browser = opened;
    });
    after(() => browser?.close());

    it("shows a request as it comes, and what a program says as text", async () => {
      const tab = await browser.newPage();
      const complaints: string[] = [];
      tab.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      tab.on("pageerror", (error) => complaints.push(error.message));
      await tab.goto(page);
      await tab.locator("#connection.live").waitFor();
      expect(await tab.locator("#nodes li").count()).to.equal(4);
      const before = await tab.locator("#requests > li").count();

      await ask("ledger", `deposit ${ATTACK} 5`);
      const newest = tab.locator("#requests > li").first();
      await tab.locator(`#requests > li:nth-child(${before + 1})`).waitFor();
      expect(await newest.locator(".output").textContent()).to.equal(`${ATTACK} 5`);
      expect(await newest.locator(".top").textContent()).to.match(/^ledgerSuccess/);
      expect(await newest.locator(".input").textContent()).to.equal(`deposit ${ATTACK} 5`);
      expect(await newest.textContent())
        .to.match(/fee .* from 0x/)
        .and.not.match(/ gas/);
      expect(await tab.locator("#about").textContent()).to.include(status.cloudId);
      await ask("fibonacci", "32", 50_000);
      await tab.locator(`#requests > li:nth-child(${before + 2})`).waitFor();
      expect(await newest.textContent()).to.match(/callback failed.*Callback: there is no contract at 0x/);

      await ask("ledger", `<script>document.title = "owned"</script>`);
      await tab.locator(`#requests > li:nth-child(${before + 3})`).waitFor();
      expect(await newest.locator(".log").textContent()).to.include("<script>document.title");
      expect(await newest.locator(".detail.bad").textContent()).to.include("code 1");

      expect(await tab.locator("main img, main script").count(), "markup that a program made").to.equal(0);
      expect(await tab.title()).to.equal("Nexus cloud");
      expect(complaints).to.deep.equal([]);
      const picture = process.env["NEXUS_SCREENSHOTS"];
      if (picture !== undefined) {
        for (const colorScheme of ["light", "dark"] as const) {
          await tab.emulateMedia({ colorScheme });
          await tab.setViewportSize({ width: 1100, height: 900 });
          await tab.screenshot({ path: `${picture}/${colorScheme}.png`, fullPage: true });
        }
        await tab.setViewportSize({ width: 390, height: 844 });
        await tab.screenshot({ path: `${picture}/phone.png`, fullPage: true });
      }
    });

    it("shows a run that nodes cannot do, and how to skip it", async () => {
      const tab = await browser.newPage();
      const skip = { eventId: `0x${"e1".repeat(32)}`, programId: `0x${"a1".repeat(32)}` };
      const stuck = [{ skip, requestId: null, nodes: [1, 3], reason: ATTACK }];
      await tab.route("**/api/status", async (route) => {
        const shown = (await read("api/status")) as StatusView;
        await route.fulfill({ json: { ...shown, stuck } });
      });
      await tab.goto(page);
      const shown = await tab.locator("#stuck li").textContent();
      expect(shown).to.include("Nodes 1, 3 cannot run program").and.to.include(ATTACK);
      expect(JSON.parse((await tab.locator("#stuck code").textContent())!)).to.deep.equal(skip);
      expect(await tab.locator("#stuck img").count()).to.equal(0);
      await tab.close();
    });

    it("is drawn before the stream of news has begun", async () => {
      const tab = await browser.newPage();
      await tab.route("**/api/news", () => undefined); // never answered
      await tab.goto(page);
      await tab.locator("#nodes li").first().waitFor();
      await tab.close();
    });

    it("fits a phone", async () => {
      const tab = await browser.newPage({ viewport: { width: 360, height: 740 } });
      await tab.goto(page);
      await tab.locator("#blocks > li").first().waitFor();
      const width = await tab.evaluate("document.documentElement.scrollWidth");
      expect(width).to.equal(360);
    });

    it("says when the node is gone", async () => {
      const tab = await browser.newPage();
      await tab.goto(page);
      await tab.locator("#connection.live").waitFor();
      child.kill("SIGTERM");
      const [code] = (await once(child, "exit")) as [number | null];
      expect(code, "it stopped well").to.equal(0);
      await tab.locator("#connection.lost").waitFor();
    });
  });

  it("refuses in one sentence what it cannot do", async () => {
    const failure = async (environment: typeof hre, args: object): Promise<string> =>
      environment.tasks
        .getTask("nexus:node")
        .run(args)
        .then(
          () => expect.fail("it ran"),
          (error: Error) => error.message,
        );
    expect(await failure(hre, { data: "folder", rpcPort: 0, port: 0 })).to.match(
      /simulated and begins anew.*--network localhost/,
    );
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    expect(await failure(hre, { port, rpcPort: 0 })).to.equal(
      `Port ${port} of 127.0.0.1 is in use by another process. Choose another with --port.`,
    );
    expect(await failure(hre, { port: 0, rpcPort: port })).to.match(/in use.*--rpc-port/);
    await new Promise((resolve) => taken.close(resolve));

    const live = await startNode(10);
    expect(await failure(live.hre, { port: 0 })).to.match(/chain 10 .*development chains only/);
    await live.close();
    expect(await failure(live.hre, { port: 0 })).to.match(/does not answer/);
  });
});
