import { expect } from "chai";
import { concat, keccak256, toUtf8Bytes, ZeroAddress, ZeroHash, type BytesLike } from "ethers";
import { network } from "hardhat";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";

import { mockProof } from "./mock-proof.ts";

const PROGRAM = keccak256(toUtf8Bytes("program"));
const INPUT = toUtf8Bytes("30");
const JOURNAL = toUtf8Bytes("832040");
const CREDULOUS = "0xc4ed0001";
const STATUS = { unknown: 0n, added: 1n, retired: 2n, stopped: 3n };

for (const name of ["l1", "op", "generic"]) {
  describe(`ZeroRouter on ${name}`, () => {
    async function deploy() {
      const { ethers } = await network.create({ network: name });
      const [owner, stranger] = await ethers.getSigners();
      const router = await ethers.deployContract("ZeroRouter", [owner!.address, 0, []]);
      const mock = await ethers.deployContract("ZeroMockVerifier");
      await router.add(mock);
      const selector = await mock.selector();
      const credulous = await ethers.deployContract("CredulousVerifier", [CREDULOUS]);
      return { ethers, owner: owner!, stranger: stranger!, router, mock, selector, credulous };
    }

    it("passes a good proof on and a bad one's error back", async () => {
      const { router, mock } = await deploy();
      const proof = mockProof(PROGRAM, INPUT, JOURNAL);
      await router.verify(PROGRAM, INPUT, JOURNAL, proof);
      for (const [program, input, journal] of [
        [keccak256(PROGRAM), INPUT, JOURNAL],
        [PROGRAM, toUtf8Bytes("31"), JOURNAL],
        [PROGRAM, INPUT, toUtf8Bytes("832041")],
      ] as [string, BytesLike, BytesLike][]) {
        await expect(router.verify(program, input, journal, proof)).to.be.revertedWithCustomError(
          mock,
          "ZeroMockWrongClaim",
        );
      }
    });

    it("refuses short, unknown and empty selectors and the program that is none", async () => {
      const { router, selector } = await deploy();
      for (const [proof, length] of [
        ["0x", 0],
        ["0xaabbcc", 3],
      ] as const) {
        await expect(router.verify(PROGRAM, INPUT, JOURNAL, proof))
          .to.be.revertedWithCustomError(router, "ZeroRouterShortProof")
          .withArgs(length);
        await expect(router.stop(INPUT, JOURNAL, proof))
          .to.be.revertedWithCustomError(router, "ZeroRouterShortProof")
          .withArgs(length);
      }
      for (const unknown of ["0xdeadbeef", "0x00000000"]) {
        await expect(router.verify(PROGRAM, INPUT, JOURNAL, unknown))
          .to.be.revertedWithCustomError(router, "ZeroRouterUnknownSelector")
          .withArgs(unknown);
      }
      expect(selector).to.not.equal("0x00000000");
      await expect(
        router.verify(ZeroHash, INPUT, JOURNAL, mockProof(ZeroHash, INPUT, JOURNAL)),
      ).to.be.revertedWithCustomError(router, "ZeroRouterNoProgram");
    });

    it("lets only its owner add and retire, and the owner hand over in two steps", async () => {
      const { router, credulous, stranger, selector } = await deploy();
      const asStranger = router.connect(stranger);
      for (const attempt of [() => asStranger.add(credulous), () => asStranger.retire(selector)]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(router, "OwnableUnauthorizedAccount")
          .withArgs(stranger.address);
      }
      await router.transferOwnership(stranger);
      await expect(asStranger.add(credulous)).to.be.revertedWithCustomError(
        router,
        "OwnableUnauthorizedAccount",
      );
      await asStranger.acceptOwnership();
      await expect(asStranger.add(credulous))
        .to.emit(router, "VerifierAdded")
        .withArgs(CREDULOUS, await credulous.getAddress(), anyValue);
      expect(await router.selectors()).to.deep.equal([selector, CREDULOUS]);
    });

    it("never changes an entry, and never gives a retired selector again", async () => {
      const { ethers, router, mock, selector } = await deploy();
      const impostor = await ethers.deployContract("CredulousVerifier", [selector]);
      const refused = async () => {
        await expect(router.add(impostor))
          .to.be.revertedWithCustomError(router, "ZeroRouterUsedSelector")
          .withArgs(selector, await mock.getAddress());
      };
      await refused();
      await expect(router.retire(selector))
        .to.emit(router, "VerifierRetired")
        .withArgs(selector, await mock.getAddress());
      await refused();
      const { verifier, status } = await router.entryOf(selector);
      expect([verifier, status]).to.deep.equal([await mock.getAddress(), STATUS.retired]);
      const retired = mockProof(PROGRAM, INPUT, JOURNAL);
      for (const attempt of [
        () => router.verify(PROGRAM, INPUT, JOURNAL, retired),
        () => router.stop(INPUT, JOURNAL, mockProof(ZeroHash, INPUT, JOURNAL)),
        () => router.retire(selector),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(router, "ZeroRouterRetiredSelector")
          .withArgs(selector);
      }
    });

    it("is stopped for good by anybody who shows a proof of a false statement", async () => {
      const { router, credulous, stranger, selector } = await deploy();
      await router.add(credulous);
      const proof = concat([CREDULOUS, "0x1234"]);
      await router.verify(PROGRAM, INPUT, JOURNAL, proof);
      await expect(router.connect(stranger).stop(INPUT, JOURNAL, proof))
        .to.emit(router, "VerifierStopped")
        .withArgs(CREDULOUS, await credulous.getAddress(), stranger.address);
      for (const attempt of [
        () => router.verify(PROGRAM, INPUT, JOURNAL, proof),
        () => router.stop(INPUT, JOURNAL, proof),
        () => router.retire(CREDULOUS),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(router, "ZeroRouterStoppedSelector")
          .withArgs(CREDULOUS);
      }
      await expect(router.add(credulous)).to.be.revertedWithCustomError(router, "ZeroRouterUsedSelector");
      expect((await router.entryOf(CREDULOUS)).status).to.equal(STATUS.stopped);
      expect((await router.entryOf(selector)).status).to.equal(STATUS.added);
      await router.verify(PROGRAM, INPUT, JOURNAL, mockProof(PROGRAM, INPUT, JOURNAL));
    });

    it("is not stopped by a proof of a true statement, nor by one that is refused", async () => {
      const { ethers, router, mock, selector } = await deploy();
      await expect(
        router.stop(INPUT, JOURNAL, mockProof(PROGRAM, INPUT, JOURNAL)),
      ).to.be.revertedWithCustomError(mock, "ZeroMockWrongClaim");
      await expect(router.stop(INPUT, JOURNAL, selector)).to.be.revertedWithCustomError(
        mock,
        "ZeroMockWrongLength",
      );
      expect((await router.entryOf(selector)).status).to.equal(STATUS.added);

      const burner = await ethers.deployContract("GasBurningVerifier");
      await router.add(burner);
      const proof = await burner.getFunction("selector").staticCall();
      await expect(router.verify(PROGRAM, INPUT, JOURNAL, proof, { gasLimit: 1_000_000 })).to.be.revert(
        ethers,
      );
      await expect(router.stop(INPUT, JOURNAL, proof, { gasLimit: 1_000_000 })).to.be.revert(ethers);
      expect((await router.entryOf(proof)).status).to.equal(STATUS.added);
    });

    it("asks for the selector once, so a verifier that changes its mind changes nothing", async () => {
      const { ethers, router, mock, selector } = await deploy();
      const fickle = await ethers.deployContract("FickleVerifier");
      await fickle.getFunction("become")("0x0badc0de");
      await router.add(fickle);
      await fickle.getFunction("become")(selector);
      expect((await router.entryOf(selector)).verifier).to.equal(await mock.getAddress());
      await expect(router.add(fickle)).to.be.revertedWithCustomError(router, "ZeroRouterUsedSelector");
      expect((await router.entryOf("0x0badc0de")).verifier).to.equal(await fickle.getAddress());
    });

    it("refuses routers, itself, and addresses without code", async () => {
      const { ethers, router, owner, stranger } = await deploy();
      const nested = await ethers.deployContract("ZeroRouter", [owner.address, 0, []]);
      for (const one of [nested, router]) {
        await expect(router.add(one))
          .to.be.revertedWithCustomError(router, "ZeroRouterNestedRouter")
          .withArgs(await one.getAddress());
      }
      await expect(router.add(stranger.address))
        .to.be.revertedWithCustomError(router, "ZeroRouterNoVerifier")
        .withArgs(stranger.address);
      await expect(ethers.deployContract("ZeroRouter", [ZeroAddress, 0, []]))
        .to.be.revertedWithCustomError(router, "OwnableInvalidOwner")
        .withArgs(ZeroAddress);
    });
  });
}
