// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome} from "../committee/Digests.sol";

/// @title What a contract implements to be called back with an answer.
interface INexusConsumer {
    /// @notice Called by the gateway at most once per request, with exactly the request's `callbackGas`. Whether it
    /// reverts is recorded and changes nothing else. It must refuse every caller but the gateway: see `NexusConsumer`.
    /// @param output what the program answered; worth reading only if `outcome` is `Success`
    function onNexusResult(bytes32 requestId, Outcome outcome, bytes calldata output) external;
}
