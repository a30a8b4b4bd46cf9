import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";

import { writeDurably } from "../keystore/durable-file.ts";
import type { Ed25519Key } from "./ed25519-key.ts";
import { EVIDENCE_HOURS, genesisFile, type Genesis } from "./genesis.ts";
import type { ValidatorKey } from "./validator-key.ts";

/** Where a node listens and whom it knows. Addresses are `host:port`. */
export interface CometSettings {
  /** Name among its peers. */
  readonly name: string;
  /** Path of the socket at which the application listens. */
  readonly application: string;
  /** Where peers reach it. */
  readonly peers: {
    readonly listen: string;
    /** As others see it, if that is another address. */
    readonly external?: string;
    /** `address@host:port` of nodes to stay connected to. */
    readonly persistent: readonly string[];
  };
  /** Where its RPC listens. A loopback address: it answers anybody. */
  readonly rpc: string;
  /** How a node without blocks begins with a peer's snapshot; with the first block unless given. */
  readonly stateSync?: StateSyncSettings;
  /** Milliseconds from a block to the next; the rest follows from it. */
  readonly blockTime: number;
  /** Milliseconds until a block is made though there is nothing for it; 0 makes blocks without a pause. */
  readonly idleTime: number;
}

/** Whom a node that begins with a snapshot believes: a block that its operator knows to be the chain's, and what follows from it. */
export interface StateSyncSettings {
  /** RPC addresses of two other nodes at least, `host:port`: headers come from the first, and the others are asked whether they are the same. */
  readonly servers: readonly string[];
  readonly trustHeight: bigint;
  /** Hash of CometBFT's block at that height, 64 hex digits. */
  readonly trustHash: string;
}

/** Keys of a node, in files that only their owner can read. */
export interface CometKeys {
  readonly node: Ed25519Key;
  readonly validator: ValidatorKey;
}

/**
 * Writes what CometBFT finds in its home: configuration and genesis anew each time, keys and the record of what its validator has signed
 * only where there are none. That record is what keeps a validator from signing twice for one height: it is never written over.
 */
export async function writeHome(
  home: string,
  { genesis, keys, settings }: { genesis: Genesis; keys: CometKeys; settings: CometSettings },
): Promise<void> {
  await mkdir(join(home, "config"), { recursive: true, mode: 0o700 });
  await mkdir(join(home, "data"), { recursive: true, mode: 0o700 });
  const { node, validator } = keys;
  await writeDurably(join(home, "config/genesis.json"), genesisFile(genesis));
  await writeDurably(join(home, "config/config.toml"), configuration(settings));
  await writeOnce(join(home, "config/node_key.json"), {
    priv_key: { type: "tendermint/PrivKeyEd25519", value: node.encoded },
  });
  await writeOnce(join(home, "config/priv_validator_key.json"), {
    address: validator.address.toUpperCase(),
    pub_key: { type: "tendermint/PubKeySecp256k1", value: base64(validator.publicKey) },
    priv_key: { type: "tendermint/PrivKeySecp256k1", value: base64(validator.secret) },
  });
  await writeOnce(join(home, "data/priv_validator_state.json"), { height: "0", round: 0, step: 0 });
}

/** CometBFT's config.toml, with what differs from its defaults. */
function configuration({
  name,
  application,
  peers,
  rpc,
  stateSync,
  blockTime,
  idleTime,
}: CometSettings): string {
  const milliseconds = (factor: number): string => text(`${Math.round(blockTime * factor)}ms`);
  return `moniker = ${text(name)}
proxy_app = ${text(`unix://${application}`)}
log_format = "json"

[rpc]
laddr = ${text(`tcp://${rpc}`)}

[p2p]
laddr = ${text(`tcp://${peers.listen}`)}
external_address = ${text(peers.external ?? "")}
persistent_peers = ${text(peers.persistent.join(","))}
# Nodes of one cloud may share a machine or a private network.
addr_book_strict = false
allow_duplicate_ip = true

[consensus]
timeout_propose = ${milliseconds(6)}
timeout_propose_delta = ${milliseconds(1)}
timeout_prevote = ${milliseconds(2)}
timeout_prevote_delta = ${milliseconds(1)}
timeout_precommit = ${milliseconds(2)}
timeout_precommit_delta = ${milliseconds(1)}
timeout_commit = ${milliseconds(1)}
create_empty_blocks_interval = ${text(`${idleTime}ms`)}

[tx_index]
indexer = "null"
${stateSync === undefined ? "" : stateSyncConfiguration(stateSync)}`;
}

/** Within the trust period, validators that signed falsely still have at stake what answers for it. */
function stateSyncConfiguration({ servers, trustHeight, trustHash }: StateSyncSettings): string {
  return `
[statesync]
enable = true
rpc_servers = ${text(servers.join(","))}
trust_height = ${trustHeight}
trust_hash = ${text(trustHash)}
trust_period = "${EVIDENCE_HOURS}h0m0s"
discovery_time = "5s"
`;
}

/** A TOML basic string. JSON's escapes are among TOML's. */
const text = (value: string): string => JSON.stringify(value);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

async function writeOnce(path: string, content: object): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) await writeDurably(path, `${JSON.stringify(content, undefined, 2)}\n`);
}
