import { keccak256 } from "../../crypto/keccak.ts";
import { equalBytes, toHex } from "./bytes.ts";
import { decodeAccount, type Account } from "./records.ts";
import { decode } from "./rlp.ts";
import { EMPTY_ROOT, Trie } from "./trie.ts";

/** A value stored by a program, or its absence, with the evidence: shaped like the answer of `eth_getProof` (EIP-1186). */
export interface StorageProof {
  /** Height and root of the state that the proof is about. */
  readonly height: number;
  readonly stateRoot: string;
  readonly programId: string;
  /** Encoded nodes of the state trie, from the root towards keccak256(programId). Empty for the empty state. */
  readonly accountProof: string[];
  readonly storageHash: string;
  readonly outboundNonce: number;
  readonly key: string;
  /** Undefined when nothing is stored under the key. */
  readonly value: string | undefined;
  /** Encoded nodes of the program's storage trie, from the root towards keccak256(key). Empty for an empty storage. */
  readonly storageProof: string[];
}

/**
 * What a Merkle proof says is under `key` in the trie with `root`; undefined when it proves that nothing is.
 * @throws Error when the proof is incomplete or does not belong to `root`
 */
export function verifyTrieProof(
  root: Uint8Array,
  key: Uint8Array,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  const remaining = [...proof];
  let value: Uint8Array | undefined;
  try {
    // Every stored node on the way to the key is the next one of the proof.
    value = new Trie(root, (_path, hash) => {
      const node = remaining.shift();
      return node !== undefined && equalBytes(keccak256(node), hash) ? node : undefined;
    }).get(key);
  } catch (error) {
    throw new Error(`The proof does not lead from root ${toHex(root)} to key ${toHex(key)}.`, {
      cause: error,
    });
  }
  if (remaining.length > 0)
    throw new Error(`${remaining.length} nodes of the proof do not lie on the path of the key.`);
  return value;
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), "hex"));
}

/**
 * Checks a proof against a state root that the caller trusts, and returns the value: undefined for a proven absence.
 * @throws Error when the proof does not prove what it says
 */
export function verifyStorageProof(stateRoot: Uint8Array, proof: StorageProof): Uint8Array | undefined {
  const programId = keccak256(bytes(proof.programId));
  const encoded = verifyTrieProof(stateRoot, programId, proof.accountProof.map(bytes));
  const account: Account =
    encoded === undefined ? { storageRoot: EMPTY_ROOT, outboundNonce: 0 } : decodeAccount(encoded);
  const item = verifyTrieProof(
    account.storageRoot,
    keccak256(bytes(proof.key)),
    proof.storageProof.map(bytes),
  );
  const value = item === undefined ? undefined : decode(item);
  if (Array.isArray(value)) throw new Error("The proof leads to a list where a value belongs.");
  return value;
}
