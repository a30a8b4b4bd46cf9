import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Where ports are looked for: below those from which systems take the near ends of connections (RFC 6335 has these from 49,152 on, Linux
 * from 32,768). There a process that is started again would find its port taken by whatever connected meanwhile.
 */
const [LOWEST, HIGHEST] = [10_000, 32_000];

/**
 * Loopback ports that nothing listens at now, each with the two after it, which a node's key ceremony and its light server have. They are held until all are
 * found, so that no two are the same.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  const ports: number[] = [];
  try {
    while (ports.length < count) {
      const port = randomInt(LOWEST, HIGHEST);
      const three: Server[] = [];
      for (const one of [port, port + 1, port + 2]) {
        const server = await hold(one);
        if (server !== undefined) three.push(server);
      }
      held.push(...three);
      if (three.length === 3) ports.push(port);
    }
    return ports;
  } finally {
    await Promise.all(held.map(async (server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** A loopback port that nothing listens at now. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!;
}

/** Listens at a port; undefined when something else does, or nobody may. */
async function hold(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
