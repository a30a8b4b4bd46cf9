// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBlsErrors} from "./IBlsErrors.sol";

/// @title Calls of precompiled contracts that cannot be mistaken.
/// @dev A precompile that refuses its input burns all gas it was given, so each call is capped; at about twice the
/// price of today, so that a repricing does not brick contracts that cannot be changed. A call to an address without
/// code succeeds and returns nothing, so the length of the answer is checked. And a call that got less than its cap may
/// have failed for want of gas alone, which must not pass for a bad input.
library Precompile {
    /// @notice Calls `precompile` with memory [input, input + inputLength) and puts its answer of exactly `outputLength`
    /// bytes at `output`.
    /// @return accepted false when the precompile refused its input
    function tryRun(
        address precompile,
        uint256 cap,
        uint256 input,
        uint256 inputLength,
        uint256 output,
        uint256 outputLength
    ) internal view returns (bool accepted) {
        uint256 available = gasleft();
        uint256 answered;
        // The caller owns both memory ranges.
        assembly ("memory-safe") {
            accepted := staticcall(cap, precompile, input, inputLength, output, outputLength)
            answered := returndatasize()
        }
        if (accepted) {
            if (answered != outputLength) revert IBlsErrors.BlsPrecompileMissing(precompile);
        } else {
            // At most 63/64 of what is left is passed on (EIP-150); 1,000 is more than what is spent before the call.
            // No overflow: gas is far below 2^64.
            unchecked {
                if (available < cap + cap / 63 + 1000) revert IBlsErrors.BlsOutOfGas(precompile, available, cap);
            }
        }
    }

    /// @notice Like `tryRun`, for inputs that the precompile has no reason to refuse.
    function run(
        address precompile,
        uint256 cap,
        uint256 input,
        uint256 inputLength,
        uint256 output,
        uint256 outputLength
    ) internal view {
        if (!tryRun(precompile, cap, input, inputLength, output, outputLength)) {
            revert IBlsErrors.BlsPrecompileFailed(precompile);
        }
    }
}
