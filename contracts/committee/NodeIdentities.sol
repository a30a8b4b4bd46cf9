// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {Digests} from "./Digests.sol";
import {ICommitteeRegistry} from "./ICommitteeRegistry.sol";

/// @title The keys by which operators' nodes are known.
/// @notice An operator is an account with stake; its node has an identity, a secp256k1 key pair of its own, so that the
/// account's key need not be on the node's machine. The node signs confirmations and votes with it, and other nodes
/// encrypt key shares to it. An identity belongs to one operator for ever: replaced, it still answers for what it signed.
abstract contract NodeIdentities is ICommitteeRegistry {
    struct PublicKey {
        bytes32 x;
        bytes32 y;
    }

    mapping(address operator => address) private _identities;
    mapping(address identity => PublicKey) private _keys;

    /// @inheritdoc ICommitteeRegistry
    mapping(address identity => address operator) public override operatorOf;

    /// @notice From now on `operator`'s node signs with `identity`, the address of `publicKey` (x and y, 64 bytes).
    event NodeRegistered(address indexed operator, address indexed identity, bytes publicKey);

    /// @dev An identity public key is x and y, 64 bytes, without the prefix byte 0x04.
    error RegistryBadIdentityKey(uint256 length);
    /// @dev The identity is bound to another operator.
    error RegistryIdentityTaken(address identity, address operator);
    /// @dev The proof was made by `signer` (0 when it is no signature at all), not by the identity.
    error RegistryBadIdentityProof(address identity, address signer);
    /// @dev The operator never registered a node.
    error RegistryUnknownNode(address operator);
    /// @dev The identity was never registered.
    error RegistryUnknownIdentity(address identity);

    /// @notice Binds a node identity to the caller, in place of the one before. Committees that were selected already keep the
    /// identity they were selected with.
    /// @param publicKey x and y of the identity key, 64 bytes
    /// @param proof the identity's 65-byte ECDSA signature of `Digests.identity(registry, caller)`, as it is (no prefix)
    function registerNode(bytes calldata publicKey, bytes calldata proof) external {
        if (publicKey.length != 64) revert RegistryBadIdentityKey(publicKey.length);
        address identity = address(uint160(uint256(keccak256(publicKey))));
        address bound = operatorOf[identity];
        if (bound != address(0) && bound != msg.sender) revert RegistryIdentityTaken(identity, bound);
        // A signature that recovers to the key's address also shows that the 64 bytes are a point of the curve.
        address signer = _recover(Digests.identity(address(this), msg.sender), proof);
        if (signer != identity) revert RegistryBadIdentityProof(identity, signer);

        operatorOf[identity] = msg.sender;
        _identities[msg.sender] = identity;
        _keys[identity] = PublicKey(bytes32(publicKey[:32]), bytes32(publicKey[32:]));
        emit NodeRegistered(msg.sender, identity, publicKey);
    }

    /// @notice An operator's present node. Reverts with `RegistryUnknownNode` when it has none.
    /// @return identity the address the node's signatures recover to
    /// @return publicKey its x and y, 64 bytes
    function nodeOf(address operator) external view returns (address identity, bytes memory publicKey) {
        identity = _identities[operator];
        if (identity == address(0)) revert RegistryUnknownNode(operator);
        return (identity, publicKeyOf(identity));
    }

    /// @notice The x and y, 64 bytes, of any identity key that was ever registered. Reverts with `RegistryUnknownIdentity`.
    function publicKeyOf(address identity) public view returns (bytes memory) {
        PublicKey memory key = _keys[identity];
        if (key.x == 0 && key.y == 0) revert RegistryUnknownIdentity(identity);
        return abi.encodePacked(key.x, key.y);
    }

    /// @dev The operator's present identity, 0 if none.
    function _identityOf(address operator) internal view returns (address) {
        return _identities[operator];
    }

    /// @dev The signer of a 65-byte signature with low s; 0 for anything else.
    function _recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        (signer, , ) = ECDSA.tryRecoverCalldata(digest, signature);
    }
}
