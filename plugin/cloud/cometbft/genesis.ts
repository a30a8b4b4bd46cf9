/** What all nodes of a CometBFT chain begin with; they are of one chain only if it is the same to the byte. */
export interface Genesis {
  /** CometBFT's name of the chain, at most 50 characters. */
  readonly chainId: string;
  readonly time: Date;
  /** Most bytes of a block. */
  readonly blockBytes: number;
}

/** How long evidence of a double vote is taken: it must come before what its author has at stake can be taken out. */
export const EVIDENCE_BLOCKS = 100_000;
export const EVIDENCE_HOURS = 48;

/** CometBFT's genesis file. It names no validators: the application does, when the chain begins and whenever they change. */
export function genesisFile({ chainId, time, blockBytes }: Genesis): string {
  if (chainId.length < 1 || chainId.length > 50) {
    throw new RangeError(
      `CometBFT's chain ids have 1 to 50 characters; ${JSON.stringify(chainId)} does not.`,
    );
  }
  const file = {
    genesis_time: time.toISOString(),
    chain_id: chainId,
    initial_height: "1",
    consensus_params: {
      block: { max_bytes: String(blockBytes), max_gas: "-1" },
      evidence: {
        max_age_num_blocks: String(EVIDENCE_BLOCKS),
        max_age_duration: String(EVIDENCE_HOURS * 3_600_000_000_000),
        max_bytes: "65536",
      },
      validator: { pub_key_types: ["secp256k1"] },
      version: { app: "0" },
      abci: { vote_extensions_enable_height: "1" },
    },
    app_hash: "",
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}
