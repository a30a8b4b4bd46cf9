import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getAddress, id, toQuantity } from "ethers";

import { SigningProvider } from "../../../plugin/chain/signing-provider.ts";
import { EvmChain, type EvmContract } from "../../../plugin/chain/evm-chain.ts";
import { EmbeddedCommittee } from "../../../plugin/cloud/embedded/embedded-committee.ts";
import { bn254 } from "../../../plugin/crypto/bls/bn254.ts";
import { NodeFolder } from "../../../plugin/node/node-folder.ts";
import {
  CHAIN,
  MIN_STAKE,
  nexusNode,
  NodeProcess,
  operatedChain,
  PASSWORD,
  type OperatedChain,
} from "./operated-chain.ts";

describe("nexus-node, beside a chain with the id of a live one", function () {
  this.timeout(120_000);
  let home: OperatedChain;
  let root: string;
  let folder: string;
  let addresses: string;

  before(async () => {
    home = await operatedChain();
    root = await mkdtemp(join(tmpdir(), "nexus-node-"));
    folder = join(root, "node");
    addresses = join(root, "deployed_addresses.json");
    const recorded = [...home.parts].map(([name, address]) => [`NexusV1#${name}`, address]);
    await writeFile(addresses, JSON.stringify(Object.fromEntries(recorded)));
    const options = [
      "--chain-id",
      `${CHAIN}`,
      "--contracts",
      addresses,
      "--deployed-at",
      "1",
      "--cloud",
      home.cloudId,
    ];
    const made = await nexusNode(["init", folder, ...options, "--rpc", "${NODE_URL}", "--name", "one"]);
    expect(made).to.include({ code: 0, stderr: "" });
    await home.chain.rpc("hardhat_setBalance", await operator(), toQuantity(10n ** 18n));
  });
  after(async () => {
    await home.node.close();
    await rm(root, { recursive: true, force: true });
  });

  const operator = (where = folder): Promise<string> => new NodeFolder(where).accountAddress();
  const environment = (): Record<string, string> => ({ NODE_URL: home.node.url });
  const run = (command: string, ...args: string[]) => nexusNode([command, folder, ...args], environment());
  /** A transaction of the operator itself, from elsewhere. */
  const act = async (
    chain: EvmChain,
    contract: EvmContract,
    method: string,
    args: unknown[],
  ): Promise<void> => {
    const data = contract.abi.encodeFunctionData(method, args);
    const hash = await chain.send({ from: await operator(), to: contract.address, data });
    expect(await chain.receipt(hash), method).to.include({ status: "0x1" });
  };
  const stake = async (amount: bigint): Promise<void> => {
    const [token, staking] = [home.contract("DevelopmentToken"), home.contract("NexusStaking")];
    const key = await new NodeFolder(folder).openAccount(PASSWORD);
    const chain = new EvmChain(new SigningProvider(home.chain, BigInt(CHAIN), key), BigInt(CHAIN), 0);
    await act(chain, token, "mint", [await operator(), amount]);
    await act(chain, token, "approve", [staking.address, amount]);
    await act(chain, staking, "register", [0]);
    await act(chain, staking, "delegate", [await operator(), amount, 0]);
  };
  const read = async (method: string, ...args: unknown[]): Promise<unknown> =>
    (await home.chain.read(home.contract("CommitteeRegistry"), method, ...args))[0];
  /** The folder with its keys once more, to be configured otherwise. */
  const copy = async (name: string): Promise<string> => {
    await cp(folder, join(root, name), { recursive: true });
    return join(root, name);
  };
  /** Another folder with the same configuration, and keys of its own. */
  const another = async (name: string): Promise<string> => {
    const path = join(root, name);
    const made = await nexusNode(["init", path]);
    expect(made.code).to.equal(0);
    await writeFile(join(path, "nexus-node.json"), await readFile(join(folder, "nexus-node.json"), "utf8"));
    return path;
  };

  it("makes a folder that nobody else can read, and makes nothing twice", async () => {
    expect((await readdir(folder)).sort()).to.deep.equal([
      "account.json",
      "identity.json",
      "keys",
      "nexus-node.json",
    ]);
    for (const path of [folder, ...(await readdir(folder)).map((name) => join(folder, name))])
      expect(((await stat(path)).mode & 0o077).toString(8), path).to.equal("0");
    const before = await Promise.all(
      ["account.json", "identity.json", "nexus-node.json"].map((name) =>
        readFile(join(folder, name), "utf8"),
      ),
    );
    const again = await nexusNode(["init", folder, "--name", "two"]);
    expect(again.code).to.equal(0);
    expect(again.stdout)
      .to.match(/nexus-node.json \(was there already\)/)
      .and.contain(await operator());
    const after = await Promise.all(
      ["account.json", "identity.json", "nexus-node.json"].map((name) =>
        readFile(join(folder, name), "utf8"),
      ),
    );
    expect(after).to.deep.equal(before);
    expect(await nexusNode(["init", folder], { NEXUS_NODE_PASSWORD: "another horse" })).to.deep.equal({
      code: 1,
      stdout: "",
      stderr: `The password is not that of the keystore in ${join(folder, "keys")}.\n`,
    });
  });

  it("makes what is missing when it was interrupted, and takes an account that is there", async () => {
    const path = await another("interrupted");
    const account = await operator(path);
    const identity = await readFile(join(path, "identity.json"), "utf8");
    await rm(join(path, "identity.json"));
    await rm(join(path, "nexus-node.json"));
    expect((await nexusNode(["init", path])).code).to.equal(0);
    expect(await operator(path)).to.equal(account);
    expect(await readFile(join(path, "identity.json"), "utf8")).to.equal(identity);
  });

  it("gives a folder that was made without one its peer key, which says nothing of the identity", async () => {
    const path = await another("older");
    const { peer, ...older } = await new NodeFolder(path).identity();
    expect(peer).to.match(/^[0-9a-f]{40}$/);
    await writeFile(join(path, "identity.json"), JSON.stringify(older));
    await rm(join(path, "keys", "peer.json"));
    const status = await nexusNode(["status", path], environment());
    expect(status.stdout)
      .to.match(/peer key +none/)
      .and.match(/trouble +The folder has no peer key/);
    const refused = await new NodeFolder(path).openKeys(PASSWORD).catch((error: Error) => error.message);
    expect(refused).to.match(/keys is missing or damaged: `nexus-node init`/);
    const made = await nexusNode(["init", path]);
    const now = await new NodeFolder(path).identity();
    expect(made.stdout).to.contain(`peer key       ${now.peer}, `);
    expect(now).to.deep.include(older);
    expect(now.peer)
      .to.match(/^[0-9a-f]{40}$/)
      .and.not.equal(peer);
    const keys = await new NodeFolder(path).openKeys(PASSWORD);
    expect(keys.peer.address).to.equal(now.peer);
    expect(keys.validator.publicKey).to.deep.equal(keys.identity.publicKey);
    expect(keys.peer.seed).to.not.deep.equal(await keys.keystore.get("identity"));
  });

  it("registers step by step what is missing, and sends nothing twice", async () => {
    const [node, account] = [(await new NodeFolder(folder).identity()).address, await operator()];
    const status = await run("status");
    expect(status.code).to.equal(1);
    expect(status.stdout).to.match(
      /trouble +Operator 0x\w+ has registered no node: run `nexus-node register`/,
    );
    expect(status.stdout).to.match(
      /trouble +The stake behind 0x\w+ is 0, and the cloud asks for 100000000000000000000/,
    );

    const first = await run("register");
    expect(first.stderr).to.match(/cannot stand for cloud .*NexusStaking.register/);
    expect(first.stderr).to.match(/registerNode sent: 0x[0-9a-f]{64}\n$/);
    expect(first.stdout).to.match(/^registerNode is in block \d+\n$/);
    expect(first.code, "the operator does not stand yet").to.equal(1);
    expect(await read("nodeOf", account)).to.equal(getAddress(node));
    expect(await read("isCandidate", home.cloudId, account)).to.equal(false);

    await stake(MIN_STAKE);
    const nonce = await home.chain.nonce(account);
    const second = await run("register");
    expect(second).to.include({ code: 0 });
    expect(second.stderr).to.match(/is registered already\n.*joinCloud sent/);
    expect(await read("isCandidate", home.cloudId, account)).to.equal(true);
    const third = await run("register");
    expect(third).to.include({ code: 0, stdout: "" });
    expect(await home.chain.nonce(account)).to.equal(nonce + 1n);

    const well = await run("status", "--json");
    expect(well.code).to.equal(0);
    const found = JSON.parse(well.stdout) as Record<string, unknown>;
    expect(found).to.deep.include({ name: "one", account, identity: node, trouble: [] });
    expect(found["standing"]).to.deep.include({ identity: getAddress(node) });
    expect((found["standing"] as { cloud: unknown }).cloud).to.deep.include({
      stake: String(MIN_STAKE),
      isCandidate: true,
      epoch: "0",
      isMember: false,
    });
    expect((await run("status")).stdout).to.match(
      /identity +0x\w+, registered\n[^]*, a candidate\n +no epoch yet\n$/,
    );
  });

  it("prints transactions for an operator whose key is elsewhere, which work when sent from there", async () => {
    const path = await another("elsewhere");
    const hardware = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
    const printed = await nexusNode(["register", path, "--print", "--operator", hardware], environment());
    const lines = printed.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines).to.have.length(1);
    const { method, chainId, from, to, value, data } = lines[0]!;
    expect({ method, chainId, from, value }).to.deep.equal({
      method: "registerNode",
      chainId: CHAIN,
      from: hardware,
      value: "0",
    });
    // One of the node's own accounts stands for the hardware wallet.
    const hash = await home.chain.send({ from: hardware, to: to!, data: data! });
    expect(await home.chain.receipt(hash)).to.include({ status: "0x1" });
    expect(await read("nodeOf", hardware)).to.equal(
      getAddress((await new NodeFolder(path).identity()).address),
    );
    // What is another's already, nobody else can register.
    await home.chain.rpc("hardhat_setBalance", await operator(path), toQuantity(10n ** 18n));
    const taken = await nexusNode(["register", path], environment());
    expect(taken.code).to.equal(1);
    expect(taken.stderr).to.match(/is bound to operator 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 for ever/);
  });

  it("puts a node in the place of another only when it is told to", async () => {
    const path = await another("second machine");
    await writeFile(join(path, "account.json"), await readFile(join(folder, "account.json"), "utf8"), {
      mode: 0o600,
    });
    const before = await read("nodeOf", await operator());
    const refused = await nexusNode(["register", path], environment());
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(/has registered node 0x\w+: call again with --replace/);
    expect(await read("nodeOf", await operator())).to.equal(before);
    expect((await nexusNode(["register", path, "--replace"], environment())).code).to.equal(0);
    expect(await read("nodeOf", await operator())).to.equal(
      getAddress((await new NodeFolder(path).identity()).address),
    );
    expect((await run("status")).stdout).to.match(
      /trouble +Operator 0x\w+ has registered node 0x\w+, and not this one/,
    );
    expect((await run("register", "--replace")).code).to.equal(0);
  });

  it("says in a sentence what is wrong around it, and sends nothing", async () => {
    const blocks = await home.chain.head();
    const text = await readFile(join(folder, "nexus-node.json"), "utf8");
    const path = await copy("wrong");
    const gateway = home.parts.get("NexusGateway")!;
    const cases: [
      what: string,
      configuration: string,
      environment: Record<string, string>,
      code: number,
      words: RegExp,
    ][] = [
      [
        "a chain id",
        text.replace(`${CHAIN}`, "1"),
        environment(),
        1,
        /is of chain 11155111, and not of chain 1: correct its address/,
      ],
      [
        "an address nobody listens at",
        text,
        { NODE_URL: "http://127.0.0.1:9" },
        1,
        /127.0.0.1:9 cannot be reached/,
      ],
      [
        "a variable",
        text,
        { NODE_URL: "" },
        2,
        /home.endpoints\[0\].url names the environment variable NODE_URL, which is not set/,
      ],
      [
        "a registry",
        text.replace(home.parts.get("CommitteeRegistry")!, `0x${"77".repeat(20)}`),
        environment(),
        1,
        /has no contract at 0x77\w+: correct contracts.CommitteeRegistry/,
      ],
      [
        "a cloud",
        text.replace(home.cloudId, id("none")),
        environment(),
        1,
        /The registry knows no cloud 0x\w+: correct cloud/,
      ],
      [
        "a password",
        text,
        { ...environment(), NEXUS_NODE_PASSWORD: "wrong horse" },
        1,
        /The password is not that of the account at/,
      ],
      [
        "no password",
        text,
        { ...environment(), NEXUS_NODE_PASSWORD: "" },
        1,
        /There is no password: give a file/,
      ],
      ["JSON", text.replace("{", "["), environment(), 2, /it is no JSON/],
      [
        "an address",
        text.replace(gateway, ""),
        environment(),
        2,
        /home.contracts.NexusGateway must be the address/,
      ],
    ];
    for (const [what, configuration, around, code, words] of cases) {
      await writeFile(join(path, "nexus-node.json"), configuration);
      const ended = await nexusNode(["register", path], around);
      expect(ended.stderr, what)
        .to.match(words)
        .and.not.match(/\n {4}at /);
      expect(ended, what).to.include({ code, stdout: "" });
    }
    await writeFile(join(path, "nexus-node.json"), text);
    await chmod(join(path, "account.json"), 0o644);
    expect((await nexusNode(["register", path], environment())).stderr).to.match(
      /Others than its owner can read .*chmod 600/,
    );
    expect(await home.chain.head()).to.equal(blocks);
  });

  it("says why the contract, or the node, does not take a transaction", async () => {
    const path = await another("poor");
    const ended = await nexusNode(["register", path], environment());
    expect(ended.stderr).to.match(/registerNode was not sent: .*(funds|balance)/);
    expect(ended.code).to.equal(1);
    const status = await nexusNode(["status", path], environment());
    expect(status.stdout).to.match(
      /trouble +Account 0x\w+ has no ether on chain 11155111: send it some for gas/,
    );
  });

  it("reads the password from a file that only its owner can read", async () => {
    const file = join(root, "password");
    await writeFile(file, `${PASSWORD}\nmore\n`, { mode: 0o600 });
    const given = ["init", folder, "--password-file", file];
    expect((await nexusNode(given, { NEXUS_NODE_PASSWORD: "" })).code).to.equal(0);
    await chmod(file, 0o604);
    expect((await nexusNode(given)).stderr).to.match(/Others than its owner can read .*password/);
  });

  it("is a program", async () => {
    const process_ = new NodeProcess(["status", join(root, "nowhere")]);
    const ended = await process_.ended();
    expect(ended).to.include({ code: 2, stdout: "" });
    expect(ended.stderr).to.match(/^nexus-node: The configuration .*\n {2}there is no such file/);
  });

  it("says how it is called", async () => {
    const help = await nexusNode(["--help"]);
    expect(help).to.include({ code: 0, stderr: "" });
    for (const command of ["init", "register", "status", "watch", "approve", "leave"]) {
      expect(help.stdout).to.contain(`\n  ${command} `);
      const own = await nexusNode([command, "--help"]);
      expect(own).to.include({ code: 0, stderr: "" });
      expect(own.stdout).to.match(new RegExp(`^Usage: nexus-node ${command} \\[FOLDER\\]`));
    }
    expect((await nexusNode([])).code).to.equal(2);
    const wrong: [string[], RegExp][] = [
      [
        ["begin"],
        /There is no command begin; there are init, register, start, status, watch, approve, leave, export, import. See `nexus-node --help`/,
      ],
      [["status", "--yaml"], /Unknown option '--yaml'. See `nexus-node status --help`/],
      [["status", "a", "b"], /One folder is named, and not 2: a, b/],
      [["init", folder, "--chain-id", "sepolia"], /--chain-id takes a whole number, and not sepolia/],
      [["init", folder, "--cloud", "0x12"], /--cloud takes a cloud's id/],
      [["init", folder, "--contracts", join(root, "none")], /cannot be read: ENOENT/],
      [["register", folder, "--operator", folder], /--operator goes with --print/],
    ];
    for (const [args, words] of wrong) {
      const ended = await nexusNode(args, environment());
      expect(ended.stderr, args.join(" ")).to.match(words);
      expect(ended.code, args.join(" ")).to.equal(2);
    }
  });

  describe("watch", () => {
    /** A cloud with a committee, of one, which can be asked. */
    const founded = async (): Promise<string> => {
      const [staking, token, registry] = ["NexusStaking", "DevelopmentToken", "CommitteeRegistry"].map(
        home.contract,
      );
      const prices = { perRequest: 0n, perFuel: 0n, perByte: 0n };
      const committee = await EmbeddedCommittee.found(
        home.account,
        { staking: staking!, token: token!, registry: registry! },
        { size: 1, suite: bn254, prices },
      );
      await committee.openEpoch(async () => undefined);
      return committee.cloudId;
    };
    const ask = async (cloudId: string, input: string): Promise<void> => {
      const deadline = (await home.chain.latestTimestamp()) + 3_600n;
      const limits = { fuel: 10n ** 6n, outputBytes: 32n };
      const args = [cloudId, id("program"), input, 0, deadline, limits];
      await home.account.call(home.contract("NexusGateway"), "request", args, 10n ** 17n);
    };

    it("prints what the cloud is asked, once it is final, and ends well when it is told to", async () => {
      const path = await copy("watching");
      const cloudId = await founded();
      const text = (await readFile(join(folder, "nexus-node.json"), "utf8")).replace(home.cloudId, cloudId);
      await writeFile(
        join(path, "nexus-node.json"),
        text.replace('"finality": "finalized"', '"finality": 1'),
      );
      await ask(cloudId, "0x16");
      const watching = new NodeProcess(["watch", path], environment());
      await watching.says(/epoch 1 is active[^]*read up to block/);
      expect(watching.stdout).not.to.contain("request");
      await home.chain.rpc("hardhat_mine", "0x1");
      await watching.says(
        /chain 11155111 block \d+ log \d+: request 0x[0-9a-f]{64} of program 0x[0-9a-f]{64} by 0x/,
      );
      await ask(cloudId, "0x17");
      await home.chain.rpc("hardhat_mine", "0x1");
      await watching.says(/request[^]*request/);
      watching.child.kill("SIGTERM");
      const { code, stdout, stderr } = await watching.ended();
      expect({ code, lines: stdout.trim().split("\n").length }).to.deep.equal({ code: 0, lines: 3 });
      expect(stderr).to.match(/^(nexus-node: chain 11155111: read up to block \d+\n)+$/);
      const once = await nexusNode(["watch", path, "--once"], environment());
      expect(once).to.include({ code: 0, stdout });
    });

    it("asks as many endpoints as must agree", async () => {
      const path = await copy("agreeing");
      const text = await readFile(join(folder, "nexus-node.json"), "utf8");
      const two = text
        .replace('{ "url": "${NODE_URL}" }', '{ "url": "${NODE_URL}" }, { "url": "http://127.0.0.1:9" }')
        .replace('"finality": "finalized"', '"finality": 0');
      expect(two).to.contain("127.0.0.1:9").and.contain('"quorum": 1');
      await writeFile(join(path, "nexus-node.json"), two);
      expect((await nexusNode(["watch", path, "--once"], environment())).stderr).to.match(/read up to block/);
      await writeFile(join(path, "nexus-node.json"), two.replace('"quorum": 1', '"quorum": 2'));
      const ended = await nexusNode(["watch", path, "--once"], environment());
      expect(ended.code).to.equal(1);
      expect(ended.stderr).to.match(/^chain 11155111: 127.0.0.1:9 cannot be reached/);
    });

    it("says what an endpoint is short of, and ends with 1 when it cannot read", async () => {
      const path = await copy("blind");
      const text = await readFile(join(folder, "nexus-node.json"), "utf8");
      await writeFile(join(path, "nexus-node.json"), text.replace("${NODE_URL}", "http://127.0.0.1:9"));
      const ended = await nexusNode(["watch", path, "--once"]);
      expect(ended.code).to.equal(1);
      expect(ended.stderr).to.match(/^chain 11155111: 127.0.0.1:9 cannot be reached/);
      await writeFile(join(path, "nexus-node.json"), text.replace(`"cloud": "${home.cloudId}",`, ""));
      expect((await nexusNode(["watch", path, "--once"], environment())).stderr).to.match(/names no cloud/);
    });
  });
});
