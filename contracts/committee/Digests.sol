// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice What a cloud signs once per block and per chain it serves; everything it says to that chain hangs from it.
/// @param height the cloud's block height, from 1
/// @param stateRoot root of the cloud's state trie after this block
/// @param resultsHash `Digests.list` of the `Digests.result` of every request answered to this chain in this block
/// @param callsHash `Digests.list` of the `Digests.call` of every outbound call made to this chain in this block
struct Header {
    uint64 height;
    bytes32 stateRoot;
    bytes32 resultsHash;
    bytes32 callsHash;
}

/// @notice A request as the gateway recorded it; its hash is its id, so fulfilment hands it in again.
/// @param cloudId the cloud asked
/// @param programId keccak256 of the program's WebAssembly module
/// @param requester the contract that asked and is called back
/// @param nonce the requester's request counter at this gateway
/// @param fee wei paid for it
/// @param deadline first second (Unix time) at which it may be refunded and no longer fulfilled
/// @param callbackGas gas given to the callback; 0 means no callback
/// @param fuelLimit units of fuel that the run may use: no more than the cloud allows is given, whatever it says
/// @param outputLimit longest output in bytes that the run may make
/// @param inputHash keccak256 of the input
struct Request {
    bytes32 cloudId;
    bytes32 programId;
    address requester;
    uint64 nonce;
    uint96 fee;
    uint40 deadline;
    uint32 callbackGas;
    uint64 fuelLimit;
    uint32 outputLimit;
    bytes32 inputHash;
}

/// @notice How an execution ended. `Skipped`: the nodes' machines could not do it, and their operators left it out.
enum Outcome {
    Success,
    Trapped,
    OutOfFuel,
    LimitExceeded,
    UnknownProgram,
    ExitedWithError,
    Skipped
}

/// @title Every message that is ever signed in Nexus, in one place.
/// @notice Each digest starts with a tag of its own and binds chain, contract, cloud and epoch wherever the message is
/// meant for one of them, so that no signature means anything anywhere else. `plugin/contracts/digests.ts` is its twin.
library Digests {
    bytes32 internal constant HEADER_TAG = keccak256("Nexus header v1");
    bytes32 internal constant REQUEST_TAG = keccak256("Nexus request v1");
    bytes32 internal constant ROTATION_TAG = keccak256("Nexus rotation v1");
    bytes32 internal constant CONFIRMATION_TAG = keccak256("Nexus confirmation v1");
    bytes32 internal constant LIVENESS_TAG = keccak256("Nexus liveness v1");
    bytes32 internal constant VOTE_TAG = keccak256("Nexus vote v1");
    bytes32 internal constant IDENTITY_TAG = keccak256("Nexus identity v1");
    bytes32 internal constant CLOUD_TAG = keccak256("Nexus cloud v1");

    /// @notice Threshold-signed once per block and chain. `gateway` is that of the chain served.
    function header(address gateway, bytes32 cloudId, uint64 epoch, Header memory h) internal view returns (bytes32) {
        return headerOn(block.chainid, gateway, cloudId, epoch, h);
    }

    /// @notice `header` for the chain `chainId`: what a committee says to any chain, for who judges it at home.
    function headerOn(
        uint256 chainId,
        address gateway,
        bytes32 cloudId,
        uint64 epoch,
        Header memory h
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    HEADER_TAG,
                    chainId,
                    gateway,
                    cloudId,
                    epoch,
                    h.height,
                    h.stateRoot,
                    h.resultsHash,
                    h.callsHash
                )
            );
    }

    /// @notice A request's id at `gateway` on this chain.
    function request(address gateway, Request memory r) internal view returns (bytes32) {
        return keccak256(abi.encode(REQUEST_TAG, block.chainid, gateway, r));
    }

    /// @notice One answer within `Header.resultsHash`.
    function result(bytes32 requestId, Outcome outcome, bytes memory output) internal pure returns (bytes32) {
        return keccak256(abi.encode(requestId, outcome, keccak256(output)));
    }

    /// @notice One outbound call within `Header.callsHash`: the `nonce`-th that program `programId` makes to this
    /// chain, counted from 0.
    function call(
        bytes32 programId,
        uint64 nonce,
        address target,
        uint32 gasLimit,
        bytes memory data
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(programId, nonce, target, gasLimit, keccak256(data)));
    }

    /// @notice Hash of a list of digests; the empty list has hash keccak256("").
    function list(bytes32[] memory digests) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(digests));
    }

    /// @notice Signed by the old group key to hand a cloud over to the next committee. Deliberately not bound to a
    /// chain: every mirror follows the same signature, and `cloudId` itself binds home chain and registry.
    function rotation(
        bytes32 cloudId,
        uint64 fromEpoch,
        uint64 toEpoch,
        uint64 validFrom,
        uint64 validUntil,
        uint16 size,
        uint16 threshold,
        bytes memory groupKey,
        bytes32 membersHash
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ROTATION_TAG,
                    cloudId,
                    fromEpoch,
                    toEpoch,
                    validFrom,
                    validUntil,
                    size,
                    threshold,
                    keccak256(groupKey),
                    membersHash
                )
            );
    }

    /// @notice A member's word that the key generation of `epoch` ended with `groupKey` and gave it the share behind
    /// `shareKey`: signed by its identity, and by the share as proof of possession.
    function confirmation(
        address registry,
        bytes32 cloudId,
        uint64 epoch,
        bytes32 membersHash,
        bytes memory groupKey,
        bytes memory shareKey
    ) internal view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    CONFIRMATION_TAG,
                    block.chainid,
                    registry,
                    cloudId,
                    epoch,
                    membersHash,
                    keccak256(groupKey),
                    keccak256(shareKey)
                )
            );
    }

    /// @notice Signed by the group key to show that the committee of `epoch` can still sign: the answer to challenge `number`.
    function liveness(
        address challenges,
        bytes32 cloudId,
        uint64 epoch,
        uint64 number
    ) internal view returns (bytes32) {
        return keccak256(abi.encode(LIVENESS_TAG, block.chainid, challenges, cloudId, epoch, number));
    }

    /// @notice A node's vote for a block, signed by its identity; two different ones for a height are slashable.
    /// @param blockHash `list` of the `header` digests of the block, in the cloud's order of chains
    function vote(bytes32 cloudId, uint64 epoch, uint64 height, bytes32 blockHash) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOTE_TAG, cloudId, epoch, height, blockHash));
    }

    /// @notice Signed by an identity key to show that its holder wants it bound to `operator`.
    function identity(address registry, address operator) internal view returns (bytes32) {
        return keccak256(abi.encode(IDENTITY_TAG, block.chainid, registry, operator));
    }

    /// @notice A cloud's id, unique over chains and registries.
    function cloud(address registry, address creator, uint256 nonce) internal view returns (bytes32) {
        return keccak256(abi.encode(CLOUD_TAG, block.chainid, registry, creator, nonce));
    }
}
