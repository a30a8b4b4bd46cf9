import { createServer, type Server } from "node:net";

/** The highest port there is. */
const HIGHEST = 65_535;

/**
 * Loopback ports that nothing listens at now, each with the port after it, which a node's key ceremony has. They are held until all are found, so
 * that no two are the same.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const first = await hold(0);
      held.push(first.server);
      if (first.port === HIGHEST) continue;
      const second = await hold(first.port + 1).catch(() => undefined);
      if (second === undefined) continue;
      held.push(second.server);
      ports.push(first.port);
    }
    return ports;
  } finally {
    await Promise.all(held.map(async (server) => new Promise((resolve) => server.close(resolve))));
  }
}

async function hold(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, port: (server.address() as { port: number }).port };
}
