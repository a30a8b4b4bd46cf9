/**
 * Gas figures that are checked in: `gas.json` holds a name and an exact number for each, and a test that measures
 * another number fails. Run the tests with `UPDATE_GAS=1` to write the new numbers, and read the diff. With `GAS_LOG` set, every
 * figure is also appended to the file of that name, as JSON lines of `GasFigure`: `bench/gas.ts` reads them.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";

import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import { getBytes } from "ethers";

const file = new URL("gas.json", import.meta.url);

/** A figure as measured, with the limit it is held to. */
export interface GasFigure {
  readonly name: string;
  readonly gas: number;
  readonly limit: number;
}

/**
 * Compares a measured figure with the snapshot.
 *
 * @param name unique over all tests, and saying what is measured, for instance `BN254 verify, worst of 64`
 * @param gas the measured figure
 * @param limit what it may never exceed, whatever the snapshot says
 */
export function expectGas(name: string, gas: bigint | number, limit: bigint | number): void {
  const measured = Number(gas);
  if (process.env.GAS_LOG !== undefined) {
    const figure: GasFigure = { name, gas: measured, limit: Number(limit) };
    appendFileSync(process.env.GAS_LOG, `${JSON.stringify(figure)}\n`);
  }
  expect(measured, `${name}: gas over the limit`).to.be.at.most(Number(limit));
  // Read anew each time: several test files may update the snapshot in one run.
  const snapshot = JSON.parse(readFileSync(file, "utf8")) as Record<string, number>;
  if (snapshot[name] === measured) return;
  if (process.env.UPDATE_GAS === "1") {
    const entries = Object.entries({ ...snapshot, [name]: measured });
    const sorted = Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
    writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
    return;
  }
  const known = snapshot[name] ?? "not in the snapshot";
  expect.fail(`${name}: ${measured} gas, snapshot: ${known}. Run with UPDATE_GAS=1 if the change is meant.`);
}

/**
 * The gas that a transaction spent inside the contract it called: what the receipt says less the 21,000 and the calldata
 * (4 per zero byte, 16 per other byte) that every transaction pays before. Refunds are not added back. Not for
 * transactions that EIP-7623's floor price decides: those spend less than about 30 gas per byte of calldata.
 */
export function executionGas(receipt: Pick<TransactionReceipt, "gasUsed">, data: string): bigint {
  const bytes = getBytes(data);
  const zeros = bytes.filter((byte) => byte === 0).length;
  return receipt.gasUsed - 21_000n - BigInt(4 * zeros + 16 * (bytes.length - zeros));
}
