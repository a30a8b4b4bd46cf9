/** A cloud whose committee is anchored on a simulated chain by the real mirror and verifier, and whose key is known. */
import { AbiCoder, hexlify, id, keccak256, toBeHex, type ContractTransactionReceipt } from "ethers";
import { network } from "hardhat";

import { bn254 } from "../../../plugin/crypto/bls/bn254.ts";
import * as digests from "../../../plugin/contracts/digests.ts";
import type {
  AnswerStruct,
  NexusGateway,
  RequestStruct,
} from "../../../types/ethers-contracts/cloud/NexusGateway.ts";
import { seeded } from "../../seeded.ts";

export const CLOUD = id("cloud");
export const PROGRAM = id("program");
export const BASE_FEE = 10n ** 12n;
/** What the requests of these tests may take. */
export const LIMITS = { fuel: 20_000_000n, outputBytes: 1_024n };
/** More than any quote of theirs. */
export const FEE = 10n ** 16n;
export const NOTHING = keccak256("0x");

/** The time of each chain's first block: signatures, and with them gas, are the same in every run. */
const GENESIS = "2027-01-01T00:00:00Z";
const START = BigInt(Date.parse(GENESIS) / 1000);
export const YEAR = 31_536_000n;

export interface Signer {
  readonly epoch: bigint;
  readonly secret: bigint;
}

const random = seeded("anchored cloud");
export const FIRST: Signer = { epoch: 1n, secret: random.scalar(bn254.fr.ORDER) };
export const SECOND: Signer = { epoch: 2n, secret: random.scalar(bn254.fr.ORDER) };
export const STRANGER: Signer = { epoch: 1n, secret: random.scalar(bn254.fr.ORDER) };

/** The group signature of `digest`: threshold signatures are ordinary ones under the group's secret. */
export const signatureOf = (signer: Signer, digest: Uint8Array): string =>
  hexlify(bn254.sign(signer.secret, digest));

/** Deploys the suite on one of the configured networks. */
export async function anchoredCloud(name: string, chainId?: number) {
  const { ethers, networkHelpers } = await network.create({
    network: name,
    override: { initialDate: GENESIS, ...(chainId === undefined ? {} : { chainId }) },
  });
  const [owner, relayer, ...others] = await ethers.getSigners();
  const operators = others.slice(0, 4).map(({ address }) => address);
  const chain = (await ethers.provider.getNetwork()).chainId;

  const committeeOf = (signer: Signer) => ({
    epoch: signer.epoch,
    validFrom: START,
    validUntil: START + YEAR,
    size: 4n,
    threshold: 3n,
    groupKey: hexlify(bn254.publicKey(signer.secret)),
    membersHash: keccak256(AbiCoder.defaultAbiCoder().encode(["address[]"], [operators])),
  });
  const verifier = await ethers.deployContract("Bn254Verifier");
  const mirror = await ethers.deployContract("CommitteeMirror", [
    CLOUD,
    verifier,
    { perRequest: BASE_FEE, perFuel: 10n, perByte: 10n },
    committeeOf(FIRST),
    operators,
    ethers.ZeroAddress,
    0,
  ]);
  const gateway = await ethers.deployContract("NexusGateway", [
    mirror,
    ethers.ZeroAddress,
    2500,
    10_000,
    CLOUD,
  ]);
  const at = await gateway.getAddress();

  /** A signature over a header for this chain and gateway, unless told otherwise. */
  const sign = (header: digests.Header, signer = FIRST, where: { cloud?: string; epoch?: bigint } = {}) =>
    signatureOf(signer, digests.header(chain, at, where.cloud ?? CLOUD, where.epoch ?? signer.epoch, header));

  /** The header of a block that gives `answers` to this chain. */
  const headerOf = (answers: readonly AnswerStruct[], height = 1n) => ({
    height,
    stateRoot: id("state"),
    resultsHash: hexlify(
      digests.list(
        answers.map(({ request, outcome, output }) =>
          digests.result(
            digests.request(chain, at, request as digests.Request),
            outcome as digests.Outcome,
            output as string,
          ),
        ),
      ),
    ),
    callsHash: NOTHING,
  });

  /** Makes a request that wants no callback, and returns it as the gateway announced it. */
  const ask = async (patience = 3600n, through: NexusGateway = gateway) => {
    const deadline = BigInt(await networkHelpers.time.latest()) + 1n + patience;
    const sent = await through.request(CLOUD, PROGRAM, "0x1234", 0, deadline, LIMITS, { value: FEE });
    return requestedIn(through, (await sent.wait())!);
  };

  /** Hands the cloud over to `SECOND`, as its first committee signs it. */
  const rotate = async () => {
    const next = committeeOf(SECOND);
    const digest = digests.rotation(
      CLOUD,
      FIRST.epoch,
      next.epoch,
      next.validFrom,
      next.validUntil,
      4,
      3,
      next.groupKey,
      next.membersHash,
    );
    await mirror.follow(FIRST.epoch, next, operators, signatureOf(FIRST, digest));
  };

  return {
    ethers,
    networkHelpers,
    chain,
    owner: owner!,
    relayer: relayer!,
    operators,
    verifier,
    mirror,
    gateway,
    at,
    sign,
    headerOf,
    ask,
    rotate,
  };
}

/** The request that a transaction made, from its log alone, as a node reads it. */
export function requestedIn(gateway: NexusGateway, receipt: ContractTransactionReceipt): RequestStruct {
  for (const log of receipt.logs) {
    const parsed = gateway.interface.parseLog(log);
    if (parsed?.name === "Requested") return parsed.args.request.toObject() as RequestStruct;
  }
  throw new Error("the transaction made no request");
}

/** A successful answer to `request`. */
export const answerTo = (request: RequestStruct, output: string = toBeHex(7n, 32)): AnswerStruct => ({
  request,
  outcome: digests.Outcome.Success,
  output,
});
