import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { hex, type Hex } from "../plugin/contracts/hex.ts";

/** One part of the suite on one chain. */
export interface Deployment {
  /** Name of its contract, for instance `NexusGateway`. */
  readonly part: string;
  readonly address: Hex;
  /** Id of the Ignition module that deployed it. */
  readonly module: string;
  /** Version of that module. */
  readonly version: number;
  /** Block of its deployment; missing when it is not known. */
  readonly block?: number;
}

/** What is deployed of the suite on one chain. */
export interface AddressBook {
  readonly chainId: number;
  readonly deployments: readonly Deployment[];
}

/** Key of an address that a Nexus module recorded: `NexusV1#NexusGateway`. */
const RECORD = /^(Nexus[A-Za-z0-9]*V(\d+))#([A-Za-z0-9]+)$/;

/**
 * Reads what Ignition recorded about a deployment of the suite; an empty book when it recorded nothing. Ignition's
 * files are the only home of these addresses, so there is nothing to write and nothing to keep in step.
 *
 * @param ignitionDirectory `hre.config.paths.ignition`
 * @param deploymentId Ignition's name of the deployment
 */
export async function readAddressBook(
  ignitionDirectory: string,
  chainId: number,
  deploymentId = `chain-${chainId}`,
): Promise<AddressBook> {
  const directory = join(ignitionDirectory, "deployments", deploymentId);
  const addresses = await readIfPresent(join(directory, "deployed_addresses.json"));
  if (addresses === undefined) return { chainId, deployments: [] };
  const journal = await readIfPresent(join(directory, "journal.jsonl"));
  return addressBook(
    chainId,
    JSON.parse(addresses) as Record<string, string>,
    journal === undefined ? new Map() : deploymentBlocks(journal),
  );
}

/** A book of addresses by Ignition's future ids; those of other modules than Nexus's are left out. */
export function addressBook(
  chainId: number,
  addresses: Readonly<Record<string, string>>,
  blocks: ReadonlyMap<string, number> = new Map(),
): AddressBook {
  const deployments = Object.entries(addresses).flatMap(([id, address]): Deployment[] => {
    const [, module, version, part] = RECORD.exec(id) ?? [];
    if (module === undefined || part === undefined) return [];
    const block = blocks.get(id);
    return [
      {
        part,
        address: hex(address),
        module,
        version: Number(version),
        ...(block === undefined ? {} : { block }),
      },
    ];
  });
  return { chainId, deployments };
}

/** Where `part` is; its newest version when there are several. `undefined` when it is not deployed. */
export function find(book: AddressBook, part: string): Deployment | undefined {
  return book.deployments
    .filter((one) => one.part === part)
    .reduce<Deployment | undefined>(
      (newest, one) => (newest === undefined || one.version > newest.version ? one : newest),
      undefined,
    );
}

/**
 * Address of `part`.
 *
 * @throws Error when it is not deployed, naming what is and how to deploy it
 */
export function addressOf(book: AddressBook, part: string): Hex {
  const deployment = find(book, part);
  if (deployment === undefined) {
    const known = book.deployments.map((one) => one.part).join(", ");
    throw new Error(
      `${part} is not deployed on chain ${book.chainId} (${known === "" ? "nothing of Nexus is" : `only ${known}`}). ` +
        "Deploy it as docs/deployment.md says, or select another network.",
    );
  }
  return deployment.address;
}

/** Blocks of the transactions that Ignition's journal holds, by future id. */
function deploymentBlocks(journal: string): Map<string, number> {
  const blocks = new Map<string, number>();
  for (const line of journal.split("\n")) {
    if (!line.includes('"TRANSACTION_CONFIRM"')) continue;
    const { futureId, receipt } = JSON.parse(line) as {
      futureId: string;
      receipt?: { blockNumber?: number };
    };
    if (receipt?.blockNumber !== undefined) blocks.set(futureId, receipt.blockNumber);
  }
  return blocks;
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
