/** What is known of a node when its configuration is written; the rest is left for its operator to fill in. */
export interface Known {
  readonly name: string;
  readonly cloud?: string | undefined;
  readonly chainId?: number | undefined;
  readonly rpc?: string | undefined;
  readonly deployedAt?: number | undefined;
  /** Addresses of the suite's contracts on the home chain, by name. */
  readonly contracts?: ReadonlyMap<string, string>;
}

const CONTRACTS = [
  "CommitteeRegistry",
  "NexusGateway",
  "NexusOutbox",
  "StateCheckpoints",
  "NexusSubscriptions",
];

/** A configuration with explanations, as `readConfiguration` reads it once everything is filled in. */
export function configurationTemplate({ name, cloud, chainId, rpc, deployedAt, contracts }: Known): string {
  const text = (value: string | undefined): string => JSON.stringify(value ?? "");
  const addresses = CONTRACTS.map((part) => `      "${part}": ${text(contracts?.get(part))}`);
  return `// Configuration of a Nexus node. Lines that begin with // are comments; everything else is JSON.
// docs/operating.md describes every key. \`nexus-node status\` says what is wrong with it.
{
  // What the node is called where it is told from others.
  "name": ${text(name)},
${cloud === undefined ? '  // The id of the cloud to serve, once there is one:\n  // "cloud": "0x…",' : `  // The cloud to serve.\n  "cloud": ${text(cloud)},`}
  // The chain that the cloud's registry is on.
  "home": {
    "chainId": ${chainId ?? 0},
    // Up to which block nothing is taken back: what the chain calls "finalized", or a number of blocks below its head.
    "finality": "finalized",
    // Block of the first of the contracts: nothing is looked for before.
    "deployedAt": ${deployedAt ?? -1},
    "contracts": {
${addresses.join(",\n")}
    },
    // Ways to the chain, the preferred first; the next is asked when one is away. \${NAME} stands for an environment variable, so
    // that keys stay out of this file. Headers are sent with every call: { "url": "…", "headers": { "x-api-key": "\${RPC_KEY}" } }.
    "endpoints": [
      { "url": ${text(rpc)} }
    ],
    // How many endpoints must give the same logs. With 1, a second one must agree too, unless it is away.
    // What the registry says always takes two where there are two: name three, of which one may be away.
    "quorum": 1,
    // What one eth_getLogs may ask for; providers say how much they take.
    "blocksPerCall": 2000,
    "addressesPerCall": 500
  },
  // More chains that the cloud serves, with the keys of "home", and "CommitteeMirror" in the place of "CommitteeRegistry".
  "mirrors": [],
  // Where this node listens for the cloud's others; the key ceremony of an epoch has the port after. "external" is where they reach
  // it if that is elsewhere. "peers" are the others: "<peer key>@host:port", as each one's \`nexus-node init\` says.
  "network": {
    "listen": "0.0.0.0:26656",
    "peers": []
  },
  // Where \`nexus-node status\` and a monitor ask the running node; of this machine alone.
  "status": { "listen": "127.0.0.1:26680" }
}
`;
}
