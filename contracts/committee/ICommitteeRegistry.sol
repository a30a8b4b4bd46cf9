// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICommittees} from "./ICommittees.sol";

/// @title What other contracts of the home chain ask of the registry.
interface ICommitteeRegistry is ICommittees {
    /// @notice The operator that `identity` was ever bound to; an identity is never bound to another. 0 if none.
    function operatorOf(address identity) external view returns (address);

    /// @notice Whether `operator` was selected for the committee of `epoch`, active or not.
    function isMember(bytes32 cloudId, uint64 epoch, address operator) external view returns (bool);

    /// @notice Seconds after an epoch's end for which its members' stake is held, and evidence against them accepted.
    // solhint-disable-next-line func-name-mixedcase
    function EVIDENCE_WINDOW() external view returns (uint64);
}
