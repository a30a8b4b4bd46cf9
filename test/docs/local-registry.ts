import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** An npm registry that has one package more than the usual one. */
export interface LocalRegistry {
  /** What `npm_config_registry` names it by. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A registry that gives a packed package under its own name, as if it were published, and sends whoever asks for another one on.
 *
 * @param tarball path of what `npm pack` made
 * @param manifest what its package.json says
 * @param upstream URL of the registry that has all other packages
 */
export async function localRegistry(
  tarball: string,
  manifest: { readonly name: string; readonly version: string },
  upstream: string,
): Promise<LocalRegistry> {
  const { name, version } = manifest;
  const bytes = await readFile(tarball);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const server = createServer((request, response) => {
    const path = request.url!.slice(1);
    if (path === "package.tgz") response.end(bytes);
    else if (path === name) {
      const dist = { tarball: `${url}package.tgz`, integrity };
      const versions = { [version]: { ...manifest, dist } };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ name, "dist-tags": { latest: version }, versions }));
    } else response.writeHead(302, { location: new URL(path, upstream).href }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
