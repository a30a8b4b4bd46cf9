import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

// plugin/programs in the repository, dist/plugin/programs in the package.
const here = fileURLToPath(new URL(".", import.meta.url));
/** Folder of the examples and SDKs of this package. */
export const packagedPrograms = [join(here, "../../programs"), join(here, "../../../programs")].find(
  (folder) => existsSync(folder),
)!;

/** The path of the Rust SDK as a program in `folder` names it in Cargo.toml: through the project's node_modules. */
export function rustSdkFrom(folder: string): string {
  let programs = packagedPrograms;
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    const installed = join(at, "node_modules", "hardhat-nexus", "programs");
    if (!existsSync(installed)) continue;
    programs = installed;
    break;
  }
  return relative(folder, join(programs, "sdk-rust")).replaceAll("\\", "/");
}
