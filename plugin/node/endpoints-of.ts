import { CheckedEndpoint } from "../chain/chain-check.ts";
import type { Eip1193 } from "../chain/eip1193.ts";
import { Endpoints } from "../chain/endpoints.ts";
import { EvmChain } from "../chain/evm-chain.ts";
import { HttpProvider } from "../chain/http-provider.ts";
import type { HomeConfiguration, MirrorConfiguration } from "./configuration.ts";

type ChainConfiguration = HomeConfiguration | MirrorConfiguration;

/** What one endpoint says of its chain. */
export interface EndpointState {
  /** Its host: an address may hold a key. */
  readonly host: string;
  /** Numbers of its newest block and of the newest that is final; undefined when it gave none. */
  readonly head: bigint | undefined;
  readonly final: bigint | undefined;
  /** Why it cannot be used; undefined when it can. */
  readonly fault: string | undefined;
}

/** A chain's endpoints as one provider, each asked for its chain's id before anything else. */
export function endpointsOf({ chainId, endpoints }: ChainConfiguration): Endpoints {
  return new Endpoints(eachOf(chainId, endpoints).map(({ provider }) => provider));
}

/** What each of a chain's endpoints says. */
export async function askEach({
  chainId,
  finality,
  endpoints,
}: ChainConfiguration): Promise<EndpointState[]> {
  return Promise.all(
    eachOf(chainId, endpoints).map(async ({ host, provider }): Promise<EndpointState> => {
      const chain = new EvmChain(provider, BigInt(chainId), finality);
      let head: bigint | undefined;
      try {
        head = await chain.head();
        return { host, head, final: await chain.finalHead(), fault: undefined };
      } catch (error) {
        const { message } = error as Error;
        return {
          host,
          head,
          final: undefined,
          fault: message.startsWith(host) ? message : `${host}: ${message}`,
        };
      }
    }),
  );
}

function eachOf(
  chainId: number,
  endpoints: ChainConfiguration["endpoints"],
): { readonly host: string; readonly provider: Eip1193 }[] {
  return endpoints.map(({ url, headers }) => {
    const provider = new CheckedEndpoint(new HttpProvider(url, headers), BigInt(chainId), url.host);
    return { host: url.host, provider };
  });
}
