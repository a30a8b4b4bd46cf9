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
/// @param commissionOwed wei of commission not yet claimed
/// @param rewardPerShare wei ever earned by one active share, times 2^128
/// @param rewardCarry remainder of the last division into `rewardPerShare`, in wei times 2^128
/// @param active stake that counts for selection, the operator's own and delegated
/// @param unbonding stake on its way out, which still answers
/// @param ownUnbondingShares the operator's own part of `unbonding`
struct Operator {
    uint128 pendingRewards;
    uint16 commission;
    uint16 nextCommission;
    uint64 nextCommissionFrom;
    bool registered;
    uint64 heldUntil;
    uint64 jailedUntil;
    uint256 commissionOwed;
    uint256 rewardPerShare;
    uint256 rewardCarry;
    SharePool active;
    SharePool unbonding;
    uint256 ownUnbondingShares;
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
/// @param operator behind whom it was staked
/// @param shares shares of that operator's unbonding pool
struct Ticket {
    address owner;
    uint64 releaseAt;
    address operator;
    uint256 shares;
}
