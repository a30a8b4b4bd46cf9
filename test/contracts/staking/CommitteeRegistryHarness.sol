// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";
import {ICommitteeRegistry} from "../../../contracts/committee/ICommitteeRegistry.sol";
import {Committee, Prices} from "../../../contracts/committee/ICommittees.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";

/// @dev A registry whose bindings and committees the test writes down. It answers what slashing asks and nothing else.
contract CommitteeRegistryHarness is ICommitteeRegistry {
    mapping(address identity => address) public operatorOf;

    mapping(bytes32 committee => mapping(address operator => bool)) private _isMember;
    mapping(bytes32 committee => uint64) private _heldUntil;

    error HarnessDoesNotAnswer();

    function bind(address identity, address operator) external {
        operatorOf[identity] = operator;
    }

    function select(IStaking staking, bytes32 cloudId, uint64 epoch, address operator, uint64 until) external {
        bytes32 id = keccak256(abi.encode(cloudId, epoch));
        _isMember[id][operator] = true;
        _heldUntil[id] = until;
        staking.hold(operator, until);
    }

    function isMember(bytes32 cloudId, uint64 epoch, address operator) external view returns (bool) {
        return _isMember[keccak256(abi.encode(cloudId, epoch))][operator];
    }

    function heldUntil(bytes32 cloudId, uint64 epoch) external view returns (uint64) {
        return _heldUntil[keccak256(abi.encode(cloudId, epoch))];
    }

    /// @dev Three of four members that nobody knows the key of, and whose time has long run out.
    function committee(bytes32 cloudId, uint64 epoch) external view virtual returns (Committee memory) {
        if (_heldUntil[keccak256(abi.encode(cloudId, epoch))] == 0) revert CommitteesUnknownEpoch(cloudId, epoch);
        return Committee(epoch, 0, 1, 4, 3, "", 0);
    }

    function shareKeyHash(bytes32, uint64, uint256) external pure returns (bytes32) {
        revert HarnessDoesNotAnswer();
    }

    function rotationDigest(bytes32, uint64, uint64) external pure returns (bytes32) {
        revert HarnessDoesNotAnswer();
    }

    function cloudVerifier(bytes32) external view virtual returns (IThresholdVerifier) {
        revert HarnessDoesNotAnswer();
    }

    function currentEpoch(bytes32) external pure returns (uint64) {
        revert HarnessDoesNotAnswer();
    }

    function members(bytes32, uint64) external view virtual returns (address[] memory) {
        revert HarnessDoesNotAnswer();
    }

    function liveEpoch(bytes32) external pure returns (uint64) {
        revert HarnessDoesNotAnswer();
    }

    function prices(bytes32) external pure returns (Prices memory) {
        revert HarnessDoesNotAnswer();
    }

    function requireSigned(bytes32, uint64, bytes32, bytes calldata) external pure {
        revert HarnessDoesNotAnswer();
    }
}
