import { resolve } from "node:path";

import { expect } from "chai";

import { configurationTemplate } from "../../../plugin/node/configuration-template.ts";
import { ConfigurationError, parseConfiguration } from "../../../plugin/node/configuration.ts";

const ADDRESS = "0x1234567890123456789012345678901234567890";
const OTHERS = {
  NexusGateway: ADDRESS,
  NexusOutbox: ADDRESS,
  StateCheckpoints: ADDRESS,
  NexusSubscriptions: ADDRESS,
};
const HOME = {
  chainId: 11155111,
  finality: "finalized",
  deployedAt: 5,
  contracts: { CommitteeRegistry: ADDRESS, ...OTHERS },
  endpoints: [
    { url: "https://rpc.example/v3/${KEY}", headers: { "x-api-key": "${TOKEN}" } },
    { url: "http://[::1]:8545" },
  ],
};
const MIRROR = { ...HOME, chainId: 8453, contracts: { CommitteeMirror: ADDRESS, ...OTHERS } };
const WHOLE = { name: "node-1", cloud: `0x${"ab".repeat(32)}`, home: HOME, mirrors: [MIRROR] };
const PEER = `${"0a".repeat(20)}@b.example:26656`;
const ENVIRONMENT = { KEY: "k3y", TOKEN: "t0ken" };

const parse = (configuration: unknown, environment: Record<string, string> = ENVIRONMENT) =>
  parseConfiguration("node.json", JSON.stringify(configuration), environment);

/** What is wrong with a configuration, a line each. */
function faults(configuration: unknown, environment?: Record<string, string>): string[] {
  try {
    parse(configuration, environment);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const [head, ...lines] = error.message.split("\n");
    expect(head).to.equal("The configuration node.json cannot be used:");
    return lines.map((line) => line.trim());
  }
  return [];
}

