import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const repository = fileURLToPath(new URL("..", import.meta.url));
let tarball: Promise<string> | undefined;

/** Path of this package, packed once for all tests of a file, after which it is removed: it takes minutes. */
export async function packed(): Promise<string> {
  tarball ??= pack();
  return tarball;
}

/** The environment without what the Hardhat that runs this test tells its children about itself: another project's must not listen. */
export function outsideHardhat(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HARDHAT_")));
}

async function pack(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nexus-packed-"));
  const args = ["pack", "--json", "--pack-destination", folder];
  const options = { cwd: repository, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)("npm", args, options);
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
  return join(folder, filename);
}

after(async () => {
  const path = await tarball?.catch(() => undefined);
  // The process may go on to another file.
  tarball = undefined;
  if (path !== undefined) await rm(join(path, ".."), { recursive: true });
});
