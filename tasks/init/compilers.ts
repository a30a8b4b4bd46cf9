import { findRustToolchain } from "../../plugin/programs/rust-toolchain.ts";
import { isInstalled } from "./project.ts";

/** A compiler that is missing, and the command that installs it. */
export interface MissingCompiler {
  /** What is missing, in a sentence or two. */
  readonly why: string;
  /** The first thing to do. */
  readonly command: string;
}

/**
 * What a program in `language` cannot be built without and the machine or the project does not have.
 *
 * @param root folder of the project
 * @param compilers paths of Rust compilers to look at, in place of the usual ones
 */
export async function missingCompiler(
  language: string,
  root: string,
  compilers?: readonly string[],
): Promise<MissingCompiler | undefined> {
  if (language === "assemblyscript") {
    if (isInstalled("assemblyscript", root)) return undefined;
    return {
      why: "AssemblyScript, in which the program is written, is not installed in this project.",
      command: "npm install --save-dev assemblyscript",
    };
  }
  try {
    await findRustToolchain(compilers);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return {
      why: `${message} Or write the program in AssemblyScript, which npm installs: --language assemblyscript.`,
      command: `rustup target add wasm32-wasip1${message.includes("there is none") ? "    # after Rust, from https://rustup.rs" : ""}`,
    };
  }
}
