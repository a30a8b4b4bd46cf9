/** Which chains a cloud serves: what operators may change of it, and what follows for what waits. */
import type { ChainEvent } from "./event.ts";
import type { GatewayAddress, ReplicatedState, ServedGateway } from "./replicated-state.ts";

/** The part of the state in which a chain is known by its gateway. */
type Served = Pick<ReplicatedState, "chains" | "paused" | "retired">;

/** The chains that take part in blocks: those served and not paused. */
export function activeChains({ chains, paused }: Served): readonly ServedGateway[] {
  return paused.size === 0 ? chains : chains.filter(({ chainId }) => !paused.has(chainId));
}

/** A chain as the state has it: addresses have one form there, lower case, as their bytes read. */
export function normalized({ chainId, gateway, callGasPrice }: ServedGateway): ServedGateway {
  return { chainId, gateway: gateway.toLowerCase(), callGasPrice };
}

/** How a gateway that was removed is remembered. */
export function retiredKey({ chainId, gateway }: GatewayAddress): string {
  return `${chainId}:${gateway.toLowerCase()}`;
}

/**
 * Why operators cannot want this at present, or undefined when they can.
 *
 * @param home the chain of the registry, which tells of epochs: it is always served, so every block has a header
 */
export function chainEventFault(state: Served, event: ChainEvent, home: bigint): string | undefined {
  const { chainId } = event;
  const served = state.chains.find((chain) => chain.chainId === chainId);
  if (event.kind === "chain") {
    if (state.retired.has(retiredKey(event)))
      return `gateway ${event.gateway} of chain ${chainId} was removed for good; deploy the suite there anew`;
    if (served === undefined) return undefined;
    return `chain ${chainId} is served with gateway ${served.gateway}; remove that one first`;
  }
  if (served === undefined) return `chain ${chainId} is not served`;
  if (chainId === home) return `chain ${chainId} is the home chain, without which no epoch could begin`;
  if (event.kind === "pause") return state.paused.has(chainId) ? `chain ${chainId} is paused` : undefined;
  if (event.kind === "resume")
    return state.paused.has(chainId) ? undefined : `chain ${chainId} is not paused`;
  const isThis = served.gateway === event.gateway.toLowerCase();
  return isThis ? undefined : `chain ${chainId} is served with another gateway, ${served.gateway}`;
}

/** Makes the change that an event without fault asks for. */
export function applyChainEvent(state: ReplicatedState, event: ChainEvent): void {
  const { chainId } = event;
  switch (event.kind) {
    case "chain":
      state.chains = [...state.chains, normalized(event)].sort((a, b) => (a.chainId < b.chainId ? -1 : 1));
      return;
    case "pause":
      state.paused = new Set([...state.paused, chainId]);
      return;
    case "resume":
      state.paused = new Set([...state.paused].filter((one) => one !== chainId));
      return;
    case "removal":
      state.chains = state.chains.filter((chain) => chain.chainId !== chainId);
      state.paused = new Set([...state.paused].filter((one) => one !== chainId));
      state.retired = new Set([...state.retired, retiredKey(event)]);
      // What was for the old contracts means nothing to others: a new outbox counts every program's calls from 0, and holds no funds.
      state.cursors.delete(chainId);
      state.outgoing.delete(chainId);
      for (const ofPrograms of [state.callNonces, state.callCredit]) {
        for (const key of ofPrograms.names()) if (key.endsWith(`:${chainId}`)) ofPrograms.delete(key);
      }
  }
}
