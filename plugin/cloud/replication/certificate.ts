import { hexlify } from "ethers";

import type { RlpItem } from "../storage/rlp.ts";
import type { Certificate, ChainHeader } from "./engine.ts";
import { integer, parseBytes, parseHex, parseInteger, parseList, type Structure } from "./structure.ts";

/** What makes a state one that can be believed: the certificate of the block that led to it. */
export interface CertifiedState {
  /** The block's own epoch, before or at the certificate's. */
  readonly epoch: bigint;
  readonly certificate: Certificate;
}

/**
 * A certificate for nodes that hand it on: [epoch, [header, …], [signature, …]], a header being [chain id, gateway, height, state root,
 * results hash, calls hash].
 */
export function certificateStructure({ epoch, headers, signatures }: Certificate): Structure {
  const all = headers.map(({ chainId, gateway, header }) => [
    integer(chainId),
    gateway,
    integer(header.height),
    hexlify(header.stateRoot),
    hexlify(header.resultsHash),
    hexlify(header.callsHash),
  ]);
  return [integer(epoch), all, [...signatures]];
}

/** The inverse of `certificateStructure`. @throws Error on anything else; whether it is true is another question */
export function parseCertificate(item: RlpItem | undefined): Certificate {
  const [epoch, headers, signatures] = parseList(item, 3);
  return {
    epoch: parseInteger(epoch),
    headers: parseList(headers).map(parseHeader),
    signatures: parseList(signatures).map(parseBytes),
  };
}

function parseHeader(item: RlpItem): ChainHeader {
  const [chainId, gateway, height, stateRoot, resultsHash, callsHash] = parseList(item, 6);
  const header = {
    height: parseInteger(height),
    stateRoot: parseHex(stateRoot),
    resultsHash: parseHex(resultsHash),
    callsHash: parseHex(callsHash),
  };
  return { chainId: parseInteger(chainId), gateway: parseHex(gateway), header };
}
