// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {NexusStaking, StakingParameters} from "../../../contracts/staking/NexusStaking.sol";
import {Ticket} from "../../../contracts/staking/Operator.sol";
import {StakingRewards} from "../../../contracts/staking/StakingRewards.sol";
import {StakingTest} from "./StakingTest.sol";

contract NexusStakingTest is StakingTest {
    // ---------------------------------------------------------------- wiring

    function testWiringIsDoneOnceByTheDeployerWithContracts() external {
        NexusStaking fresh = new NexusStaking(token, parameters());

        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotDeployer.selector, ALICE));
        fresh.wire(address(this), address(this));

        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotAContract.selector, address(0)));
        fresh.wire(address(0), address(this));
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotAContract.selector, ALICE));
        fresh.wire(address(this), ALICE);

        fresh.wire(address(this), address(token));
        assertEq(fresh.registry(), address(this), "registry");
        assertEq(fresh.slasher(), address(token), "slasher");
        vm.expectRevert(
            abi.encodeWithSelector(NexusStaking.StakingAlreadyWired.selector, address(this), address(token))
        );
        fresh.wire(address(token), address(this));
    }

    function testNothingComesInBeforeWiring() external {
        NexusStaking fresh = new NexusStaking(token, parameters());
        fresh.register(0);
        vm.expectRevert(NexusStaking.StakingNotWired.selector);
        fresh.delegate(address(this), 1, 0);
    }

    function testParametersOutOfRangeAreRefused() external {
        StakingParameters memory p = parameters();
        p.minimumSelfBond = 0;
        _refused(p, "minimumSelfBond", 0);
        p = parameters();
        p.unbondingDelay = 0;
        _refused(p, "unbondingDelay", 0);
        p = parameters();
        p.reporterPart = 10_001;
        _refused(p, "reporterPart", 10_001);
        p = parameters();
        p.maximumLeverage = 0;
        _refused(p, "maximumLeverage", 0);
        p = parameters();
        p.maximumCommission = 10_001;
        _refused(p, "maximumCommission", 10_001);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotAContract.selector, ALICE));
        new NexusStaking(IERC20(ALICE), parameters());
    }

    function _refused(StakingParameters memory p, string memory name, uint256 value) private {
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingInvalidParameter.selector, name, value));
        new NexusStaking(token, p);
    }

    // ---------------------------------------------------------------- delegation

    function testStakeCountsOnceTheSelfBondIsThere() external {
        stake(OPERATOR, ALICE, 1000 * TOKEN);
        assertEq(staking.activeStake(OPERATOR), 0, "without self-bond");
        stake(OPERATOR, OPERATOR, 100 * TOKEN - 1);
        assertEq(staking.activeStake(OPERATOR), 0, "one unit below");
        stake(OPERATOR, OPERATOR, 1);
        assertEq(staking.activeStake(OPERATOR), 1100 * TOKEN, "with self-bond");
        unstake(OPERATOR, OPERATOR, 1e6);
        assertEq(staking.activeStake(OPERATOR), 0, "a unit left");
    }

    function testFuzz_ActiveStakeCountsUpToAMultipleOfTheOperatorsOwn(uint128 own, uint128 delegated) external {
        own = uint128(bound(own, 100 * TOKEN, type(uint128).max / 64));
        delegated = uint128(bound(delegated, 1, type(uint128).max / 2));
        stake(OPERATOR, OPERATOR, own);
        stake(OPERATOR, ALICE, delegated);
        uint256 all = uint256(own) + delegated;
        uint256 most = staking.stakeOf(OPERATOR, OPERATOR) * 20;
        assertEq(staking.activeStake(OPERATOR), all < most ? all : most, "weight");
        // Taking its own out lowers it by as many times as much.
        unstake(OPERATOR, OPERATOR, staking.sharesOf(OPERATOR, OPERATOR) / 2);
        assertLe(staking.activeStake(OPERATOR), staking.stakeOf(OPERATOR, OPERATOR) * 20, "less weight");
        assertEq(bondedStake(OPERATOR) + unbondingStake(OPERATOR), all, "all of it is there and answers");
    }

    function testDelegationsThatCannotBeAreRefused() external {
        token.mint(address(this), 10);
        token.approve(address(staking), 10);
        vm.expectRevert(NexusStaking.StakingZeroAmount.selector);
        staking.delegate(OPERATOR, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingUnknownOperator.selector, ALICE));
        staking.delegate(ALICE, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingTooFewShares.selector, 10e6, 10e6 + 1));
        staking.delegate(OPERATOR, 10, 10e6 + 1);
        assertEq(staking.previewDelegate(OPERATOR, 10), 10e6, "preview");
        assertEq(staking.delegate(OPERATOR, 10, 10e6), 10e6, "shares");
    }

    function testNoOperatorHoldsMoreThan128Bits() external {
        uint256 tooMuch = uint256(type(uint128).max) + 1;
        token.mint(address(this), tooMuch);
        token.approve(address(staking), tooMuch);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingTooMuchStake.selector, OPERATOR, tooMuch));
        staking.delegate(OPERATOR, tooMuch, 0);
        staking.delegate(OPERATOR, tooMuch - 1, 0);
        // The largest pool still works: reward, slash, leave.
        reward(OPERATOR, 100_000_000 ether);
        staking.slash(OPERATOR, 5000, REPORTER);
        uint256 ticketId = staking.undelegate(OPERATOR, staking.sharesOf(OPERATOR, address(this)));
        staking.claimRewards(OPERATOR);
        vm.warp(block.timestamp + DELAY);
        assertGe(staking.withdraw(ticketId), (tooMuch - 1) / 2, "half");
    }

    // ---------------------------------------------------------------- unbonding and holds

    function testTicketIsReleasedAfterTheDelayToItsOwnerOnce() external {
        stake(OPERATOR, ALICE, 5 * TOKEN);
        uint256 ticketId = unstakeAll(OPERATOR, ALICE);
        uint64 releaseAt = uint64(block.timestamp) + DELAY;
        (Ticket memory t, uint256 worth) = staking.ticket(ticketId);
        assertEq(t.owner, ALICE, "owner");
        assertEq(t.releaseAt, releaseAt, "release");
        assertEq(worth, 5 * TOKEN, "worth");

        vm.warp(releaseAt - 1);
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(NexusStaking.StakingNotReleased.selector, ticketId, releaseAt, releaseAt - 1)
        );
        staking.withdraw(ticketId);

        vm.warp(releaseAt);
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotTicketOwner.selector, ticketId, ALICE, BOB));
        staking.withdraw(ticketId);

        assertEq(withdraw(ALICE, ticketId), 5 * TOKEN, "paid");
        assertEq(token.balanceOf(ALICE), 5 * TOKEN, "arrived");
        vm.prank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(NexusStaking.StakingNotTicketOwner.selector, ticketId, address(0), ALICE)
        );
        staking.withdraw(ticketId);
    }

    function testUndelegationsThatCannotBeAreRefused() external {
        stake(OPERATOR, ALICE, 1);
        vm.startPrank(ALICE);
        vm.expectRevert(
            abi.encodeWithSelector(NexusStaking.StakingNotEnoughShares.selector, OPERATOR, ALICE, 1e6, 1e6 + 1)
        );
        staking.undelegate(OPERATOR, 1e6 + 1);
        vm.expectRevert(NexusStaking.StakingZeroAmount.selector);
        staking.undelegate(OPERATOR, 0);
        vm.expectRevert(NexusStaking.StakingZeroAmount.selector);
        staking.undelegate(OPERATOR, 1e6 - 1);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingUnknownOperator.selector, BOB));
        staking.undelegate(BOB, 1);
        vm.stopPrank();
    }

    function testHoldKeepsStakeThatLeavesAfterItAndOnlyThat() external {
        stake(OPERATOR, ALICE, 10 * TOKEN);
        uint256 start = block.timestamp;
        // In one block: a ticket just before the hold, the hold, a ticket just after it.
        uint256 before = unstake(OPERATOR, ALICE, 4e24);
        assertEq(bondedStake(OPERATOR), 6 * TOKEN, "the weight the registry sees");
        staking.hold(OPERATOR, uint64(start + 30 days));
        uint256 afterwards = unstake(OPERATOR, ALICE, 3e24);
        // A shorter hold later does not shorten; a longer one lengthens what leaves from then on.
        staking.hold(OPERATOR, uint64(start + 10 days));
        uint256 third = unstake(OPERATOR, ALICE, 1e24);
        staking.hold(OPERATOR, uint64(start + 40 days));
        uint256 fourth = unstake(OPERATOR, ALICE, 1e24);

        assertEq(_releaseAt(before), start + DELAY, "before");
        assertEq(_releaseAt(afterwards), start + 30 days, "after");
        assertEq(_releaseAt(third), start + 30 days, "third");
        assertEq(_releaseAt(fourth), start + 40 days, "fourth");

        // Near its end the delay is what counts.
        vm.warp(start + 40 days - DELAY + 1);
        assertEq(_releaseAt(unstakeAll(OPERATOR, ALICE)), start + 40 days + 1, "fifth");
    }

    function _releaseAt(uint256 ticketId) private view returns (uint256) {
        (Ticket memory t, ) = staking.ticket(ticketId);
        return t.releaseAt;
    }

    function testOnlyTheRegistryHoldsAndNotForEver() external {
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotRegistry.selector, ALICE));
        staking.hold(OPERATOR, 1);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingUnknownOperator.selector, ALICE));
        staking.hold(ALICE, 1);
        uint64 latest = uint64(block.timestamp) + MAXIMUM_HOLD;
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingHoldTooLong.selector, OPERATOR, latest + 1, latest));
        staking.hold(OPERATOR, latest + 1);
        staking.hold(OPERATOR, latest);
        assertEq(staking.operatorState(OPERATOR).heldUntil, latest, "held");
    }

    // ---------------------------------------------------------------- slashing and jail

    function testSlashReachesActiveAndUnbondingStakeAlike() external {
        stake(OPERATOR, OPERATOR, 200 * TOKEN);
        stake(OPERATOR, ALICE, 300 * TOKEN);
        stake(OPERATOR, BOB, 500 * TOKEN);
        uint256 ticketId = unstakeAll(OPERATOR, BOB);

        uint256 taken = staking.slash(OPERATOR, 1000, REPORTER);
        assertEq(taken, 100 * TOKEN, "taken");
        assertEq(token.balanceOf(REPORTER), 5 * TOKEN, "reporter");
        assertEq(token.balanceOf(BURNED), 95 * TOKEN, "burned");
        assertEq(bondedStake(OPERATOR), 450 * TOKEN, "active");
        assertEq(unbondingStake(OPERATOR), 450 * TOKEN, "unbonding");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 270 * TOKEN, "Alice");

        vm.warp(block.timestamp + DELAY);
        assertEq(withdraw(BOB, ticketId), 450 * TOKEN, "Bob");
    }

    function testReleasedStakeAnswersUntilItIsWithdrawn() external {
        stake(OPERATOR, ALICE, 10 * TOKEN);
        uint256 ticketId = unstakeAll(OPERATOR, ALICE);
        vm.warp(block.timestamp + DELAY);
        staking.slash(OPERATOR, 5000, REPORTER);
        assertEq(withdraw(ALICE, ticketId), 5 * TOKEN, "paid");
    }

    function testSlashesThatCannotBeAreRefused() external {
        vm.prank(ALICE);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotSlasher.selector, ALICE));
        staking.slash(OPERATOR, 1, ALICE);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingInvalidSlash.selector, 0));
        staking.slash(OPERATOR, 0, ALICE);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingInvalidSlash.selector, 10_001));
        staking.slash(OPERATOR, 10_001, ALICE);
        vm.expectRevert(abi.encodeWithSelector(StakingRewards.StakingUnknownOperator.selector, ALICE));
        staking.slash(ALICE, 1, ALICE);
    }

    function testJailIsServedAndThenLeft() external {
        stake(OPERATOR, OPERATOR, 1000 * TOKEN);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingNotJailed.selector, OPERATOR));
        staking.unjail();

        staking.slash(OPERATOR, 100, REPORTER);
        uint64 until = uint64(block.timestamp) + JAIL;
        assertTrue(staking.isJailed(OPERATOR), "jailed");
        assertEq(staking.activeStake(OPERATOR), 0, "weight in jail");
        vm.warp(until - 1);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingStillJailed.selector, OPERATOR, until, until - 1));
        staking.unjail();

        vm.warp(until);
        assertTrue(staking.isJailed(OPERATOR), "until it asks");
        vm.prank(OPERATOR);
        staking.unjail();
        assertTrue(!staking.isJailed(OPERATOR), "free");
        assertEq(staking.activeStake(OPERATOR), 990 * TOKEN, "weight again");
    }

    function testUnjailedOperatorNeedsItsSelfBondAgain() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        staking.slash(OPERATOR, 100, REPORTER);
        vm.warp(block.timestamp + JAIL);
        vm.prank(OPERATOR);
        staking.unjail();
        assertEq(staking.activeStake(OPERATOR), 0, "below");
        stake(OPERATOR, OPERATOR, TOKEN);
        assertEq(staking.activeStake(OPERATOR), 100 * TOKEN, "topped up");
    }

    function testFullSlashIsTheEnd() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 100 * TOKEN);
        uint256 ticketId = unstake(OPERATOR, ALICE, 50e24);
        assertEq(staking.slash(OPERATOR, 10_000, REPORTER), 200 * TOKEN, "taken");

        vm.warp(block.timestamp + 365 days);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingTombstoned.selector, OPERATOR));
        staking.unjail();
        token.mint(address(this), 1);
        token.approve(address(staking), 1);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingTombstoned.selector, OPERATOR));
        staking.delegate(OPERATOR, 1, 0);

        // Late evidence slashes the nothing that is left, and a worthless ticket closes.
        assertEq(staking.slash(OPERATOR, 500, REPORTER), 0, "taken again");
        assertEq(withdraw(ALICE, ticketId), 0, "paid");
        assertEq(token.balanceOf(address(staking)), 0, "left");
    }

    function testNearlyFullSlashesEndItToo() external {
        stake(OPERATOR, OPERATOR, 1_000_000 * TOKEN);
        staking.slash(OPERATOR, 9_999, REPORTER);
        stake(OPERATOR, ALICE, TOKEN);
        staking.slash(OPERATOR, 9_999, REPORTER);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingTombstoned.selector, OPERATOR));
        staking.unjail();
        // What little remains can leave.
        uint256 ticketId = unstakeAll(OPERATOR, ALICE);
        vm.warp(block.timestamp + DELAY);
        assertEq(withdraw(ALICE, ticketId), TOKEN / 10_000, "paid");
    }

    function testSlashOfAnOperatorWithoutStakeJailsOnly() external {
        assertEq(staking.slash(OPERATOR, 500, REPORTER), 0, "taken");
        assertTrue(staking.isJailed(OPERATOR), "jailed");
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        vm.warp(block.timestamp + JAIL);
        vm.prank(OPERATOR);
        staking.unjail();
        assertEq(staking.activeStake(OPERATOR), 100 * TOKEN, "active");
    }

    function testFuzz_SlashIsSplitExactly(uint96 own, uint96 delegated, uint16 bps, uint96 leaving) external {
        bps = uint16(bound(bps, 1, 10_000));
        uint256 ownShares = stake(OPERATOR, OPERATOR, bound(own, 1, type(uint96).max));
        stake(OPERATOR, ALICE, bound(delegated, 1, type(uint96).max));
        unstake(OPERATOR, OPERATOR, bound(leaving, 1e6, ownShares));
        uint256 before = token.balanceOf(address(staking));
        uint256 taken = staking.slash(OPERATOR, bps, REPORTER);
        assertLe(taken, (before * bps) / 10_000, "at most its part");
        assertGe(taken + 1, (before * bps) / 10_000, "at least its part");
        assertEq(token.balanceOf(REPORTER) + token.balanceOf(BURNED), taken, "split");
        assertLe(token.balanceOf(REPORTER), (taken * 500) / 10_000, "reporter");
        assertEq(token.balanceOf(address(staking)), bondedStake(OPERATOR) + unbondingStake(OPERATOR), "conserved");
    }
}
