// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IStaking} from "../../../contracts/staking/IStaking.sol";

/// @title Stakes as a test sets them, and the holds and slashes it can look at.
contract StakeTable is IStaking {
    mapping(address operator => uint256) public override activeStake;
    mapping(address operator => uint64) public heldUntil;

    error StakeTableUnused();

    function setStake(address operator, uint256 stake) external {
        activeStake[operator] = stake;
    }

    function hold(address operator, uint64 until) external {
        if (until > heldUntil[operator]) heldUntil[operator] = until;
    }

    function isJailed(address operator) external view returns (bool) {
        return activeStake[operator] == 0;
    }

    function slash(address operator, uint16 bps, address) external returns (uint256 taken) {
        taken = (activeStake[operator] * bps) / 10_000;
        activeStake[operator] -= taken;
    }

    function addRewards(address[] calldata) external payable {
        revert StakeTableUnused();
    }
}
