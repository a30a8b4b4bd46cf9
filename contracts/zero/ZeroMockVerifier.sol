// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DevelopmentChain} from "../DevelopmentChain.sol";
import {IZeroVerifier} from "./IZeroVerifier.sol";

/// @title A verifier for development: its proofs are instant, and anybody can make one of anything.
/// @notice Cannot be deployed outside a development chain, and does not verify there either.
contract ZeroMockVerifier is IZeroVerifier {
    bytes4 private constant SELECTOR = bytes4(keccak256("Nexus Zero mock v1"));
    /// @dev The selector, then one hash.
    uint256 private constant PROOF_LENGTH = 36;

    /// @dev A mock proof has 36 bytes; this one has `length`.
    error ZeroMockWrongLength(uint256 length);
    /// @dev A mock proof begins with `expected`; this one begins with `got`.
    error ZeroMockWrongSelector(bytes4 got, bytes4 expected);
    /// @dev The proof is not one of this claim: it holds `got`, the claim hashes to `expected`.
    error ZeroMockWrongClaim(bytes32 got, bytes32 expected);

    constructor() {
        DevelopmentChain.requireHere();
    }

    /// @inheritdoc IZeroVerifier
    /// @dev Asks for the chain again: a fork of a development chain, or one that changed its id, may be a live one.
    function verify(
        bytes32 programId,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof
    ) external view override {
        DevelopmentChain.requireHere();
        if (proof.length != PROOF_LENGTH) revert ZeroMockWrongLength(proof.length);
        if (bytes4(proof[:4]) != SELECTOR) revert ZeroMockWrongSelector(bytes4(proof[:4]), SELECTOR);
        bytes32 claim = keccak256(abi.encode(programId, keccak256(input), keccak256(journal)));
        if (bytes32(proof[4:]) != claim) revert ZeroMockWrongClaim(bytes32(proof[4:]), claim);
    }

    /// @inheritdoc IZeroVerifier
    function selector() external pure override returns (bytes4) {
        return SELECTOR;
    }

    /// @inheritdoc IZeroVerifier
    function accepts(bytes4 selector_) external pure override returns (bool) {
        return selector_ == SELECTOR;
    }
}
