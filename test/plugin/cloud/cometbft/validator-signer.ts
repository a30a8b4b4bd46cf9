import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { sha256 } from "@noble/hashes/sha2.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { expect } from "chai";
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { Vote, type SignedMsgType } from "cosmjs-types/tendermint/types/types";

import { frame, FrameReader } from "../../../../plugin/cloud/abci/frames.ts";
import { LastSigned } from "../../../../plugin/cloud/cometbft/last-signed.ts";
import { MalformedRequestError } from "../../../../plugin/cloud/cometbft/privval.ts";
import { extensionSignBytes, voteSignBytes } from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import { SignerConnection } from "../../../../plugin/cloud/cometbft/signer-connection.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { ValidatorSigner } from "../../../../plugin/cloud/cometbft/validator-signer.ts";
import {
  key,
  messageOf,
  PING,
  PONG,
  publicKeyRequest,
  readResponse,
  signedVote,
  signRequest,
  type Asked,
} from "./signer-requests.ts";

const CHAIN = "nexus-test";
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const PRECOMMIT: Asked = { kind: "precommit", height: 1, round: 0, block: "A", seconds: 1 };

describe("plugin/cloud/cometbft/validator-signer", () => {
  let folder: string;
  let refusals: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-signer-"));
    refusals = [];
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const signerOf = async (chainId = CHAIN, of = key): Promise<ValidatorSigner> =>
    new ValidatorSigner(chainId, of, await LastSigned.open(folder, chainId, of), (reason) =>
      refusals.push(reason),
    );

  it("answers 300 requests drawn at random as CometBFT's own signer does, opened anew after every tenth", async () => {
    const vectors = JSON.parse(await readFile(new URL("vectors/file-pv.json", import.meta.url), "utf8")) as {
      secret: string;
      requests: [string, Asked["kind"], number, number, string, number, string, string][];
    };
    const validator = new ValidatorKey(bytes(vectors.secret));
    let signer = await signerOf("nexus-vectors", validator);
    let refused = 0;
    for (const [i, request] of vectors.requests.entries()) {
      if (i % 10 === 9) signer = await signerOf("nexus-vectors", validator);
      const [chainId, kind, height, round, block, seconds, extension, expected] = request;
      const message = messageOf({ kind, height, round, block, seconds, extension }, validator.publicKey);
      const response = await signer.answer(signRequest(chainId, message));
      const { refusal } = readResponse(response);
      const answer =
        refusal === undefined ? Buffer.from(sha256(response).subarray(0, 8)).toString("hex") : "refused";
      expect(answer, `${i}: ${request.join(" ")}: ${refusal}`).to.equal(expected);
      if (refusal !== undefined) refused += 1;
    }
    expect(refused).to.be.within(100, 200);
    expect(refusals).to.have.length(refused);
  });

  it("says its key and signs votes with their extensions, as the key verifies", async () => {
    const signer = await signerOf();
    const { content } = readResponse(await signer.answer(publicKeyRequest(CHAIN)));
    expect(PublicKey.decode(content).secp256k1).to.deep.equal(key.publicKey);
    expect(await signer.answer(PING)).to.deep.equal(PONG);
    const asked = messageOf(PRECOMMIT) as Vote;
    const vote = signedVote(await signer.answer(signRequest(CHAIN, asked)));
    expect({ ...vote, signature: 0, extensionSignature: 0 }).to.deep.equal({
      ...asked,
      signature: 0,
      extensionSignature: 0,
    });
    for (const [signature, signed] of [
      [vote.signature, voteSignBytes(CHAIN, asked)],
      [vote.extensionSignature, extensionSignBytes(CHAIN, asked)],
    ] as const) {
      expect(secp256k1.verify(signature, signed, key.publicKey)).to.equal(true);
    }
  });

  it("speaks the messages of CometBFT's vectors (TestPrivvalVectors)", async () => {
    const signer = await signerOf();
    expect(Buffer.from(await signer.answer(bytes("3a00"))).toString("hex")).to.equal("4200");
    const { refusal } = readResponse(await signer.answer(bytes("0a00")));
    expect(refusal).to.match(/chain nexus-test, and not of ""/);
    const vote =
      "0a7f080210031802224a0a208b01023386c371778ecb6368573e539afc3cc860ec3a2f614e54fe5652f4fc80122608c0843d1220" +
      "72db3d959635dff1bb567bedaa70573392c5159666a3f8caf11e413aac52207a2a0608f49a8ded0532146af1f4111082efb38821" +
      "1bc72c55bcd61e9ac3d538d5bb034a09657874656e73696f6e";
    const response = await signer.answer(bytes(`1a8101${vote}`));
    expect(readResponse(response).refusal).to.match(/chain nexus-test/);
    expect(Vote.decode(bytes(vote).subarray(2))).to.include({ height: 3n, round: 2, validatorIndex: 56_789 });
  });

  it("refuses another chain, and what no chain has, with a reason and without a record", async () => {
    const signer = await signerOf();
    const vote = messageOf(PRECOMMIT) as Vote;
    const refused: [Uint8Array, RegExp][] = [
      [publicKeyRequest("another"), /chain nexus-test, and not of "another"/],
      [signRequest("another", vote), /not of "another"/],
      [signRequest("another", messageOf({ ...PRECOMMIT, kind: "proposal" })), /not of "another"/],
      [signRequest(CHAIN, { ...vote, height: 0n }), /no height 0/],
      [signRequest(CHAIN, { ...vote, height: -1n }), /no height -1/],
      [signRequest(CHAIN, { ...vote, round: -1 }), /round -1/],
      [signRequest(CHAIN, { ...vote, type: 32 }), /no vote/],
      [signRequest(CHAIN, { ...vote, type: 3 as SignedMsgType }), /nothing of type 3/],
      [signRequest(CHAIN, { ...vote, type: 1, extension: new Uint8Array(1) }), /extension/],
      [signRequest(CHAIN, { ...vote, blockId: { ...vote.blockId, hash: new Uint8Array(31) } }), /not 31/],
    ];
    for (const [request, reason] of refused) {
      expect(readResponse(await signer.answer(request)).refusal).to.match(reason);
    }
    expect(refusals).to.have.length(refused.length);
    signedVote(await signer.answer(signRequest(CHAIN, messageOf({ ...PRECOMMIT, kind: "prevote" }))));
  });

  it("takes no message for a request that is none", async () => {
    const signer = await signerOf();
    const request = signRequest(CHAIN, messageOf(PRECOMMIT));
    const bad = [
      new Uint8Array(),
      bytes("00"),
      bytes("4200"),
      bytes("4a00"),
      bytes("1a00"),
      bytes("2a00"),
      bytes("3a003a01"),
      bytes("3a000a00"),
      bytes("ffffffffffffffffffff01"),
    ];
    for (let cut = 1; cut < request.length; cut += 13) bad.push(request.slice(0, cut));
    for (const message of bad) {
      const error = await signer.answer(message).then(
        () => expect.fail(`${Buffer.from(message).toString("hex")} was taken`),
        (reason: unknown) => reason,
      );
      expect(error, Buffer.from(message).toString("hex")).to.be.instanceOf(MalformedRequestError);
    }
    signedVote(await signer.answer(request));
  });

  describe("signer-connection", () => {
    let server: Server | undefined;
    let connection: SignerConnection | undefined;
    const complaints: string[] = [];
    const path = (): string => join(folder, "privval.sock");
    afterEach(async () => {
      await connection?.stop();
      if (server?.listening === true) await new Promise((resolve) => server!.close(resolve));
      complaints.length = 0;
    });

    /** Listens as CometBFT does; each signer that comes is taken from the end of the list. */
    const listen = async (): Promise<() => Promise<Peer>> => {
      const waiting: Peer[] = [];
      server = createServer((socket) => waiting.push(new Peer(socket)));
      await new Promise<void>((resolve) => server!.listen(path(), resolve));
      return async () => {
        while (waiting.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
        return waiting.shift()!;
      };
    };

    it("dials until CometBFT is there, again when it went away, and gives the signature that it lost", async () => {
      const signer = await signerOf();
      connection = new SignerConnection(
        path(),
        async (request) => signer.answer(request),
        (what) => complaints.push(what),
      );
      let accept = await listen();
      let peer = await accept();
      expect(await peer.ask(PING)).to.deep.equal(PONG);
      // It asks and ends before the answer comes.
      peer.send(signRequest(CHAIN, messageOf(PRECOMMIT)));
      peer.socket.destroy();
      await new Promise((resolve) => server!.close(resolve));
      accept = await listen();
      peer = await accept();
      const later = signRequest(CHAIN, messageOf({ ...PRECOMMIT, seconds: 9 }));
      const vote = signedVote(await peer.ask(later));
      expect(vote.timestamp.seconds).to.be.oneOf([1n, 9n]);
      expect(signedVote(await peer.ask(signRequest(CHAIN, messageOf(PRECOMMIT)))).signature).to.deep.equal(
        vote.signature,
      );
      const other = await peer.ask(signRequest(CHAIN, messageOf({ ...PRECOMMIT, block: "B" })));
      expect(readResponse(other).refusal).to.match(/will not sign anything else/);
      peer.socket.destroy();
    });

    it("ends a connection on which something else is spoken, says so, and dials again", async () => {
      const signer = await signerOf();
      connection = new SignerConnection(
        path(),
        async (request) => signer.answer(request),
        (what, error) => complaints.push(`${what}: ${String(error)}`),
      );
      const accept = await listen();
      for (const [said, complaint] of [
        [frame(bytes("4a00")), /no request to a validator's signer/],
        [bytes("81500a"), /has 10241 bytes, and at most 10240/],
        [bytes("ffffffffffff"), /more than four bytes/],
      ] as const) {
        const peer = await accept();
        peer.socket.write(said);
        await peer.ended;
        expect(complaints.splice(0).join()).to.match(complaint);
      }
      const peer = await accept();
      expect(await peer.ask(PING)).to.deep.equal(PONG);
      // Requests in one piece, and one in many.
      peer.socket.write(Buffer.concat([frame(PING), frame(PING)]));
      expect(await peer.next()).to.deep.equal(PONG);
      expect(await peer.next()).to.deep.equal(PONG);
      for (const byte of frame(publicKeyRequest(CHAIN))) peer.socket.write(Uint8Array.of(byte));
      expect(readResponse(await peer.next()).refusal).to.equal(undefined);
      expect(complaints).to.deep.equal([]);
      peer.socket.destroy();
    });

    it("answers what it was asked before it stops, and then nothing more", async () => {
      const signer = await signerOf();
      let asked: () => void = () => undefined;
      const begun = new Promise<void>((resolve) => (asked = resolve));
      connection = new SignerConnection(
        path(),
        async (request) => {
          asked();
          return signer.answer(request);
        },
        (what) => complaints.push(what),
      );
      const peer = await (await listen())();
      peer.send(signRequest(CHAIN, messageOf(PRECOMMIT)));
      peer.send(PING);
      await begun;
      const stopped = connection.stop();
      signedVote(await peer.next());
      await stopped;
      await peer.ended;
      expect(peer.waiting).to.equal(undefined);
      expect(complaints).to.deep.equal([]);
      // A stop while nobody listens ends as well.
      connection = new SignerConnection(
        join(folder, "nobody"),
        (request) => signer.answer(request),
        () => undefined,
      );
      await connection.stop();
    });
  });
});

/** CometBFT's side of a connection. */
class Peer {
  readonly socket: Socket;
  readonly ended: Promise<unknown>;
  readonly #reader = new FrameReader(1_000_000);
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      this.#reader.push(data as Uint8Array);
      this.#wake();
    });
  }

  send(request: Uint8Array): void {
    this.socket.write(frame(request));
  }

  /** A response that has come and was not read. */
  get waiting(): Uint8Array | undefined {
    return this.#reader.next();
  }

  async next(): Promise<Uint8Array> {
    for (;;) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const response = this.waiting;
      if (response !== undefined) return response;
      await woken;
    }
  }

  async ask(request: Uint8Array): Promise<Uint8Array> {
    this.send(request);
    return this.next();
  }
}
