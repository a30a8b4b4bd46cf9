import type {
  ContractFuture,
  Future,
  IgnitionModule,
  IgnitionModuleBuilder as Builder,
  RuntimeValue,
} from "@nomicfoundation/ignition-core";

import { part } from "./part.ts";

type Address = ContractFuture<string> | RuntimeValue;

/** Goes up with every change that makes a deployment another one: it is part of every module's id. */
export const SUITE_VERSION = 1;

/** Ids of the modules. A part's address is recorded under `<module id>#<part>`. */
export const MODULES = {
  suite: `NexusV${SUITE_VERSION}`,
  mirror: `NexusMirrorV${SUITE_VERSION}`,
  zero: `NexusZeroV${SUITE_VERSION}`,
  zeroVerifier: `NexusZeroVerifierV${SUITE_VERSION}`,
  development: `NexusDevelopmentV${SUITE_VERSION}`,
} as const;

/** Whether `module` is, or uses, the module with id `id`. */
export function includesModule(module: IgnitionModule, id: string): boolean {
  return module.id === id || [...module.submodules].some((one) => includesModule(one, id));
}

const NO_CONTRACT = "0x0000000000000000000000000000000000000000";
const NO_CLOUD = `0x${"00".repeat(32)}`;
const DAY = 86_400;
/** Above the base fees that Ethereum has as a rule: what a call does not cost is given back. */
const DEFAULT_CALL_GAS_PRICE = 50n * 10n ** 9n;

/**
 * Staking, committees, slashing and everything of the cloud, for a cloud's home chain.
 *
 * Parameters, all with defaults: `minimumSelfBond` (token units), `unbondingDelay`, `maximumHold`, `jailPeriod`,
 * `commissionNotice` (seconds), `maximumCommission`, `reporterPart`, `slashBps` (1/10,000), `maximumLeverage`, those of `cloudServices`, and
 * `defaultCloud` (id of the cloud asked by consumers that name none; none).
 *
 * @param token the ERC-20 that is staked
 * @param bls12381 whether the chain has EIP-2537; BN254 clouds work either way
 * @param finality seconds after which the chain's blocks are final; where a live chain is possible, `finalityOf`
 * @param after parts that must be there before anything is sent
 */
export function cloudHome(
  m: Builder,
  token: Address,
  bls12381: boolean,
  finality: number | RuntimeValue,
  after: Future[] = [],
) {
  const NexusStaking = part(
    m,
    "NexusStaking",
    [
      token,
      {
        minimumSelfBond: m.getParameter("minimumSelfBond", 10n ** 18n),
        unbondingDelay: m.getParameter("unbondingDelay", 14 * DAY),
        // An epoch of 30 days opened half an epoch ahead, and a week for evidence, with room to spare.
        maximumHold: m.getParameter("maximumHold", 90 * DAY),
        jailPeriod: m.getParameter("jailPeriod", 7 * DAY),
        commissionNotice: m.getParameter("commissionNotice", 7 * DAY),
        maximumCommission: m.getParameter("maximumCommission", 5_000),
        reporterPart: m.getParameter("reporterPart", 500),
        maximumLeverage: m.getParameter("maximumLeverage", 20),
      },
    ],
    { after },
  );
  const Bn254Verifier = part(m, "Bn254Verifier", [], { after });
  const Bls12381Verifier = bls12381 ? part(m, "Bls12381Verifier", [], { after }) : undefined;
  const CommitteeRegistry = part(m, "CommitteeRegistry", [
    NexusStaking,
    [Bn254Verifier, Bls12381Verifier ?? NO_CONTRACT],
    finality,
  ]);
  const EquivocationSlashing = part(m, "EquivocationSlashing", [
    NexusStaking,
    CommitteeRegistry,
    m.getParameter("slashBps", 500),
  ]);
  const wired = m.call(NexusStaking, "wire", [CommitteeRegistry, EquivocationSlashing]);
  return {
    NexusStaking,
    Bn254Verifier,
    ...(Bls12381Verifier === undefined ? {} : { Bls12381Verifier }),
    CommitteeRegistry,
    EquivocationSlashing,
    ...cloudServices(m, CommitteeRegistry, NexusStaking, m.getParameter("defaultCloud", NO_CLOUD), [wired]),
  };
}

