// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../bls/IThresholdVerifier.sol";
import {Committee, ICommittees} from "./ICommittees.sol";
import {Roster} from "./Roster.sol";
import {StoredBytes} from "./StoredBytes.sol";

/// @title The committees that speak for clouds, and the check of what they sign.
/// @notice What the registry and the mirrors have in common: they differ only in how a committee becomes active.
abstract contract Committees is ICommittees {
    /// @dev A committee as stored. The first word is all that a signature check reads, besides the key.
    /// @param keyPointer `StoredBytes` of the group key; 0 until it is agreed
    /// @param validFrom first second at which its signatures are accepted
    /// @param validUntil first second at which they no longer are
    /// @param scheme the cloud's BLS suite
    /// @param active whether it ever became active
    /// @param membersPointer `Roster` of the operators, at home with their node identities behind; 0 for an epoch that never had a
    /// committee
    /// @param size number of members
    /// @param threshold number of members that make a signature
    /// @param heldUntil at home, until when the members' stake was held when they were selected; no early end moves it
    /// @param membersHash as in `Committee`
    struct Record {
        address keyPointer;
        uint40 validFrom;
        uint40 validUntil;
        uint8 scheme;
        bool active;
        address membersPointer;
        uint16 size;
        uint16 threshold;
        uint40 heldUntil;
        bytes32 membersHash;
    }

    /// @notice The largest committee: its bitmap of confirmations fits half a word, its selection out of the largest
    /// list of candidates fits a transaction, and its key generation (n^2 encrypted shares) still ends in seconds.
    uint16 public constant MAX_SIZE = 128;

    /// @notice The longest `finality` in seconds: six windows of key generation, each of which waits for it twice, fit an epoch.
    uint64 public constant MAX_FINALITY = 2 days;

    /// @notice Seconds after which a block of the clouds' home chain is final, as a rule. Nodes act on nothing younger.
    uint64 public immutable finality;

    /// @dev More than `MAX_FINALITY`, in seconds.
    error CommitteesBadFinality(uint64 finality, uint64 max);
    /// @dev Not in [1, `MAX_SIZE`].
    error CommitteesBadSize(uint16 size, uint16 max);
    /// @dev Not more than two thirds of `size`, or more than `size`.
    error CommitteesBadThreshold(uint16 threshold, uint16 size);
    /// @dev There is no such cloud here.
    error CommitteesUnknownCloud(bytes32 cloudId);

    mapping(bytes32 cloudId => mapping(uint64 epoch => Record)) internal _records;

    constructor(uint64 finality_) {
        if (finality_ > MAX_FINALITY) revert CommitteesBadFinality(finality_, MAX_FINALITY);
        finality = finality_;
    }

    /// @notice Seconds for which a committee's signatures are still accepted after its successor took over, so that results in flight
    /// land: an hour from when the nodes, who wait for `finality`, know of it. Never longer than its own `validUntil`.
    function grace() public view returns (uint64) {
        return finality + 1 hours;
    }

    /// @inheritdoc ICommittees
    function currentEpoch(bytes32 cloudId) public view virtual returns (uint64);

    /// @inheritdoc ICommittees
    function liveEpoch(bytes32 cloudId) external view returns (uint64 epoch) {
        epoch = currentEpoch(cloudId);
        Record storage record = _records[cloudId][epoch];
        if (block.timestamp < record.validFrom || block.timestamp >= record.validUntil) epoch = 0;
    }

    /// @inheritdoc ICommittees
    function committee(bytes32 cloudId, uint64 epoch) public view returns (Committee memory) {
        return _committee(_activeRecord(cloudId, epoch), epoch);
    }

    /// @inheritdoc ICommittees
    function members(bytes32 cloudId, uint64 epoch) external view returns (address[] memory) {
        Record storage record = _activeRecord(cloudId, epoch);
        return Roster.readMembers(record.membersPointer, record.size);
    }

    /// @inheritdoc ICommittees
    function requireSigned(bytes32 cloudId, uint64 epoch, bytes32 digest, bytes calldata signature) public view {
        Record storage record = _activeRecord(cloudId, epoch);
        (uint64 validFrom, uint64 validUntil) = (record.validFrom, record.validUntil);
        if (block.timestamp < validFrom || block.timestamp >= validUntil)
            revert CommitteesEpochNotValid(cloudId, epoch, validFrom, validUntil, uint64(block.timestamp));
        bytes memory groupKey = StoredBytes.read(record.keyPointer);
        if (!_verifier(record.scheme).verify(digest, signature, groupKey))
            revert CommitteesBadSignature(cloudId, epoch, digest);
    }

    /// @dev The verifier of a scheme that some record of this contract has.
    function _verifier(uint8 scheme) internal view virtual returns (IThresholdVerifier);

    /// @dev Lets a committee that has a successor run out after `grace`.
    function _retire(bytes32 cloudId, uint64 epoch) internal {
        Record storage record = _records[cloudId][epoch];
        uint256 end = block.timestamp + grace();
        // The cast cannot truncate: `end` is less than a value of the same type.
        if (end < record.validUntil) record.validUntil = uint40(end);
    }

    /// @dev End of the committee's validity, or 0 if it is over or there is none.
    function _liveUntil(bytes32 cloudId, uint64 epoch) internal view returns (uint64 until) {
        until = _records[cloudId][epoch].validUntil;
        if (epoch == 0 || block.timestamp >= until) until = 0;
    }

    function _activeRecord(bytes32 cloudId, uint64 epoch) internal view returns (Record storage record) {
        record = _records[cloudId][epoch];
        if (!record.active) revert CommitteesUnknownEpoch(cloudId, epoch);
    }

    /// @dev A record whose group key is agreed, as others see it.
    function _committee(Record storage record, uint64 epoch) internal view returns (Committee memory) {
        return
            Committee({
                epoch: epoch,
                validFrom: record.validFrom,
                validUntil: record.validUntil,
                size: record.size,
                threshold: record.threshold,
                groupKey: StoredBytes.read(record.keyPointer),
                membersHash: record.membersHash
            });
    }

    /// @dev With n = 3f + 1 the least threshold is 2f + 1: any two quorums then share an honest member.
    function _requireShape(uint16 size, uint16 threshold) internal pure {
        if (size == 0 || size > MAX_SIZE) revert CommitteesBadSize(size, MAX_SIZE);
        if (threshold > size || 3 * uint256(threshold) <= 2 * uint256(size))
            revert CommitteesBadThreshold(threshold, size);
    }
}
