// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Verifies Nexus Zero proofs.
interface IZeroVerifier {
    /// @notice Reverts unless `proof` shows: the program with identity `programId`, run on public input `input` and
    /// some private input, exits with code 0 and writes the journal `journal`.
    /// @param proof the verifier's 4-byte selector, then its proof bytes
    function verify(
        bytes32 programId,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof
    ) external view;

    /// @notice First four bytes of every proof this verifier accepts, derived from its parameters. A router routes by
    /// it and returns 0.
    function selector() external view returns (bytes4);

    /// @notice Whether proofs that begin with `selector_` are taken at present. A verifier takes its own, a router those of its
    /// active verifiers.
    function accepts(bytes4 selector_) external view returns (bool);
}
