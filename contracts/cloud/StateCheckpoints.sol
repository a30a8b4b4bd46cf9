// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Memory} from "@openzeppelin/contracts/utils/Memory.sol";
import {TrieProof} from "@openzeppelin/contracts/utils/cryptography/TrieProof.sol";

import {Digests, Header} from "../committee/Digests.sol";
import {ICommittees} from "../committee/ICommittees.sol";

/// @title Signed state roots of clouds, and values proved from them.
/// @notice A cloud's state is a Merkle Patricia trie with Ethereum's rules: at keccak256(programId) stands the RLP list
/// [storage root, number of outbound calls made]. A program's storage is such a trie too: at keccak256(key) stands the
/// RLP string of the value, which may be empty. The root of an empty trie is keccak256(0x80).
contract StateCheckpoints {
    using RLP for *;

    /// @notice The state root of a cloud after block `height` is known here.
    event Submitted(bytes32 indexed cloudId, uint64 indexed height, bytes32 stateRoot);

    /// @dev There is no contract at `given`.
    error CheckpointsNotAContract(address given);
    /// @dev A header without a height or a state root says nothing.
    error CheckpointsEmptyHeader(uint64 height, bytes32 stateRoot);
    /// @dev The cloud has signed two states for one height: it must no longer be believed.
    error CheckpointsConflict(bytes32 cloudId, uint64 height, bytes32 stored, bytes32 submitted);
    error CheckpointsUnknownHeight(bytes32 cloudId, uint64 height);
    /// @dev The nodes do not lead from `root` to a value at `path`: the proof is broken, or there is no such value.
    error CheckpointsBadProof(bytes32 root, bytes32 path, TrieProof.ProofError reason);
    /// @dev What the state trie holds for the program is not [storage root, nonce].
    error CheckpointsBadAccount(bytes32 programId);

    /// @notice Who speaks for a cloud.
    ICommittees public immutable committees;
    /// @notice The gateway of this chain, which headers name.
    address public immutable gateway;

    /// @notice A cloud's state root after a block; zero if it was not submitted.
    mapping(bytes32 cloudId => mapping(uint64 height => bytes32 root)) public stateRootOf;
    /// @notice The greatest height of a cloud whose state root is known; 0 if none is.
    mapping(bytes32 cloudId => uint64 height) public latest;

    constructor(ICommittees committees_, address gateway_) {
        if (address(committees_).code.length == 0) revert CheckpointsNotAContract(address(committees_));
        if (gateway_.code.length == 0) revert CheckpointsNotAContract(gateway_);
        committees = committees_;
        gateway = gateway_;
    }

    /// @notice Stores the state root of a signed header. Doing it again changes nothing.
    function submit(bytes32 cloudId, uint64 epoch, Header calldata header, bytes calldata signature) external {
        uint64 height = header.height;
        bytes32 stateRoot = header.stateRoot;
        if (height == 0 || stateRoot == 0) revert CheckpointsEmptyHeader(height, stateRoot);
        bytes32 stored = stateRootOf[cloudId][height];
        if (stored == stateRoot) return;
        committees.requireSigned(cloudId, epoch, Digests.header(gateway, cloudId, epoch, header), signature);
        if (stored != 0) revert CheckpointsConflict(cloudId, height, stored, stateRoot);
        stateRootOf[cloudId][height] = stateRoot;
        if (height > latest[cloudId]) latest[cloudId] = height;
        emit Submitted(cloudId, height, stateRoot);
    }

    /// @notice The value that `programId` had stored at `key` after block `height`. Reverts if it had stored none: there
    /// is no answer that an absent value and an empty one would share.
    /// @param accountProof nodes of the state trie from its root to the program's leaf, as `eth_getProof` gives them
    /// @param storageProof nodes of the program's storage trie from its root to the key's leaf
    /// @dev A proof that ends in an empty branch, and nodes that are not RLP, revert with `RLPInvalidEncoding`.
    function read(
        bytes32 cloudId,
        uint64 height,
        bytes32 programId,
        bytes calldata key,
        bytes[] calldata accountProof,
        bytes[] calldata storageProof
    ) external view returns (bytes memory value) {
        bytes32 stateRoot = stateRootOf[cloudId][height];
        if (stateRoot == 0) revert CheckpointsUnknownHeight(cloudId, height);
        bytes memory account = _traverse(stateRoot, keccak256(abi.encodePacked(programId)), accountProof);
        return _traverse(_storageRoot(programId, account), keccak256(key), storageProof).decodeBytes();
    }

    function _storageRoot(bytes32 programId, bytes memory account) private pure returns (bytes32) {
        Memory.Slice[] memory fields = account.decodeList();
        if (fields.length != 2) revert CheckpointsBadAccount(programId);
        bytes memory root = fields[0].readBytes();
        if (root.length != 32) revert CheckpointsBadAccount(programId);
        return bytes32(root);
    }

    function _traverse(bytes32 root, bytes32 path, bytes[] calldata proof) private pure returns (bytes memory value) {
        TrieProof.ProofError reason;
        (value, reason) = TrieProof.tryTraverse(root, abi.encodePacked(path), proof);
        if (reason != TrieProof.ProofError.NO_ERROR) revert CheckpointsBadProof(root, path, reason);
    }
}
