// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";

/// @title A scheme that Solidity tests can sign in: the signature of a digest is its hash with the key.
/// @notice For the registry's own rules only; real keys and signatures are used in lifecycle.ts.
contract HashVerifier is IThresholdVerifier {
    error HashVerifierBadKey(bytes publicKey);

    function sign(bytes calldata publicKey, bytes32 digest) external pure returns (bytes memory) {
        return abi.encode(keccak256(abi.encode("signature", publicKey, digest)));
    }

    function prove(bytes calldata publicKey, bytes32 digest) external pure returns (bytes memory) {
        return abi.encode(keccak256(abi.encode("possession", publicKey, digest)));
    }

    function verify(bytes32 digest, bytes calldata signature, bytes calldata publicKey) external pure returns (bool) {
        return keccak256(signature) == keccak256(abi.encode(keccak256(abi.encode("signature", publicKey, digest))));
    }

    function verifyPossession(
        bytes32 digest,
        bytes calldata proof,
        bytes calldata publicKey
    ) external pure returns (bool) {
        return keccak256(proof) == keccak256(abi.encode(keccak256(abi.encode("possession", publicKey, digest))));
    }

    function checkPublicKey(bytes calldata publicKey) external pure {
        if (publicKey.length != 32 || bytes32(publicKey) == 0) revert HashVerifierBadKey(publicKey);
    }

    function suite() external pure returns (string memory) {
        return "hash";
    }

    function signatureLength() external pure returns (uint256) {
        return 32;
    }

    function publicKeyLength() external pure returns (uint256) {
        return 32;
    }
}
