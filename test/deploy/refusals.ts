import { expect } from "chai";
import { dataSlice, HDNodeWallet, id } from "ethers";
import { network } from "hardhat";

import { CHAINS } from "../../deploy/chains.ts";
import {
  DEVELOPMENT_CHAIN_IDS,
  DEVELOPMENT_MARK,
  markDevelopmentChain,
} from "../../plugin/chain/development-chain.ts";
import { isDevelopmentAccount } from "../../deploy/development.ts";
import { hasBls12381 } from "../../deploy/eip2537.ts";
import development from "../../deploy/modules/development.ts";
import mirrorBls12381 from "../../deploy/modules/mirror-bls12381.ts";
import suiteBn254 from "../../deploy/modules/suite-bn254.ts";
import suite from "../../deploy/modules/suite.ts";
import zeroVerifier from "../../deploy/modules/zero-verifier.ts";
import zero from "../../deploy/modules/zero.ts";
import { isNexusModule, refusal, type PlannedDeployment } from "../../deploy/refusals.ts";
import { verifierArgument } from "../../plugin/zero/chain/verifier-argument.ts";
import { trapdoorOf, verifyingKeyOf } from "../contracts/zero/forged-proof.ts";
import { realKey } from "../contracts/zero/real-proof.ts";

const HARDHAT_0 = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
const MINE = "0x00000000000000000000000000000000000f00d5";
const DAY = 86_400;
const TOKEN = "0x00000000000000000000000000000000000070ce";

function refused(changes: Partial<PlannedDeployment>): string | undefined {
  return refusal({
    module: suite,
    chainId: 10,
    deployer: MINE,
    parameters: { $global: { owner: MINE, token: TOKEN, finality: DAY } },
    bls12381: true,
    ...changes,
  });
}

