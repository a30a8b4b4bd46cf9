import { creditOf } from "../../plugin/api/call-funds.ts";
import type { EmbeddedCloud } from "../../plugin/cloud/embedded/embedded-cloud.ts";

/** What a node's page shows of the cloud as a whole. Amounts are decimal text, times seconds of Unix time. */
export interface StatusView {
  readonly cloudId: string;
  readonly suite: string;
  readonly height: number;
  /** What keeps the cloud from serving, in one sentence; null when nothing does. */
  readonly trouble: string | null;
  readonly nodes: readonly { index: number; height: number; state: string; reason: string | null }[];
  readonly committee: {
    epoch: string;
    size: number;
    threshold: number;
    validUntil: number;
    groupKey: string;
  };
  readonly chains: readonly {
    chainId: string;
    home: boolean;
    gateway: string;
    rpc: string | null;
  }[];
  readonly misbehaviours: readonly { kind: string; node: number; height: number }[];
  /** Runs that nodes cannot do; `skip` is what to send to api/skips for the cloud to go on without them. */
  readonly stuck: readonly {
    skip: { eventId: string; programId: string };
    requestId: string | null;
    nodes: readonly number[];
    reason: string;
  }[];
  readonly programs: readonly {
    id: string;
    name: string;
    /** Wei that it has for further calls, on each chain where it has any. */
    callCredits: readonly { chainId: string; wei: string }[];
  }[];
}

/** The present state of a cloud, to be shown. */
export function statusView(
  cloud: EmbeddedCloud,
  known: Pick<StatusView, "trouble"> & {
    rpc: string | null;
    programs: readonly { id: string; name: string }[];
  },
): StatusView {
  const { committee } = cloud.committee.active!;
  return {
    cloudId: cloud.cloudId,
    suite: cloud.options.suite,
    height: cloud.height,
    trouble: known.trouble,
    nodes: [...cloud.replicas]
      .sort((a, b) => a.index - b.index)
      .map(({ node, fault, height }) => ({
        index: node.index,
        height,
        state: node.divergence !== undefined ? "diverged" : fault.kind === "none" ? "running" : fault.kind,
        reason: node.divergence ?? null,
      })),
    committee: {
      epoch: String(committee.epoch),
      size: Number(committee.size),
      threshold: Number(committee.threshold),
      validUntil: Number(committee.validUntil),
      groupKey: committee.groupKey,
    },
    chains: cloud.chains.map(({ chainId, isHome, gateway }) => ({
      chainId: String(chainId),
      home: isHome,
      gateway: gateway.address,
      rpc: isHome ? known.rpc : null,
    })),
    misbehaviours: cloud.misbehaviours
      .slice(-50)
      .map(({ kind, index, height }) => ({ kind, node: index, height })),
    stuck: cloud.stuckRuns.map(({ eventId, programId, requestId = null, nodes, reason }) => ({
      skip: { eventId, programId },
      requestId,
      nodes,
      reason,
    })),
    programs: known.programs.map(({ id, name }) => ({
      id,
      name,
      callCredits: cloud.chains
        .map(({ chainId }) => ({ chainId: String(chainId), wei: String(creditOf(cloud, chainId, id)) }))
        .filter(({ wei }) => wei !== "0"),
    })),
  };
}
