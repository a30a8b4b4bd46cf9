import { access } from "node:fs/promises";
import { join } from "node:path";

import { makeFolderDurably, writeDurably } from "../keystore/durable-file.ts";
import type { Ed25519Key } from "./ed25519-key.ts";
import { genesisFile, type Genesis } from "./genesis.ts";

/** Where a node listens and whom it knows. Addresses are `host:port`. */
export interface CometSettings {
  /** Name among its peers. */
  readonly name: string;
  /** Path of the socket at which the application listens, at most 100 bytes. CometBFT's own, for its validator's signer, is beside it. */
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

/** Path of the socket at which CometBFT waits for whoever signs for its validator. */
export function signerSocket({ application }: CometSettings): string {
  return `${application}.signer`;
}

/**
 * Writes what CometBFT finds in its home: configuration and genesis anew each time, and its key among peers only where there is none.
 * CometBFT makes a validator's key of its own besides (`priv_validator_key.json`), which signs nothing and is worth nothing.
 */
export async function writeHome(
  home: string,
  { genesis, nodeKey, settings }: { genesis: Genesis; nodeKey: Ed25519Key; settings: CometSettings },
): Promise<void> {
  await makeFolderDurably(join(home, "config"));
  await makeFolderDurably(join(home, "data"));
  await writeDurably(join(home, "config/genesis.json"), genesisFile(genesis));
  await writeDurably(join(home, "config/config.toml"), configuration(settings));
  await writeOnce(join(home, "config/node_key.json"), {
    priv_key: { type: "tendermint/PrivKeyEd25519", value: nodeKey.encoded },
  });
}

/** Hours after the end of an epoch for which its members' stake cannot be taken out (NexusStaking): what they sign until then can be believed. */
export const STAKED_HOURS = 7 * 24;

/** CometBFT's config.toml, with what differs from its defaults. */
function configuration(settings: CometSettings): string {
  const { name, application, peers, rpc, stateSync, blockTime, idleTime } = settings;
  const milliseconds = (factor: number): string => text(`${Math.round(blockTime * factor)}ms`);
  return `moniker = ${text(name)}
proxy_app = ${text(`unix://${application}`)}
priv_validator_laddr = ${text(`unix://${signerSocket(settings)}`)}
log_format = "json"

[rpc]
laddr = ${text(`tcp://${rpc}`)}

[p2p]
laddr = ${text(`tcp://${peers.listen}`)}
external_address = ${text(peers.external ?? "")}
persistent_peers = ${text(peers.persistent.join(","))}
# Strangers cannot take the places of those that the operator names.
unconditional_peer_ids = ${text(peers.persistent.map((peer) => peer.split("@")[0]).join(","))}
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
# The rest of the time goes by until two thirds of the validators have voted.
timeout_commit = ${milliseconds(0.5)}
# How long a node pauses that had nothing to tell a peer: each step of a block waits for it at every hop.
peer_gossip_sleep_duration = ${milliseconds(0.05)}
create_empty_blocks_interval = ${text(`${idleTime}ms`)}

[tx_index]
indexer = "null"
${stateSync === undefined ? "" : stateSyncConfiguration(stateSync)}`;
}

/** Within the trust period, validators that signed falsely still have at stake what answers for it: seven days at least (NexusStaking). */
function stateSyncConfiguration({ servers, trustHeight, trustHash }: StateSyncSettings): string {
  return `
[statesync]
enable = true
rpc_servers = ${text(servers.join(","))}
trust_height = ${trustHeight}
trust_hash = ${text(trustHash)}
trust_period = "${STAKED_HOURS}h0m0s"
discovery_time = "5s"
`;
}

/** A TOML basic string. JSON's escapes are among TOML's. */
const text = (value: string): string => JSON.stringify(value);

/** Whether CometBFT has come so far in a home that it takes part in consensus: then it has begun, with the first block or a snapshot. */
export async function hasBegun(home: string): Promise<boolean> {
  return access(join(home, "data/cs.wal")).then(
    () => true,
    () => false,
  );
}

async function writeOnce(path: string, content: object): Promise<void> {
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (!exists) await writeDurably(path, `${JSON.stringify(content, undefined, 2)}\n`);
}
