/** A node whose machine cannot run a program, as one that has no memory left for it. */
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import type { Application } from "../../../../plugin/cloud/replication/application.ts";

/** What the node says then. */
export const NO_MEMORY = "Array buffer allocation failed";

/** Has runs of the programs fail at this node. @returns what repairs it */
export function breakMachine(node: CloudNode | Application, ...programIds: string[]): () => void {
  const { programs } = "application" in node ? node.application : node;
  const get = programs.get.bind(programs);
  programs.get = (programId) => {
    const program = get(programId);
    if (program === undefined || !programIds.includes(programId)) return program;
    const take = (): never => {
      throw new RangeError(NO_MEMORY);
    };
    return { ...program, memory: { take, giveBack: () => {} } as unknown as typeof program.memory };
  };
  return () => void (programs.get = get);
}
