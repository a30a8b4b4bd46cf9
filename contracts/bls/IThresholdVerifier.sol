// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title One BLS suite: signatures in G1, public keys in G2, RFC 9380 hash-to-curve.
/// @notice A threshold signature is an ordinary BLS signature under the group key, so verifying either is the same call.
/// @dev Malformed bytes revert with a named error; a well-formed signature that does not verify returns false. A
/// caller signs 32-byte digests that already bind chain, contract, cloud and epoch (see `Digests`).
interface IThresholdVerifier {
    /// @notice Whether `signature` is the BLS signature of `digest` under `publicKey`.
    /// @param digest the signed message, 32 bytes
    /// @param signature a G1 point, `signatureLength()` bytes
    /// @param publicKey a G2 point, `publicKeyLength()` bytes
    function verify(bytes32 digest, bytes calldata signature, bytes calldata publicKey) external view returns (bool);

    /// @notice Whether `proof` shows that its maker holds the secret of `publicKey`: a signature of `digest` under the
    /// proof-of-possession domain, which no signature made by `verify`'s domain can replace.
    function verifyPossession(
        bytes32 digest,
        bytes calldata proof,
        bytes calldata publicKey
    ) external view returns (bool);

    /// @notice Reverts unless `publicKey` is a canonical, on-curve, in-subgroup G2 point other than infinity.
    function checkPublicKey(bytes calldata publicKey) external view;

    /// @notice The name of the suite, for instance `BN254` or `BLS12-381`.
    function suite() external pure returns (string memory);

    /// @notice Length of a signature in bytes.
    function signatureLength() external pure returns (uint256);

    /// @notice Length of a public key in bytes.
    function publicKeyLength() external pure returns (uint256);
}
