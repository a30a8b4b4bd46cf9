// SPDX-License-Identifier: MIT
// The fuzzer only finds a handler that is in the test's own file.
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {PendingEpoch, Phase} from "../../../contracts/committee/CommitteeRegistry.sol";
import {Committee} from "../../../contracts/committee/ICommittees.sol";
import {RegistryTest} from "./RegistryTest.sol";

/// @title Drives one cloud at random; every step may be refused, none may break an invariant.
contract RegistryHandler is RegistryTest {
    uint64 public newestNumber;
    uint64 public activations;
    uint64 public rotations;
    mapping(uint64 epoch => uint256) public confirmations;
    mapping(uint64 epoch => bytes32) public membersHashOf;
    mapping(uint64 epoch => bool) public abandoned;

    error EpochWentBack(uint64 from, uint64 to);
    error NumberUsedTwice(uint64 epoch);
    error ActivatedWithoutOldKey(uint64 from, uint64 to);
    error LiveCommitteeReplacedWithoutSignature(uint64 epoch);

    function setUp() public override {
        if (address(registry) == address(0)) super.setUp();
    }

    function step(uint256 action, uint256 a, uint256 b) external {
        uint64 before = registry.currentEpoch(cloudId);
        bool live = before != 0 && block.timestamp < registry.committee(cloudId, before).validUntil;
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        // Most members agree; some confirm, or sign a rotation with, another key. An epoch's key is its own.
        bytes memory key = keyOf(pending.epoch, a % 4 == 0);
        bool signed = false;
        action = bound(action, 0, 12);
        if (action == 0) staking.setStake(operators[a % OPERATORS], bound(b, 0, 10 * MIN_STAKE));
        else if (action == 1) attempt(operators[a % OPERATORS], abi.encodeCall(registry.joinCloud, (cloudId)));
        else if (action == 2) attempt(operators[a % OPERATORS], abi.encodeCall(registry.leaveCloud, (cloudId)));
        else if (action == 3) attempt(address(this), abi.encodeCall(registry.openEpoch, (cloudId)));
        else if (action == 4) attempt(address(this), abi.encodeCall(registry.selectCommittee, (cloudId)));
        else if (action <= 7 && pending.members.length > 0) {
            bytes memory call = abi.encodeCall(registry.confirm, (cloudId, confirmation(uint16(b % 4), key)));
            if (attempt(address(this), call)) ++confirmations[pending.epoch];
        } else if (action == 8) {
            bytes memory signature = verifier.sign(keyOf(before, a % 4 == 0), rotationDigest(before));
            signed = attempt(address(this), abi.encodeCall(registry.rotate, (cloudId, signature)));
        } else if (action == 9) attempt(address(this), abi.encodeCall(registry.activate, (cloudId)));
        else if (action == 10) {
            if (attempt(address(this), abi.encodeCall(registry.abandonEpoch, (cloudId))))
                abandoned[pending.epoch] = true;
        } else if (action == 11) vm.roll(block.number + bound(b, 1, 30));
        else if (live && b % 4 == 0 && registry.committee(cloudId, before).validUntil > block.timestamp + 3 * WINDOW)
            vm.warp(registry.committee(cloudId, before).validUntil - 3 * WINDOW);
        else vm.warp(block.timestamp + bound(b, 1, WINDOW / 4));
        observe(before, live, signed);
    }

    function keyOf(uint64 epoch, bool other) private pure returns (bytes memory) {
        return abi.encode(keccak256(abi.encode(epoch, other)));
    }

    function attempt(address sender, bytes memory data) private returns (bool ok) {
        vm.prank(sender);
        (ok, ) = address(registry).call(data);
    }

    function observe(uint64 before, bool live, bool signed) private {
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        if (pending.epoch < newestNumber) revert EpochWentBack(newestNumber, pending.epoch);
        newestNumber = pending.epoch;
        if (pending.membersHash != 0) {
            bytes32 known = membersHashOf[pending.epoch];
            if (known != 0 && known != pending.membersHash) revert NumberUsedTwice(pending.epoch);
            membersHashOf[pending.epoch] = pending.membersHash;
        }
        uint64 current = registry.currentEpoch(cloudId);
        if (current == before) return;
        if (current < before || abandoned[current]) revert EpochWentBack(before, current);
        if (live && !signed) revert LiveCommitteeReplacedWithoutSignature(before);
        ++activations;
        if (signed) ++rotations;
    }

    /// Everything that must hold between any two steps.
    function check() external view {
        uint64 current = registry.currentEpoch(cloudId);
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        assertLe(current, pending.epoch, "the current epoch is never newer than the newest number");
        if (current == pending.epoch && current != 0)
            assertTrue(pending.phase == Phase.None, "nothing is under way under an active number");
        if (current != 0) {
            Committee memory c = registry.committee(cloudId, current);
            assertGe(confirmations[current], c.threshold, "confirmed by a quorum");
            assertEq(c.membersHash, membersHashOf[current], "the committee that was selected");
            requireHeld(registry.members(cloudId, current), c.validUntil);
        }
        if (pending.phase == Phase.Selected || pending.phase == Phase.Ready)
            requireHeld(pending.members, pending.validUntil);
    }

    function requireHeld(address[] memory members, uint64 validUntil) private view {
        for (uint256 i = 0; i < members.length; ++i) {
            assertGe(staking.heldUntil(members[i]), validUntil + registry.EVIDENCE_WINDOW(), "held");
            for (uint256 j = 0; j < i; ++j) assertTrue(members[i] != members[j], "a member twice");
        }
    }
}

contract RegistryInvariantsTest is RegistryTest {
    RegistryHandler private handler;

    function setUp() public override {
        handler = new RegistryHandler();
        handler.setUp();
        targetContract(address(handler));
    }

    function invariant_CommitteesChangeOnlyByTheRules() external view {
        handler.check();
    }

    /// The steps above do reach what the invariants speak about.
    function test_RandomStepsActivateEpochs() external {
        for (uint256 i = 0; i < 1500; ++i) {
            bytes32 random = keccak256(abi.encode(i));
            handler.step(uint256(random), uint256(keccak256(abi.encode(random))), uint256(random) >> 8);
            if (i % 50 == 0) handler.check();
        }
        assertGe(handler.activations(), 3, "activations");
        assertGe(handler.rotations(), 1, "of which rotations");
    }
}
