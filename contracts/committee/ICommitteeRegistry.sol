// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

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
}
