// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DevelopmentChain} from "../DevelopmentChain.sol";
import {ZeroVerifier, ZeroVerifyingKey} from "./ZeroVerifier.sol";

/// @title The Zero verifier with a development key, whose secrets everybody knows.
/// @notice Checks exactly what `ZeroVerifier` does, but whoever knows the secrets can forge proofs. So it cannot be deployed
/// outside a development chain, and does not verify there either.
contract ZeroDevelopmentVerifier is ZeroVerifier {
    constructor(ZeroVerifyingKey memory key) ZeroVerifier(key) {
        DevelopmentChain.requireHere();
    }

    /// @inheritdoc ZeroVerifier
    /// @dev Asks for the chain again: a fork of a development chain, or one that changed its id, may be a live one.
    function verify(
        bytes32 programId,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof
    ) public view override {
        DevelopmentChain.requireHere();
        super.verify(programId, input, journal, proof);
    }
}
