// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBlsErrors, BlsInput} from "./IBlsErrors.sol";
import {Bn254} from "./Bn254.sol";
import {IThresholdVerifier} from "./IThresholdVerifier.sol";

/// @title BLS signatures over BN254: for every EVM chain.
/// @notice A signature is x ‖ y, 64 bytes; a public key is x_im ‖ x_re ‖ y_im ‖ y_re, 128 bytes (EIP-197). Hash-to-curve
/// is `BN254G1_XMD:KECCAK-256_SVDW_RO_` (RFC 9380).
contract Bn254Verifier is IThresholdVerifier, IBlsErrors {
    bytes private constant SIGNATURE_TAG = "NEXUS-V1-SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_";
    bytes private constant POSSESSION_TAG = "NEXUS-V1-POP_BN254G1_XMD:KECCAK-256_SVDW_RO_";

    uint256 private constant SIGNATURE_LENGTH = 64;
    uint256 private constant PUBLIC_KEY_LENGTH = 128;

    /// @inheritdoc IThresholdVerifier
    function verify(bytes32 digest, bytes calldata signature, bytes calldata publicKey) external view returns (bool) {
        return _verify(SIGNATURE_TAG, digest, signature, publicKey);
    }

    /// @inheritdoc IThresholdVerifier
    function verifyPossession(
        bytes32 digest,
        bytes calldata proof,
        bytes calldata publicKey
    ) external view returns (bool) {
        return _verify(POSSESSION_TAG, digest, proof, publicKey);
    }

    /// @inheritdoc IThresholdVerifier
    function checkPublicKey(bytes calldata publicKey) external view {
        _requireFinite(publicKey);
        _requireKeyOnCurve(publicKey);
        if (!Bn254.isInSubgroupG2(publicKey)) revert BlsNotInSubgroup(BlsInput.PublicKey);
    }

    /// @inheritdoc IThresholdVerifier
    function suite() external pure returns (string memory) {
        return "BN254";
    }

    /// @inheritdoc IThresholdVerifier
    function signatureLength() external pure returns (uint256) {
        return SIGNATURE_LENGTH;
    }

    /// @inheritdoc IThresholdVerifier
    function publicKeyLength() external pure returns (uint256) {
        return PUBLIC_KEY_LENGTH;
    }

    /// @dev e(signature, -g2) · e(hash, publicKey) = 1. The signature, which anybody may choose, is checked first and
    /// for little gas; the pairing precompile checks the key, and only when it refuses is the reason looked for.
    function _verify(
        bytes memory tag,
        bytes32 digest,
        bytes calldata signature,
        bytes calldata publicKey
    ) private view returns (bool) {
        _requireSignature(signature);
        _requireFinite(publicKey);
        (uint256 x, uint256 y) = Bn254.hashToG1(abi.encodePacked(digest), tag);
        (bool accepted, bool one) = Bn254.pairing(signature, x, y, publicKey);
        if (!accepted) {
            // The signature and the hash are on the curve, and G1 has no other subgroup: it is the key.
            _requireKeyOnCurve(publicKey);
            revert BlsNotInSubgroup(BlsInput.PublicKey);
        }
        return one;
    }

    function _requireSignature(bytes calldata signature) private pure {
        if (signature.length != SIGNATURE_LENGTH) {
            revert BlsWrongLength(BlsInput.Signature, signature.length, SIGNATURE_LENGTH);
        }
        (uint256 x, uint256 y) = abi.decode(signature, (uint256, uint256));
        if (x >= Bn254.P) revert BlsNotCanonical(BlsInput.Signature, 0);
        if (y >= Bn254.P) revert BlsNotCanonical(BlsInput.Signature, 1);
        if ((x | y) == 0) revert BlsInfinity(BlsInput.Signature);
        if (!Bn254.isOnCurveG1(x, y)) revert BlsNotOnCurve(BlsInput.Signature);
    }

    /// @dev Infinity has one encoding only that the pairing precompile takes: all zeros.
    function _requireFinite(bytes calldata publicKey) private pure {
        if (publicKey.length != PUBLIC_KEY_LENGTH) {
            revert BlsWrongLength(BlsInput.PublicKey, publicKey.length, PUBLIC_KEY_LENGTH);
        }
        (uint256 a, uint256 b, uint256 c, uint256 d) = abi.decode(publicKey, (uint256, uint256, uint256, uint256));
        if ((a | b | c | d) == 0) revert BlsInfinity(BlsInput.PublicKey);
    }

    function _requireKeyOnCurve(bytes calldata publicKey) private pure {
        uint256[4] memory numbers = abi.decode(publicKey, (uint256[4]));
        for (uint256 i; i < 4; ++i) {
            if (numbers[i] >= Bn254.P) revert BlsNotCanonical(BlsInput.PublicKey, i);
        }
        if (!Bn254.isOnCurveG2(numbers)) revert BlsNotOnCurve(BlsInput.PublicKey);
    }
}
