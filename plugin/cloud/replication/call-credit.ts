/**
 * What programs have for their outbound calls: a credit in wei per program and chain, fed by what the chain's outbox tells of their funds, and
 * charged the most that a call may cost before it is signed. docs/contracts/gateway.md says how it relates to the funds themselves.
 */
import { CallStatus, type OutboundCall } from "../runtime/invocation.ts";
import type { RefusedCall } from "./block-record.ts";
import type { Funds } from "./event.ts";
import type { ReplicatedState } from "./replicated-state.ts";
import { activeChains } from "./served-chains.ts";

/** Gas that a program pays for a call besides the call's own: `CALL_GAS` and `MAKING_GAS` of `NexusOutbox`. */
const GAS_PER_CALL = 160_000n;
/** Gas that it pays for each byte of the call's data: `DATA_BYTE_GAS` of `NexusOutbox`. */
const GAS_PER_BYTE = 40n;

/**
 * The most that a call may cost its program, in wei: `NexusOutbox.priceOf`.
 *
 * @param callGasPrice wei for a unit of gas, as the outbox has it
 */
export function callPrice(
  callGasPrice: bigint,
  { gasLimit, data }: Pick<OutboundCall, "gasLimit" | "data">,
): bigint {
  return (GAS_PER_CALL + GAS_PER_BYTE * BigInt(data.length) + BigInt(gasLimit)) * callGasPrice;
}

/** Where the state has a program's credit, or the number of its calls. */
export function callKey(programId: string, chainId: bigint): string {
  return `${programId}:${chainId}`;
}

/** Takes what an outbox tells of a program's funds into the state. */
export function addCredit(
  { callCredit }: ReplicatedState,
  chainId: bigint,
  { programId, amount }: Funds,
): void {
  const key = callKey(programId, chainId);
  callCredit.set(key, (callCredit.get(key) ?? 0n) + amount);
}

/** What one run may call: whatever it asks for is charged here, and in the state only once the run has succeeded. */
export class RunCredit {
  /** What was refused, in order. */
  readonly refused: RefusedCall[] = [];
  readonly #state: ReplicatedState;
  readonly #programId: string;
  /** Wei that calls of this run took, by chain id. */
  readonly #taken = new Map<bigint, bigint>();

  constructor(state: ReplicatedState, programId: string) {
    this.#state = state;
    this.#programId = programId;
  }

  /** Charges a call, unless it is refused. */
  admit(call: OutboundCall): CallStatus {
    const { chainId } = call;
    const chain = activeChains(this.#state).find((one) => one.chainId === chainId);
    // Nothing may wait without end for a chain that takes nothing.
    if (chain === undefined) {
      this.refused.push({ chainId, status: CallStatus.NotServed });
      return CallStatus.NotServed;
    }
    const price = callPrice(chain.callGasPrice, call);
    const taken = this.#taken.get(chainId) ?? 0n;
    const credit = (this.#state.callCredit.get(callKey(this.#programId, chainId)) ?? 0n) - taken;
    if (price > credit) {
      this.refused.push({ chainId, status: CallStatus.Unfunded, price, credit });
      return CallStatus.Unfunded;
    }
    this.#taken.set(chainId, taken + price);
    return CallStatus.Accepted;
  }

  /** Charges the state for what was admitted. */
  settle(): void {
    const { callCredit } = this.#state;
    for (const [chainId, taken] of this.#taken) {
      const key = callKey(this.#programId, chainId);
      const left = (callCredit.get(key) ?? 0n) - taken;
      if (left === 0n) callCredit.delete(key);
      else callCredit.set(key, left);
    }
  }
}
