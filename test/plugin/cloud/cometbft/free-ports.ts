import { once } from "node:events";
import { createServer } from "node:net";

import { expect } from "chai";

import { freePorts } from "../../../../plugin/cloud/cometbft/free-ports.ts";

describe("plugin/cloud/cometbft/free-ports", () => {
  it("finds ports with the two after them, none twice, at which something can listen", async () => {
    const ports = await freePorts(40);
    const all = ports.flatMap((port) => [port, port + 1, port + 2]);
    expect(new Set(all).size).to.equal(120);
    for (const port of all) {
      expect(port).to.be.lessThan(32_768);
      const server = createServer().listen(port, "127.0.0.1");
      await once(server, "listening");
      server.close();
      await once(server, "close");
    }
  });
});
