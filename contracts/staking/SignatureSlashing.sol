// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Digests, Header} from "../committee/Digests.sol";
import {Step} from "../committee/MirrorRecovery.sol";
import {GradedSlashing} from "./GradedSlashing.sol";

/// @notice What was signed twice: two headers of one height, for one gateway of one chain.
/// @param chainId the chain that the headers are for, whichever it is
/// @param gateway the gateway there
/// @param first a header
/// @param firstSignature BLS signature of its digest under the epoch, in the cloud's suite
/// @param second a header of the same height that says something else
/// @param secondSignature BLS signature of its digest under the same epoch, by the same key
struct Conflict {
    uint256 chainId;
    address gateway;
    Header first;
    bytes firstSignature;
    Header second;
    bytes secondSignature;
}

/// @notice Whose partial signatures they are.
/// @param index the member's position in the committee, from 0
/// @param key the public key of its share, as it confirmed it to the registry
struct Share {
    uint16 index;
    bytes key;
}

/// @title Slashes for what key shares and group keys signed: the signatures that move money.
/// @notice Two things no honest member ever signs: two different headers of one height for one chain under one epoch, and a rotation
/// to an epoch that the registry does not know so. Partial signatures show it of the member whose share made them. A group
/// signature shows it of the committee: of at least t members, who cannot be told from the others, so that all answer.
/// @notice That a header which stands alone is false, because the execution behind it was, no signature shows.
/// @dev Every digest names the epoch, and no two epochs of a cloud have one group key, so that a committee answers for its own
/// signatures alone. Evidence is as public as in `EquivocationSlashing`.
abstract contract SignatureSlashing is GradedSlashing {
    event PartialsPunished(
        address indexed operator,
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        address reporter,
        uint256 taken
    );

    /// @dev The headers are of two heights, as honest ones are.
    error SlashingDifferentHeights(uint64 first, uint64 second);
    /// @dev Both headers say the same, which is no offence however often it is signed.
    error SlashingSameHeader(bytes32 digest);
    /// @dev The rotation is the one that the registry knows.
    error SlashingTrueRotation(bytes32 digest);
    /// @dev The signature is well formed but not one of the key over `digest`.
    error SlashingBadSignature(bytes32 digest);
    /// @dev The member at `index` did not confirm this share key for that epoch.
    error SlashingWrongShareKey(bytes32 cloudId, uint64 epoch, uint16 index);

    /// @notice Slashes the member whose share signed both headers; the caller gets the reporter's part.
    /// @return taken token units slashed in all
    function reportPartialHeaders(
        bytes32 cloudId,
        uint64 epoch,
        Share calldata share,
        Conflict calldata conflict
    ) external returns (uint256 taken) {
        _requireConflict(cloudId, epoch, conflict, share.key);
        return _punishOwner(cloudId, epoch, share);
    }

    /// @notice Slashes the member whose share signed a false rotation from `epoch`; the caller gets the reporter's part.
    /// @param step the rotation, with the partial signature
    /// @return taken token units slashed in all
    function reportPartialRotation(
        bytes32 cloudId,
        uint64 epoch,
        Share calldata share,
        Step calldata step
    ) external returns (uint256 taken) {
        _requireFalse(cloudId, epoch, step, share.key);
        return _punishOwner(cloudId, epoch, share);
    }

    /// @notice Slashes the committee whose group key signed both headers; the caller gets the reporter's parts.
    /// @param most members that this call slashes, of those not yet slashed to the full; hand it in again for the others. 0 for all
    /// @return taken token units slashed in all
    function reportHeaders(
        bytes32 cloudId,
        uint64 epoch,
        Conflict calldata conflict,
        uint256 most
    ) external returns (uint256 taken) {
        _requireConflict(cloudId, epoch, conflict, registry.committee(cloudId, epoch).groupKey);
        return _punishAll(cloudId, epoch, most);
    }

    /// @notice Slashes the committee whose group key signed a false rotation from `epoch`; the caller gets the reporter's parts.
    /// @param most members that this call slashes, of those not yet slashed to the full; hand it in again for the others. 0 for all
    /// @return taken token units slashed in all
    function reportRotation(
        bytes32 cloudId,
        uint64 epoch,
        Step calldata step,
        uint256 most
    ) external returns (uint256 taken) {
        _requireFalse(cloudId, epoch, step, registry.committee(cloudId, epoch).groupKey);
        return _punishAll(cloudId, epoch, most);
    }

    function _requireConflict(bytes32 cloudId, uint64 epoch, Conflict calldata c, bytes memory key) private view {
        if (c.first.height != c.second.height) revert SlashingDifferentHeights(c.first.height, c.second.height);
        bytes32 first = Digests.headerOn(c.chainId, c.gateway, cloudId, epoch, c.first);
        bytes32 second = Digests.headerOn(c.chainId, c.gateway, cloudId, epoch, c.second);
        if (first == second) revert SlashingSameHeader(first);
        _requireSigned(cloudId, first, c.firstSignature, key);
        _requireSigned(cloudId, second, c.secondSignature, key);
    }

    function _requireFalse(bytes32 cloudId, uint64 epoch, Step calldata step, bytes memory key) private view {
        bytes32 digest = Digests.rotation(
            cloudId,
            epoch,
            step.next.epoch,
            step.next.validFrom,
            step.next.validUntil,
            step.next.size,
            step.next.threshold,
            step.next.groupKey,
            step.next.membersHash
        );
        if (digest == registry.rotationDigest(cloudId, epoch, step.next.epoch)) revert SlashingTrueRotation(digest);
        _requireSigned(cloudId, digest, step.signature, key);
    }

    /// @dev The verifier refuses malformed points, those outside the subgroup and infinity with errors of `IBlsErrors`.
    function _requireSigned(bytes32 cloudId, bytes32 digest, bytes calldata signature, bytes memory key) private view {
        if (!registry.cloudVerifier(cloudId).verify(digest, signature, key)) revert SlashingBadSignature(digest);
    }

    /// @dev The registry saw the member show, under its identity, that it holds the secret of this very key.
    function _punishOwner(bytes32 cloudId, uint64 epoch, Share calldata share) private returns (uint256 taken) {
        if (keccak256(share.key) != registry.shareKeyHash(cloudId, epoch, share.index))
            revert SlashingWrongShareKey(cloudId, epoch, share.index);
        address operator = registry.members(cloudId, epoch)[share.index];
        taken = _punish(cloudId, epoch, operator);
        emit PartialsPunished(operator, cloudId, epoch, msg.sender, taken);
    }
}
