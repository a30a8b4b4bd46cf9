// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CommitteeRegistry} from "../../../contracts/committee/CommitteeRegistry.sol";
import {Digests} from "../../../contracts/committee/Digests.sol";
import {ICommittees} from "../../../contracts/committee/ICommittees.sol";
import {LivenessChallenges} from "../../../contracts/committee/LivenessChallenges.sol";
import {RefusingChallenger} from "./RefusingChallenger.sol";
import {RegistryTest} from "./RegistryTest.sol";

contract LivenessChallengesTest is RegistryTest {
    uint64 private constant PATIENCE = 3 * WINDOW;
    uint256 private constant BASE_FEE = 10 gwei;
    uint256 private constant BOND = 500_000 * BASE_FEE;
    address private constant CHALLENGER = address(0xC4A1);
    address private constant KEEPER = address(0x4EE9);

    LivenessChallenges private challenges;

    function setUp() public override {
        super.setUp();
        challenges = registry.challenges();
        genesis();
        vm.fee(BASE_FEE);
        vm.deal(CHALLENGER, 1 ether);
    }

    function challenge() private returns (uint64 number) {
        vm.prank(CHALLENGER);
        return challenges.challengeCommittee{value: BOND}(cloudId);
    }

    function answer(uint64 number) private view returns (bytes memory) {
        return verifier.sign(KEY, Digests.liveness(address(challenges), cloudId, 1, number));
    }

    function test_RecoversFromALostQuorumLongBeforeTheEpochEnds() external {
        uint256 lostAt = block.timestamp;
        challenge();
        vm.warp(lostAt + PATIENCE);
        challenges.unseatCommittee(cloudId);
        assertEq(registry.liveEpoch(cloudId), 0, "nobody is in office");
        bytes memory late = verifier.sign(KEY, "late");
        uint64 validFrom = committee().validFrom;
        vm.expectRevert(
            abi.encodeWithSelector(
                ICommittees.CommitteesEpochNotValid.selector,
                cloudId,
                1,
                validFrom,
                uint64(block.timestamp),
                uint64(block.timestamp)
            )
        );
        registry.requireSigned(cloudId, 1, "late", late);
        openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, OTHER_KEY);
        assertEq(registry.liveEpoch(cloudId), 2, "the next is active with its last confirmation");
        assertEq(block.timestamp - lostAt, PATIENCE, "after three windows");
        vm.prank(CHALLENGER);
        challenges.withdrawBond();
        assertEq(CHALLENGER.balance, 1 ether, "the bond comes back");
    }

    /// Mirrors may trust the committee to the end it was selected with, so that is how long it answers.
    function test_AnEarlyEndShortensNoCommitteesAnswering() external {
        uint64 heldUntil = committee().validUntil + registry.EVIDENCE_WINDOW();
        assertEq(registry.heldUntil(cloudId, 1), heldUntil, "when selected");
        challenge();
        vm.warp(block.timestamp + PATIENCE);
        challenges.unseatCommittee(cloudId);
        assertEq(registry.heldUntil(cloudId, 1), heldUntil, "though unseated");
        assertEq(registry.heldUntil(cloudId, 2), 0, "nobody was selected");
    }

    function test_AReadyEpochNeedsNoSignatureOfAnUnseatedCommittee() external {
        vm.warp(committee().validUntil - 3 * WINDOW);
        openAndSelect();
        vm.warp(committee().validUntil - 2 * WINDOW - WINDOW / 2);
        for (uint16 i = 0; i < 3; ++i) confirm(i, OTHER_KEY);
        vm.expectRevert(
            abi.encodeWithSelector(CommitteeRegistry.RegistryStillLive.selector, cloudId, 1, committee().validUntil)
        );
        registry.activate(cloudId);
        // An answer would be due after the committee's own end: then nothing is gained by a challenge.
        vm.prank(CHALLENGER);
        vm.expectRevert(
            abi.encodeWithSelector(
                LivenessChallenges.LivenessTooLate.selector,
                cloudId,
                uint64(block.timestamp) + PATIENCE,
                committee().validUntil
            )
        );
        challenges.challengeCommittee{value: BOND}(cloudId);
    }

    function test_AnAnswerKeepsTheCommitteeAndEarnsTheBond() external {
        uint64 number = challenge();
        vm.warp(block.timestamp + PATIENCE + 1 hours);
        bytes memory signature = answer(number);
        vm.prank(KEEPER);
        challenges.answerChallenge(cloudId, signature);
        assertEq(registry.liveEpoch(cloudId), 1, "in office, though late");
        vm.expectRevert(abi.encodeWithSelector(LivenessChallenges.LivenessNotChallenged.selector, cloudId));
        challenges.unseatCommittee(cloudId);
        assertEq(challenges.bondCredit(KEEPER), BOND, "earned");
        vm.prank(KEEPER);
        challenges.withdrawBond();
        assertEq(KEEPER.balance, BOND, "paid");
        vm.prank(KEEPER);
        vm.expectRevert(abi.encodeWithSelector(LivenessChallenges.LivenessNoBond.selector, KEEPER));
        challenges.withdrawBond();
        // No other challenge while the committee has just shown that it lives.
        uint64 quiet = uint64(block.timestamp) + PATIENCE;
        vm.expectRevert(
            abi.encodeWithSelector(
                LivenessChallenges.LivenessTooEarly.selector,
                cloudId,
                quiet,
                uint64(block.timestamp)
            )
        );
        vm.prank(CHALLENGER);
        challenges.challengeCommittee{value: BOND}(cloudId);
        vm.warp(quiet);
        assertEq(challenge(), number + 1, "numbers go on");
        vm.expectRevert();
        challenges.answerChallenge(cloudId, signature);
    }

    function test_NobodyUnseatsBeforeTheTimeIsUpOrWithoutAChallenge() external {
        vm.expectRevert(abi.encodeWithSelector(CommitteeRegistry.RegistryNotChallenges.selector, address(this)));
        registry.unseat(cloudId);
        vm.expectRevert(abi.encodeWithSelector(LivenessChallenges.LivenessNotChallenged.selector, cloudId));
        challenges.unseatCommittee(cloudId);
        uint64 due = uint64(block.timestamp) + PATIENCE;
        challenge();
        vm.warp(due - 1);
        vm.expectRevert(abi.encodeWithSelector(LivenessChallenges.LivenessTooEarly.selector, cloudId, due, due - 1));
        challenges.unseatCommittee(cloudId);
        vm.expectRevert(abi.encodeWithSelector(LivenessChallenges.LivenessTooEarly.selector, cloudId, due, due - 1));
        vm.prank(CHALLENGER);
        challenges.challengeCommittee{value: BOND}(cloudId);
    }

    function test_ACommitteeThatHandedOverInTheMeantimeIsLeftAlone() external {
        vm.warp(committee().validUntil - 3 * WINDOW - 1);
        challenge();
        vm.warp(block.timestamp + 1);
        openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, OTHER_KEY);
        rotate(KEY);
        vm.warp(block.timestamp + PATIENCE);
        uint64 until = committee().validUntil;
        challenges.unseatCommittee(cloudId);
        assertEq(registry.liveEpoch(cloudId), 2, "the new committee stays");
        assertEq(committee().validUntil, until, "for its whole time");
        assertEq(challenges.bondCredit(CHALLENGER), BOND, "the bond comes back");
    }

    function test_AnOldChallengeDoesNotShieldTheNextCommittee() external {
        vm.warp(committee().validUntil - 3 * WINDOW - 1);
        challenge();
        vm.warp(block.timestamp + 1);
        openAndSelect();
        for (uint16 i = 0; i < 3; ++i) confirm(i, OTHER_KEY);
        rotate(KEY);
        assertEq(challenge(), 2, "the new committee is challenged");
        assertEq(challenges.bondCredit(CHALLENGER), BOND, "the old bond comes back");
        bytes memory old = answer(1);
        vm.expectRevert();
        challenges.answerChallenge(cloudId, old);
        challenges.answerChallenge(
            cloudId,
            verifier.sign(OTHER_KEY, Digests.liveness(address(challenges), cloudId, 2, 2))
        );
    }

    function test_ARefusingChallengerKeepsNoCommitteeInPlace() external {
        RefusingChallenger refusing = new RefusingChallenger();
        refusing.challenge{value: BOND}(challenges, cloudId);
        vm.warp(block.timestamp + PATIENCE);
        challenges.unseatCommittee(cloudId);
        vm.prank(address(refusing));
        vm.expectRevert();
        challenges.withdrawBond();
        assertEq(challenges.bondCredit(address(refusing)), BOND, "still credited");
    }

    function test_ABondPaysForTheAnswer() external {
        vm.startPrank(CHALLENGER);
        vm.expectRevert(
            abi.encodeWithSelector(LivenessChallenges.LivenessBadBond.selector, BOND - 1, BOND, type(uint96).max)
        );
        challenges.challengeCommittee{value: BOND - 1}(cloudId);
        vm.deal(CHALLENGER, 2 ** 97);
        vm.expectRevert(
            abi.encodeWithSelector(LivenessChallenges.LivenessBadBond.selector, 2 ** 96, BOND, type(uint96).max)
        );
        challenges.challengeCommittee{value: 2 ** 96}(cloudId);
        vm.expectRevert(abi.encodeWithSelector(LivenessChallenges.LivenessNoCommittee.selector, bytes32("other")));
        challenges.challengeCommittee{value: BOND}("other");
        vm.stopPrank();
    }

    /// Whoever asks, answers and unseats when: bonds are never lost, and nobody takes more than was put up.
    function testFuzz_BooksBalance(uint8[24] calldata steps) external {
        uint256 put;
        for (uint256 i = 0; i < steps.length; ++i) {
            vm.warp(block.timestamp + (uint256(steps[i]) / 4) * 10 minutes);
            if (steps[i] % 4 == 0) {
                vm.prank(CHALLENGER);
                try challenges.challengeCommittee{value: BOND}(cloudId) {
                    put += BOND;
                } catch {}
            } else if (steps[i] % 4 == 1) {
                bytes memory signature = answer(challenges.challengeOf(cloudId).number);
                vm.prank(KEEPER);
                try challenges.answerChallenge(cloudId, signature) {} catch {}
            } else if (steps[i] % 4 == 2) {
                try challenges.unseatCommittee(cloudId) {} catch {}
            } else {
                vm.prank(CHALLENGER);
                try challenges.withdrawBond() {} catch {}
            }
            uint256 owed = challenges.bondCredit(CHALLENGER) + challenges.bondCredit(KEEPER);
            uint256 open = challenges.challengeOf(cloudId).bond;
            assertEq(address(challenges).balance, owed + open, "bonds are open or credited");
            assertTrue(address(challenges).balance <= put, "and all were put up");
        }
    }
}
