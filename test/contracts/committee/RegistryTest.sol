// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";
import {CloudParams} from "../../../contracts/committee/Clouds.sol";
import {Prices} from "../../../contracts/committee/ICommittees.sol";
import {CommitteeRegistry, Confirmation, PendingEpoch} from "../../../contracts/committee/CommitteeRegistry.sol";
import {Digests} from "../../../contracts/committee/Digests.sol";
import {Committee} from "../../../contracts/committee/ICommittees.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {Test} from "../Test.sol";
import {HashVerifier} from "./HashVerifier.sol";
import {Secp256k1} from "./Secp256k1.sol";
import {StakeTable} from "./StakeTable.sol";

/// @title A registry with one cloud of 4 out of 7 operators, and what it takes to walk it through epochs.
abstract contract RegistryTest is Test {
    uint256 internal constant MIN_STAKE = 100;
    uint64 internal constant WINDOW = 1 hours;
    uint64 internal constant EPOCH = 1 days;
    uint256 internal constant OPERATORS = 7;
    bytes internal constant KEY = abi.encode(uint256(0x11));
    bytes internal constant OTHER_KEY = abi.encode(uint256(0x22));

    StakeTable internal staking;
    HashVerifier internal verifier;
    CommitteeRegistry internal registry;
    bytes32 internal cloudId;
    address[] internal operators;
    mapping(address operator => uint256 privateKey) internal identityKey;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.roll(1000);
        verifier = new HashVerifier();
        IThresholdVerifier[] memory verifiers = new IThresholdVerifier[](2);
        verifiers[0] = verifier;
        registry = new CommitteeRegistry(deployStaking(), verifiers, 0);
        wireStaking();
        cloudId = registry.createCloud(params());
        for (uint256 i = 0; i < OPERATORS; ++i) {
            address operator = address(uint160(0x1000 + i));
            operators.push(operator);
            giveStake(operator, MIN_STAKE * (i + 1));
            registerNode(operator, 100 + i);
            vm.prank(operator);
            registry.joinCloud(cloudId);
        }
    }

    /// Where stake is kept: a table, unless a test is about staking itself.
    function deployStaking() internal virtual returns (IStaking) {
        return staking = new StakeTable();
    }

    /// Called once the registry is there.
    function wireStaking() internal virtual {}

    function giveStake(address operator, uint256 stake) internal virtual {
        staking.setStake(operator, stake);
    }

    function params() internal pure returns (CloudParams memory) {
        return
            CloudParams({
                size: 4,
                threshold: 3,
                scheme: 0,
                epochLength: EPOCH,
                confirmationWindow: WINDOW,
                minStake: MIN_STAKE,
                prices: Prices(5, 6, 7)
            });
    }

    function registerNode(address operator, uint256 privateKey) internal {
        (bytes memory publicKey, bytes memory proof) = identityProof(operator, privateKey);
        identityKey[operator] = privateKey;
        vm.prank(operator);
        registry.registerNode(publicKey, proof);
    }

    function identityProof(address operator, uint256 privateKey) internal view returns (bytes memory, bytes memory) {
        (uint256 x, uint256 y) = Secp256k1.publicKey(privateKey);
        return (abi.encode(x, y), ecdsa(privateKey, Digests.identity(address(registry), operator)));
    }

    function ecdsa(uint256 privateKey, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(privateKey, digest);
        return abi.encodePacked(r, s, v);
    }

    function openAndSelect() internal returns (uint64 epoch) {
        registry.openEpoch(cloudId);
        vm.roll(block.number + registry.SEED_DELAY() + 1);
        registry.selectCommittee(cloudId);
        return registry.pendingEpoch(cloudId).epoch;
    }

    function confirmation(uint16 index, bytes memory groupKey) internal view returns (Confirmation memory c) {
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        c.epoch = pending.epoch;
        c.index = index;
        c.groupKey = groupKey;
        c.shareKey = abi.encode(keccak256(abi.encode(groupKey, index)));
        bytes32 digest = Digests.confirmation(
            address(registry),
            cloudId,
            c.epoch,
            pending.membersHash,
            groupKey,
            c.shareKey
        );
        c.identitySignature = ecdsa(identityKey[pending.members[index % 4]], digest);
        c.possession = verifier.prove(c.shareKey, digest);
    }

    function confirm(uint16 index, bytes memory groupKey) internal {
        registry.confirm(cloudId, confirmation(index, groupKey));
    }

    /// From nothing to a first committee with key `KEY`.
    function genesis() internal returns (uint64 epoch) {
        epoch = openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, KEY);
    }

    /// From a live committee to a next one that is ready with `key`.
    function ready(bytes memory key) internal returns (uint64 epoch) {
        vm.warp(committee().validUntil - 3 * WINDOW);
        epoch = openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, key);
    }

    function committee() internal view returns (Committee memory) {
        return registry.committee(cloudId, registry.currentEpoch(cloudId));
    }

    function rotationDigest(uint64 from) internal view returns (bytes32) {
        PendingEpoch memory next = registry.pendingEpoch(cloudId);
        return
            Digests.rotation(
                cloudId,
                from,
                next.epoch,
                next.validFrom,
                next.validUntil,
                4,
                3,
                next.groupKey,
                next.membersHash
            );
    }

    function rotate(bytes memory key) internal {
        registry.rotate(cloudId, verifier.sign(key, rotationDigest(registry.currentEpoch(cloudId))));
    }
}
