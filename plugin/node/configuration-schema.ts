/** What the keys of a node's configuration may be, and what is said of those that are not. */
import { getAddress, isAddress, isHexString } from "ethers";
import { z } from "zod";

import { KEPT_BLOCKS } from "../cloud/replication/retention.ts";

const MOST_ENDPOINTS = 8;

/** A value of a type, or a sentence that tells what it must be. */
const value = <T>(type: z.ZodType<T>, expected: string) =>
  z.unknown().transform((given, context): T => {
    const parsed = type.safeParse(given);
    if (parsed.success) return parsed.data;
    const missing = given === undefined ? ", and is missing" : "";
    context.addIssue({ code: "custom", message: `must be ${expected}${missing}` });
    return z.NEVER;
  });
/** A section of these keys and no others. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .object(shape, {
      errorMap: (issue, { defaultError }) => {
        const keys = Object.keys(shape).join(", ");
        if (issue.code === "unrecognized_keys")
          return { message: `has no key ${issue.keys.join(", ")}; its keys are ${keys}` };
        return { message: issue.code === "invalid_type" ? `must be an object with ${keys}` : defaultError };
      },
    })
    .strict();
const whole = (least: number, most: number, meaning: string) =>
  value(z.number().int().min(least).max(most), `a whole number from ${least} to ${most}: ${meaning}`);
const address = (name: string) =>
  value(
    z.string().refine(isAddress).transform(getAddress) as unknown as z.ZodType<string>,
    `the address of ${name} on this chain, 0x and 40 hex digits, as whoever deployed it says`,
  );

const endpoint = section({
  url: value(z.string().min(1), "the address of a node's JSON-RPC, such as https://rpc.example/${RPC_KEY}"),
  headers: value(z.record(z.string()), 'names and texts, such as { "x-api-key": "${RPC_KEY}" }').optional(),
});

const chain = <Committees extends string>(committees: Committees) =>
  section({
    chainId: whole(1, Number.MAX_SAFE_INTEGER, "the chain's id"),
    finality: value(
      z.union([z.literal("finalized"), z.number().int().min(0).max(1_000_000)]),
      '"finalized", which the chain says itself, or how many blocks below its head none is taken back',
    ),
    deployedAt: whole(0, Number.MAX_SAFE_INTEGER, "the block that the first of the contracts is in"),
    contracts: section({
      [committees]: address(committees),
      NexusGateway: address("NexusGateway"),
      NexusOutbox: address("NexusOutbox"),
      StateCheckpoints: address("StateCheckpoints"),
      NexusSubscriptions: address("NexusSubscriptions"),
    } as Record<
      Committees | "NexusGateway" | "NexusOutbox" | "StateCheckpoints" | "NexusSubscriptions",
      ReturnType<typeof address>
    >),
    endpoints: z
      .array(endpoint, {
        invalid_type_error: "must be a list of endpoints",
        required_error: "must be a list of endpoints, and is missing",
      })
      .min(1, "must name an endpoint at least")
      .max(MOST_ENDPOINTS, `must name ${MOST_ENDPOINTS} endpoints at most`),
    quorum: value(
      z.union([z.literal(1), z.literal(2)]),
      "1 or 2: how many endpoints must give the same logs",
    ).optional(),
    blocksPerCall: whole(1, 100_000, "the most blocks that one eth_getLogs asks for").optional(),
    addressesPerCall: whole(1, 10_000, "the most addresses that one eth_getLogs names").optional(),
    turnTime: whole(
      1_000,
      3_600_000,
      "how many milliseconds a member has to bring a block to this chain until the next one does",
    ).optional(),
  }).superRefine(({ quorum = 1, endpoints }, context) => {
    if (quorum <= endpoints.length) return;
    const message = `must not be more than the number of endpoints, ${endpoints.length}: name another endpoint, or say 1`;
    context.addIssue({ code: "custom", path: ["quorum"], message });
  });

/** The key ceremony of an epoch has the port after, and nodes that begin later ask at the one after that. */
const HIGHEST_PORT = 65_533;
const hostAndPort = (text: string): boolean => {
  const [, host, port] = /^([\w.-]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(text) ?? [];
  return host !== undefined && Number(port) >= 1 && Number(port) <= HIGHEST_PORT;
};
const place = (expected: string) =>
  value(z.string().refine(hostAndPort), `${expected}, host:port with a port from 1 to ${HIGHEST_PORT}`);

const network = section({
  listen: place("where the node listens for the cloud's other nodes").optional(),
  external: place("where the others reach it").optional(),
  peers: z
    .array(
      value(
        z.string().refine((peer) => /^[0-9a-f]{40}@/.test(peer) && hostAndPort(peer.slice(41))),
        "another node's, 40 hex digits as its `nexus-node init` says, @, and host:port of where it listens",
      ),
      { invalid_type_error: "must be a list of the other nodes" },
    )
    .optional(),
});

/** The whole file, its endpoints as they are written. */
export const configurationSchema = section({
  name: value(
    z.string().regex(/^[\w.-]{1,40}$/),
    "a name of 1 to 40 letters, digits, dots, hyphens and underscores",
  ),
  cloud: value(
    z.string().refine((id) => isHexString(id, 32)),
    "the cloud's id, 0x and 64 hex digits; leave the key out until there is one",
  ).optional(),
  home: chain("CommitteeRegistry"),
  mirrors: z.array(chain("CommitteeMirror"), { invalid_type_error: "must be a list of chains" }).optional(),
  network: network.optional(),
  cometbft: value(z.string().min(1), "the command of CometBFT, a name on the PATH or a path").optional(),
  blockTime: whole(
    50,
    60_000,
    "milliseconds from a block to the next; all operators of a cloud say the same",
  ).optional(),
  data: value(z.string().min(1), "the folder of what the node knows of the cloud").optional(),
  status: section({
    listen: value(
      z.string().refine((text) => hostAndPort(text) && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):/.test(text)),
      "where the running node says how it does, host:port of this machine alone, such as 127.0.0.1:26680",
    ),
  }).optional(),
  snapshots: section({
    every: whole(1, Number.MAX_SAFE_INTEGER, "how many blocks of CometBFT lie between two snapshots"),
    keep: whole(1, 100, "how many snapshots are kept for those that come later"),
  }).optional(),
  retention: whole(
    KEPT_BLOCKS,
    Number.MAX_SAFE_INTEGER,
    "how many of the last blocks the node keeps",
  ).optional(),
}).superRefine(({ home, mirrors = [] }, context) => {
  const ids = [home, ...mirrors].map(({ chainId }) => chainId);
  for (const [i, { chainId }] of mirrors.entries()) {
    if (ids.indexOf(chainId) === i + 1) continue;
    const message = `must be another chain than those before; ${chainId} is named twice`;
    context.addIssue({ code: "custom", path: ["mirrors", i, "chainId"], message });
  }
});
