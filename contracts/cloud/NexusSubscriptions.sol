// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICommittees} from "../committee/ICommittees.sol";
import {IStaking} from "../staking/IStaking.sol";
import {CommitteeFees} from "./CommitteeFees.sol";

/// @title Feeds programs with events of any contract of this chain, for a rent.
/// @notice While a subscription is paid, every log of `emitter` whose first topic is `topic0` is an event for the program.
/// An event that several subscriptions ask for reaches the program once. Anybody may subscribe any program to anything:
/// a program must look at the emitter of what it is given.
/// @dev Rent is earned by the committee in office when it is paid, so it is not given back on cancelling; paying for
/// short times often costs nothing more than gas. Ether here is always credits + fees accrued for committees.
contract NexusSubscriptions is CommitteeFees {
    /// @notice Longest time for which rent can be paid ahead.
    uint256 public constant MAX_AHEAD = 365 days;

    /// @notice A program is given the events described until `paidUntil`, not included.
    event Subscribed(
        bytes32 indexed subscriptionId,
        bytes32 indexed cloudId,
        bytes32 indexed programId,
        address owner,
        address emitter,
        bytes32 topic0,
        uint64 paidUntil
    );
    /// @notice A subscription was paid up to `paidUntil`; if it had lapsed, it lives again from now.
    event Extended(bytes32 indexed subscriptionId, bytes32 indexed cloudId, uint64 paidUntil);
    /// @notice A subscription ended now, by the will of its owner.
    event Cancelled(bytes32 indexed subscriptionId, bytes32 indexed cloudId);

    error SubscriptionsZeroRent();
    error SubscriptionsZeroEmitter();
    error SubscriptionsZeroTopic();
    /// @dev No committee of `cloudId` is in office here, so nobody would listen: there never was one, or its time ran out.
    error SubscriptionsNoCommittee(bytes32 cloudId);
    /// @dev `paid` wei are less than the rent of the least time that can be paid at once.
    error SubscriptionsRentTooLow(uint256 paid, uint256 needed);
    error SubscriptionsTooFarAhead(uint256 paidUntil, uint256 latest);
    /// @dev Never made, or cancelled.
    error SubscriptionsUnknown(bytes32 subscriptionId);

    /// @notice Wei for a day of one subscription.
    uint256 public immutable rentPerDay;

    /// @notice First second at which a subscription is no longer paid; 0 if it was never made or was cancelled.
    mapping(bytes32 subscriptionId => uint64 time) public paidUntil;

    constructor(
        ICommittees committees_,
        IStaking stakingOrZero,
        uint256 rentPerDay_
    ) CommitteeFees(committees_, stakingOrZero) {
        if (rentPerDay_ == 0) revert SubscriptionsZeroRent();
        rentPerDay = rentPerDay_;
    }

    /// @notice Subscribes `programId` of `cloudId` for `msg.value` / `rentPerDay` days, at least one. Subscribing again
    /// to the same extends.
    function subscribe(
        bytes32 cloudId,
        bytes32 programId,
        address emitter,
        bytes32 topic0
    ) external payable returns (bytes32 subscriptionId) {
        if (emitter == address(0)) revert SubscriptionsZeroEmitter();
        if (topic0 == 0) revert SubscriptionsZeroTopic();
        subscriptionId = idOf(msg.sender, cloudId, programId, emitter, topic0);
        uint64 until = _pay(subscriptionId, cloudId);
        emit Subscribed(subscriptionId, cloudId, programId, msg.sender, emitter, topic0, until);
    }

    /// @notice Pays for `msg.value` / `rentPerDay` more days, at least one. Anybody may, for anybody's subscription.
    function extend(
        address owner,
        bytes32 cloudId,
        bytes32 programId,
        address emitter,
        bytes32 topic0
    ) external payable {
        bytes32 subscriptionId = idOf(owner, cloudId, programId, emitter, topic0);
        if (paidUntil[subscriptionId] == 0) revert SubscriptionsUnknown(subscriptionId);
        emit Extended(subscriptionId, cloudId, _pay(subscriptionId, cloudId));
    }

    /// @notice Ends the caller's subscription now. Rent already paid is the committee's.
    function cancel(bytes32 cloudId, bytes32 programId, address emitter, bytes32 topic0) external {
        bytes32 subscriptionId = idOf(msg.sender, cloudId, programId, emitter, topic0);
        if (paidUntil[subscriptionId] == 0) revert SubscriptionsUnknown(subscriptionId);
        delete paidUntil[subscriptionId];
        emit Cancelled(subscriptionId, cloudId);
    }

    /// @notice The id of `owner`'s subscription to these events.
    function idOf(
        address owner,
        bytes32 cloudId,
        bytes32 programId,
        address emitter,
        bytes32 topic0
    ) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), owner, cloudId, programId, emitter, topic0));
    }

    function _pay(bytes32 subscriptionId, bytes32 cloudId) private returns (uint64) {
        uint64 epoch = committees.liveEpoch(cloudId);
        if (epoch == 0) revert SubscriptionsNoCommittee(cloudId);
        if (msg.value < rentPerDay) revert SubscriptionsRentTooLow(msg.value, rentPerDay);
        uint256 start = paidUntil[subscriptionId];
        if (start < block.timestamp) start = block.timestamp;
        uint256 until = start + (msg.value * 1 days) / rentPerDay;
        uint256 latest = block.timestamp + MAX_AHEAD;
        if (until > latest) revert SubscriptionsTooFarAhead(until, latest);
        paidUntil[subscriptionId] = uint64(until); // at most MAX_AHEAD after a block's time
        accruedOf[cloudId][epoch] += msg.value;
        return uint64(until);
    }
}
