import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { expect } from "chai";
import { Request, Response, type RequestQuery, type ResponseQuery } from "cosmjs-types/tendermint/abci/types";

import { methods } from "../../../../plugin/cloud/abci/application.ts";
import { frame, FrameReader } from "../../../../plugin/cloud/abci/frames.ts";
import { AbciServer } from "../../../../plugin/cloud/abci/server.ts";
import { LogApplication } from "./log-application.ts";

/** A connection of a node. */
class Client {
  readonly #reader = new FrameReader(1_000_000);
  readonly socket: Socket;
  ended = false;
  #wake = (): void => undefined;

  constructor(port: number) {
    this.socket = connect({ host: "127.0.0.1", port });
    this.socket.on("data", (bytes) => {
      this.#reader.push(bytes as Uint8Array);
      this.#wake();
    });
    this.socket.on("close", () => {
      this.ended = true;
      this.#wake();
    });
  }

  send(...requests: object[]): void {
    for (const request of requests) {
      this.socket.write(frame(Request.encode(Request.fromPartial(request as never)).finish()));
    }
  }

  async receive(): Promise<Response> {
    for (;;) {
      const message = this.#reader.next();
      if (message !== undefined) return Response.decode(message);
      if (this.ended) throw new Error("the connection is closed");
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** Answers queries in the order in which they were let go, and notes how many it had in hand at once. */
class SlowApplication extends LogApplication {
  most = 0;
  #now = 0;

  override async query(request: RequestQuery): Promise<ResponseQuery> {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
    await new Promise((resolve) => setImmediate(resolve));
    this.#now -= 1;
    return super.query(request);
  }
}

describe("plugin/cloud/abci/server", () => {
  let application: SlowApplication;
  let server: AbciServer;
  let complaints: string[];
  const clients: Client[] = [];
  const client = (): Client => {
    const one = new Client(server.port!);
    clients.push(one);
    return one;
  };

  beforeEach(async () => {
    application = new SlowApplication();
    complaints = [];
    server = new AbciServer(application, (what, error) => complaints.push(`${what}: ${error as string}`));
    await server.listen({ port: 0 });
  });
  afterEach(async () => {
    for (const one of clients.splice(0)) one.socket.destroy();
    await server.close();
  });

  it("answers every method of ABCI 2.0 with the response of the same name", async () => {
    const one = client();
    await application.finalizeBlock({ height: 1n, txs: [Buffer.from("a")] } as never);
    for (const method of methods) {
      one.send({ [method]: {} });
      const response = await one.receive();
      expect(response[method], method).not.to.equal(undefined);
      expect(Object.values(response).filter((value) => value !== undefined)).to.have.length(1);
    }
    expect(application.height).to.equal(0n);
  });

  it("answers in order, one request of each connection at a time, and reads no faster", async () => {
    const [one, other] = [client(), client()];
    const queries = Array.from({ length: 200 }, (_, i) => ({ query: { data: Buffer.from([i]) } }));
    one.send({ echo: { message: "first" } }, ...queries, { flush: {} });
    other.send(...queries);
    expect((await one.receive()).echo).to.deep.equal({ message: "first" });
    for (let i = 0; i < 200; i++) {
      expect([...(await one.receive()).query!.key]).to.deep.equal([i]);
      expect([...(await other.receive()).query!.key]).to.deep.equal([i]);
    }
    expect((await one.receive()).flush).to.deep.equal({});
    expect(application.most).to.equal(2);
  });

  it("says as an exception what the application threw, and ends that connection", async () => {
    application.commit = () => Promise.reject(new Error("the disk is full"));
    const one = client();
    one.send({ commit: {} }, { info: {} });
    expect((await one.receive()).exception).to.deep.equal({ error: "the disk is full" });
    await once(one.socket, "close");
    expect(application.calls).not.to.include("info");
    expect(complaints).to.have.length(1);
    expect(complaints[0]).to.match(/could not answer.*the disk is full/);
  });

  for (const [what, bytes, expected] of [
    ["a length that is too great", [0xff, 0xff, 0xff, 0x7f], /at most 67108864 are taken/],
    ["what is no protobuf", [3, 0xff, 0xff, 0xff], /no ABCI request/],
    ["a request without a method", [0], /names no method/],
  ] as const) {
    it(`refuses ${what}, and serves others on`, async () => {
      const [bad, good] = [client(), client()];
      bad.socket.write(Uint8Array.from(bytes));
      expect((await bad.receive()).exception!.error).to.match(expected);
      await once(bad.socket, "close");
      good.send({ echo: { message: "still here" } });
      expect((await good.receive()).echo).to.deep.equal({ message: "still here" });
      expect(complaints).to.have.length(1);
    });
  }

  it("lives when a node goes away in the middle of a request", async () => {
    const one = client();
    one.send({ query: { data: Buffer.from("x") } });
    await once(one.socket, "connect");
    one.socket.write(Uint8Array.of(200));
    one.socket.resetAndDestroy();
    const other = client();
    other.send({ echo: { message: "next" } });
    expect((await other.receive()).echo).to.deep.equal({ message: "next" });
  });

  it("ends the request in hand before it closes, and begins no other", async () => {
    const one = client();
    const release = await new Promise<() => void>((begun) => {
      application.commit = () => new Promise((resolve) => begun(() => resolve({ retainHeight: 0n })));
      one.send({ commit: {} }, { info: {} });
    });
    let closed = false;
    const closing = server.close().then(() => (closed = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).to.equal(false);
    release();
    await closing;
    expect(application.calls).not.to.include("info");
  });
});
