/** The files of the pages that a node shows in a browser, and how they are sent. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// plugin/node in the repository, dist/plugin/node in the package.
const here = fileURLToPath(new URL(".", import.meta.url));
const web = [join(here, "../../web"), join(here, "../../../web")].find((folder) => existsSync(folder))!;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

/** Nothing comes from elsewhere, nothing is inline, nobody frames it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

export interface PageFile {
  readonly type: string;
  read(): Promise<Uint8Array>;
}

/**
 * The file of a page at a path of its server.
 *
 * @param names the page itself, which is at `/`, and what it loads
 * @returns undefined where it has none
 */
export function pageFile(pathname: string, names: readonly [string, ...string[]]): PageFile | undefined {
  const name = pathname === "/" ? names[0] : names.slice(1).find((one) => pathname === `/${one}`);
  if (name === undefined) return undefined;
  return { type: TYPES[name.split(".").at(-1)!]!, read: async () => readFile(join(web, name)) };
}