describe("refusals", () => {
  it("lets a complete deployment pass, on live chains and on development ones", () => {
    for (const { chainId } of CHAINS) {
      for (const module of [suite, suiteBn254, zero]) {
        expect(refused({ chainId, module }), module.id).to.equal(undefined);
      }
    }
    for (const chainId of DEVELOPMENT_CHAIN_IDS) {
      expect(refused({ chainId, module: development, deployer: HARDHAT_0, parameters: {} })).to.equal(
        undefined,
      );
    }
  });

  it("refuses development parts, keys and unset addresses on every live chain", () => {
    for (const { chainId, name } of CHAINS) {
      expect(refused({ chainId, module: development }))
        .to.match(/mock verifier.*not for/)
        .and.include(name);
      expect(refused({ chainId, deployer: HARDHAT_0 }))
        .to.match(/development accounts/)
        .and.include(name);
      expect(refused({ chainId, deployer: undefined })).to.match(/no account to deploy/);
      for (const [owner, problem] of [
        ["", "is not set"],
        ["0x0000000000000000000000000000000000000000", "is the zero address"],
        ["0x12", "is not an address"],
        [HARDHAT_0.toLowerCase(), "development accounts"],
      ] as const) {
        expect(refused({ chainId, parameters: { $global: { owner, token: TOKEN } } }))
          .to.include("`owner`")
          .and.include(problem);
        expect(refused({ chainId, module: zero, parameters: { [zero.id]: { owner } } })).to.include(problem);
      }
      expect(refused({ chainId, parameters: { $global: { owner: MINE } } })).to.match(/`token`.*is not set/);
      for (const parameters of [{}, { $global: { verifyingKey: "" } }]) {
        expect(refused({ chainId, module: zeroVerifier, parameters })).to.match(/`verifyingKey`.*is not set/);
      }
    }
  });

  it("refuses a finality that is unset, or shorter than the chain's", () => {
    const of = (finality: unknown, chainId: number, module = suite) =>
      refused({ chainId, module, parameters: { $global: { owner: MINE, token: TOKEN, finality } as never } });
    for (const { chainId, name, finality } of CHAINS) {
      expect(of(finality, chainId), name).to.equal(undefined);
      expect(of(finality - 1, chainId), name).to.include(`needs at least ${finality} to be in time`);
      expect(of(undefined, chainId), name).to.match(/`finality` .* is not set/);
    }
    expect(of(1, 424242), "a chain that Nexus does not know").to.equal(undefined);
    expect(of(0, 424242)).to.match(/`finality` .* is 0,/);
    expect(of("1200", 424242)).to.match(/`finality` .* is 1200,/);
    const mirrored = (parameters: object) =>
      refused({ module: mirrorBls12381, parameters: { $global: parameters } as never });
    expect(mirrored({})).to.match(/`homeFinality` .* is not set/);
    expect(mirrored({ homeFinality: 1_200 })).to.equal(undefined);
  });

  it("refuses a development key of Zero on live chains only", () => {
    const development = verifierArgument(realKey);
    const ceremony = verifierArgument(verifyingKeyOf(trapdoorOf("refusals")));
    const of = (verifyingKey: object, chainId = 10) =>
      refused({ chainId, module: zeroVerifier, parameters: { $global: { verifyingKey } as never } });
    expect(of(ceremony)).to.equal(undefined);
    expect(of(development, 31337)).to.equal(undefined);
    for (const bad of [
      development,
      { ...ceremony, tau: development.tau },
      { ...ceremony, delta: development.delta },
    ]) {
      expect(of(bad)).to.match(/is a development key, with which everybody can prove anything/);
    }
  });

  it("prefers a module's own parameter, as Ignition does", () => {
    const parameters = { $global: { owner: MINE, token: TOKEN }, [suite.id]: { owner: HARDHAT_0 } };
    expect(refused({ parameters })).to.include(HARDHAT_0);
  });

  it("refuses BLS12-381 where the chain lacks it, and names the other module", () => {
    for (const module of [suite, development, mirrorBls12381]) {
      expect(refused({ module, bls12381: false, chainId: 31337 }), module.id).to.match(/EIP-2537.*bn254/);
    }
    expect(refused({ module: suiteBn254, bls12381: false })).to.equal(undefined);
  });

  it("knows its own modules", () => {
    expect(
      [suite, suiteBn254, zero, zeroVerifier, development, mirrorBls12381].every(isNexusModule),
    ).to.equal(true);
  });

  it("knows the accounts of the well-known mnemonic", () => {
    const phrase = "test test test test test test test test test test test junk";
    for (let i = 0; i < 20; i++) {
      const { address } = HDNodeWallet.fromPhrase(phrase, "", `m/44'/60'/0'/0/${i}`);
      expect(isDevelopmentAccount(address), address).to.equal(true);
    }
    expect(isDevelopmentAccount(MINE)).to.equal(false);
  });

  it("agrees with DevelopmentChain.sol about development chains, by their ids and by the mark", async () => {
    for (const chainId of [1, 10, 1337, 1338, 31336, 31337, 8453]) {
      const { ethers, provider } = await network.create({ network: "generic", override: { chainId } });
      const deploys = () =>
        ethers.deployContract("DevelopmentToken").then(
          () => true,
          () => false,
        );
      expect(await deploys(), String(chainId)).to.equal(DEVELOPMENT_CHAIN_IDS.includes(chainId));
      await markDevelopmentChain(provider, chainId);
      expect(await deploys(), `${chainId}, marked`).to.equal(true);
    }
    expect(DEVELOPMENT_MARK.address).to.equal(dataSlice(id("Nexus development chain"), 12));
  });

  it("asks the chain for EIP-2537", async () => {
    for (const [name, expected] of [
      ["l1", true],
      ["op", true],
      ["cancun", false],
    ] as const) {
      const { provider } = await network.create({ network: name });
      expect(await hasBls12381(provider), name).to.equal(expected);
    }
  });
});
