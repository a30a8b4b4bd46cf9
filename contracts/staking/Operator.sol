// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SharePool} from "./SharePool.sol";

/// @notice Everything staking knows about one operator.
/// @param pendingRewards wei received and not yet split between commission and delegators
/// @param commission part of rewards the operator keeps, in bps
/// @param nextCommission announced higher commission, in bps; meaningful while `nextCommissionFrom` is not 0
/// @param nextCommissionFrom first second (Unix time) at which the announced commission may be applied; 0 if none
/// @param registered whether the address ever registered; never undone
/// @param heldUntil latest time up to which the registry said the operator answers; never lowered
/// @param jailedUntil earliest time of release from jail; 0 when not jailed, 2^64 - 1 when for ever
/// @param ownRound how often a slash took all that `ownUnbonding` had; each time it starts afresh, and older tickets are worth nothing
/// @param commissionOwed wei of commission not yet claimed
/// @param rewardPerShare wei ever earned by one active share, times 2^128
/// @param rewardCarry remainder of the last division into `rewardPerShare`, in wei times 2^128
/// @param active stake that counts for selection, the operator's own and delegated
/// @param unbonding delegators' stake on its way out, which still answers
/// @param ownUnbonding the operator's own stake on its way out, which answers before any delegator's
struct Operator {
    uint128 pendingRewards;
    uint16 commission;
    uint16 nextCommission;
    uint64 nextCommissionFrom;
    bool registered;
    uint64 heldUntil;
    uint64 jailedUntil;
    uint32 ownRound;
    uint256 commissionOwed;
    uint256 rewardPerShare;
    uint256 rewardCarry;
    SharePool active;
    SharePool unbonding;
    SharePool ownUnbonding;
}

/// @notice One delegator's part behind one operator.
/// @param shares shares of the operator's active pool
/// @param rewardPerShareSettled the operator's `rewardPerShare` up to which `rewardsOwed` is settled
/// @param rewardsOwed settled wei not yet claimed
struct Delegation {
    uint256 shares;
    uint256 rewardPerShareSettled;
    uint256 rewardsOwed;
}

/// @notice Stake on its way out.
/// @param owner who may withdraw it
/// @param releaseAt first second (Unix time) at which it may be withdrawn
/// @param ownRound when it is the operator's own, the round of `ownUnbonding` it belongs to
/// @param operator behind whom it was staked
/// @param shares shares of that operator's `ownUnbonding` when it is its own, else of `unbonding`
struct Ticket {
    address owner;
    uint64 releaseAt;
    uint32 ownRound;
    address operator;
    uint256 shares;
}
