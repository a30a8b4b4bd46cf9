import { resolve } from "node:path";

import { z } from "zod";

import type { EmbeddedCloudOptions } from "../cloud/embedded/founding.ts";

const whole = (least: number, most: number, unit: string) => {
  const message = `must be a whole number of ${unit} from ${least} to ${most}`;
  return z.number({ invalid_type_error: message }).int(message).min(least, message).max(most, message);
};
const wei = z
  .bigint({ invalid_type_error: "must be a bigint in wei, such as 10n ** 15n" })
  .nonnegative("must not be negative");

/** A section of these keys and no others. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .object(shape, {
      errorMap: (issue, { defaultError }) => {
        if (issue.code === "unrecognized_keys") {
          return { message: `does not exist; the keys here are ${Object.keys(shape).join(", ")}` };
        }
        return { message: issue.code === "invalid_type" ? "must be an object" : defaultError };
      },
    })
    .strict();

/** The section `nexus` of a Hardhat configuration; every field may be left out. */
export const nexusUserConfigSchema = section({
  /** Folder of the project's own programs, relative to the project. */
  programs: z.string({ invalid_type_error: "must be the path of a folder" }).min(1).optional(),
  cloud: section({
    /** Nodes of the embedded cloud. */
    nodes: whole(1, 64, "nodes").optional(),
    /** BLS suite of its committee; BLS12-381 needs chains with EIP-2537. */
    suite: z
      .enum(["BN254", "BLS12-381"], { errorMap: () => ({ message: 'must be "BN254" or "BLS12-381"' }) })
      .optional(),
    /** Whether requests and programs' calls cost nothing, and gas neither; the prices below do not count then. */
    free: z.boolean({ invalid_type_error: "must be true or false" }).optional(),
    /** Price of a request by itself, in wei. */
    baseFee: wei.optional(),
    /** Price of a unit of fuel that a run may use, in wei. */
    fuelPrice: wei.optional(),
    /** Price of a byte of input, and of output that a run may make, in wei. */
    bytePrice: wei.optional(),
    /** What a program must have for each unit of gas that a call of it may take, in wei. */
    callGasPrice: wei.max(2n ** 64n - 1n, "must be below 2^64").optional(),
    /** Fuel of a run; one unit is about one WebAssembly instruction. */
    fuel: z
      .bigint({ invalid_type_error: "must be a bigint of fuel units, such as 1_000_000_000n" })
      .positive("must be positive")
      .optional(),
  }).optional(),
  zero: section({
    /** Real proofs, or instant ones that prove nothing, for development chains. */
    mode: z
      .enum(["groth16", "mock"], { errorMap: () => ({ message: 'must be "groth16" or "mock"' }) })
      .optional(),
  }).optional(),
});

/** What a user writes. */
export type NexusUserConfig = z.input<typeof nexusUserConfigSchema>;

/** What the plugin works with. */
export interface NexusConfig {
  /** Absolute path of the project's programs. */
  readonly programs: string;
  readonly cloud: {
    readonly nodes: number;
    readonly suite: "BN254" | "BLS12-381";
    readonly free: boolean;
    readonly baseFee: bigint;
    readonly fuelPrice: bigint;
    readonly bytePrice: bigint;
    readonly callGasPrice: bigint;
    readonly fuel: bigint;
  };
  readonly zero: {
    readonly mode: "groth16" | "mock";
  };
}

/** Fills in the defaults. */
export function resolveNexusConfig(user: NexusUserConfig, root: string): NexusConfig {
  return {
    programs: resolve(root, user.programs ?? "programs"),
    cloud: {
      nodes: user.cloud?.nodes ?? 4,
      suite: user.cloud?.suite ?? "BN254",
      // What a live cloud may ask: what costs nothing in tests would be refused there.
      free: user.cloud?.free ?? false,
      baseFee: user.cloud?.baseFee ?? 10n ** 13n,
      fuelPrice: user.cloud?.fuelPrice ?? 10n ** 4n,
      bytePrice: user.cloud?.bytePrice ?? 10n ** 9n,
      callGasPrice: user.cloud?.callGasPrice ?? 50n * 10n ** 9n,
      fuel: user.cloud?.fuel ?? 1_000_000_000n,
    },
    zero: { mode: user.zero?.mode ?? "groth16" },
  };
}

/** The embedded cloud that a configuration describes, in memory. */
export function embeddedCloudOptions(cloud: NexusConfig["cloud"]): EmbeddedCloudOptions {
  const { nodes, suite, free, baseFee, fuelPrice, bytePrice, callGasPrice, fuel } = cloud;
  const prices = { perRequest: baseFee, perFuel: fuelPrice, perByte: bytePrice, callGas: callGasPrice };
  return { nodes, suite, fees: free ? "none" : prices, limits: { fuel } };
}
