import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../hardhat.config.ts";
import type { NexusConfig, NexusUserConfig } from "../../../plugin/api/config.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

async function resolved(nexus?: unknown): Promise<NexusConfig> {
  const user = { ...config, ...(nexus === undefined ? {} : { nexus: nexus as NexusUserConfig }) };
  return (await createHardhatRuntimeEnvironment(user, {}, root)).config.nexus;
}

async function refused(nexus: unknown): Promise<string> {
  return resolved(nexus).then(
    () => expect.fail("the configuration was accepted"),
    (error: Error) => error.message,
  );
}

describe("configuration", () => {
  it("has a default for everything", async () => {
    expect(await resolved()).to.deep.equal({
      programs: `${root}programs`,
      cloud: {
        nodes: 4,
        suite: "BN254",
        free: false,
        baseFee: 10n ** 13n,
        fuelPrice: 10n ** 4n,
        bytePrice: 10n ** 9n,
        callGasPrice: 50n * 10n ** 9n,
        fuel: 1_000_000_000n,
      },
      zero: { mode: "groth16" },
    });
    expect((await resolved({ zero: { mode: "mock" } })).zero).to.deep.equal({ mode: "mock" });
    expect((await resolved({ cloud: { nodes: 7 } })).cloud).to.include({ nodes: 7, suite: "BN254" });
    expect((await resolved({ programs: "guests" })).programs).to.equal(`${root}guests`);
  });

  it("names the key that is wrong, and what it must be", async () => {
    const cases: [unknown, RegExp][] = [
      [{ cloud: { nodes: 0 } }, /nexus\.cloud\.nodes: must be a whole number of nodes from 1 to 64/],
      [{ cloud: { nodes: 65 } }, /nexus\.cloud\.nodes: must be a whole number/],
      [{ cloud: { nodes: 1.5 } }, /nexus\.cloud\.nodes: must be a whole number/],
      [{ cloud: { nodes: "4" } }, /nexus\.cloud\.nodes: must be a whole number/],
      [{ cloud: { suite: "bn128" } }, /nexus\.cloud\.suite: must be "BN254" or "BLS12-381"/],
      [{ cloud: { baseFee: 1 } }, /nexus\.cloud\.baseFee: must be a bigint in wei/],
      [{ cloud: { baseFee: -1n } }, /nexus\.cloud\.baseFee: must not be negative/],
      [{ cloud: { fuelPrice: "1" } }, /nexus\.cloud\.fuelPrice: must be a bigint in wei/],
      [{ cloud: { bytePrice: -1n } }, /nexus\.cloud\.bytePrice: must not be negative/],
      [{ cloud: { callGasPrice: 50 } }, /nexus\.cloud\.callGasPrice: must be a bigint in wei/],
      [{ cloud: { callGasPrice: 2n ** 64n } }, /nexus\.cloud\.callGasPrice: must be below 2\^64/],
      [{ cloud: { free: 1 } }, /nexus\.cloud\.free: must be true or false/],
      [{ cloud: { fuel: 0n } }, /nexus\.cloud\.fuel: must be positive/],
      [{ programs: 1 }, /nexus\.programs: must be the path of a folder/],
      [{ zero: { mode: "fake" } }, /nexus\.zero\.mode: must be "groth16" or "mock"/],
      [{ zero: { modes: "mock" } }, /nexus\.zero\.modes: does not exist; the keys here are mode$/m],
      [{ clouds: {} }, /nexus\.clouds: does not exist; the keys here are programs, cloud, zero/],
      [
        { cloud: { node: 4 } },
        /nexus\.cloud\.node: does not exist; the keys here are nodes, suite, free, baseFee/,
      ],
      [{ cloud: { x: 1, y: 2 } }, /nexus\.cloud\.x: does not exist[^]*nexus\.cloud\.y: does not exist/],
      [{ cloud: 4 }, /nexus\.cloud: must be an object/],
    ];
    for (const [nexus, message] of cases) expect(await refused(nexus)).to.match(message);
  });
});
