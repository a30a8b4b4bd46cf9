import type { CometSettings } from "./home.ts";

/** Where a CometBFT runs, and how it is reached. Addresses are `host:port`. */
export interface CometPlace {
  /** CometBFT's path, or its name on the PATH. */
  readonly command: string;
  /** Name among its peers. */
  readonly name: string;
  /** Where peers reach it, and its address as others see it if that is another. */
  readonly listen: string;
  readonly external?: string | undefined;
  /** `address@host:port` of the others. */
  readonly peers: readonly string[];
  /** A loopback address for its RPC. */
  readonly rpc: string;
  /** Path of the socket at which it asks the application, about 90 bytes at most. */
  readonly socket: string;
}

/** CometBFT's settings at a place. @param pace milliseconds, as `CometSettings` has them */
export function settingsAt(
  { name, listen, external, peers, rpc, socket }: CometPlace,
  pace: Pick<CometSettings, "blockTime" | "idleTime" | "stateSync">,
): CometSettings {
  return {
    name,
    application: socket,
    peers: { listen, persistent: peers, ...(external !== undefined && { external }) },
    rpc,
    ...pace,
  };
}
