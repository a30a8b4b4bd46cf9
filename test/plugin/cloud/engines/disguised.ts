import type { OrderedReplica } from "../../../../plugin/cloud/engines/ordered-replica.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";

/** A replica that does what the node does, but for this. */
export const disguised = (node: CloudNode, otherwise: Partial<OrderedReplica>): OrderedReplica =>
  new Proxy<OrderedReplica>(node, {
    get: (target, name) => {
      if (name in otherwise) return otherwise[name as keyof OrderedReplica];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
