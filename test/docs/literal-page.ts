import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/** Something that whoever follows a page does. */
export type PageStep =
  | { readonly kind: "run"; readonly commands: string; readonly shows: string | undefined }
  | { readonly kind: "write"; readonly file: string; readonly text: string };

/**
 * What a page in Markdown has its reader do: to run its `sh` blocks, of which a `text` block right after one says what they print, and to
 * write its other blocks into the file that the last inline code before each names.
 *
 * @throws Error when a block does not say what to do with it
 */
export function stepsOf(page: string): PageStep[] {
  const steps: PageStep[] = [];
  const block = /^```(\w*)\n(.*?)^```$/gms;
  let end = 0;
  for (const found of page.matchAll(block)) {
    const [whole, language, text] = found as unknown as [string, string, string];
    const between = page.slice(end, found.index);
    end = found.index + whole.length;
    const last = steps.at(-1);
    if (language === "sh") steps.push({ kind: "run", commands: text, shows: undefined });
    else if (language === "text") {
      if (last?.kind !== "run" || last.shows !== undefined || between.trim() !== "")
        throw new Error(`The page shows what no commands printed:\n${text}`);
      steps[steps.length - 1] = { ...last, shows: text };
    } else {
      // Of the paragraph right before it.
      const paragraph = between.trimEnd().split("\n\n").at(-1)!;
      const file = [...paragraph.matchAll(/`([^`\n]+)`/g)].at(-1)?.[1];
      if (file === undefined) throw new Error(`The page does not say where to write this to:\n${text}`);
      steps.push({ kind: "write", file, text });
    }
  }
  return steps;
}

/** Does what a page says, in an empty folder. @param env of the shell @throws Error at the first step that goes otherwise */
export async function followPage(page: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  let cwd = folder;
  for (const step of stepsOf(page)) {
    if (step.kind === "write") {
      await mkdir(dirname(join(cwd, step.file)), { recursive: true });
      await writeFile(join(cwd, step.file), step.text);
      continue;
    }
    const { printed, left } = await inShell(step.commands, cwd, env);
    cwd = left;
    const missing = step.shows === undefined ? undefined : firstMissing(step.shows, printed);
    if (missing !== undefined)
      throw new Error(`${step.commands}should print\n${missing}\nbut printed\n${printed}`);
  }
}

/**
 * The first line of `shown` that `printed` lacks at its place; undefined when all are there. A line that is `…` alone is any number
 * of lines, `…` within one any text.
 */
export function firstMissing(shown: string, printed: string): string | undefined {
  const lines = stripVTControlCharacters(printed)
    .split("\n")
    .map((line) => line.trimEnd());
  while (lines.at(-1) === "") lines.pop();
  let at = 0;
  let gap = false;
  for (const line of shown.trimEnd().split("\n")) {
    if (line === "…") {
      gap = true;
      continue;
    }
    const pattern = new RegExp(`^${line.split("…").map(literally).join(".*")}$`);
    const found: number = gap
      ? lines.findIndex((one, index) => index >= at && pattern.test(one))
      : pattern.test(lines[at] ?? "\n")
        ? at
        : -1;
    if (found === -1) return line;
    [at, gap] = [found + 1, false];
  }
  return gap || at === lines.length ? undefined : `nothing after line ${at}`;
}

/** The pattern of a text that has nothing of a pattern. */
function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

/** Runs commands one after the other. @returns what they printed, and the folder that they left the shell in */
async function inShell(
  commands: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly printed: string; readonly left: string }> {
  const mark = "the shell is now in ";
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: 64 * 1024 * 1024 };
    execFile("sh", ["-ec", `${commands}\nprintf '\\n${mark}'; pwd`], options, (error, stdout, stderr) => {
      const end = stdout.lastIndexOf(`\n${mark}`);
      if (error === null)
        resolve({ printed: stdout.slice(0, end), left: stdout.slice(end + mark.length + 1).trim() });
      else
        reject(new Error(`${commands}went wrong:\n${`${stdout}${stderr}`.slice(-4_000)}`, { cause: error }));
    });
  });
}
