/**
 * What an operator writes of a node: a JSON file, in which lines that begin with // are comments. Addresses and headers of endpoints may
 * name environment variables, `${NAME}`, so that keys which are paid for stay out of the file.
 */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import type { z } from "zod";

import { KEPT_BLOCKS } from "../cloud/replication/retention.ts";
import { configurationSchema } from "./configuration-schema.ts";

/** The configuration cannot be used; the message has a line for each thing that is wrong, by its path in the file. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(file: string, faults: readonly string[]) {
    super([`The configuration ${file} cannot be used:`, ...faults.map((fault) => `  ${fault}`)].join("\n"));
  }
}

/** One way to a chain, with the environment's variables in their places. */
export interface EndpointConfiguration {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

type Written = z.output<typeof configurationSchema>;
type WithEndpoints<C extends { endpoints: unknown }> = Omit<C, "endpoints"> & {
  readonly endpoints: readonly EndpointConfiguration[];
};
export type HomeConfiguration = WithEndpoints<Written["home"]>;
export type MirrorConfiguration = WithEndpoints<NonNullable<Written["mirrors"]>[number]>;

/** How a node runs. Addresses are host:port. */
interface Running {
  readonly network: {
    /** Where it listens for the cloud's other nodes; the key ceremony of an epoch has the port after. */
    readonly listen: string;
    /** Where the others reach it, if that is elsewhere. */
    readonly external: string | undefined;
    /** The others, 40 hex digits@host:port. */
    readonly peers: readonly string[];
  };
  /** CometBFT's command. */
  readonly cometbft: string;
  /** Milliseconds from a block to the next. */
  readonly blockTime: number;
  /** Absolute path of the folder of what it knows of the cloud. */
  readonly data: string;
  readonly status: { readonly listen: string };
  readonly snapshots: { readonly every: number; readonly keep: number };
  /** How many of the last blocks it keeps. */
  readonly retention: number;
}

/** What holds of what is not said. The folder is one in the configuration's own. */
const RUNNING: Running = {
  network: { listen: "0.0.0.0:26656", external: undefined, peers: [] },
  cometbft: "cometbft",
  blockTime: 500,
  data: "data",
  status: { listen: "127.0.0.1:26680" },
  snapshots: { every: 10_000, keep: 2 },
  retention: KEPT_BLOCKS,
};

/** A node's configuration, checked. */
export interface NodeConfiguration extends Running {
  readonly name: string;
  /** The cloud's id, 32 bytes, 0x-prefixed; undefined while there is none. */
  readonly cloud: string | undefined;
  readonly home: HomeConfiguration;
  readonly mirrors: readonly MirrorConfiguration[];
}

/** @throws ConfigurationError naming everything that is wrong */
export async function readConfiguration(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<NodeConfiguration> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new ConfigurationError(file, ["there is no such file: `nexus-node init` writes one"]);
  }
  return parseConfiguration(file, text, environment);
}

/** A configuration's text as JSON. No string of JSON goes over a line's end, so what begins a line is in none. Lines keep their numbers. */
export function withoutComments(text: string): string {
  return text.replace(/^[ \t]*\/\/.*$/gm, "");
}

/** The configuration that a text is. @param file what to call it in errors @throws ConfigurationError */
export function parseConfiguration(
  file: string,
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): NodeConfiguration {
  let json: unknown;
  try {
    json = JSON.parse(withoutComments(text));
  } catch (error) {
    throw new ConfigurationError(file, [`it is no JSON: ${(error as Error).message}`]);
  }
  const parsed = configurationSchema.safeParse(json);
  if (!parsed.success) {
    throw new ConfigurationError(
      file,
      parsed.error.issues.map(({ path, message }) => `${pathText(path)} ${message}`),
    );
  }
  const { name, cloud, home, mirrors = [], network, ...running } = parsed.data;
  const faults: string[] = [];
  const filled = {
    name,
    cloud,
    ...RUNNING,
    ...given(running),
    network: { ...RUNNING.network, ...given(network ?? {}) },
    data: resolve(dirname(file), running.data ?? RUNNING.data),
    home: { ...home, endpoints: fill(home.endpoints, "home", environment, faults) },
    mirrors: mirrors.map((mirror, i) => ({
      ...mirror,
      endpoints: fill(mirror.endpoints, `mirrors[${i}]`, environment, faults),
    })),
  };
  if (faults.length > 0) throw new ConfigurationError(file, faults);
  return filled;
}

/** Without the keys that were left out. */
function given<T extends object>(section: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(section).filter(([, found]) => found !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Endpoints with the environment's variables in their places. What is wrong is added to `faults`, and never shows a value. */
function fill(
  endpoints: Written["home"]["endpoints"],
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
  faults: string[],
): EndpointConfiguration[] {
  const substitute = (where: string, text: string): string =>
    text.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
      const found = environment[variable];
      if (found === undefined || found === "")
        faults.push(
          `${where} names the environment variable ${variable}, which is not set: set it, or correct its name`,
        );
      return found ?? "";
    });
  return endpoints.flatMap(({ url, headers = {} }, i) => {
    const where = `${path}.endpoints[${i}]`;
    const before = faults.length;
    const address = substitute(`${where}.url`, url);
    const filled = Object.entries(headers).map(
      ([header, text]) => [header, substitute(`${where}.headers.${header}`, text)] as const,
    );
    if (faults.length > before) return [];
    const parsed = URL.canParse(address) ? new URL(address) : undefined;
    if (parsed === undefined || !["http:", "https:"].includes(parsed.protocol)) {
      faults.push(`${where}.url must be an address that begins with https:// or http://`);
      return [];
    }
    try {
      return [{ url: parsed, headers: Object.fromEntries(new Headers(Object.fromEntries(filled))) }];
    } catch {
      faults.push(`${where}.headers must be names and values that HTTP allows`);
      return [];
    }
  });
}

function pathText(path: readonly (string | number)[]): string {
  if (path.length === 0) return "the whole";
  return path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`),
    "",
  );
}
