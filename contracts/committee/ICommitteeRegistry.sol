// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../bls/IThresholdVerifier.sol";
import {ICommittees} from "./ICommittees.sol";

/// @title What other contracts of the home chain ask of the registry.
interface ICommitteeRegistry is ICommittees {
    /// @notice The operator that `identity` was ever bound to; an identity is never bound to another. 0 if none.
    function operatorOf(address identity) external view returns (address);

    /// @notice Whether `operator` was selected for the committee of `epoch`, active or not.
    function isMember(bytes32 cloudId, uint64 epoch, address operator) external view returns (bool);

    /// @notice Until when (Unix time) the stake of an epoch's members is held, and evidence against them accepted; 0 when none were
    /// selected. A committee that was replaced or unseated early answers no shorter for it: mirrors may trust it to its first end.
    function heldUntil(bytes32 cloudId, uint64 epoch) external view returns (uint64);

    /// @notice keccak256 of the share's public key that the member at position `index` confirmed for `epoch` and showed to hold; 0 if
    /// there is no such member or it never confirmed.
    function shareKeyHash(bytes32 cloudId, uint64 epoch, uint256 index) external view returns (bytes32);

    /// @notice `Digests.rotation` of what this registry knows of `toEpoch`, with the end it was selected with; 0 if it never had a
    /// key. Whatever else a committee signed about `toEpoch` is false, for it signs once it has seen the key agreed in a final block.
    function rotationDigest(bytes32 cloudId, uint64 fromEpoch, uint64 toEpoch) external view returns (bytes32);

    /// @notice The verifier of a cloud's BLS suite.
    function cloudVerifier(bytes32 cloudId) external view returns (IThresholdVerifier);
}