describe("plugin/node/configuration", () => {
  it("reads what is right, with the environment's variables in their places", () => {
    const { name, cloud, home, mirrors } = parse(WHOLE);
    expect({ name, cloud }).to.deep.equal({ name: "node-1", cloud: WHOLE.cloud });
    expect(home.endpoints.map(({ url, headers }) => [url.href, headers])).to.deep.equal([
      ["https://rpc.example/v3/k3y", { "x-api-key": "t0ken" }],
      ["http://[::1]:8545/", {}],
    ]);
    expect(home.contracts.CommitteeRegistry).to.equal(ADDRESS);
    expect(mirrors.map(({ chainId, contracts }) => [chainId, contracts.CommitteeMirror])).to.deep.equal([
      [8453, ADDRESS],
    ]);
    expect(parse({ ...WHOLE, cloud: undefined, mirrors: undefined })).to.deep.include({
      cloud: undefined,
      mirrors: [],
    });
  });

  it("runs a node of a file that does not say how, and as one says", () => {
    const { network, cometbft, blockTime, data, status, snapshots, retention } = parse(WHOLE);
    expect({ network, cometbft, blockTime, status, snapshots, retention }).to.deep.equal({
      network: { listen: "0.0.0.0:26656", external: undefined, peers: [] },
      cometbft: "cometbft",
      blockTime: 500,
      status: { listen: "127.0.0.1:26680" },
      snapshots: { every: 10_000, keep: 2 },
      retention: 100_000,
    });
    expect(data).to.equal(resolve("data"));
    const said = {
      network: { listen: "[::]:1", external: "a.example:65533", peers: [PEER] },
      cometbft: "/opt/cometbft",
      blockTime: 1_000,
      status: { listen: "[::1]:5" },
      snapshots: { every: 1, keep: 1 },
      retention: 200_000,
    };
    expect(parse({ ...WHOLE, ...said, data: "/var/nexus" })).to.deep.include({ ...said, data: "/var/nexus" });
    const near = parseConfiguration(
      "/etc/nexus/node.json",
      JSON.stringify({ ...WHOLE, data: "d" }),
      ENVIRONMENT,
    );
    expect(near.data).to.equal("/etc/nexus/d");
    expect(parse({ ...WHOLE, network: { peers: [PEER] } }).network).to.deep.equal({
      listen: "0.0.0.0:26656",
      external: undefined,
      peers: [PEER],
    });
  });

  it("passes over lines that are comments, and nothing else", () => {
    const text = `// One.\n{\n  // "name": "no",\n  "name": "a",\n\t// {\n  "home": ${JSON.stringify(HOME)} }\n// ${"}"}`;
    const { name, home } = parseConfiguration("node.json", text, ENVIRONMENT);
    expect(name).to.equal("a");
    expect(home.endpoints[0]!.url.href).to.equal("https://rpc.example/v3/k3y");
    const behind = () => parseConfiguration("node.json", '{ "name": "a" } // no', ENVIRONMENT);
    expect(behind).to.throw(ConfigurationError, "it is no JSON");
  });

  const address = (name: string): string =>
    `must be the address of ${name} on this chain, 0x and 40 hex digits, as whoever deployed it says`;
  const wrong: [what: string, configuration: unknown, fault: string | RegExp][] = [
    ["no object", 5, /^the whole must be an object with name, cloud, home, mirrors, network, /],
    [
      "an unknown key",
      { ...WHOLE, port: 1 },
      /^the whole has no key port; its keys are name, cloud, home, mirrors, network, /,
    ],
    [
      "an unknown key deep in it",
      { ...WHOLE, home: { ...HOME, rpc: "" } },
      /^home has no key rpc; its keys are chainId, /,
    ],
    ["no name", { ...WHOLE, name: undefined }, /^name must be a name of 1 to 40 .*, and is missing$/],
    ["a name with a space", { ...WHOLE, name: "a b" }, /^name must be a name of 1 to 40 letters/],
    [
      "a cloud of 31 bytes",
      { ...WHOLE, cloud: `0x${"ab".repeat(31)}` },
      /^cloud must be the cloud's id, 0x and 64/,
    ],
    ["no home chain", { ...WHOLE, home: undefined }, /^home must be an object with chainId/],
    [
      "a chain id in quotes",
      { ...WHOLE, home: { ...HOME, chainId: "1" } },
      /^home.chainId must be a whole number from 1/,
    ],
    [
      "chain id 0",
      { ...WHOLE, home: { ...HOME, chainId: 0 } },
      /^home.chainId must be a whole number from 1/,
    ],
    [
      "another finality",
      { ...WHOLE, home: { ...HOME, finality: "safe" } },
      /^home.finality must be "finalized"/,
    ],
    ["a negative depth", { ...WHOLE, home: { ...HOME, finality: -1 } }, /^home.finality must be "finalized"/],
    [
      "no block",
      { ...WHOLE, home: { ...HOME, deployedAt: -1 } },
      /^home.deployedAt must be a whole number from 0/,
    ],
    [
      "a wrong checksum",
      {
        ...WHOLE,
        home: {
          ...HOME,
          contracts: {
            ...HOME.contracts,
            NexusGateway: "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD".replace("aD", "Ad"),
          },
        },
      },
      `home.contracts.NexusGateway ${address("NexusGateway")}`,
    ],
    [
      "an empty address",
      { ...WHOLE, home: { ...HOME, contracts: { ...HOME.contracts, CommitteeRegistry: "" } } },
      `home.contracts.CommitteeRegistry ${address("CommitteeRegistry")}`,
    ],
    [
      "a registry for a mirror",
      { ...WHOLE, mirrors: [{ ...MIRROR, contracts: HOME.contracts }] },
      /^mirrors\[0\].contracts.CommitteeMirror must be the address .*, and is missing$/,
    ],
    [
      "no list of endpoints",
      { ...WHOLE, home: { ...HOME, endpoints: {} } },
      "home.endpoints must be a list of endpoints",
    ],
    [
      "no endpoint",
      { ...WHOLE, home: { ...HOME, endpoints: [] } },
      "home.endpoints must name an endpoint at least",
    ],
    [
      "an endpoint that is a text",
      { ...WHOLE, home: { ...HOME, endpoints: ["http://a"] } },
      "home.endpoints[0] must be an object with url, headers",
    ],
    [
      "an address of another kind",
      { ...WHOLE, home: { ...HOME, endpoints: [{ url: "wss://a" }] } },
      "home.endpoints[0].url must be an address that begins with https:// or http://",
    ],
    [
      "headers that are numbers",
      { ...WHOLE, home: { ...HOME, endpoints: [{ url: "http://a", headers: { a: 1 } }] } },
      /^home.endpoints\[0\].headers must be names and texts/,
    ],
    [
      "a header that HTTP does not allow",
      { ...WHOLE, home: { ...HOME, endpoints: [{ url: "http://a", headers: { "a b": "1" } }] } },
      "home.endpoints[0].headers must be names and values that HTTP allows",
    ],
    ["a quorum of 3", { ...WHOLE, home: { ...HOME, quorum: 3 } }, /^home.quorum must be 1 or 2/],
    [
      "a quorum of more endpoints than there are",
      { ...WHOLE, home: { ...HOME, quorum: 2, endpoints: [{ url: "http://a" }] } },
      "home.quorum must not be more than the number of endpoints, 1: name another endpoint, or say 1",
    ],
    [
      "no blocks at once",
      { ...WHOLE, home: { ...HOME, blocksPerCall: 0 } },
      /^home.blocksPerCall must be a whole number/,
    ],
    [
      "half an address",
      { ...WHOLE, home: { ...HOME, addressesPerCall: 0.5 } },
      /^home.addressesPerCall must be a whole/,
    ],
    [
      "a place without a port",
      { ...WHOLE, network: { listen: "0.0.0.0" } },
      /^network.listen must be where .*, host:port/,
    ],
    [
      "the highest port, after which there is none for the key ceremony",
      { ...WHOLE, network: { listen: "[::]:65535" } },
      /^network.listen must be where .* with a port from 1 to 65533$/,
    ],
    [
      "a peer without its key",
      { ...WHOLE, network: { peers: [PEER, "b.example:26656"] } },
      /^network.peers\[1\] must be another node's, 40 hex digits/,
    ],
    [
      "a status that others can ask",
      { ...WHOLE, status: { listen: "0.0.0.0:26680" } },
      /^status.listen must be where .* of this machine alone/,
    ],
    ["blocks without a pause", { ...WHOLE, blockTime: 0 }, /^blockTime must be a whole number from 50/],
    [
      "fewer blocks than are needed",
      { ...WHOLE, retention: 10 },
      /^retention must be a whole number from 100000/,
    ],
    ["half a plan of snapshots", { ...WHOLE, snapshots: { every: 5 } }, /^snapshots.keep must be .*missing$/],
    ["no time for a turn", { ...WHOLE, home: { ...HOME, turnTime: 0 } }, /^home.turnTime must be a whole/],
    [
      "a chain twice",
      { ...WHOLE, mirrors: [MIRROR, MIRROR] },
      "mirrors[1].chainId must be another chain than those before; 8453 is named twice",
    ],
    [
      "the home chain as a mirror",
      { ...WHOLE, mirrors: [{ ...MIRROR, chainId: HOME.chainId }] },
      "mirrors[0].chainId must be another chain than those before; 11155111 is named twice",
    ],
  ];
  for (const [what, configuration, fault] of wrong) {
    it(`refuses ${what}, by its path`, () => {
      const found = faults(configuration);
      if (typeof fault === "string") expect(found).to.include(fault);
      else
        expect(
          found.some((line) => fault.test(line)),
          found.join("\n"),
        ).to.equal(true);
    });
  }

  it("says everything that is wrong at once", () => {
    const home = { ...HOME, chainId: "x", endpoints: [{}] };
    expect(faults({ ...WHOLE, name: "", home }).map((line) => line.split(" ", 1)[0])).to.have.members([
      "name",
      "home.chainId",
      "home.endpoints[0].url",
    ]);
  });

  it("names a variable that is not set, and shows no secret", () => {
    expect(faults(WHOLE, { KEY: "k3y", TOKEN: "" })).to.deep.equal(
      ["home", "mirrors[0]"].map(
        (chain) =>
          `${chain}.endpoints[0].headers.x-api-key names the environment variable TOKEN, which is not set: set it, or correct its name`,
      ),
    );
    const bad = {
      ...WHOLE,
      mirrors: [],
      home: { ...HOME, endpoints: [{ url: "${KEY}" }, { url: "http://a", headers: { a: "${TOKEN}" } }] },
    };
    const text = faults(bad, { KEY: "s3cret", TOKEN: "s3cret\u0000" }).join();
    expect(text)
      .to.match(/endpoints\[0\].url .*endpoints\[1\].headers/)
      .and.not.contain("s3cret");
  });

  it("writes a template that says what is left to fill in, and reads it once it is", () => {
    const read = (known: Parameters<typeof configurationTemplate>[0]) =>
      parseConfiguration("node.json", configurationTemplate(known), ENVIRONMENT);
    expect(() => read({ name: "a" })).to.throw(ConfigurationError, /home.chainId must/);
    const contracts = new Map(Object.entries(HOME.contracts));
    const known = { name: "a", chainId: 11155111, rpc: "http://b/${KEY}", deployedAt: 7, contracts };
    expect(read(known)).to.deep.include({ name: "a", cloud: undefined, mirrors: [] });
    const { home, cloud } = read({ ...known, cloud: WHOLE.cloud });
    expect(cloud).to.equal(WHOLE.cloud);
    expect(home).to.deep.include({
      chainId: 11155111,
      finality: "finalized",
      deployedAt: 7,
      contracts: HOME.contracts,
    });
    expect(home).to.include({ quorum: 1, blocksPerCall: 2_000, addressesPerCall: 500 });
    expect(home.endpoints.map(({ url }) => url.href)).to.deep.equal(["http://b/k3y"]);
  });
});
