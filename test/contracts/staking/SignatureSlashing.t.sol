// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Digests, Header} from "../../../contracts/committee/Digests.sol";
import {Committee, ICommittees} from "../../../contracts/committee/ICommittees.sol";
import {Step} from "../../../contracts/committee/MirrorRecovery.sol";
import {CommitteeRegistry, Confirmation, PendingEpoch} from "../../../contracts/committee/CommitteeRegistry.sol";
import {EquivocationSlashing, Vote} from "../../../contracts/staking/EquivocationSlashing.sol";
import {GradedSlashing} from "../../../contracts/staking/GradedSlashing.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {NexusStaking, StakingParameters} from "../../../contracts/staking/NexusStaking.sol";
import {Conflict, Share, SignatureSlashing} from "../../../contracts/staking/SignatureSlashing.sol";
import {RegistryTest} from "../committee/RegistryTest.sol";
import {StakeToken} from "./StakingTest.sol";

/// @dev A cloud of 4 out of 7 operators with real stake behind the real registry; only the curve is a stand-in, which
/// signature-slashing.ts and the embedded cloud's tests are not.
contract SignatureSlashingTest is RegistryTest {
    uint256 private constant CHAIN_A = 10;
    uint256 private constant CHAIN_B = 8453;
    address private constant GATEWAY = address(0x6A7E);
    address private constant REPORTER = address(0x4E90);
    uint16 private constant SLASH_BPS = 500;
    uint64 private constant HEIGHT = 7;

    StakeToken private _token;
    NexusStaking private _bond;
    EquivocationSlashing private _slashing;

    function deployStaking() internal override returns (IStaking) {
        _token = new StakeToken();
        _bond = new NexusStaking(_token, StakingParameters(MIN_STAKE, 7 days, 60 days, 3 days, 14 days, 5000, 500, 20));
        return _bond;
    }

    function wireStaking() internal override {
        _slashing = new EquivocationSlashing(_bond, registry, SLASH_BPS);
        _bond.wire(address(registry), address(_slashing));
    }

    function giveStake(address operator, uint256 stake) internal override {
        stake *= 1000;
        _token.mint(operator, stake);
        vm.startPrank(operator);
        _token.approve(address(_bond), stake);
        _bond.register(0);
        _bond.delegate(operator, stake, 0);
        vm.stopPrank();
    }

    // ---------------------------------------------------------------- headers, by share keys

    function test_PartialsOfTwoHeadersSlashTheirOwnerAlone() external {
        genesis();
        address[] memory members = registry.members(cloudId, 1);
        uint256[4] memory before;
        for (uint256 i = 0; i < 4; ++i) before[i] = stakeOf(members[i]);

        uint256 taken = reportPartials(1, 2);
        assertEq(taken, (before[2] * SLASH_BPS) / 10_000, "taken");
        for (uint256 i = 0; i < 4; ++i) assertEq(stakeOf(members[i]), i == 2 ? before[i] - taken : before[i], "left");
        assertEq(_token.balanceOf(REPORTER), (taken * 500) / 10_000, "reward");
        assertEq(_slashing.caughtOf(cloudId, 1), 1, "caught");
        assertTrue(_bond.isJailed(members[2]), "jailed");

        // The same again, turned round, or at another height, is the same fault.
        bytes memory already = abi.encodeWithSelector(
            GradedSlashing.SlashingAlreadyPunished.selector,
            members[2],
            cloudId,
            1,
            SLASH_BPS
        );
        Conflict memory c = conflict(1, shareKey(1, 2));
        refusePartials(c, 1, 2, shareKey(1, 2), already);
        (c.first, c.second) = (c.second, c.first);
        (c.firstSignature, c.secondSignature) = (c.secondSignature, c.firstSignature);
        refusePartials(c, 1, 2, shareKey(1, 2), already);
        c.first.height = c.second.height = HEIGHT + 1;
        c.firstSignature = verifier.sign(shareKey(1, 2), Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, c.first));
        c.secondSignature = verifier.sign(shareKey(1, 2), Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, c.second));
        refusePartials(c, 1, 2, shareKey(1, 2), already);
    }

    function test_AllEvidenceOfAnEpochCountsTogether() external {
        genesis();
        address[] memory members = registry.members(cloudId, 1);
        (uint256 first, uint256 second) = (stakeOf(members[0]), stakeOf(members[1]));
        _slashing.report(cloudId, 1, HEIGHT, vote(members[0], "a"), vote(members[0], "b"));
        assertEq(stakeOf(members[0]), first - (first * SLASH_BPS) / 10_000, "one alone");
        // Two of four members, with three to sign, are as many as two conflicting quorums share.
        assertEq(reportPartials(1, 1), second, "everything of the second");
        assertEq(
            _token.balanceOf(REPORTER),
            (((second * SLASH_BPS) / 10_000) * 500) / 10_000,
            "for its own fault alone"
        );
        uint256 burned = _token.balanceOf(address(0xdEaD));
        _slashing.raise(cloudId, 1, members[0]);
        assertEq(stakeOf(members[0]), 0, "and of the first");
        assertEq(_token.balanceOf(address(0xdEaD)) - burned, first - (first * SLASH_BPS) / 10_000, "nobody is paid");
        assertEq(_slashing.caughtOf(cloudId, 1), 2, "caught");
    }

    // ---------------------------------------------------------------- headers, by group keys

    function test_GroupSignaturesOfTwoHeadersSlashAll() external {
        genesis();
        address[] memory members = registry.members(cloudId, 1);
        uint256 all;
        for (uint256 i = 0; i < 4; ++i) all += stakeOf(members[i]);
        uint256 partly = reportPartials(1, 2);
        assertEq(reportGroup(1, KEY), all - partly, "the rest");
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(stakeOf(members[i]), 0, "left");
            assertEq(_slashing.chargedOf(cloudId, 1, members[i]), 10_000, "charged");
        }
        assertEq(_slashing.caughtOf(cloudId, 1), 4, "caught");
        Conflict memory c = conflict(1, KEY);
        refuseGroup(c, abi.encodeWithSelector(GradedSlashing.SlashingCommitteePunished.selector, cloudId, 1));
        // Whoever is shown to have signed by itself has lost everything already.
        refusePartials(
            conflict(1, shareKey(1, 0)),
            1,
            0,
            shareKey(1, 0),
            abi.encodeWithSelector(GradedSlashing.SlashingAlreadyPunished.selector, members[0], cloudId, 1, 10_000)
        );
        // Operators outside the committee have all they had.
        for (uint256 i = 0; i < OPERATORS; ++i)
            if (!registry.isMember(cloudId, 1, operators[i]))
                assertEq(stakeOf(operators[i]), MIN_STAKE * 1000 * (i + 1), "outsider");
    }

    function test_EvidenceIsTakenWhileStakeIsHeldHoweverEarlyTheEnd() external {
        genesis();
        ready(OTHER_KEY);
        rotate(KEY);
        uint64 held = registry.heldUntil(cloudId, 1);
        assertTrue(committee().epoch == 2 && held > block.timestamp + 7 days, "replaced and held");
        vm.warp(held - 1);
        reportPartials(1, 0);
        vm.warp(held);
        refuseGroup(
            conflict(1, KEY),
            abi.encodeWithSelector(GradedSlashing.SlashingExpired.selector, cloudId, 1, held, held)
        );
    }

    // ---------------------------------------------------------------- rotations

    function test_AFalseRotationSlashesAll() external {
        genesis();
        ready(OTHER_KEY);
        Committee memory truth = pendingCommittee();
        for (uint256 i = 0; i < 7; ++i) {
            Committee memory f = pendingCommittee();
            if (i == 0) f.groupKey = abi.encode(uint256(0x33));
            else if (i == 1) f.membersHash = keccak256("others");
            else if (i == 2) ++f.validUntil;
            else if (i == 3) --f.validFrom;
            else if (i == 4) --f.threshold;
            else if (i == 5) ++f.size;
            else f.epoch = 3; // nobody is selected for it yet
            assertTrue(keccak256(abi.encode(f)) != keccak256(abi.encode(truth)), "another committee");
            Step memory partials = Step(f, verifier.sign(shareKey(1, 1), stepDigest(1, f)));
            Step memory group = Step(f, verifier.sign(KEY, stepDigest(1, f)));
            // Each is evidence; the first one of a kind slashes, the next find everybody slashed.
            if (i == 0) {
                assertTrue(_slashing.reportPartialRotation(cloudId, 1, Share(1, shareKey(1, 1)), partials) != 0, "one");
                assertTrue(_slashing.reportRotation(cloudId, 1, group, 0) != 0, "all");
            } else {
                vm.expectRevert(abi.encodeWithSelector(GradedSlashing.SlashingCommitteePunished.selector, cloudId, 1));
                _slashing.reportRotation(cloudId, 1, group, 0);
            }
        }
    }

    function test_TheTrueRotationIsNeverEvidenceWhateverBecomesOfTheEpoch() external {
        genesis();
        ready(OTHER_KEY);
        Step memory step = Step(pendingCommittee(), "");
        step.signature = verifier.sign(KEY, stepDigest(1, step.next));
        refuseTrue(step);
        rotate(KEY);
        refuseTrue(step);
        // Its own early end moves the end that the registry stores, and not the one that was signed.
        ready(abi.encode(uint256(0x33)));
        rotate(OTHER_KEY);
        assertTrue(registry.committee(cloudId, 2).validUntil < step.next.validUntil, "ended early");
        refuseTrue(step);
    }

    function test_TheRotationToAnEpochThatWasAbandonedIsNoEvidence() external {
        genesis();
        ready(OTHER_KEY);
        Step memory step = Step(pendingCommittee(), "");
        step.signature = verifier.sign(KEY, stepDigest(1, step.next));
        vm.warp(step.next.validUntil);
        registry.abandonEpoch(cloudId);
        refuseTrue(step);
    }

    function test_TheRotationToACommitteeThatWasUnseatedIsNoEvidence() external {
        genesis();
        ready(OTHER_KEY);
        Step memory step = Step(pendingCommittee(), "");
        step.signature = verifier.sign(KEY, stepDigest(1, step.next));
        rotate(KEY);
        vm.prank(address(registry.challenges()));
        registry.unseat(cloudId);
        assertTrue(registry.committee(cloudId, 2).validUntil < step.next.validUntil, "unseated");
        refuseTrue(step);
    }

    // ---------------------------------------------------------------- what is no evidence

    /// What an honest member signs: one header for each place. However two of its signatures are put together, and whatever is
    /// claimed of them, nothing comes of it.
    function testFuzz_OneHeaderForEachPlaceIsNoEvidence(
        uint256 differs,
        bytes32 stateRoot,
        bytes32 otherRoot,
        bool asGroup
    ) external {
        genesis();
        ready(OTHER_KEY);
        rotate(KEY);
        bytes memory key = asGroup ? KEY : shareKey(1, 2);
        bytes memory nextKey = asGroup ? OTHER_KEY : shareKey(2, 2);
        Header memory a = Header(HEIGHT, stateRoot, "results", "calls");
        Header memory b = Header(HEIGHT, otherRoot, "results", "calls");
        bytes memory signatureA = verifier.sign(key, Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, a));
        bytes32 digestB;
        differs %= 6;
        if (differs == 0) {
            b = a;
            digestB = Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, b);
        } else if (differs == 1) digestB = Digests.headerOn(CHAIN_B, GATEWAY, cloudId, 1, b);
        else if (differs == 2) digestB = Digests.headerOn(CHAIN_A, address(0xB), cloudId, 1, b);
        else if (differs == 3) digestB = Digests.headerOn(CHAIN_A, GATEWAY, "another cloud", 1, b);
        else if (differs == 4) {
            b.height = HEIGHT + 1;
            digestB = Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, b);
        } else digestB = Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 2, b); // signed again after a hand-over
        bytes memory signatureB = verifier.sign(differs == 5 ? nextKey : key, digestB);

        for (uint256 claim = 0; claim < 16; ++claim) {
            Conflict memory c = Conflict(
                claim & 1 == 0 ? CHAIN_A : CHAIN_B,
                claim & 2 == 0 ? GATEWAY : address(0xB),
                a,
                signatureA,
                b,
                signatureB
            );
            if (claim & 4 != 0) c.second.height = c.first.height;
            if (claim & 8 != 0) (c.secondSignature, c.firstSignature) = (c.firstSignature, c.secondSignature);
            for (uint64 epoch = 1; epoch <= 2; ++epoch) {
                vm.expectRevert();
                if (asGroup) _slashing.reportHeaders(cloudId, epoch, c, 0);
                else _slashing.reportPartialHeaders(cloudId, epoch, Share(2, epoch == 1 ? key : nextKey), c);
            }
        }
    }

    function test_WhatIsNoEvidenceIsRefusedByName() external {
        genesis();
        Conflict memory c = conflict(1, KEY);
        ++c.second.height;
        refuseGroup(c, abi.encodeWithSelector(SignatureSlashing.SlashingDifferentHeights.selector, HEIGHT, HEIGHT + 1));
        c = conflict(1, KEY);
        c.second = c.first;
        bytes32 digest = Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, c.first);
        refuseGroup(c, abi.encodeWithSelector(SignatureSlashing.SlashingSameHeader.selector, digest));
        c = conflict(1, KEY);
        c.secondSignature = c.firstSignature;
        refuseGroup(
            c,
            abi.encodeWithSelector(
                SignatureSlashing.SlashingBadSignature.selector,
                Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, c.second)
            )
        );
    }

    function test_OnlyAConfirmedShareKeyNamesAMember() external {
        genesis(); // members 0 to 2 confirm
        bytes memory unconfirmed = abi.encode(keccak256(abi.encode(KEY, uint16(3))));
        refuseOwner(unconfirmed, 3);
        refuseOwner(shareKey(1, 0), 1);
        refuseOwner(shareKey(1, 0), 4);
        refuseOwner(KEY, 0);
        refuseOwner(abi.encode("a key of nobody"), 2);
    }

    function refuseOwner(bytes memory key, uint16 index) private {
        refusePartials(
            conflict(1, key),
            1,
            index,
            key,
            abi.encodeWithSelector(SignatureSlashing.SlashingWrongShareKey.selector, cloudId, 1, index)
        );
    }

    function test_AnEpochThatNeverTookOfficeAnswersForNothing() external {
        openAndSelect();
        for (uint16 i = 0; i < 2; ++i) confirm(i, KEY);
        vm.warp(registry.pendingEpoch(cloudId).deadline);
        registry.abandonEpoch(cloudId);
        bytes memory abandoned = abi.encode(keccak256(abi.encode(KEY, uint16(0))));
        bytes memory unknown = abi.encodeWithSelector(ICommittees.CommitteesUnknownEpoch.selector, cloudId, 1);
        refusePartials(conflict(1, abandoned), 1, 0, abandoned, unknown);
        refuseGroup(conflict(1, KEY), unknown);

        // The next attempt has another number, and never the same key, so nothing of the first counts in it.
        openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, OTHER_KEY);
        refusePartials(
            conflict(2, abandoned),
            2,
            0,
            abandoned,
            abi.encodeWithSelector(SignatureSlashing.SlashingWrongShareKey.selector, cloudId, 2, 0)
        );
    }

    function test_NoTwoEpochsHaveOneKey() external {
        genesis();
        vm.warp(committee().validUntil - 3 * WINDOW);
        openAndSelect();
        Confirmation memory kept = confirmation(0, KEY);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryKeyUsed.selector, cloudId, 2, 1));
        registry.confirm(cloudId, kept);
    }

    function test_OtherSignaturesOfTheKeysAreNoHeaders() external {
        genesis();
        Conflict memory c = conflict(1, KEY);
        bytes32 first = Digests.headerOn(CHAIN_A, GATEWAY, cloudId, 1, c.first);
        bytes memory bad = abi.encodeWithSelector(SignatureSlashing.SlashingBadSignature.selector, first);
        c.firstSignature = verifier.sign(KEY, Digests.liveness(address(registry.challenges()), cloudId, 1, 1));
        refuseGroup(c, bad);
        c = conflict(1, shareKey(1, 0));
        // A proof of possession over the very digest is made in a domain of its own.
        c.firstSignature = verifier.prove(shareKey(1, 0), first);
        refusePartials(c, 1, 0, shareKey(1, 0), bad);
    }

    // ---------------------------------------------------------------- making evidence

    function conflict(uint64 epoch, bytes memory key) private view returns (Conflict memory c) {
        c.chainId = CHAIN_A;
        c.gateway = GATEWAY;
        c.first = Header(HEIGHT, "root", "results", "calls");
        c.second = Header(HEIGHT, "root", "other results", "calls");
        c.firstSignature = verifier.sign(key, Digests.headerOn(CHAIN_A, GATEWAY, cloudId, epoch, c.first));
        c.secondSignature = verifier.sign(key, Digests.headerOn(CHAIN_A, GATEWAY, cloudId, epoch, c.second));
    }

    /// The share key that `confirmation` gives the member of an active epoch.
    function shareKey(uint64 epoch, uint16 index) private view returns (bytes memory) {
        return abi.encode(keccak256(abi.encode(registry.committee(cloudId, epoch).groupKey, index)));
    }

    function vote(address operator, bytes32 blockHash) private view returns (Vote memory) {
        return Vote(blockHash, ecdsa(identityKey[operator], Digests.vote(cloudId, 1, HEIGHT, blockHash)));
    }

    function pendingCommittee() private view returns (Committee memory) {
        PendingEpoch memory p = registry.pendingEpoch(cloudId);
        return Committee(p.epoch, p.validFrom, p.validUntil, 4, 3, p.groupKey, p.membersHash);
    }

    function stepDigest(uint64 from, Committee memory c) private view returns (bytes32) {
        return
            Digests.rotation(
                cloudId,
                from,
                c.epoch,
                c.validFrom,
                c.validUntil,
                c.size,
                c.threshold,
                c.groupKey,
                c.membersHash
            );
    }

    function stakeOf(address operator) private view returns (uint256) {
        return _bond.operatorState(operator).active.stake;
    }

    // ---------------------------------------------------------------- reporting it

    function reportPartials(uint64 epoch, uint16 index) private returns (uint256) {
        bytes memory key = shareKey(epoch, index);
        Conflict memory c = conflict(epoch, key);
        vm.prank(REPORTER);
        return _slashing.reportPartialHeaders(cloudId, epoch, Share(index, key), c);
    }

    function reportGroup(uint64 epoch, bytes memory key) private returns (uint256) {
        Conflict memory c = conflict(epoch, key);
        vm.prank(REPORTER);
        return _slashing.reportHeaders(cloudId, epoch, c, 0);
    }

    function refusePartials(
        Conflict memory c,
        uint64 epoch,
        uint16 index,
        bytes memory key,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        _slashing.reportPartialHeaders(cloudId, epoch, Share(index, key), c);
    }

    function refuseGroup(Conflict memory c, bytes memory reason) private {
        vm.expectRevert(reason);
        _slashing.reportHeaders(cloudId, 1, c, 0);
    }

    function refuseTrue(Step memory step) private {
        bytes32 digest = stepDigest(1, step.next);
        bytes memory reason = abi.encodeWithSelector(SignatureSlashing.SlashingTrueRotation.selector, digest);
        Share memory share = Share(0, shareKey(1, 0));
        vm.expectRevert(reason);
        _slashing.reportRotation(cloudId, 1, step, 0);
        vm.expectRevert(reason);
        _slashing.reportPartialRotation(cloudId, 1, share, step);
    }
}
