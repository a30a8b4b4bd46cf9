// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../bls/IThresholdVerifier.sol";
import {Digests} from "./Digests.sol";
import {Committee, ICommittees, Prices} from "./ICommittees.sol";
import {MirrorRecovery} from "./MirrorRecovery.sol";
import {Roster} from "./Roster.sol";
import {StoredBytes} from "./StoredBytes.sol";

/// @title One cloud's committees on a chain that is not its home.
/// @notice Anchored at deployment in a committee that the deployer vouches for (compare it with the registry's before
/// you rely on a mirror), it then follows from committee to committee by the old group key's signature alone, carried
/// by anyone. It has no owner. A mirror that nobody moved on before its committee's `validUntil` has lapsed; how it is moved on then is in
/// `MirrorRecovery`.
contract CommitteeMirror is MirrorRecovery {
    /// @notice The only cloud of this mirror.
    bytes32 public immutable cloudId;

    /// @notice The cloud's BLS suite.
    IThresholdVerifier public immutable verifier;

    // A struct cannot be immutable.
    uint96 private immutable _perRequest;
    uint80 private immutable _perFuel;
    uint80 private immutable _perByte;
    uint64 private _currentEpoch;

    /// @notice `next` took over from `fromEpoch`; 0 for the committee given at deployment.
    event MirrorFollowed(bytes32 indexed cloudId, uint64 indexed fromEpoch, uint64 indexed toEpoch, Committee next);

    /// @dev The newest epoch here is `current`: this step has been taken, or steps before it are missing.
    error MirrorWrongEpoch(uint64 fromEpoch, uint64 current);
    /// @dev Everything is right but this chain's clock has not reached `validFrom`: try again then.
    error MirrorNotYetValid(uint64 epoch, uint64 validFrom, uint64 now_);
    /// @dev The committee's time has passed.
    error MirrorExpired(uint64 epoch, uint64 validUntil, uint64 now_);
    /// @dev An end that is not after the beginning, or does not fit 40 bits.
    error MirrorBadValidity(uint64 validFrom, uint64 validUntil);
    /// @dev The list of members does not have `size` entries.
    error MirrorWrongMemberCount(uint256 count, uint16 size);
    /// @dev The list of members is not the one that was signed.
    error MirrorWrongMembers(bytes32 membersHash, bytes32 expected);

    /// @param cloudId_ the cloud's id on its home chain
    /// @param verifier_ verifier of the cloud's BLS suite on this chain
    /// @param prices_ what the cloud asks for its work on this chain
    /// @param anchor the committee to start from, valid now
    /// @param operators its members, in committee order
    /// @param guardian_ who may move the mirror on when it has lapsed and no signature can; 0 for nobody
    /// @param finality_ the registry's `finality`, in seconds
    constructor(
        bytes32 cloudId_,
        IThresholdVerifier verifier_,
        Prices memory prices_,
        Committee memory anchor,
        address[] memory operators,
        address guardian_,
        uint64 finality_
    ) MirrorRecovery(guardian_, finality_) {
        cloudId = cloudId_;
        verifier = verifier_;
        (_perRequest, _perFuel, _perByte) = (prices_.perRequest, prices_.perFuel, prices_.perByte);
        if (anchor.epoch == 0) revert MirrorNotForward(0, 0);
        _accept(0, anchor, operators);
    }

    /// @notice Moves on to `next`, as the group key of `fromEpoch` signed it (`Digests.rotation`). Anyone may call:
    /// the registry's event `EpochRotated` has everything needed, but for the members in `CommitteeSelected`.
    /// @param fromEpoch the newest epoch here
    /// @param next the committee that takes over, with the `validUntil` it was selected with
    /// @param operators its members, in committee order
    /// @param signature the old committee's group signature
    function follow(
        uint64 fromEpoch,
        Committee calldata next,
        address[] calldata operators,
        bytes calldata signature
    ) external {
        if (fromEpoch != _currentEpoch) revert MirrorWrongEpoch(fromEpoch, _currentEpoch);
        if (next.epoch <= fromEpoch) revert MirrorNotForward(fromEpoch, next.epoch);
        bytes32 digest = Digests.rotation(
            cloudId,
            fromEpoch,
            next.epoch,
            next.validFrom,
            next.validUntil,
            next.size,
            next.threshold,
            next.groupKey,
            next.membersHash
        );
        requireSigned(cloudId, fromEpoch, digest, signature);
        _retire(cloudId, fromEpoch);
        _accept(fromEpoch, next, operators);
    }

    /// @inheritdoc ICommittees
    function currentEpoch(bytes32 id) public view override returns (uint64) {
        return id == cloudId ? _currentEpoch : 0;
    }

    /// @inheritdoc ICommittees
    function prices(bytes32 id) external view returns (Prices memory) {
        if (id != cloudId) revert CommitteesUnknownCloud(id);
        return Prices(_perRequest, _perFuel, _perByte);
    }

    function _verifier(uint8) internal view override returns (IThresholdVerifier) {
        return verifier;
    }

    function _cloudId() internal view override returns (bytes32) {
        return cloudId;
    }

    function _accept(uint64 fromEpoch, Committee memory next, address[] memory operators) internal override {
        _requireShape(next.size, next.threshold);
        if (operators.length != next.size) revert MirrorWrongMemberCount(operators.length, next.size);
        bytes32 membersHash = keccak256(abi.encode(operators));
        if (membersHash != next.membersHash) revert MirrorWrongMembers(membersHash, next.membersHash);
        verifier.checkPublicKey(next.groupKey);
        if (next.validFrom >= next.validUntil || next.validUntil > type(uint40).max)
            revert MirrorBadValidity(next.validFrom, next.validUntil);
        if (block.timestamp >= next.validUntil)
            revert MirrorExpired(next.epoch, next.validUntil, uint64(block.timestamp));
        if (block.timestamp < next.validFrom)
            revert MirrorNotYetValid(next.epoch, next.validFrom, uint64(block.timestamp));

        _currentEpoch = next.epoch;
        _records[cloudId][next.epoch] = Record({
            keyPointer: StoredBytes.write(next.groupKey),
            // The casts cannot truncate: both are at most `type(uint40).max`, checked above.
            validFrom: uint40(next.validFrom),
            validUntil: uint40(next.validUntil),
            scheme: 0,
            active: true,
            membersPointer: Roster.writeMembers(operators),
            size: next.size,
            threshold: next.threshold,
            heldUntil: 0,
            membersHash: membersHash
        });
        emit MirrorFollowed(cloudId, fromEpoch, next.epoch, next);
    }
}
