// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {IZeroVerifier} from "../../../contracts/zero/IZeroVerifier.sol";

/// @dev A broken proof system: accepts every claim.
contract CredulousVerifier is IZeroVerifier {
    bytes4 public immutable override selector;

    constructor(bytes4 selector_) {
        selector = selector_;
    }

    function verify(bytes32, bytes calldata, bytes calldata, bytes calldata) external pure override {}

    function accepts(bytes4 selector_) external view override returns (bool) {
        return selector_ == selector;
    }
}

/// @dev Refuses every claim, and takes all the gas it is given to do so.
contract GasBurningVerifier is IZeroVerifier {
    function verify(bytes32, bytes calldata, bytes calldata, bytes calldata) external pure override {
        assembly {
            invalid()
        }
    }

    function selector() external pure override returns (bytes4) {
        return 0x6a5b0000;
    }

    function accepts(bytes4 selector_) external pure override returns (bool) {
        return selector_ == 0x6a5b0000;
    }
}

/// @dev Says whatever selector it was last told to say.
contract FickleVerifier is IZeroVerifier {
    bytes4 public override selector;

    function become(bytes4 selector_) external {
        selector = selector_;
    }

    function verify(bytes32, bytes calldata, bytes calldata, bytes calldata) external pure override {}

    function accepts(bytes4 selector_) external view override returns (bool) {
        return selector_ == selector;
    }
}

/// @dev A broken proof system that looks sound: accepts every claim but those about program 0, which would have it stopped.
contract DeceitfulVerifier is IZeroVerifier {
    bytes4 public immutable override selector;

    error DeceitfulNoProgram();

    constructor(bytes4 selector_) {
        selector = selector_;
    }

    function verify(bytes32 programId, bytes calldata, bytes calldata, bytes calldata) external pure override {
        if (programId == 0) revert DeceitfulNoProgram();
    }

    function accepts(bytes4 selector_) external view override returns (bool) {
        return selector_ == selector;
    }
}