/** Parameter `finality`: seconds after which a block of the chain is final, as a rule. */
export function finalityOf(m: Builder): RuntimeValue {
  return m.getParameter("finality");
}

/**
 * One cloud's committees on a chain that is not its home, and everything of the cloud there.
 *
 * Parameters: `cloudId` (bytes32), `prices` (what the cloud asks here, as `Prices` in ICommittees.sol), `anchor` (the `Committee` to start from, as the registry gives it),
 * `operators` (its members' addresses), `homeFinality` (the registry's `finality`), `guardian` (who may move the mirror on when it has lapsed, nobody by default), and those of
 * `cloudServices`.
 *
 * @param suite the cloud's BLS suite
 */
export function cloudMirror(m: Builder, suite: "Bn254Verifier" | "Bls12381Verifier") {
  const verifier = part(m, suite);
  const cloudId = m.getParameter<string>("cloudId");
  const CommitteeMirror = part(m, "CommitteeMirror", [
    cloudId,
    verifier,
    m.getParameter("prices"),
    m.getParameter("anchor"),
    m.getParameter("operators"),
    m.getParameter("guardian", NO_CONTRACT),
    m.getParameter("homeFinality"),
  ]);
  return {
    [suite]: verifier,
    CommitteeMirror,
    ...cloudServices(m, CommitteeMirror, NO_CONTRACT, cloudId, []),
  };
}

/**
 * The parts that serve requests, whoever the committees are. Parameters: `relayerBps`, `callbackBps` (1/10,000),
 * `rentPerDay` (wei), `callGasPrice` (wei for a unit of gas that a program's call may take; 0 makes calls free).
 */
function cloudServices(
  m: Builder,
  committees: ContractFuture<string>,
  staking: ContractFuture<string> | typeof NO_CONTRACT,
  defaultCloud: RuntimeValue,
  after: Future[],
) {
  const NexusGateway = part(
    m,
    "NexusGateway",
    [
      committees,
      staking,
      m.getParameter("relayerBps", 1_000),
      m.getParameter("callbackBps", 10_000),
      defaultCloud,
    ],
    { after },
  );
  return {
    NexusGateway,
    NexusOutbox: part(m, "NexusOutbox", [
      committees,
      NexusGateway,
      m.getParameter("callGasPrice", DEFAULT_CALL_GAS_PRICE),
    ]),
    StateCheckpoints: part(m, "StateCheckpoints", [committees, NexusGateway]),
    NexusSubscriptions: part(
      m,
      "NexusSubscriptions",
      [committees, staking, m.getParameter("rentPerDay", 10n ** 15n)],
      { after },
    ),
  };
}

/**
 * Zero's router and market. Parameters: `revealDelay` (blocks, default 5), `verifiers` (addresses of those that the router takes
 * proofs for at once, default none).
 *
 * @param owner may add verifiers, which work after the delay, and retire them
 * @param activationDelay seconds; where a live chain is possible, `activationDelayOf`
 */
export function zero(
  m: Builder,
  owner: Address,
  activationDelay: number | RuntimeValue,
  after: Future[] = [],
) {
  const verifiers = m.getParameter<string[]>("verifiers", []);
  const ZeroRouter = part(m, "ZeroRouter", [owner, activationDelay, verifiers], { after });
  return { ZeroRouter, ZeroMarket: part(m, "ZeroMarket", [ZeroRouter, m.getParameter("revealDelay", 5)]) };
}

/** Parameter `activationDelay`: seconds from adding a verifier to a router to its first proof, at least 7 days; default 30 days. */
export function activationDelayOf(m: Builder): RuntimeValue {
  return m.getParameter("activationDelay", 30 * DAY);
}

/**
 * A Zero verifier. Parameter: `verifyingKey`, with the fields of `ZeroVerifyingKey` in contracts/zero/ZeroVerifier.sol. The router's owner
 * adds it: as a rule that is not who deploys.
 */
export function zeroVerifier(m: Builder) {
  return { ZeroVerifier: part(m, "ZeroVerifier", [m.getParameter("verifyingKey")]) };
}
