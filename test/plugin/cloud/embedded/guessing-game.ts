/**
 * The guessing game, played by somebody who knows everything public: all blocks, signatures and the nodes' whole state before the
 * request. It foresees the request's own event, to the byte, and tries out tips, each of which makes another event and so another
 * draw, until the draw that it foresees is the digit that it bets on.
 */
import { expect } from "chai";
import { hexlify, keccak256, toBeHex } from "ethers";
import { network } from "hardhat";

import * as digests from "../../../../plugin/contracts/digests.ts";
import { Application } from "../../../../plugin/cloud/replication/application.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import { eventId, type RequestEvent } from "../../../../plugin/cloud/replication/event.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";

const GAMES = 12;
/** More right guesses of 12, with one digit in ten, come once in 6,000,000 times. */
const LUCK = 8;

/** A node of the attacker's own, which has executed all blocks that the cloud has. */
class Copy {
  readonly app: Application;
  signature = new Uint8Array();

  private constructor(app: Application) {
    this.app = app;
  }

  static async of(node: CloudNode): Promise<Copy> {
    const store = new MemoryStore();
    const state = await State.open(store, { history: Infinity });
    return new Copy(new Application(node.application.parameters, state, store));
  }

  /** Executes what the cloud has executed since. */
  async follow(node: CloudNode): Promise<void> {
    for (let height = this.app.height + 1; height <= node.height; height++) {
      const record = await this.app.finalizeBlock(node.block(height));
      expect(record.blockHash).to.equal(node.application.blocks.record(height).blockHash);
    }
    this.signature = new Uint8Array(node.certificate(node.height)!.signatures[0]!);
  }

  /** The digit that is drawn for an event if the newest signature is the seed, whichever block the run is in. */
  async foresee(event: RequestEvent): Promise<bigint> {
    const { height } = this.app;
    const answerOf = ({ chains }: BlockRecord) => chains.flatMap(({ answers }) => answers)[0];
    try {
      for (const events of [[event], []]) {
        const block: Block = { height: this.app.height + 1, previousSignature: this.signature, events };
        const answer = answerOf(await this.app.finalizeBlock(block));
        if (answer !== undefined) return BigInt(hexlify(answer.output));
      }
    } finally {
      await this.app.revert(height);
    }
    throw new Error("The request is not answered in two blocks.");
  }
}

describe("the guessing game", () => {
  it("is won no more often than by chance by whoever knows all that is public before the request", async () => {
    const { nexus, ethers, provider } = await network.create("l1");
    const [player] = await ethers.getSigners();
    const digit = await nexus.program("digit");
    const cloud = await nexus.cloud();
    const { gateway, chainId } = cloud.chains[0]!;
    const contract = await ethers.getContractAt("NexusGateway", gateway.address);
    const stake = 1_000n;
    const game = await ethers.deployContract(
      "GuessingGame",
      [gateway.address, cloud.cloudId, digit.id, stake],
      {
        value: stake * 8n * BigInt(GAMES + 1),
      },
    );
    const address = await game.getAddress();
    // More than any quote: the base fee changes from block to block.
    const fee = 10n ** 15n;
    const { node } = cloud.replicas[0]!;
    const copy = await Copy.of(node);
    let won = 0;
    for (let i = 0; i < GAMES; i++) {
      await copy.follow(node);
      const head = (await ethers.provider.getBlock("latest"))!;
      const guess = BigInt(i % 10);
      /** The event that playing in the next block with this tip will make. */
      const eventWith = (tip: bigint): RequestEvent => {
        const timestamp = BigInt(head.timestamp) + 10n;
        const request = {
          cloudId: cloud.cloudId,
          programId: digit.id,
          requester: address.toLowerCase(),
          nonce: BigInt(i),
          fee: fee + tip,
          deadline: timestamp + 3_600n,
          callbackGas: 150_000n,
          fuelLimit: 20_000_000n,
          outputLimit: 1_024n,
          inputHash: keccak256("0x"),
        };
        return {
          kind: "request",
          chainId,
          place: { block: BigInt(head.number) + 1n, logIndex: 0 },
          timestamp,
          requestId: hexlify(digests.request(chainId, gateway.address, request)),
          request,
          input: new Uint8Array(),
        };
      };
      let tip = 0n;
      while ((await copy.foresee(eventWith(tip))) !== guess) tip++;
      await provider.request({ method: "evm_setNextBlockTimestamp", params: [toBeHex(head.timestamp + 10)] });
      const owed = await game.owed(player!);
      await game.play(guess, { value: stake + fee + tip });
      if ((await game.owed(player!)) > owed) won++;
      const ordered = Array.from({ length: node.height - copy.app.height }, (_, j) =>
        node.block(copy.app.height + 1 + j),
      )
        .flatMap(({ events }) => events)
        .map(eventId);
      expect(ordered, "what happened is what was foreseen, but for the draw").to.deep.equal([
        eventId(eventWith(tip)),
      ]);
    }
    const ended = await game.queryFilter(game.filters.Ended());
    expect(ended).to.have.length(GAMES);
    expect(await contract.nonceOf(address)).to.equal(BigInt(GAMES));
    expect(won).to.be.at.most(LUCK);
  });
});
