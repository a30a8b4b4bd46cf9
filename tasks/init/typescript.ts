import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";

/** Whether `npx tsc` in the project at `root` takes what is in `folder` for its own, as far as tsconfig.json tells. */
export async function tscTrips(root: string, folder: string): Promise<boolean> {
  const text = await readFile(join(root, "tsconfig.json"), "utf8").catch(() => undefined);
  if (text === undefined) return false;
  let config: { files?: string[]; include?: string[]; exclude?: string[] };
  try {
    config = JSON.parse(withoutComments(text)) as typeof config;
  } catch {
    return true;
  }
  const [top = ""] = relative(root, folder).split(/[\\/]/);
  const includes = config.include ?? (config.files === undefined ? ["**/*"] : []);
  const firstOf = (pattern: string): string => pattern.replace(/^\.\//, "").split("/")[0] ?? "";
  return (
    includes.some((pattern) => [top, ".", "*", "**"].includes(firstOf(pattern))) &&
    !(config.exclude ?? []).some((pattern) => firstOf(pattern) === top)
  );
}

/** tsconfig.json allows comments and a comma after the last element. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:[^"\\]|\\.)*")|\/\/[^\n]*|\/\*[^]*?\*\//g, (_, quoted: string | undefined) => quoted ?? "")
    .replace(/("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])/g, (_, quoted: string | undefined) => quoted ?? "");
}
