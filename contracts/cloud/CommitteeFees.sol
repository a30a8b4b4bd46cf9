// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICommittees} from "../committee/ICommittees.sol";
import {IStaking} from "../staking/IStaking.sol";
import {ICommitteeFees} from "./ICommitteeFees.sol";

/// @title Keeps what committees earn and what others are owed, and pays both only when asked.
/// @dev Nothing here pushes ether to an address of someone else's choosing, so nobody can block a payment to another.
abstract contract CommitteeFees is ICommitteeFees {
    /// @notice Who speaks for a cloud, and who its members are.
    ICommittees public immutable committees;
    /// @notice Where members' rewards go; zero on a chain without staking.
    IStaking public immutable staking;

    /// @inheritdoc ICommitteeFees
    mapping(address owner => uint256 amount) public creditOf;
    /// @inheritdoc ICommitteeFees
    mapping(bytes32 cloudId => mapping(uint64 epoch => uint256 amount)) public accruedOf;

    /// @param stakingOrZero zero on a chain without staking: members are credited there
    constructor(ICommittees committees_, IStaking stakingOrZero) {
        if (address(committees_).code.length == 0) revert FeesNotAContract(address(committees_));
        committees = committees_;
        staking = stakingOrZero;
    }

    /// @inheritdoc ICommitteeFees
    function distribute(bytes32 cloudId, uint64 epoch) external {
        address[] memory members = committees.members(cloudId, epoch);
        uint256 size = members.length;
        uint256 amount = accruedOf[cloudId][epoch];
        if (size == 0 || amount < size) revert FeesNothingToDistribute(cloudId, epoch, amount, size);

        uint256 share = amount / size;
        accruedOf[cloudId][epoch] = amount % size;
        emit Distributed(cloudId, epoch, size, share);

        if (address(staking) != address(0)) {
            staking.addRewards{value: share * size}(members);
        } else {
            for (uint256 i = 0; i < size; ++i) creditOf[members[i]] += share;
        }
    }

    /// @inheritdoc ICommitteeFees
    function withdraw(address to) external {
        if (to == address(0)) revert FeesZeroRecipient();
        uint256 amount = creditOf[msg.sender];
        if (amount == 0) revert FeesNoCredit(msg.sender);
        delete creditOf[msg.sender];
        emit Withdrawn(msg.sender, to, amount);
        (bool taken, ) = to.call{value: amount}("");
        if (!taken) revert FeesTransferFailed(to, amount);
    }
}
