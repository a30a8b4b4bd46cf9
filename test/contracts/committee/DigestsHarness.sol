// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Digests, Header, Outcome, Request} from "../../../contracts/committee/Digests.sol";

/// @title `Digests` with external functions, so that its TypeScript twin can be compared with it.
contract DigestsHarness {
    function header(address gateway, bytes32 cloudId, uint64 epoch, Header calldata h) external view returns (bytes32) {
        return Digests.header(gateway, cloudId, epoch, h);
    }

    function request(address gateway, Request calldata r) external view returns (bytes32) {
        return Digests.request(gateway, r);
    }

    function result(bytes32 requestId, Outcome outcome, bytes calldata output) external pure returns (bytes32) {
        return Digests.result(requestId, outcome, output);
    }

    function call(
        bytes32 programId,
        uint64 nonce,
        address target,
        uint32 gasLimit,
        bytes calldata data
    ) external pure returns (bytes32) {
        return Digests.call(programId, nonce, target, gasLimit, data);
    }

    function list(bytes32[] calldata digests) external pure returns (bytes32) {
        return Digests.list(digests);
    }

    function rotation(
        bytes32 cloudId,
        uint64 fromEpoch,
        uint64 toEpoch,
        uint64 validFrom,
        uint64 validUntil,
        uint16 size,
        uint16 threshold,
        bytes calldata groupKey,
        bytes32 membersHash
    ) external pure returns (bytes32) {
        return
            Digests.rotation(
                cloudId,
                fromEpoch,
                toEpoch,
                validFrom,
                validUntil,
                size,
                threshold,
                groupKey,
                membersHash
            );
    }

    function confirmation(
        address registry,
        bytes32 cloudId,
        uint64 epoch,
        bytes32 membersHash,
        bytes calldata groupKey,
        bytes calldata shareKey
    ) external view returns (bytes32) {
        return Digests.confirmation(registry, cloudId, epoch, membersHash, groupKey, shareKey);
    }

    function liveness(
        address challenges,
        bytes32 cloudId,
        uint64 epoch,
        uint64 number
    ) external view returns (bytes32) {
        return Digests.liveness(challenges, cloudId, epoch, number);
    }

    function vote(bytes32 cloudId, uint64 epoch, uint64 height, bytes32 blockHash) external pure returns (bytes32) {
        return Digests.vote(cloudId, epoch, height, blockHash);
    }

    function identity(address registry, address operator) external view returns (bytes32) {
        return Digests.identity(registry, operator);
    }

    function cloud(address registry, address creator, uint256 nonce) external view returns (bytes32) {
        return Digests.cloud(registry, creator, nonce);
    }
}
