// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";
import {CloudParams, Clouds} from "../../../contracts/committee/Clouds.sol";
import {CommitteeRegistry, Confirmation, PendingEpoch, Phase} from "../../../contracts/committee/CommitteeRegistry.sol";
import {Committees} from "../../../contracts/committee/Committees.sol";
import {Digests} from "../../../contracts/committee/Digests.sol";
import {Committee, ICommittees, Prices} from "../../../contracts/committee/ICommittees.sol";
import {NodeIdentities} from "../../../contracts/committee/NodeIdentities.sol";
import {HashVerifier} from "./HashVerifier.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract CommitteeRegistryTest is RegistryTest {
    // ---------------------------------------------------------------- clouds

    function test_CloudIdsAreThoseOfDigests() external view {
        assertEq(cloudId, Digests.cloud(address(registry), address(this), 0), "id");
        assertEq(registry.cloudCount(address(this)), 1, "count");
        assertEq(abi.encode(registry.prices(cloudId)), abi.encode(Prices(5, 6, 7)), "prices");
        assertEq(abi.encode(registry.cloud(cloudId)), abi.encode(params()), "parameters");
    }

    function test_RefusesBadCloudParameters() external {
        CloudParams memory p = params();
        p.size = 0;
        refuseCloud(p, abi.encodeWithSelector(Committees.CommitteesBadSize.selector, 0, 128));
        p.size = 129;
        refuseCloud(p, abi.encodeWithSelector(Committees.CommitteesBadSize.selector, 129, 128));
        p = params();
        p.scheme = 1; // the chain of this test has no BLS12-381
        refuseCloud(p, abi.encodeWithSelector(Clouds.RegistryUnsupportedScheme.selector, 1));
        p.scheme = 2;
        refuseCloud(p, abi.encodeWithSelector(Clouds.RegistryUnsupportedScheme.selector, 2));
        p = params();
        p.epochLength = 10 minutes - 1;
        refuseCloud(
            p,
            abi.encodeWithSelector(Clouds.RegistryBadEpochLength.selector, 10 minutes - 1, 10 minutes, 30 days)
        );
        p.epochLength = 30 days + 1;
        refuseCloud(
            p,
            abi.encodeWithSelector(Clouds.RegistryBadEpochLength.selector, 30 days + 1, 10 minutes, 30 days)
        );
        p = params();
        p.confirmationWindow = 59;
        refuseCloud(p, abi.encodeWithSelector(Clouds.RegistryBadConfirmationWindow.selector, 59, 60, 4 hours));
        p.confirmationWindow = 4 hours + 1;
        refuseCloud(p, abi.encodeWithSelector(Clouds.RegistryBadConfirmationWindow.selector, 4 hours + 1, 60, 4 hours));
        p = params();
        p.minStake = 0;
        refuseCloud(p, abi.encodeWithSelector(Clouds.RegistryZeroMinStake.selector));
    }

    /// For every size, exactly the thresholds from floor(2n / 3) + 1 to n are accepted.
    function testFuzz_ThresholdBounds(uint16 size, uint16 threshold) external {
        CloudParams memory p = params();
        p.size = uint16(bound(size, 1, 128));
        p.threshold = uint16(bound(threshold, 0, 130));
        if (p.threshold < (2 * p.size) / 3 + 1 || p.threshold > p.size)
            refuseCloud(p, abi.encodeWithSelector(Committees.CommitteesBadThreshold.selector, p.threshold, p.size));
        else registry.createCloud(p);
    }

    function refuseCloud(CloudParams memory p, bytes memory reason) private {
        vm.expectRevert(reason);
        registry.createCloud(p);
    }

    function test_RefusesWrongVerifierCount() external {
        vm.expectRevert(abi.encodeWithSelector(Clouds.RegistryWrongVerifierCount.selector, 1, 2));
        new CommitteeRegistry(staking, new IThresholdVerifier[](1), 0);
    }

    /// Where blocks take long to be final, nodes hear late of everything: windows and the old committee's time follow.
    function testFuzz_FinalityBoundsTimes(uint64 finality) external {
        finality = uint64(bound(finality, 0, 2 days));
        IThresholdVerifier[] memory verifiers = new IThresholdVerifier[](2);
        verifiers[0] = verifier;
        registry = new CommitteeRegistry(staking, verifiers, finality);
        assertEq(registry.finality(), finality, "finality");
        assertEq(registry.grace(), finality + 1 hours, "grace");
        uint64 least = 2 * finality + 1 minutes;
        CloudParams memory p = params();
        p.epochLength = 30 days;
        p.confirmationWindow = least - 1;
        refuseCloud(p, abi.encodeWithSelector(Clouds.RegistryBadConfirmationWindow.selector, least - 1, least, 5 days));
        p.confirmationWindow = least;
        registry.createCloud(p);
        p.epochLength = 6 * least - 1;
        if (p.epochLength < 10 minutes) return;
        refuseCloud(
            p,
            abi.encodeWithSelector(Clouds.RegistryBadConfirmationWindow.selector, least, least, (6 * least - 1) / 6)
        );
    }

    function test_RefusesFinalityThatNoEpochHolds() external {
        vm.expectRevert(
            abi.encodeWithSelector(Committees.CommitteesBadFinality.selector, uint64(2 days + 1), uint64(2 days))
        );
        new CommitteeRegistry(staking, new IThresholdVerifier[](2), 2 days + 1);
    }

    function test_UnknownCloud() external {
        bytes32 id = keccak256("nothing");
        bytes memory unknown = abi.encodeWithSelector(Committees.CommitteesUnknownCloud.selector, id);
        vm.expectRevert(unknown);
        registry.prices(id);
        vm.expectRevert(unknown);
        registry.joinCloud(id);
        vm.expectRevert(unknown);
        registry.openEpoch(id);
        vm.expectRevert(unknown);
        registry.selectCommittee(id);
        vm.expectRevert(unknown);
        registry.evictCandidate(id, operators[0]);
        assertEq(registry.currentEpoch(id), 0, "no epoch");
        assertEq(registry.liveEpoch(id), 0, "nobody in office");
    }

    // ---------------------------------------------------------------- nodes

    function test_ReplacedIdentityStaysBound() external {
        address first = vm.addr(100);
        registerNode(operators[0], 900);
        assertEq(registry.operatorOf(first), operators[0], "old identity");
        assertEq(registry.operatorOf(vm.addr(900)), operators[0], "new identity");
        (address identity, bytes memory publicKey) = registry.nodeOf(operators[0]);
        assertEq(identity, vm.addr(900), "present identity");
        assertEq(address(uint160(uint256(keccak256(publicKey)))), identity, "public key");

        address other = address(0x99);
        (bytes memory key, bytes memory proof) = identityProof(other, 100);
        vm.expectRevert(abi.encodeWithSelector(NodeIdentities.RegistryIdentityTaken.selector, first, operators[0]));
        vm.prank(other);
        registry.registerNode(key, proof);
    }

    function test_RefusesBadIdentities() external {
        address operator = address(0x99);
        (bytes memory key, bytes memory proof) = identityProof(operator, 777);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(NodeIdentities.RegistryBadIdentityKey.selector, 65));
        registry.registerNode(bytes.concat(hex"04", key), proof);
        vm.expectRevert(
            abi.encodeWithSelector(NodeIdentities.RegistryBadIdentityProof.selector, vm.addr(777), address(0))
        );
        registry.registerNode(key, hex"00");
        // A proof that another identity made.
        bytes memory foreign = ecdsa(778, Digests.identity(address(registry), operator));
        vm.expectRevert(
            abi.encodeWithSelector(NodeIdentities.RegistryBadIdentityProof.selector, vm.addr(777), vm.addr(778))
        );
        registry.registerNode(key, foreign);
        vm.stopPrank();
        // A proof made for another operator: over this one's digest it is somebody's, but not the identity's.
        address signer = ECDSA.recover(Digests.identity(address(registry), address(this)), proof);
        vm.expectRevert(abi.encodeWithSelector(NodeIdentities.RegistryBadIdentityProof.selector, vm.addr(777), signer));
        registry.registerNode(key, proof);
        vm.expectRevert(abi.encodeWithSelector(NodeIdentities.RegistryUnknownNode.selector, operator));
        registry.nodeOf(operator);
    }

    /// The same signature with s replaced by n - s is refused: proofs have one form.
    function test_RefusesHighS() external {
        address operator = address(0x99);
        (bytes memory key, ) = identityProof(operator, 777);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(777, Digests.identity(address(registry), operator));
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        vm.expectRevert(
            abi.encodeWithSelector(NodeIdentities.RegistryBadIdentityProof.selector, vm.addr(777), address(0))
        );
        vm.prank(operator);
        registry.registerNode(key, abi.encodePacked(r, n - uint256(s), v == 27 ? 28 : 27));
    }

    // ---------------------------------------------------------------- candidates

    function test_CandidatesComeAndGo() external {
        assertEq(registry.candidates(cloudId).length, OPERATORS, "all joined");
        vm.startPrank(operators[3]);
        vm.expectRevert(abi.encodeWithSelector(Clouds.RegistryAlreadyCandidate.selector, cloudId, operators[3]));
        registry.joinCloud(cloudId);
        registry.leaveCloud(cloudId);
        assertTrue(!registry.isCandidate(cloudId, operators[3]), "left");
        vm.expectRevert(abi.encodeWithSelector(Clouds.RegistryNotCandidate.selector, cloudId, operators[3]));
        registry.leaveCloud(cloudId);
        staking.setStake(operators[3], MIN_STAKE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(Clouds.RegistryStakeTooLow.selector, cloudId, operators[3], MIN_STAKE - 1, MIN_STAKE)
        );
        registry.joinCloud(cloudId);
        vm.stopPrank();
        staking.setStake(address(this), MIN_STAKE);
        vm.expectRevert(abi.encodeWithSelector(NodeIdentities.RegistryUnknownNode.selector, address(this)));
        registry.joinCloud(cloudId);
    }

    function test_AnyoneEvictsWhoLostItsStake() external {
        vm.expectRevert(
            abi.encodeWithSelector(Clouds.RegistryStakeSufficient.selector, cloudId, operators[0], MIN_STAKE, MIN_STAKE)
        );
        registry.evictCandidate(cloudId, operators[0]);
        staking.setStake(operators[0], MIN_STAKE - 1);
        registry.evictCandidate(cloudId, operators[0]);
        assertTrue(!registry.isCandidate(cloudId, operators[0]), "evicted");
    }

    function test_ReplacingNeedsAFullList() external {
        vm.expectRevert(abi.encodeWithSelector(Clouds.RegistryCandidatesNotFull.selector, cloudId, OPERATORS, 512));
        vm.prank(operators[6]);
        registry.replaceCandidate(cloudId, operators[0]);
    }

    // ---------------------------------------------------------------- opening and selection

    function test_OpeningNeedsEnoughEligibleCandidates() external {
        for (uint256 i = 0; i < 4; ++i) staking.setStake(operators[i], MIN_STAKE - 1);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryNotEnoughCandidates.selector, cloudId, 3, 4));
        registry.openEpoch(cloudId);
    }

    function test_SelectionFollowsTheSeed() external {
        expectWrongPhase(0, Phase.None);
        registry.selectCommittee(cloudId);
        registry.openEpoch(cloudId);
        expectWrongPhase(1, Phase.Opened);
        registry.openEpoch(cloudId);
        expectWrongPhase(1, Phase.Opened);
        registry.abandonEpoch(cloudId);
        vm.roll(1004);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistrySeedNotReady.selector, cloudId, 1004, 1004));
        registry.selectCommittee(cloudId);
        vm.roll(1004 + 257);
        vm.expectRevert(
            abi.encodeWithSelector(CommitteeRegistry.RegistrySeedExpired.selector, cloudId, 1004, 1004 + 257)
        );
        registry.selectCommittee(cloudId);
        registry.openEpoch(cloudId);
        assertEq(registry.pendingEpoch(cloudId).epoch, 1, "same number");
        assertEq(registry.pendingEpoch(cloudId).seedBlock, 1004 + 257 + 4, "new seed block");
        vm.roll(1004 + 257 + 4 + 256);
        registry.selectCommittee(cloudId);
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        assertTrue(pending.phase == Phase.Selected, "selected");
        assertEq(pending.membersHash, keccak256(abi.encode(pending.members)), "members hash");
        assertEq(pending.validFrom, block.timestamp, "valid from");
        assertEq(pending.validUntil, block.timestamp + EPOCH, "valid until");
        assertEq(pending.deadline, block.timestamp + WINDOW, "deadline");
        expectWrongPhase(1, Phase.Selected);
        registry.openEpoch(cloudId);
    }

    /// Whatever happens to stakes between opening and selection, the draw itself does not change: an operator that kept
    /// less than half is passed over, everyone else keeps its place in line.
    function testFuzz_StakesAfterOpeningDoNotMoveTheDraw(uint256 seed, uint256 loser) external {
        vm.roll(bound(seed, 1000, 1_000_000));
        registry.openEpoch(cloudId);
        vm.roll(block.number + 5);
        for (uint256 i = 0; i < OPERATORS; ++i)
            staking.setStake(operators[i], MIN_STAKE * (i + 1) + (uint256(keccak256(abi.encode(seed, i))) % 1e18));
        address[] memory before = selectAndUndo();
        loser = bound(loser, 0, 6);
        staking.setStake(operators[loser], (MIN_STAKE * (loser + 1)) / 2 - 1);
        registry.selectCommittee(cloudId);
        address[] memory selected = registry.pendingEpoch(cloudId).members;

        uint256 skipped = 0;
        for (uint256 i = 0; i + skipped < 4; ++i) {
            if (before[i + skipped] == operators[loser]) ++skipped;
            if (i + skipped < 4) assertEq(selected[i], before[i + skipped], "place in line");
        }
        assertUnique(selected);
        assertTrue(!registry.isMember(cloudId, 1, operators[loser]), "the loser is out");
    }

    function selectAndUndo() private returns (address[] memory) {
        (, bytes memory selected) = address(this).call(abi.encodeCall(this.selectAndRevert, ()));
        return abi.decode(selected, (address[]));
    }

    function selectAndRevert() external {
        registry.selectCommittee(cloudId);
        bytes memory selected = abi.encode(registry.pendingEpoch(cloudId).members);
        assembly ("memory-safe") {
            revert(add(selected, 0x20), mload(selected))
        }
    }

    function assertUnique(address[] memory list) private pure {
        for (uint256 i = 0; i < list.length; ++i)
            for (uint256 j = 0; j < i; ++j) assertTrue(list[i] != list[j], "a member twice");
    }

    function test_SelectionFailsWhenTooManyDropOut() external {
        registry.openEpoch(cloudId);
        vm.roll(1005);
        for (uint256 i = 0; i < 4; ++i) staking.setStake(operators[i], 0);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryNotEnoughCandidates.selector, cloudId, 3, 4));
        registry.selectCommittee(cloudId);
    }

    function test_HoldsMembersThroughTheEvidenceWindow() external {
        uint64 epoch = openAndSelect();
        uint64 until = registry.pendingEpoch(cloudId).validUntil + registry.EVIDENCE_WINDOW();
        for (uint256 i = 0; i < OPERATORS; ++i) {
            bool member = registry.isMember(cloudId, epoch, operators[i]);
            assertEq(staking.heldUntil(operators[i]), member ? until : 0, "held");
        }
    }

    // ---------------------------------------------------------------- confirmation

    function test_GenesisIsActiveAtTheThreshold() external {
        uint64 epoch = openAndSelect();
        confirm(2, KEY);
        confirm(0, OTHER_KEY); // a minority with another key, in between
        confirm(3, KEY);
        assertEq(registry.currentEpoch(cloudId), 0, "not yet");
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesUnknownEpoch.selector, cloudId, epoch));
        registry.committee(cloudId, epoch);
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        assertEq(pending.confirmed, 13, "bits 0, 2 and 3");
        confirm(1, KEY);
        assertEq(registry.currentEpoch(cloudId), epoch, "active");
        Committee memory c = committee();
        assertEq(c.groupKey, KEY, "group key");
        assertEq(c.membersHash, pending.membersHash, "members hash");
        assertEq(abi.encode(registry.members(cloudId, epoch)), abi.encode(pending.members), "members");
        registry.requireSigned(cloudId, epoch, keccak256("x"), verifier.sign(KEY, keccak256("x")));
        vm.expectRevert(
            abi.encodeWithSelector(ICommittees.CommitteesBadSignature.selector, cloudId, epoch, keccak256("y"))
        );
        registry.requireSigned(cloudId, epoch, keccak256("y"), abi.encode(1));
    }

    function test_ABogusKeyFirstDoesNotStopTheOthers() external {
        openAndSelect();
        confirm(0, OTHER_KEY);
        for (uint16 i = 1; i < 4; ++i) confirm(i, KEY);
        assertEq(committee().groupKey, KEY, "the key of the quorum");
    }

    function test_RefusesBadConfirmations() external {
        openAndSelect();
        address[] memory members = registry.pendingEpoch(cloudId).members;
        Confirmation memory c = confirmation(0, KEY);
        c.epoch = 2;
        refuseConfirmation(c, abi.encodeWithSelector(CommitteeRegistry.RegistryWrongEpoch.selector, cloudId, 2, 1));
        c = confirmation(4, KEY);
        refuseConfirmation(c, abi.encodeWithSelector(CommitteeRegistry.RegistryBadMemberIndex.selector, 4, 4));
        // Signed by another member.
        c = confirmation(0, KEY);
        Confirmation memory other = confirmation(1, KEY);
        c.identitySignature = other.identitySignature;
        refuseConfirmation(c, foreignSignature(c));
        // No signature at all.
        c.identitySignature = "";
        refuseConfirmation(
            c,
            abi.encodeWithSelector(
                CommitteeRegistry.RegistryBadIdentitySignature.selector,
                members[0],
                vm.addr(identityKey[members[0]]),
                address(0)
            )
        );
        // Possession of another share.
        c = confirmation(0, KEY);
        c.possession = other.possession;
        refuseConfirmation(
            c,
            abi.encodeWithSelector(CommitteeRegistry.RegistryBadPossession.selector, cloudId, 1, members[0])
        );
        // A group key that is no key, signed in good order.
        c = confirmation(0, hex"1234");
        refuseConfirmation(c, abi.encodeWithSelector(HashVerifier.HashVerifierBadKey.selector, hex"1234"));
        confirm(0, KEY);
        c = confirmation(0, OTHER_KEY);
        refuseConfirmation(
            c,
            abi.encodeWithSelector(CommitteeRegistry.RegistryAlreadyConfirmed.selector, cloudId, 1, members[0])
        );
        vm.warp(block.timestamp + WINDOW);
        c = confirmation(1, KEY);
        refuseConfirmation(
            c,
            abi.encodeWithSelector(
                CommitteeRegistry.RegistryConfirmationsClosed.selector,
                cloudId,
                1,
                block.timestamp,
                block.timestamp
            )
        );
    }

    function refuseConfirmation(Confirmation memory c, bytes memory reason) private {
        vm.expectRevert(reason);
        registry.confirm(cloudId, c);
    }

    /// Why a confirmation is refused whose identity signature is of something else or by somebody else.
    function foreignSignature(Confirmation memory c) private view returns (bytes memory) {
        PendingEpoch memory pending = registry.pendingEpoch(cloudId);
        address operator = pending.members[c.index];
        bytes32 digest = Digests.confirmation(
            address(registry),
            cloudId,
            c.epoch,
            pending.membersHash,
            c.groupKey,
            c.shareKey
        );
        return
            abi.encodeWithSelector(
                CommitteeRegistry.RegistryBadIdentitySignature.selector,
                operator,
                vm.addr(identityKey[operator]),
                ECDSA.recover(digest, c.identitySignature)
            );
    }

    // ---------------------------------------------------------------- abandoning

    function test_AbandonedNumbersAndConfirmationsNeverCount() external {
        openAndSelect();
        confirm(0, KEY);
        confirm(1, KEY);
        Confirmation memory third = confirmation(2, KEY);
        uint64 deadline = registry.pendingEpoch(cloudId).deadline;
        expectTooEarly(deadline);
        registry.abandonEpoch(cloudId);
        vm.warp(deadline);
        registry.abandonEpoch(cloudId);
        expectWrongPhase(1, Phase.None);
        registry.abandonEpoch(cloudId);
        assertEq(openAndSelect(), 2, "next number");
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryWrongEpoch.selector, cloudId, 1, 2));
        registry.confirm(cloudId, third);
        third.epoch = 2;
        refuseConfirmation(third, abi.encodeWithSelector(CommitteeRegistry.RegistryKeyUsed.selector, cloudId, 2, 1));
        third.groupKey = OTHER_KEY; // the signatures are still those of epoch 1
        refuseConfirmation(third, foreignSignature(third));
        for (uint16 i = 0; i < 2; ++i) confirm(i, OTHER_KEY);
        assertEq(registry.currentEpoch(cloudId), 0, "two confirmations of epoch 2 are not three");
        confirm(2, OTHER_KEY);
        assertEq(registry.currentEpoch(cloudId), 2, "three are");
        assertEq(committee().epoch, 2, "epoch");
    }

    // ---------------------------------------------------------------- rotation and recovery

    function test_RotationNeedsTheOldKey() external {
        uint64 first = genesis();
        uint64 end = committee().validUntil;
        expectTooEarly(end - 3 * WINDOW);
        registry.openEpoch(cloudId);
        vm.expectRevert(
            abi.encodeWithSelector(CommitteeRegistry.RegistryWrongPhase.selector, cloudId, first, Phase.None)
        );
        registry.rotate(cloudId, "");

        uint64 second = ready(OTHER_KEY);
        assertEq(registry.currentEpoch(cloudId), first, "still the first");
        PendingEpoch memory next = registry.pendingEpoch(cloudId);
        assertEq(next.validUntil, end + EPOCH, "extends the one before");
        assertEq(next.groupKey, OTHER_KEY, "agreed key");
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryStillLive.selector, cloudId, first, end));
        registry.activate(cloudId);
        bytes32 digest = rotationDigest(first);
        bytes memory wrong = verifier.sign(OTHER_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesBadSignature.selector, cloudId, first, digest));
        registry.rotate(cloudId, wrong);
        confirm(3, OTHER_KEY); // still recorded
        // Ready: not to be abandoned while it may be rotated to.
        vm.warp(next.deadline);
        expectTooEarly(next.validUntil);
        registry.abandonEpoch(cloudId);

        rotate(KEY);
        assertEq(registry.currentEpoch(cloudId), second, "rotated");
        uint64 grace = uint64(block.timestamp) + registry.grace();
        assertEq(registry.committee(cloudId, first).validUntil, grace < end ? grace : end, "grace");
        registry.requireSigned(cloudId, first, "in flight", verifier.sign(KEY, "in flight"));
        registry.requireSigned(cloudId, second, "new", verifier.sign(OTHER_KEY, "new"));
        vm.warp(grace);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICommittees.CommitteesEpochNotValid.selector,
                cloudId,
                first,
                next.validFrom - EPOCH + 3 * WINDOW,
                grace,
                grace
            )
        );
        registry.requireSigned(cloudId, first, "late", "");
    }

    function test_RecoversAfterALapse() external {
        uint64 first = genesis();
        uint64 end = committee().validUntil;
        vm.warp(end);
        uint64 second = openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, OTHER_KEY);
        assertEq(registry.currentEpoch(cloudId), second, "active without the old key");
        assertEq(committee().validUntil, end + EPOCH, "a full epoch from the selection");
        assertEq(registry.committee(cloudId, first).validUntil, end, "the first is untouched");
    }

    function test_ReadyCommitteeTakesOverWhenTheOldOneLapses() external {
        genesis();
        uint64 end = committee().validUntil;
        expectWrongPhase(1, Phase.None);
        registry.activate(cloudId);
        uint64 second = ready(OTHER_KEY);
        bytes memory signature = verifier.sign(KEY, rotationDigest(1));
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryLapsed.selector, cloudId, 1));
        registry.rotate(cloudId, signature);
        registry.activate(cloudId);
        assertEq(registry.currentEpoch(cloudId), second, "active");
    }

    function test_ReadyCommitteeExpires() external {
        genesis();
        ready(OTHER_KEY);
        uint64 until = registry.pendingEpoch(cloudId).validUntil;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryExpired.selector, cloudId, 2, until));
        registry.activate(cloudId);
        registry.abandonEpoch(cloudId);
        assertEq(openAndSelect(), 3, "and the cloud goes on");
    }

    function expectWrongPhase(uint64 epoch, Phase phase) private {
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryWrongPhase.selector, cloudId, epoch, phase));
    }

    function expectTooEarly(uint64 from) private {
        vm.expectRevert(
            abi.encodeWithSelector(CommitteeRegistry.RegistryTooEarly.selector, cloudId, from, block.timestamp)
        );
    }

    /// Who registers another node after the selection neither invalidates what the old one signs nor lets the new one sign.
    function test_IdentitiesAreFixedAtSelection() external {
        openAndSelect();
        address[] memory identities = registry.pendingEpoch(cloudId).identities;
        address member = registry.pendingEpoch(cloudId).members[0];
        uint256 selectedWith = identityKey[member];
        (address before, bytes memory publicKey) = registry.nodeOf(member);
        assertEq(identities[0], before, "as it was selected");
        registerNode(member, 9999);
        assertEq(abi.encode(registry.pendingEpoch(cloudId).identities), abi.encode(identities), "fixed");
        assertEq(registry.publicKeyOf(identities[0]), publicKey, "its key is still known");

        Confirmation memory byNewIdentity = confirmation(0, KEY);
        (address now_, ) = registry.nodeOf(member);
        vm.expectRevert(
            abi.encodeWithSelector(CommitteeRegistry.RegistryBadIdentitySignature.selector, member, identities[0], now_)
        );
        registry.confirm(cloudId, byNewIdentity);
        identityKey[member] = selectedWith;
        for (uint16 i = 0; i < 3; ++i) confirm(i, KEY);
        assertEq(abi.encode(registry.identities(cloudId, 1)), abi.encode(identities), "of the committee");
    }

    /// On a chain that knows no block hashes the draw would be a constant.
    function test_RefusesASeedThatTheChainDoesNotKnow() external {
        registry.openEpoch(cloudId);
        uint64 seedBlock = registry.pendingEpoch(cloudId).seedBlock;
        vm.roll(seedBlock + 1);
        vm.setBlockhash(seedBlock, 0);
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryNoSeed.selector, seedBlock));
        registry.selectCommittee(cloudId);
    }
}
