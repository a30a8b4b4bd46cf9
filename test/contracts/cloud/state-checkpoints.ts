import { expect } from "chai";
import {
  concat,
  encodeRlp,
  getBytes,
  hexlify,
  id,
  keccak256,
  toBeArray,
  toUtf8Bytes,
  ZeroHash,
} from "ethers";
import { network } from "hardhat";

import * as digests from "../../../plugin/contracts/digests.ts";
import { MemoryStore } from "../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../plugin/cloud/storage/state.ts";
import { seeded } from "../../seeded.ts";
import { proofOf, rootOf, type Entry } from "./patricia-proof.ts";

const CLOUD = id("cloud");
const SEED = "state checkpoints";
const NOTHING = keccak256("0x");

/** A cloud's state: for each program what it stores, key to value, both hex. */
type Programs = ReadonlyMap<string, ReadonlyMap<string, string>>;

const storageEntries = (storage: ReadonlyMap<string, string>): Entry[] =>
  [...storage].map(([key, value]) => [keccak256(key), encodeRlp(value)]);

const stateEntries = (state: Programs, outboundNonce = 3): Entry[] =>
  [...state].map(([programId, storage]) => [
    keccak256(programId),
    encodeRlp([rootOf(storageEntries(storage)), toBeArray(outboundNonce)]),
  ]);

/** `programs` programs with `keys` keys each; values of all lengths that RLP treats differently. */
function someState(programs: number, keys: number): Programs {
  const random = seeded(`${SEED} ${programs} ${keys}`);
  const lengths = [32, 0, 1, 2, 31, 33, 55, 56, 300];
  return new Map(
    Array.from({ length: programs }, () => [
      hexlify(random.bytes(32)),
      new Map(
        Array.from({ length: keys }, (_, i) => [
          hexlify(random.bytes(1 + (i % 40))) + i.toString(16).padStart(4, "0"),
          hexlify(random.bytes(lengths[i % lengths.length]!)),
        ]),
      ),
    ]),
  );
}

/** Fails unless the read ends in one of the errors that say a proof leads nowhere. */
async function expectRefused(read: Promise<string>): Promise<void> {
  const outcome: string = await read.then(
    (value) => `read ${value}`,
    (error: Error) => error.message,
  );
  expect(outcome).to.match(/CheckpointsBadProof|CheckpointsBadAccount|RLPInvalidEncoding/);
}

