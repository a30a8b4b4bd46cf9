import { readdirSync, readFileSync } from "node:fs";

import { expect } from "chai";
import hre from "hardhat";

import { CHAINS, chainOf } from "../../deploy/chains.ts";
import { isDevelopmentChain } from "../../plugin/chain/development-chain.ts";
import { liveNetworks, rpcVariable } from "../../deploy/networks.ts";

const PARAMETERS = new URL("../../deploy/parameters/", import.meta.url);

describe("chains", () => {
  it("are distinct, live, and each has a network and a parameters file", () => {
    expect(new Set(CHAINS.map((one) => one.chainId)).size).to.equal(CHAINS.length);
    expect(CHAINS.some((one) => isDevelopmentChain(one.chainId))).to.equal(false);
    expect(chainOf(10)?.network).to.equal("optimism");
    expect(chainOf(31337)).to.equal(undefined);
    const networks = CHAINS.map((one) => one.network);
    expect(Object.keys(liveNetworks())).to.deep.equal(networks);
    expect(readdirSync(PARAMETERS).sort()).to.deep.equal(networks.map((one) => `${one}.json`).sort());
    for (const { network, chainId, chainType } of CHAINS) {
      expect(hre.config.networks[network]).to.include({ type: "http", chainId, chainType });
    }
  });

  it("leave owner and token to be filled in, and set what differs between chains", () => {
    for (const file of readdirSync(PARAMETERS)) {
      const { $global } = JSON.parse(readFileSync(new URL(file, PARAMETERS), "utf8")) as {
        $global: Record<string, unknown>;
      };
      expect($global, file).to.include({ owner: "", token: "" });
      const { blockTime, finality } = CHAINS.find(({ network }) => file === `${network}.json`)!;
      expect($global.finality, file).to.equal(finality);
      // Half a minute, and some blocks: whoever keeps a reveal out for as long can rob it.
      expect($global.revealDelay, file)
        .to.be.a("number")
        .that.is.at.least(Math.max(3, 30 / blockTime));
    }
  });

  it("read their nodes' addresses from configuration variables", () => {
    expect(rpcVariable("mainnet")).to.equal("NEXUS_MAINNET_RPC_URL");
    expect(rpcVariable("baseSepolia")).to.equal("NEXUS_BASE_SEPOLIA_RPC_URL");
  });
});
