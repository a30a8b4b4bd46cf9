import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import type { Eip1193 } from "../../../../plugin/chain/evm-chain.ts";

/** A chain served over JSON-RPC, whose every call can be watched by a test. */
export interface WatchedChain {
  readonly url: string;
  /** Called before and after each call's execution, which waits; the caller may be dead by then. */
  watch: (when: "before" | "after", method: string) => void;
  close(): void;
}

/** Serves `provider` on a free port of this machine. */
export async function watchedChain(provider: Eip1193): Promise<WatchedChain> {
  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.end(body),
      () => response.destroy(),
    );
  });
  const chain: WatchedChain & { url: string } = {
    url: "",
    watch: (): void => {},
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  async function answer(request: IncomingMessage): Promise<string> {
    const { id, method, params } = JSON.parse(await text(request)) as {
      id: number;
      method: string;
      params: unknown[];
    };
    try {
      chain.watch("before", method);
      const result = await provider.request({ method, params });
      chain.watch("after", method);
      return JSON.stringify({ jsonrpc: "2.0", id, result });
    } catch (error) {
      return JSON.stringify({
        jsonrpc: "2.0",
        id,
        error: { code: -32000, message: (error as Error).message },
      });
    }
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  chain.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return chain;
}
