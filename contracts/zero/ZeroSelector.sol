// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IZeroVerifier} from "./IZeroVerifier.sol";

/// @title What a contract that trusts one verifier behind a router does with that verifier's selector.
/// @notice A router picks the verifier by the first bytes of a proof, which the prover writes. So a contract keeps the selector
/// of the verifier that it trusts, and compares: what the router takes besides is nothing to it.
library ZeroSelector {
    /// @dev The proof begins with `got` (0 when it is too short); only proofs that begin with `pinned` are trusted here.
    error ZeroSelectorNotPinned(bytes4 got, bytes4 pinned);
    /// @dev `verifier` takes no proofs that begin with `selector` at present, so it cannot be trusted for them.
    error ZeroSelectorNotAccepted(address verifier, bytes4 selector);

    /// @notice Reverts unless `verifier` takes proofs that begin with `selector`: a selector that stands for nothing yet could
    /// come to stand for anything.
    function requireAccepted(IZeroVerifier verifier, bytes4 selector) internal view {
        if (!verifier.accepts(selector)) revert ZeroSelectorNotAccepted(address(verifier), selector);
    }

    /// @notice Reverts unless `proof` begins with `pinned`.
    function requirePinned(bytes calldata proof, bytes4 pinned) internal pure {
        bytes4 got = proof.length < 4 ? bytes4(0) : bytes4(proof[:4]);
        if (got != pinned) revert ZeroSelectorNotPinned(got, pinned);
    }
}
