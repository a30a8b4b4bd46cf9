import type { BlockID, Proposal, Vote } from "cosmjs-types/tendermint/types/types";

import { ConflictingSignatureError, type LastSigned } from "./last-signed.ts";
import {
  decodeRequest,
  pingResponse,
  proposalResponse,
  publicKeyResponse,
  refusal,
  voteResponse,
  type SignerRequest,
} from "./privval.ts";
import { extensionSignBytes, isNil, proposalSignBytes, STEPS, stepOf, voteSignBytes } from "./sign-bytes.ts";
import type { SigningKey } from "./validator-key.ts";

/**
 * Signs for the validator of a chain what CometBFT asks, by the rules of CometBFT's own `FilePV` (`privval/file.go`), while the key stays
 * in this process. What it will not sign it refuses with a reason: CometBFT says it in its log and goes on without that vote.
 */
export class ValidatorSigner {
  readonly #chainId: string;
  readonly #key: SigningKey;
  readonly #lastSigned: LastSigned;
  readonly #refused: (reason: string) => void;

  /**
   * @param lastSigned of this chain and key
   * @param refused is told what is refused
   */
  constructor(chainId: string, key: SigningKey, lastSigned: LastSigned, refused: (reason: string) => void) {
    this.#chainId = chainId;
    this.#key = key;
    this.#lastSigned = lastSigned;
    this.#refused = refused;
  }

  /**
   * The response to a request.
   *
   * @throws MalformedRequestError when it is none
   */
  async answer(message: Uint8Array): Promise<Uint8Array> {
    const request = decodeRequest(message);
    if (request.kind === "ping") return pingResponse();
    try {
      return await this.#answer(request);
    } catch (error) {
      // Also what the disk did not take: without a record there is no signature.
      const reason = error instanceof Error ? error.message : String(error);
      this.#refused(reason);
      return refusal(request.kind, reason);
    }
  }

  async #answer(request: Exclude<SignerRequest, { kind: "ping" }>): Promise<Uint8Array> {
    if (request.chainId !== this.#chainId) {
      const asked = JSON.stringify(request.chainId.slice(0, 50));
      throw new ConflictingSignatureError(
        `This signer is of the chain ${this.#chainId}, and not of ${asked}.`,
      );
    }
    if (request.kind === "publicKey") return publicKeyResponse(this.#key.publicKey);
    if (request.kind === "vote") return voteResponse(await this.#signVote(request.vote));
    return proposalResponse(await this.#signProposal(request.proposal));
  }

  /** A precommit for a block has its extension signed besides, whatever the extension is, anew each time. */
  async #signVote(vote: Vote): Promise<Vote> {
    const step = stepOf(vote.type);
    if (step === STEPS.proposal) throw new RangeError("A proposal is no vote.");
    requireSound(vote);
    const extended = step === STEPS.precommit && !isNil(vote.blockId);
    if (!extended && vote.extension.length > 0) {
      throw new RangeError("Only a precommit for a block has an extension.");
    }
    const extensionSignature = extended
      ? this.#key.sign(extensionSignBytes(this.#chainId, vote))
      : new Uint8Array();
    const signed = await this.#lastSigned.sign(voteSignBytes(this.#chainId, vote));
    return { ...vote, ...signed, extensionSignature };
  }

  async #signProposal(proposal: Proposal): Promise<Proposal> {
    requireSound(proposal);
    return { ...proposal, ...(await this.#lastSigned.sign(proposalSignBytes(this.#chainId, proposal))) };
  }
}

/** @throws RangeError for what no chain of CometBFT has */
function requireSound({ height, round, blockId }: { height: bigint; round: number; blockId: BlockID }): void {
  if (height < 1n || round < 0) throw new RangeError(`There is no height ${height} with round ${round}.`);
  for (const { length } of [blockId.hash, blockId.partSetHeader.hash]) {
    if (length !== 0 && length !== 32)
      throw new RangeError(`A block's hash has 32 bytes, and not ${length}.`);
  }
}
