// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBlsErrors, BlsInput} from "./IBlsErrors.sol";
import {Bls12381} from "./Bls12381.sol";
import {IThresholdVerifier} from "./IThresholdVerifier.sol";

/// @title BLS signatures over BLS12-381: for chains with the precompiles of EIP-2537.
/// @notice A signature is a point of G1, 128 bytes; a public key is a point of G2, 256 bytes; both encoded as EIP-2537
/// says. Hash-to-curve is `BLS12381G1_XMD:SHA-256_SSWU_RO_` (RFC 9380). On a chain without the precompiles everything
/// reverts with `BlsPrecompileMissing`.
contract Bls12381Verifier is IThresholdVerifier, IBlsErrors {
    bytes private constant SIGNATURE_TAG = "NEXUS-V1-SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_";
    bytes private constant POSSESSION_TAG = "NEXUS-V1-POP_BLS12381G1_XMD:SHA-256_SSWU_RO_";

    uint256 private constant SIGNATURE_LENGTH = 128;
    uint256 private constant PUBLIC_KEY_LENGTH = 256;

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
        _requireFinite(BlsInput.PublicKey, publicKey, PUBLIC_KEY_LENGTH);
        _requireKey(publicKey);
    }

    /// @inheritdoc IThresholdVerifier
    function suite() external pure returns (string memory) {
        return "BLS12-381";
    }

    /// @inheritdoc IThresholdVerifier
    function signatureLength() external pure returns (uint256) {
        return SIGNATURE_LENGTH;
    }

    /// @inheritdoc IThresholdVerifier
    function publicKeyLength() external pure returns (uint256) {
        return PUBLIC_KEY_LENGTH;
    }

    /// @dev e(signature, -g2) · e(hash, publicKey) = 1. The signature, which anybody may choose, is put on the curve
    /// first and for little gas; the pairing precompile checks everything else, and only when it refuses is the reason
    /// looked for.
    function _verify(
        bytes memory tag,
        bytes32 digest,
        bytes calldata signature,
        bytes calldata publicKey
    ) private view returns (bool) {
        _requireFinite(BlsInput.Signature, signature, SIGNATURE_LENGTH);
        _requireCanonical(BlsInput.Signature, signature);
        if (!Bls12381.isOnCurveG1(signature)) revert BlsNotOnCurve(BlsInput.Signature);
        _requireFinite(BlsInput.PublicKey, publicKey, PUBLIC_KEY_LENGTH);
        bytes memory hash = Bls12381.hashToG1(abi.encodePacked(digest), tag);
        (bool accepted, bool one) = Bls12381.pairing(signature, hash, publicKey);
        if (!accepted) {
            if (!Bls12381.isInSubgroupG1(signature)) revert BlsNotInSubgroup(BlsInput.Signature);
            _requireKey(publicKey);
            revert BlsPrecompileFailed(Bls12381.PAIRING);
        }
        return one;
    }

    /// @dev Infinity has one encoding only: all zeros.
    function _requireFinite(BlsInput input, bytes calldata point, uint256 length) private pure {
        if (point.length != length) revert BlsWrongLength(input, point.length, length);
        uint256 bits;
        // The length, a multiple of 32, was just checked. Ends at the first word that is not 0: nearly always the first.
        assembly ("memory-safe") {
            for {
                let i := 0
            } and(lt(i, length), iszero(bits)) {
                i := add(i, 0x20)
            } {
                bits := calldataload(add(point.offset, i))
            }
        }
        if (bits == 0) revert BlsInfinity(input);
    }

    function _requireCanonical(BlsInput input, bytes calldata point) private pure {
        uint256 count = point.length / 64;
        for (uint256 i; i < count; ++i) {
            uint256 high;
            uint256 low;
            assembly ("memory-safe") {
                high := calldataload(add(point.offset, shl(6, i)))
                low := calldataload(add(point.offset, add(shl(6, i), 0x20)))
            }
            if (!Bls12381.isCanonical(high, low)) revert BlsNotCanonical(input, i);
        }
    }

    function _requireKey(bytes calldata publicKey) private view {
        _requireCanonical(BlsInput.PublicKey, publicKey);
        if (!Bls12381.isOnCurveG2(publicKey)) revert BlsNotOnCurve(BlsInput.PublicKey);
        if (!Bls12381.isInSubgroupG2(publicKey)) revert BlsNotInSubgroup(BlsInput.PublicKey);
    }
}
