// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICommittees} from "./ICommittees.sol";

/// @title What `LivenessChallenges` asks of the registry.
interface IUnseatable is ICommittees {
    /// @notice Seconds that a committee has to answer a challenge: at most half an epoch, as a confirmation window fits six times.
    function patience(bytes32 cloudId) external view returns (uint64);

    /// @notice Ends the current committee's time now. Only the registry's `LivenessChallenges`.
    function unseat(bytes32 cloudId) external;
}
