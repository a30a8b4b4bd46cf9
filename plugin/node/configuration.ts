/**
 * What an operator writes of a node: a JSON file, in which lines that begin with // are comments. Addresses and headers of endpoints may
 * name environment variables, `${NAME}`, so that keys which are paid for stay out of the file.
 */
import { readFile } from "node:fs/promises";

import { getAddress, isAddress, isHexString } from "ethers";
import { z } from "zod";

/** The configuration cannot be used; the message has a line for each thing that is wrong, by its path in the file. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";

  constructor(file: string, faults: readonly string[]) {
    super([`The configuration ${file} cannot be used:`, ...faults.map((fault) => `  ${fault}`)].join("\n"));
  }
}

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
  }).superRefine(({ quorum = 1, endpoints }, context) => {
    if (quorum <= endpoints.length) return;
    const message = `must not be more than the number of endpoints, ${endpoints.length}: name another endpoint, or say 1`;
    context.addIssue({ code: "custom", path: ["quorum"], message });
  });

const configuration = section({
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
}).superRefine(({ home, mirrors = [] }, context) => {
  const ids = [home, ...mirrors].map(({ chainId }) => chainId);
  for (const [i, { chainId }] of mirrors.entries()) {
    if (ids.indexOf(chainId) === i + 1) continue;
    const message = `must be another chain than those before; ${chainId} is named twice`;
    context.addIssue({ code: "custom", path: ["mirrors", i, "chainId"], message });
  }
});

/** One way to a chain, with the environment's variables in their places. */
export interface EndpointConfiguration {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

type Written = z.output<typeof configuration>;
type WithEndpoints<C extends { endpoints: unknown }> = Omit<C, "endpoints"> & {
  readonly endpoints: readonly EndpointConfiguration[];
};
export type HomeConfiguration = WithEndpoints<Written["home"]>;
export type MirrorConfiguration = WithEndpoints<NonNullable<Written["mirrors"]>[number]>;

/** A node's configuration, checked. */
export interface NodeConfiguration {
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

/** The configuration that a text is. @param file what to call it in errors @throws ConfigurationError */
export function parseConfiguration(
  file: string,
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): NodeConfiguration {
  let json: unknown;
  try {
    // No string of JSON goes over a line's end, so what begins a line is in none. Lines keep their numbers.
    json = JSON.parse(text.replace(/^[ \t]*\/\/.*$/gm, ""));
  } catch (error) {
    throw new ConfigurationError(file, [`it is no JSON: ${(error as Error).message}`]);
  }
  const parsed = configuration.safeParse(json);
  if (!parsed.success) {
    throw new ConfigurationError(
      file,
      parsed.error.issues.map(({ path, message }) => `${pathText(path)} ${message}`),
    );
  }
  const { name, cloud, home, mirrors = [] } = parsed.data;
  const faults: string[] = [];
  const filled = {
    name,
    cloud,
    home: { ...home, endpoints: fill(home.endpoints, "home", environment, faults) },
    mirrors: mirrors.map((mirror, i) => ({
      ...mirror,
      endpoints: fill(mirror.endpoints, `mirrors[${i}]`, environment, faults),
    })),
  };
  if (faults.length > 0) throw new ConfigurationError(file, faults);
  return filled;
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
