import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";

import { HttpProvider, JsonRpcError } from "../../../plugin/chain/http-provider.ts";
import { failureOf } from "../../../plugin/chain/provider-failure.ts";
import { startNode } from "../../deploy/live-node.ts";

const call = { method: "eth_chainId" };

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    (answer) => new Error(`It answered ${String(answer)}`),
    (error: Error) => error,
  );
}

describe("plugin/chain/http-provider", () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  });

  /** A server's address, with a secret in its path. */
  async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<URL> {
    server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/s3cret`);
  }

  it("asks a node, and hands on why it refuses", async () => {
    const node = await startNode(11155111);
    try {
      const provider = new HttpProvider(new URL(node.url));
      expect(await provider.request(call)).to.equal("0xaa36a7");
      expect(
        await provider.request({ method: "eth_getTransactionByHash", params: [`0x${"00".repeat(32)}`] }),
      ).to.equal(null);
      const refused = await failure(provider.request({ method: "eth_nothing" }));
      expect(refused).to.be.instanceOf(JsonRpcError);
      expect(refused).to.include({ code: -32004 });
      expect(failureOf(refused)).to.equal("refused");
    } finally {
      await node.close();
    }
  });

  it("sends headers and an address's credentials, and its path", async () => {
    const seen: Record<string, unknown>[] = [];
    const url = await serve(({ url: path, headers }, response) => {
      seen.push({ path, authorization: headers.authorization, key: headers["x-api-key"] });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" }));
    });
    [url.username, url.password] = ["someone", "p%40ss"];
    await new HttpProvider(url, { "x-api-key": "k" }).request(call);
    await new HttpProvider(url, { authorization: "Bearer t" }).request(call);
    const basic = `Basic ${Buffer.from("someone:p@ss").toString("base64")}`;
    expect(seen).to.deep.equal([
      { path: "/v3/s3cret", authorization: basic, key: "k" },
      { path: "/v3/s3cret", authorization: "Bearer t", key: undefined },
    ]);
  });

  it("asks once more over another connection when the node closed one, and sends nothing twice", async () => {
    const seen: string[] = [];
    const url = await serve((request, response) => {
      let body = "";
      request.on("data", (data: Buffer) => (body += data.toString()));
      request.on("end", () => {
        const { method } = JSON.parse(body) as { method: string };
        seen.push(method);
        if (seen.length % 2 === 1) request.socket.destroy();
        else response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" }));
      });
    });
    const provider = new HttpProvider(url);
    expect(await provider.request(call)).to.equal("0x1");
    expect(seen).to.deep.equal(["eth_chainId", "eth_chainId"]);
    const once = ["eth_sendTransaction", "eth_sendRawTransaction", "hardhat_mine", "evm_increaseTime"];
    for (const method of once) {
      seen.length = 0;
      const lost = await failure(provider.request({ method, params: [{}] }));
      expect(lost.message).to.match(/cannot be reached/);
      expect(failureOf(lost)).to.equal("unreachable");
      expect(seen).to.deep.equal([method]);
    }
  });

  it("tells what no node answers from what it refuses, and names no key", async () => {
    const away: [string, (response: ServerResponse) => void, RegExp, string][] = [
      ["limited", (r) => r.writeHead(429).end("slow down"), /status 429/, "too often"],
      ["down", (r) => r.writeHead(503).end("<html>"), /status 503/, "unreachable"],
      ["cut off", (r) => r.destroy(), /cannot be reached/, "unreachable"],
      ["silent", () => undefined, /did not answer eth_chainId within 200 ms/, "unreachable"],
      ["no JSON-RPC", (r) => r.end("[]"), /gave no JSON-RPC answer/, "refused"],
    ];
    let answer: (response: ServerResponse) => void = () => undefined;
    const url = await serve((_, response) => answer(response));
    const provider = new HttpProvider(url, {}, 200);
    for (const [what, how, words, kind] of away) {
      answer = how;
      const error = await failure(provider.request(call));
      expect(error.message, what).to.match(words);
      expect(failureOf(error), what).to.equal(kind);
      expect(error.message + String(error.cause), what).not.to.contain("s3cret");
    }
    server!.close();
    server!.closeAllConnections();
    const gone = await failure(provider.request(call));
    expect(gone.message).to.match(/cannot be reached: fetch failed \(/);
    expect(failureOf(gone)).to.equal("unreachable");
  });
});
