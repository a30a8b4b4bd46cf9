// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CommitteeMirror} from "../../../contracts/committee/CommitteeMirror.sol";
import {CommitteeRegistry} from "../../../contracts/committee/CommitteeRegistry.sol";
import {Digests} from "../../../contracts/committee/Digests.sol";
import {Committee, Prices} from "../../../contracts/committee/ICommittees.sol";
import {MirrorRecovery, Step} from "../../../contracts/committee/MirrorRecovery.sol";
import {NexusOutbox} from "../../../contracts/cloud/NexusOutbox.sol";
import {Test} from "../Test.sol";
import {HashVerifier} from "./HashVerifier.sol";
import {StakeTable} from "./StakeTable.sol";
import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";

contract MirrorRecoveryTest is Test {
    bytes32 private constant CLOUD = keccak256("cloud");
    uint64 private constant START = 1_800_000_000;
    uint64 private constant LAPSE = START + 1 days;
    address private constant GUARDIAN = address(0x6A);

    HashVerifier private verifier;
    CommitteeMirror private mirror;

    function setUp() external {
        vm.warp(START);
        verifier = new HashVerifier();
        mirror = deploy(GUARDIAN);
    }

    function deploy(address guardian) private returns (CommitteeMirror) {
        return new CommitteeMirror(CLOUD, verifier, Prices(7, 8, 9), epoch(3, START, LAPSE), members(3), guardian, 0);
    }

    function epoch(uint64 number, uint64 from, uint64 until) private pure returns (Committee memory) {
        return Committee(number, from, until, 4, 3, key(number), keccak256(abi.encode(members(number))));
    }

    function key(uint64 number) private pure returns (bytes memory) {
        return abi.encode(uint256(number));
    }

    function members(uint64 number) private pure returns (address[] memory list) {
        list = new address[](4);
        for (uint160 i = 0; i < 4; ++i) list[i] = address(uint160(number) * 16 + i + 1);
    }

    function step(uint64 from, Committee memory next) private view returns (Step memory) {
        bytes32 digest = Digests.rotation(
            CLOUD,
            from,
            next.epoch,
            next.validFrom,
            next.validUntil,
            next.size,
            next.threshold,
            next.groupKey,
            next.membersHash
        );
        return Step(next, verifier.sign(key(from), digest));
    }

    function none() private pure returns (Step[] memory) {
        return new Step[](0);
    }

    function test_AMissedStepIsMadeUpFor() external {
        Committee memory next = epoch(4, START + 20 hours, LAPSE + 30 days);
        Step memory missed = step(3, next);
        NexusOutbox outbox = new NexusOutbox(mirror, address(verifier), 0);
        address account = outbox.accountOf(CLOUD, "program");
        vm.warp(LAPSE + 4 days - 1);
        mirror.announceRecovery(missed);
        uint64 readyAt = uint64(block.timestamp) + 3 days;
        vm.warp(readyAt - 1);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorNotReady.selector, readyAt, readyAt - 1));
        mirror.completeRecovery(next, none(), members(4));
        vm.warp(readyAt);
        mirror.completeRecovery(next, none(), members(4));
        assertEq(mirror.liveEpoch(CLOUD), 4, "in office");
        mirror.requireSigned(CLOUD, 4, "answer", verifier.sign(key(4), "answer"));
        assertEq(abi.encode(mirror.members(CLOUD, 4)), abi.encode(members(4)), "members");
        assertEq(outbox.accountOf(CLOUD, "program"), account, "accounts of programs stay");
        vm.expectRevert(MirrorRecovery.MirrorNothingAnnounced.selector);
        mirror.completeRecovery(next, none(), members(4));
    }

    function test_TheChainGoesOnFromACommitteeWhoseTimeIsOverToo() external {
        Committee memory missed = epoch(4, START + 20 hours, LAPSE + 2 days);
        Committee memory now_ = epoch(6, START + 60 hours, LAPSE + 9 days);
        vm.warp(LAPSE);
        mirror.announceRecovery(step(3, missed));
        vm.warp(LAPSE + 3 days);
        vm.expectRevert(
            abi.encodeWithSelector(CommitteeMirror.MirrorExpired.selector, 4, missed.validUntil, LAPSE + 3 days)
        );
        mirror.completeRecovery(missed, none(), members(4));
        Step[] memory more = new Step[](1);
        more[0] = step(3, now_);
        vm.expectRevert();
        mirror.completeRecovery(missed, more, members(6));
        more[0] = step(4, now_);
        mirror.completeRecovery(missed, more, members(6));
        assertEq(mirror.liveEpoch(CLOUD), 6, "two steps at once");
    }

    function test_AnIntermediateKeyOutOfItsEvidenceWindowIsRefused() external {
        Committee memory missed = epoch(4, START + 20 hours, LAPSE + 1 hours);
        vm.warp(LAPSE);
        mirror.announceRecovery(step(3, missed));
        vm.warp(LAPSE + 1 hours + 7 days);
        Step[] memory more = new Step[](1);
        more[0] = step(4, epoch(6, LAPSE, LAPSE + 60 days));
        vm.expectRevert(
            abi.encodeWithSelector(MirrorRecovery.MirrorSignatureTooOld.selector, 4, LAPSE + 1 hours + 7 days)
        );
        mirror.completeRecovery(missed, more, members(6));
    }

    /// Old key holders whose stake is gone have no say, and nobody has one while a committee is in office.
    function test_NothingIsAnnouncedBeforeTheLapseOrWhenStakeIsGone() external {
        Step memory honest = step(3, epoch(4, START, LAPSE + 30 days));
        vm.warp(LAPSE - 1);
        bytes memory early = abi.encodeWithSelector(MirrorRecovery.MirrorNotLapsed.selector, 3, LAPSE);
        vm.expectRevert(early);
        mirror.announceRecovery(honest);
        vm.prank(GUARDIAN);
        vm.expectRevert(early);
        mirror.announceAnchor(honest.next);
        vm.warp(LAPSE + 4 days);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorSignatureTooOld.selector, 3, LAPSE + 4 days));
        mirror.announceRecovery(honest);
    }

    function test_AKeyThatSignedTwiceMovesNothing() external {
        Step memory theirs = step(3, epoch(4, START, LAPSE + 90 days));
        Committee memory other = epoch(4, START, LAPSE + 30 days);
        Step memory honest = step(3, other);
        vm.warp(LAPSE);
        mirror.announceRecovery(theirs);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorAlreadyAnnounced.selector, 4));
        mirror.announceRecovery(honest);
        vm.expectRevert(MirrorRecovery.MirrorSameStep.selector);
        mirror.disputeRecovery(theirs);
        Step memory forged = Step(honest.next, verifier.sign(key(9), "forged"));
        vm.expectRevert();
        mirror.disputeRecovery(forged);
        mirror.disputeRecovery(honest);
        vm.expectRevert(MirrorRecovery.MirrorNothingAnnounced.selector);
        mirror.completeRecovery(theirs.next, none(), members(4));
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorDisputed.selector, 3));
        mirror.announceRecovery(honest);

        vm.prank(GUARDIAN);
        mirror.announceAnchor(other);
        vm.expectRevert(MirrorRecovery.MirrorNothingAnnounced.selector);
        mirror.disputeRecovery(theirs);
        vm.warp(LAPSE + 14 days);
        mirror.completeRecovery(other, none(), members(4));
        assertEq(mirror.liveEpoch(CLOUD), 4, "as the guardian said");
    }

    function test_TheGuardianStopsAFalseStepAndASignatureGoesBeforeItsWord() external {
        Step memory honest = step(3, epoch(4, START, LAPSE + 30 days));
        Committee memory own = epoch(5, START, LAPSE + 30 days);
        vm.warp(LAPSE);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorNotGuardian.selector, address(this)));
        mirror.announceAnchor(own);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorNotGuardian.selector, address(this)));
        mirror.stopRecovery();
        vm.startPrank(GUARDIAN);
        vm.expectRevert(MirrorRecovery.MirrorNothingAnnounced.selector);
        mirror.stopRecovery();
        mirror.announceAnchor(own);
        vm.stopPrank();
        mirror.announceRecovery(honest);
        (, uint64 announced, , bool byGuardian) = mirror.announcement();
        assertEq(announced, 4, "the signed step");
        assertTrue(!byGuardian, "not the guardian's");
        vm.prank(GUARDIAN);
        mirror.stopRecovery();
        vm.warp(LAPSE + 3 days);
        vm.expectRevert(MirrorRecovery.MirrorNothingAnnounced.selector);
        mirror.completeRecovery(honest.next, none(), members(4));
    }

    function test_WithoutAGuardianThereIsNone() external {
        mirror = deploy(address(0));
        vm.warp(LAPSE);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorNotGuardian.selector, address(this)));
        mirror.announceAnchor(epoch(5, START, LAPSE + 30 days));
    }

    function test_OnlyWhatWasAnnouncedIsCompleted() external {
        Committee memory next = epoch(4, START, LAPSE + 30 days);
        vm.warp(LAPSE);
        mirror.announceRecovery(step(3, next));
        vm.warp(LAPSE + 3 days);
        Committee memory other = epoch(4, START, LAPSE + 31 days);
        vm.expectRevert(
            abi.encodeWithSelector(
                MirrorRecovery.MirrorWrongAnnouncement.selector,
                keccak256(abi.encode(other)),
                keccak256(abi.encode(next))
            )
        );
        mirror.completeRecovery(other, none(), members(4));
        vm.expectRevert();
        mirror.completeRecovery(next, none(), members(5));
    }

    /// The two contracts are on different chains, so one cannot ask the other.
    function test_StakeAnswersForAsLongAsTheRegistrySays() external {
        CommitteeRegistry registry = new CommitteeRegistry(new StakeTable(), new IThresholdVerifier[](2), 0);
        assertEq(mirror.EVIDENCE_WINDOW(), registry.EVIDENCE_WINDOW(), "seconds");
    }
}
