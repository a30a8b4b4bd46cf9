/** A browser for tests of pages: Debian's Chromium without a window. */
import { existsSync } from "node:fs";

import { expect } from "chai";
import { chromium, type Browser } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Opens it; undefined where there is none and tests may be skipped for that. */
export async function openBrowser(): Promise<Browser | undefined> {
  if (existsSync(CHROMIUM)) return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const missing = `There is no ${CHROMIUM}. Install Debian's package chromium.`;
  if (process.env["NEXUS_REQUIRE_TOOLCHAIN"] === "1") expect.fail(missing);
  console.log(`      skipped: ${missing}`);
  return undefined;
}
