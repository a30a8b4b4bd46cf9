// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CommitteeMirror} from "../../../contracts/committee/CommitteeMirror.sol";
import {Committees} from "../../../contracts/committee/Committees.sol";
import {Digests} from "../../../contracts/committee/Digests.sol";
import {Committee, ICommittees, Prices} from "../../../contracts/committee/ICommittees.sol";
import {MirrorRecovery} from "../../../contracts/committee/MirrorRecovery.sol";
import {Test} from "../Test.sol";
import {HashVerifier} from "./HashVerifier.sol";

contract CommitteeMirrorTest is Test {
    bytes32 private constant CLOUD = keccak256("cloud");
    uint64 private constant START = 1_800_000_000;
    uint64 private constant DAY = 1 days;

    HashVerifier private verifier;
    CommitteeMirror private mirror;

    function setUp() external {
        vm.warp(START);
        verifier = new HashVerifier();
        mirror = new CommitteeMirror(CLOUD, verifier, Prices(7, 8, 9), epoch(3, START), members(3), address(0), 0);
    }

    /// A committee of 4 that is valid for a day from `from` on.
    function epoch(uint64 number, uint64 from) private pure returns (Committee memory) {
        return Committee(number, from, from + DAY, 4, 3, key(number), keccak256(abi.encode(members(number))));
    }

    function key(uint64 number) private pure returns (bytes memory) {
        return abi.encode(uint256(number));
    }

    function members(uint64 number) private pure returns (address[] memory list) {
        list = new address[](4);
        for (uint160 i = 0; i < 4; ++i) list[i] = address(uint160(number) * 16 + i + 1);
    }

    function sign(uint64 from, Committee memory next) private view returns (bytes memory) {
        return verifier.sign(key(from), digest(from, next));
    }

    function digest(uint64 from, Committee memory next) private pure returns (bytes32) {
        return
            Digests.rotation(
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
    }

    function test_FollowsAChainOfSignatures() external {
        assertEq(mirror.currentEpoch(CLOUD), 3, "anchor");
        assertEq(abi.encode(mirror.prices(CLOUD)), abi.encode(Prices(7, 8, 9)), "prices");
        Committee memory next = epoch(5, START);
        mirror.follow(3, next, members(5), sign(3, next));
        assertEq(mirror.currentEpoch(CLOUD), 5, "followed");
        assertEq(abi.encode(mirror.committee(CLOUD, 5)), abi.encode(next), "as signed");
        assertEq(abi.encode(mirror.members(CLOUD, 5)), abi.encode(members(5)), "members");
        assertEq(mirror.committee(CLOUD, 3).validUntil, START + 1 hours, "grace");
        Committee memory last = epoch(6, START);
        mirror.follow(5, last, members(6), sign(5, last));
        assertEq(mirror.currentEpoch(CLOUD), 6, "and again");
        assertEq(mirror.committee(CLOUD, 3).validUntil, START + 1 hours, "grace is not renewed");
        mirror.requireSigned(CLOUD, 3, "in flight", verifier.sign(key(3), "in flight"));
        vm.warp(START + 1 hours);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICommittees.CommitteesEpochNotValid.selector,
                CLOUD,
                3,
                START,
                START + 1 hours,
                START + 1 hours
            )
        );
        mirror.requireSigned(CLOUD, 3, "late", "");
    }

    function test_GraceNeverExtends() external {
        vm.warp(START + DAY - 60);
        Committee memory next = epoch(4, START);
        next.validUntil += DAY;
        mirror.follow(3, next, members(4), sign(3, next));
        assertEq(mirror.committee(CLOUD, 3).validUntil, START + DAY, "its own end");
    }

    function test_GoesOnlyForwardAndOnlyFromTheNewest() external {
        Committee memory next = epoch(4, START);
        bytes memory signature = sign(3, next);
        vm.expectRevert(abi.encodeWithSelector(CommitteeMirror.MirrorWrongEpoch.selector, 2, 3));
        mirror.follow(2, next, members(4), signature);
        mirror.follow(3, next, members(4), signature);
        vm.expectRevert(abi.encodeWithSelector(CommitteeMirror.MirrorWrongEpoch.selector, 3, 4));
        mirror.follow(3, next, members(4), signature);
        next = epoch(4, START);
        signature = sign(4, next);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorNotForward.selector, 4, 4));
        mirror.follow(4, next, members(4), signature);
    }

    /// Any change to what was signed, and any other signer, is refused.
    function testFuzz_RefusesWhatWasNotSigned(uint256 field, uint64 change) external {
        Committee memory next = epoch(4, START);
        bytes memory signature = sign(3, next);
        change = uint64(bound(change, 1, 1000));
        field = bound(field, 0, 7);
        if (field == 0) next.epoch += change;
        if (field == 1) next.validFrom -= change;
        if (field == 2) next.validUntil += change;
        if (field == 3) next.size += uint16(change);
        if (field == 4) next.threshold += uint16(change);
        if (field == 5) next.groupKey = abi.encode(4 + uint256(change));
        if (field == 6) next.membersHash = bytes32(uint256(next.membersHash) ^ change);
        if (field == 7) signature = sign(4, next);
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesBadSignature.selector, CLOUD, 3, digest(3, next)));
        mirror.follow(3, next, members(4), signature);
    }

    function test_RefusesBadCommitteesThoughSigned() external {
        Committee memory next = epoch(4, START);
        next.size = 129;
        refuse(next, members(4), abi.encodeWithSelector(Committees.CommitteesBadSize.selector, 129, 128));
        next = epoch(4, START);
        next.threshold = 2;
        refuse(next, members(4), abi.encodeWithSelector(Committees.CommitteesBadThreshold.selector, 2, 4));
        next = epoch(4, START);
        next.size = 3;
        refuse(next, members(4), abi.encodeWithSelector(CommitteeMirror.MirrorWrongMemberCount.selector, 4, 3));
        next = epoch(4, START);
        refuse(
            next,
            members(5),
            abi.encodeWithSelector(
                CommitteeMirror.MirrorWrongMembers.selector,
                keccak256(abi.encode(members(5))),
                next.membersHash
            )
        );
        next.groupKey = hex"12";
        refuse(next, members(4), abi.encodeWithSelector(HashVerifier.HashVerifierBadKey.selector, hex"12"));
        next = epoch(4, START);
        next.validUntil = next.validFrom;
        refuse(next, members(4), abi.encodeWithSelector(CommitteeMirror.MirrorBadValidity.selector, START, START));
        next.validUntil = 1 << 40;
        refuse(next, members(4), abi.encodeWithSelector(CommitteeMirror.MirrorBadValidity.selector, START, 1 << 40));
        next = epoch(4, START - DAY);
        refuse(next, members(4), abi.encodeWithSelector(CommitteeMirror.MirrorExpired.selector, 4, START, START));
    }

    /// A clock behind the home chain's is told apart from a bad signature, and the step works once it has caught up.
    function test_TellsNotYetFromNotAtAll() external {
        Committee memory next = epoch(4, START + 10);
        bytes memory signature = sign(3, next);
        vm.expectRevert(abi.encodeWithSelector(CommitteeMirror.MirrorNotYetValid.selector, 4, START + 10, START));
        mirror.follow(3, next, members(4), signature);
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesBadSignature.selector, CLOUD, 3, digest(3, next)));
        mirror.follow(3, next, members(4), "");
        vm.warp(START + 10);
        mirror.follow(3, next, members(4), signature);
    }

    function test_LapsesToSignatures() external {
        vm.warp(START + DAY);
        Committee memory next = epoch(4, START + DAY);
        refuse(
            next,
            members(4),
            abi.encodeWithSelector(
                ICommittees.CommitteesEpochNotValid.selector,
                CLOUD,
                3,
                START,
                START + DAY,
                START + DAY
            )
        );
    }

    function test_NobodyIsInOfficeOnceTheCommitteesTimeIsOver() external {
        assertEq(mirror.liveEpoch(CLOUD), 3, "anchor");
        assertEq(mirror.liveEpoch(keccak256("other")), 0, "other cloud");
        Committee memory next = epoch(5, START);
        mirror.follow(3, next, members(5), sign(3, next));
        assertEq(mirror.liveEpoch(CLOUD), 5, "followed");
        vm.warp(START + DAY - 1);
        assertEq(mirror.liveEpoch(CLOUD), 5, "last second");
        vm.warp(START + DAY);
        assertEq(mirror.liveEpoch(CLOUD), 0, "over");
        assertEq(mirror.currentEpoch(CLOUD), 5, "remembered");
    }

    function test_KnowsOneCloudOnly() external {
        bytes32 other = keccak256("other");
        vm.expectRevert(abi.encodeWithSelector(Committees.CommitteesUnknownCloud.selector, other));
        mirror.prices(other);
        assertEq(mirror.currentEpoch(other), 0, "no epoch");
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesUnknownEpoch.selector, other, 3));
        mirror.requireSigned(other, 3, "x", "");
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesUnknownEpoch.selector, CLOUD, 4));
        mirror.committee(CLOUD, 4);
    }

    function test_RefusesBadAnchors() external {
        Committee memory anchor = epoch(0, START);
        vm.expectRevert(abi.encodeWithSelector(MirrorRecovery.MirrorNotForward.selector, 0, 0));
        new CommitteeMirror(CLOUD, verifier, Prices(7, 8, 9), anchor, members(0), address(0), 0);
        anchor = epoch(3, START - DAY);
        vm.expectRevert(abi.encodeWithSelector(CommitteeMirror.MirrorExpired.selector, 3, START, START));
        new CommitteeMirror(CLOUD, verifier, Prices(7, 8, 9), anchor, members(3), address(0), 0);
    }

    function refuse(Committee memory next, address[] memory list, bytes memory reason) private {
        bytes memory signature = sign(3, next);
        vm.expectRevert(reason);
        mirror.follow(3, next, list, signature);
    }
}