describe("StateCheckpoints", () => {
  async function deploy() {
    const { ethers } = await network.create({ network: "l1" });
    const [operator] = await ethers.getSigners();
    const { chainId } = await ethers.provider.getNetwork();
    const committees = await ethers.deployContract("SpokenCommittees");
    await committees.getFunction("activate")(CLOUD, 0, [operator!.address], 2n ** 40n);
    // Any contract may stand for the gateway: here it is only an address that headers name.
    const gateway = await committees.getAddress();
    const checkpoints = await ethers.deployContract("StateCheckpoints", [committees, gateway]);

    const sign = async (header: digests.Header, epoch = 1n, chain = chainId, at = gateway) =>
      committees.getFunction("sign")(CLOUD, epoch, digests.header(chain, at, CLOUD, epoch, header));
    const headerOf = (height: bigint, stateRoot: string) => ({
      height,
      stateRoot,
      resultsHash: NOTHING,
      callsHash: NOTHING,
    });
    const submit = async (height: bigint, stateRoot: string) => {
      const header = headerOf(height, stateRoot);
      return checkpoints.submit(CLOUD, 1, header, await sign(header));
    };
    return { ethers, chainId, committees, gateway, checkpoints, sign, headerOf, submit };
  }

  describe("submit", () => {
    it("stores a root once, and the greatest height as the latest", async () => {
      const { checkpoints, submit } = await deploy();
      await expect(submit(5n, id("five")))
        .to.emit(checkpoints, "Submitted")
        .withArgs(CLOUD, 5n, id("five"));
      await submit(3n, id("three"));
      await expect(submit(5n, id("five"))).not.to.emit(checkpoints, "Submitted");
      expect(await checkpoints.stateRootOf(CLOUD, 5)).to.equal(id("five"));
      expect(await checkpoints.stateRootOf(CLOUD, 3)).to.equal(id("three"));
      expect(await checkpoints.latest(CLOUD)).to.equal(5n);
    });

    it("refuses another root for a height, even a signed one", async () => {
      const { checkpoints, submit } = await deploy();
      await submit(5n, id("five"));
      await expect(submit(5n, id("other")))
        .to.be.revertedWithCustomError(checkpoints, "CheckpointsConflict")
        .withArgs(CLOUD, 5n, id("five"), id("other"));
    });

    it("refuses headers that say nothing", async () => {
      const { checkpoints, submit } = await deploy();
      for (const [height, root] of [
        [0n, id("root")],
        [1n, ZeroHash],
      ] as const) {
        await expect(submit(height, root))
          .to.be.revertedWithCustomError(checkpoints, "CheckpointsEmptyHeader")
          .withArgs(height, root);
      }
    });

    it("refuses what was signed for another header, epoch, chain or gateway", async () => {
      const { checkpoints, committees, chainId, gateway, sign, headerOf } = await deploy();
      const header = headerOf(1n, id("root"));
      for (const signature of [
        await sign(headerOf(2n, id("root"))),
        await sign({ ...header, callsHash: id("calls") }),
        await sign(header, 2n),
        await sign(header, 1n, chainId + 1n),
        await sign(header, 1n, chainId, await checkpoints.getAddress()),
      ]) {
        await expect(checkpoints.submit(CLOUD, 1, header, signature)).to.be.revertedWithCustomError(
          committees,
          "CommitteesBadSignature",
        );
      }
      await checkpoints.submit(CLOUD, 1, header, await sign(header, 1n, chainId, gateway));
    });

    it("refuses to be deployed without a gateway or committees", async () => {
      const { ethers, committees, checkpoints } = await deploy();
      const [account] = await ethers.getSigners();
      const factory = await ethers.getContractFactory("StateCheckpoints");
      for (const [source, gateway] of [
        [account!.address, committees],
        [committees, account!.address],
      ] as const) {
        await expect(factory.deploy(source, gateway))
          .to.be.revertedWithCustomError(checkpoints, "CheckpointsNotAContract")
          .withArgs(account!.address);
      }
    });
  });

  describe(`read (seed "${SEED}")`, () => {
    it("has a reference that agrees with the Ethereum tests", () => {
      const puppy = Object.entries({ do: "verb", horse: "stallion", doge: "coin", dog: "puppy" });
      const entries = puppy.map(
        ([key, value]) => [hexlify(toUtf8Bytes(key)), hexlify(toUtf8Bytes(value))] as const,
      );
      // ethereum/tests, TrieTests/trieanyorder.json, "puppy"
      expect(rootOf(entries)).to.equal("0x5991bb8c6514148a29db676a14ac506cd2cd5775ace63c30a4fe457715e9ac84");
    });

    async function withState(state: Programs) {
      const { checkpoints, submit } = await deploy();
      const accounts = stateEntries(state);
      await submit(7n, rootOf(accounts));
      const prove = (programId: string, key: string) =>
        [
          proofOf(accounts, keccak256(programId)),
          proofOf(storageEntries(state.get(programId) ?? new Map()), keccak256(key)),
        ] as const;
      const read = (programId: string, key: string, account: string[], storage: string[]) =>
        checkpoints.read(CLOUD, 7, programId, key, account, storage);
      return { prove, read };
    }

    for (const [programs, keys] of [
      [1, 1],
      [2, 9],
      [24, 18],
      [2, 120],
    ] as const) {
      it(`reads values of every length: ${programs} programs, ${keys} keys`, async () => {
        const state = someState(programs, keys);
        const { prove, read } = await withState(state);
        for (const programId of [...state.keys()].slice(0, 2)) {
          for (const [key, value] of [...state.get(programId)!].slice(0, 9)) {
            expect(await read(programId, key, ...prove(programId, key)), key).to.equal(value);
          }
        }
      });
    }

    it("reads what a node's own storage proves, and nothing where it proves that nothing is", async () => {
      const { checkpoints, submit } = await deploy();
      const state = await State.open(new MemoryStore());
      const stored = [...someState(5, 18)];
      const block = state.begin();
      for (const [programId, values] of stored) {
        const run = block.invocation(getBytes(programId));
        for (const [key, value] of values) run.set(getBytes(key), getBytes(value));
        run.nextOutboundNonce();
        run.keep();
      }
      const { height, stateRoot } = await block.commit(4);
      await submit(BigInt(height), hexlify(stateRoot));
      const [programId, values] = stored[2]!;
      for (const [key, value] of values) {
        const proof = state.prove(getBytes(programId), getBytes(key));
        const { accountProof, storageProof } = proof;
        expect(await checkpoints.read(CLOUD, height, programId, key, accountProof, storageProof)).to.equal(
          value,
        );
      }
      const absent = state.prove(getBytes(programId), toUtf8Bytes("absent"));
      expect(absent.value).to.equal(undefined);
      await expectRefused(
        checkpoints.read(CLOUD, height, programId, absent.key, absent.accountProof, absent.storageProof),
      );
    });

    it("refuses a key or a program that is not there, whatever the trie's shape", async () => {
      const { checkpoints } = await deploy();
      for (const [programs, keys] of [
        [1, 0],
        [1, 1],
        [2, 2],
        [12, 24],
      ] as const) {
        const state = someState(programs, keys);
        const { prove, read } = await withState(state);
        const programId = [...state.keys()][0]!;
        for (let i = 0; i < 8; i++) {
          const absent = id(`absent ${i}`);
          await expectRefused(read(programId, absent, ...prove(programId, absent)));
          await expectRefused(read(absent, "0x00", ...prove(absent, "0x00")));
        }
      }
      await expect(checkpoints.read(CLOUD, 8, ZeroHash, "0x", [], []))
        .to.be.revertedWithCustomError(checkpoints, "CheckpointsUnknownHeight")
        .withArgs(CLOUD, 8n);
    });

    it("tells an empty value from an absent one", async () => {
      const programId = id("program");
      const { prove, read } = await withState(new Map([[programId, new Map([["0x01", "0x"]])]]));
      expect(await read(programId, "0x01", ...prove(programId, "0x01"))).to.equal("0x");
      await expectRefused(read(programId, "0x02", ...prove(programId, "0x02")));
    });

    it("refuses the empty trie's only node as a proof", async () => {
      const programId = id("program");
      const { prove, read } = await withState(new Map([[programId, new Map()]]));
      const [account] = prove(programId, "0x");
      await expectRefused(read(programId, "0x", account, ["0x80"]));
      await expectRefused(read(programId, "0x", account, []));
    });

    it("refuses proofs that were cut, stretched, swapped, borrowed or touched anywhere", async () => {
      const state = someState(12, 24);
      const { prove, read } = await withState(state);
      const [programId, other] = [...state.keys()] as [string, string];
      const [key, value] = [...state.get(programId)!][0]!;
      const [account, storage] = prove(programId, key);
      const [otherAccount, otherStorage] = prove(other, [...state.get(other)!.keys()][0]!);
      expect(account.length).to.be.greaterThan(1);
      expect(storage.length).to.be.greaterThan(1);
      expect(await read(programId, key, account, storage)).to.equal(value);

      const bad: [string[], string[]][] = [
        [account.slice(0, -1), storage],
        [account, storage.slice(0, -1)],
        [account.slice(1), storage],
        [account, storage.slice(1)],
        [[...account, account[0]!], storage],
        [account, [...storage, storage[0]!]],
        [storage, account],
        [otherAccount, storage],
        [account, otherStorage],
        [otherAccount, otherStorage],
        [[], storage],
        [account, []],
      ];
      const random = seeded(`${SEED} touched`);
      const touch = (proof: string[]) => {
        const node = Number(random.scalar(BigInt(proof.length) + 1n)) - 1;
        const bytes = getBytes(proof[node]!);
        const at = Number(random.scalar(BigInt(bytes.length) + 1n)) - 1;
        bytes[at]! ^= 1 << (Number(random.scalar(9n)) - 1);
        return proof.with(node, hexlify(bytes));
      };
      for (let i = 0; i < 30; i++) bad.push([touch(account), storage], [account, touch(storage)]);
      for (const [accountProof, storageProof] of bad) {
        await expectRefused(read(programId, key, accountProof, storageProof));
      }
      // Another key's proof proves nothing of this key, nor this key's of another program.
      await expectRefused(read(programId, concat([key, "0x00"]), account, storage));
      await expectRefused(read(other, key, account, storage));
    });

    it("refuses accounts that are not [storage root, nonce]", async () => {
      const { checkpoints, submit } = await deploy();
      const programId = id("program");
      const root = rootOf([[keccak256("0x01"), encodeRlp("0x02")]]);
      for (const [i, account] of [[root], [root, "0x", "0x"], ["0x1234", "0x"]].entries()) {
        const accounts: Entry[] = [[keccak256(programId), encodeRlp(account)]];
        await submit(BigInt(i + 1), rootOf(accounts));
        await expect(
          checkpoints.read(CLOUD, i + 1, programId, "0x01", proofOf(accounts, keccak256(programId)), []),
        )
          .to.be.revertedWithCustomError(checkpoints, "CheckpointsBadAccount")
          .withArgs(programId);
      }
    });
  });
});
