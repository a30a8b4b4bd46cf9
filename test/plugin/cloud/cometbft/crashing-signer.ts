/** A process that signs votes until it is killed. Arguments: the folder of its record, the chain. Prints height and signature of each. */
import { LastSigned } from "../../../../plugin/cloud/cometbft/last-signed.ts";
import { voteSignBytes } from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import { key, messageOf } from "./signer-requests.ts";

// Mocha loads every file of this folder; only as a process of its own does this one do anything.
if (import.meta.main) {
  const [folder, chainId] = process.argv.slice(2) as [string, string];
  const record = await LastSigned.open(folder, chainId, key);
  for (let height = 1; ; height++) {
    const vote = messageOf({ kind: "prevote", height, round: 0, block: "A", seconds: 1 });
    if (!("validatorIndex" in vote)) throw new Error("no vote");
    try {
      const { signature } = await record.sign(voteSignBytes(chainId, vote));
      process.stdout.write(`${height} ${Buffer.from(signature).toString("hex")}\n`);
    } catch {
      // One before it has signed this.
    }
  }
}
