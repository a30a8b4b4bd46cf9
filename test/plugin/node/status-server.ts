import { request } from "node:http";

import { expect } from "chai";

import { StatusServer } from "../../../plugin/node/status-server.ts";

describe("plugin/node/status-server", () => {
  let trouble: string[] = [];
  let server: StatusServer;
  before(async () => {
    server = await StatusServer.listen("127.0.0.1:0", {
      health: () => ({ trouble, height: 5n }) as { trouble: string[] },
      metrics: async () => "nexus_healthy 1\n",
      blocks: () => [{ height: 2, requests: 1 }],
    });
  });
  after(async () => server.close());

  const ask = async (
    path: string,
    headers: Record<string, string> = {},
    method = "GET",
  ): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port: server.port, path, headers, method }, (response) => {
        let text = "";
        response.on("data", (data: Buffer) => (text += data.toString()));
        response.on("end", () => resolve({ status: response.statusCode!, text }));
      });
      asked.on("error", reject);
      asked.end();
    });

  it("says how the node does, by status and by words", async () => {
    trouble = [];
    expect(await ask("/health")).to.deep.equal({ status: 200, text: '{"trouble":[],"height":"5"}\n' });
    trouble = ["CometBFT does not run."];
    expect(await ask("/health")).to.deep.include({ status: 503 });
    expect((await ask("/health")).text).to.contain("CometBFT does not run.");
    expect(await ask("/metrics")).to.deep.equal({ status: 200, text: "nexus_healthy 1\n" });
    expect(await ask("/blocks")).to.deep.equal({ status: 200, text: '[{"height":2,"requests":1}]\n' });
    expect((await ask("/keys")).status).to.equal(404);
    for (const path of ["/../package.json", "/index.html", "/operator.html", "/%2e%2e/package.json"])
      expect((await ask(path)).status, path).to.equal(404);
    expect((await ask("/health", {}, "POST")).status).to.equal(405);
  });

  it("tells pages from elsewhere nothing, whatever name they reach it by", async () => {
    trouble = [];
    for (const host of ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1:26680", "a b"])
      expect((await ask("/health", { host })).status, host).to.equal(403);
    for (const origin of ["https://evil.example", "null", "http://localhost.evil.example", ""])
      expect((await ask("/metrics", { origin })).status, origin).to.equal(403);
    for (const host of ["localhost:26680", "127.0.0.1", "[::1]:5"])
      expect((await ask("/health", { host, origin: "http://localhost:8080" })).status, host).to.equal(200);
  });

  it("says where it cannot listen", async () => {
    const listen = `127.0.0.1:${server.port}`;
    const failure = await StatusServer.listen(listen, {
      health: () => ({ trouble }),
      metrics: async () => "",
      blocks: () => [],
    }).then(
      () => expect.fail("it listens twice"),
      (error: Error) => error,
    );
    expect(failure.message).to.match(
      new RegExp(`^The node cannot listen at ${listen} \\(status.listen\\): `),
    );
  });
});
