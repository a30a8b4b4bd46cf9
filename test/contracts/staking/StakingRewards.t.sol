// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {StakingRewards} from "../../../contracts/staking/StakingRewards.sol";
import {StakingTest} from "./StakingTest.sol";

contract StakingRewardsTest is StakingTest {
    // ---------------------------------------------------------------- operators and commission

    function testRegistrationIsOnceAndUnderTheCap() external {
        vm.startPrank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingCommissionTooHigh.selector, 5001, 5000));
        staking.register(5001);
        staking.register(5000);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingAlreadyRegistered.selector, ALICE));
        staking.register(0);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingCommissionTooHigh.selector, 5001, 5000));
        staking.setCommission(5001);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingUnknownOperator.selector, address(this)));
        staking.setCommission(1);
    }

    function testCommissionFallsAtOnceAndRisesAfterNotice() external {
        stake(OPERATOR, ALICE, TOKEN);
        reward(OPERATOR, 1000);
        vm.prank(OPERATOR);
        staking.setCommission(0);
        reward(OPERATOR, 1000);
        assertEq(staking.claimableCommission(OPERATOR), 100, "10 % of the first");

        vm.prank(OPERATOR);
        staking.setCommission(5000);
        uint64 from = uint64(block.timestamp) + NOTICE;
        vm.warp(from - 1);
        vm.expectRevert(
            abi.encodeWithSelector(StakingRewards.StakingCommissionRiseTooEarly.selector, OPERATOR, from, from - 1)
        );
        staking.raiseCommission(OPERATOR);
        vm.warp(from);
        reward(OPERATOR, 1000);
        staking.raiseCommission(OPERATOR);
        assertEq(staking.claimableCommission(OPERATOR), 100, "nothing of what came before the rise");
        reward(OPERATOR, 1000);
        assertEq(staking.claimableCommission(OPERATOR), 600, "half of what came after");
        assertEq(staking.claimableRewards(OPERATOR, ALICE), 3399, "the rest, rounded down");

        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingNoCommissionRise.selector, OPERATOR));
        staking.raiseCommission(OPERATOR);
    }

    function testLoweringWithdrawsAnAnnouncedRise() external {
        vm.startPrank(OPERATOR);
        staking.setCommission(2000);
        staking.setCommission(1000);
        vm.stopPrank();
        vm.warp(block.timestamp + NOTICE);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingNoCommissionRise.selector, OPERATOR));
        staking.raiseCommission(OPERATOR);
    }

    // ---------------------------------------------------------------- rewards

    function testRewardsAreSharedByStakeAndTime() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 300 * TOKEN);
        reward(OPERATOR, 1 ether);
        stake(OPERATOR, BOB, 400 * TOKEN);
        reward(OPERATOR, 1 ether);
        unstakeAll(OPERATOR, ALICE);
        reward(OPERATOR, 1 ether);

        // Each reward leaves 0.9 ether after commission.
        assertJustBelow(staking.claimableRewards(OPERATOR, ALICE), 0.675 ether + 0.3375 ether, "Alice");
        assertJustBelow(staking.claimableRewards(OPERATOR, BOB), 0.45 ether + 0.72 ether, "Bob");
        assertJustBelow(staking.claimableRewards(OPERATOR, OPERATOR), 0.5175 ether, "own");
        assertEq(staking.claimableCommission(OPERATOR), 0.3 ether, "commission");

        uint256 expected = staking.claimableRewards(OPERATOR, BOB);
        vm.prank(BOB);
        assertEq(staking.claimRewards(OPERATOR), expected, "claimed");
        assertEq(BOB.balance, expected, "arrived");
        vm.prank(BOB);
        assertEq(staking.claimRewards(OPERATOR), 0, "claimed twice");
        vm.prank(OPERATOR);
        assertEq(staking.claimCommission(), 0.3 ether, "commission claimed");
        vm.prank(OPERATOR);
        assertEq(staking.claimCommission(), 0, "commission claimed twice");
    }

    function testRewardsAreSplitEquallyAndTheRemainderGoesToTheFirst() external {
        address[] memory operators = new address[](3);
        (operators[0], operators[1], operators[2]) = (ALICE, BOB, OPERATOR);
        vm.prank(ALICE);
        staking.register(0);
        vm.prank(BOB);
        staking.register(0);
        vm.deal(address(this), 101);
        staking.addRewards{value: 101}(operators);
        assertEq(staking.claimableCommission(ALICE), 35, "first");
        assertEq(staking.claimableCommission(BOB), 33, "second");
        assertEq(staking.claimableCommission(OPERATOR), 33, "third");
    }

    function testAnOperatorNamedTwiceIsPaidTwice() external {
        address[] memory operators = new address[](2);
        (operators[0], operators[1]) = (OPERATOR, OPERATOR);
        vm.deal(address(this), 11);
        staking.addRewards{value: 11}(operators);
        assertEq(staking.claimableCommission(OPERATOR), 11, "all");
    }

    function testWithoutSharesRewardsAreTheOperators() external {
        reward(OPERATOR, 500);
        stake(OPERATOR, ALICE, TOKEN);
        assertEq(staking.claimableRewards(OPERATOR, ALICE), 0, "latecomer");
        assertEq(staking.claimableCommission(OPERATOR), 500, "operator");
        unstakeAll(OPERATOR, ALICE);
        reward(OPERATOR, 500);
        assertEq(staking.claimableCommission(OPERATOR), 1000, "after all left");
    }

    function testRewardsForNobodyAreRefused() external {
        vm.deal(address(this), 2);
        vm.expectRevert(StakingRewards.StakingNoOperators.selector);
        staking.addRewards{value: 1}(new address[](0));
        address[] memory operators = new address[](1);
        operators[0] = ALICE;
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingUnknownOperator.selector, ALICE));
        staking.addRewards{value: 1}(operators);
        (bool sent, ) = address(staking).call{value: 1}("");
        assertTrue(!sent, "plain transfer accepted");
    }

    function testSlashingLeavesEarnedRewardsAlone() external {
        stake(OPERATOR, ALICE, TOKEN);
        reward(OPERATOR, 1 ether);
        uint256 before = staking.claimableRewards(OPERATOR, ALICE);
        staking.slash(OPERATOR, 10_000, REPORTER);
        assertEq(staking.claimableRewards(OPERATOR, ALICE), before, "earned");
        vm.prank(ALICE);
        assertEq(staking.claimRewards(OPERATOR), before, "paid");
    }

    function testSlashedOwnStakeKeepsWhatItEarnedAndEarnsNoMore() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 100 * TOKEN);
        reward(OPERATOR, 1 ether);
        staking.slash(OPERATOR, 2500, REPORTER);
        assertJustBelow(staking.claimableRewards(OPERATOR, OPERATOR), 0.45 ether, "own, before");
        assertJustBelow(staking.claimableRewards(OPERATOR, ALICE), 0.45 ether, "Alice, before");
        reward(OPERATOR, 1 ether);
        assertJustBelow(staking.claimableRewards(OPERATOR, OPERATOR), 0.75 ether, "own, half of it gone");
        assertJustBelow(staking.claimableRewards(OPERATOR, ALICE), 1.05 ether, "Alice, twice as much as it");
        staking.slash(OPERATOR, 5000, REPORTER);
        reward(OPERATOR, 1 ether);
        assertJustBelow(staking.claimableRewards(OPERATOR, OPERATOR), 0.75 ether, "own, all gone");
        assertJustBelow(staking.claimableRewards(OPERATOR, ALICE), 1.95 ether, "Alice, alone");
    }

    /// @dev One wei adds 1.55 to the reward per share here, of which 0.55 would be lost every time without the carry.
    function testRemaindersAreCarried() external {
        stake(OPERATOR, ALICE, 2.2e32);
        for (uint256 i = 0; i < 100; ++i) {
            reward(OPERATOR, 1);
            vm.prank(OPERATOR);
            staking.setCommission(1000);
        }
        assertEq(staking.claimableRewards(OPERATOR, ALICE), 99, "claimable");
    }

    function testFuzz_ClaimsNeverExceedWhatCame(
        uint96[4] memory stakes,
        uint96[4] memory rewards,
        uint16 rate
    ) external {
        vm.prank(BOB);
        staking.register(uint16(bound(rate, 0, 5000)));
        uint256 added;
        for (uint256 i = 0; i < 4; ++i) {
            stake(BOB, address(uint160(0x1000 + i)), bound(stakes[i], 1, type(uint96).max));
            uint256 amount = rewards[i] % 1e24;
            reward(BOB, amount);
            added += amount;
        }
        uint256 claimed = staking.claimableCommission(BOB);
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(address(uint160(0x1000 + i)));
            claimed += staking.claimRewards(BOB);
        }
        assertLe(claimed, added, "claims");
        assertGe(claimed + 8, added, "lost more than rounding");
    }

    function assertJustBelow(uint256 got, uint256 expected, string memory what) private pure {
        assertLe(got, expected, what);
        assertGe(got + 2, expected, what);
    }
}
