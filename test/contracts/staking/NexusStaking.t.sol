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
        p.reporterPart = 5001;
        _refused(p, "reporterPart", 5001);
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

    function testSlashTakesTheOperatorsOwnFirstAndTheRestFromDelegatorsAlike() external {
        stake(OPERATOR, OPERATOR, 200 * TOKEN);
        stake(OPERATOR, ALICE, 300 * TOKEN);
        stake(OPERATOR, BOB, 500 * TOKEN);
        uint256 ticketId = unstakeAll(OPERATOR, BOB);

        // A tenth of everything is half of its own.
        assertEq(staking.slash(OPERATOR, 1000, REPORTER), 100 * TOKEN, "taken");
        assertEq(token.balanceOf(REPORTER), 1 * TOKEN, "reporter: a twentieth of a tenth of its own");
        assertEq(token.balanceOf(BURNED), 99 * TOKEN, "burned");
        assertEq(staking.stakeOf(OPERATOR, OPERATOR), 100 * TOKEN, "own");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 300 * TOKEN, "Alice");
        assertEq(_worth(ticketId), 500 * TOKEN, "Bob");

        // Half of the 900 left is its 100 and 350 of the others' 800.
        assertEq(staking.slash(OPERATOR, 5000, REPORTER), 450 * TOKEN, "taken");
        assertEq(staking.sharesOf(OPERATOR, OPERATOR), 0, "own shares");
        assertEq(bondedStake(OPERATOR), 168.75e18, "active");
        assertEq(unbondingStake(OPERATOR), 281.25e18, "unbonding");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 168.75e18, "Alice");
        vm.warp(block.timestamp + DELAY);
        assertEq(withdraw(BOB, ticketId), 281.25e18, "Bob");
    }

    function testOwnStakeOnItsWayOutAnswersBeforeDelegators() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 900 * TOKEN);
        uint256 first = unstake(OPERATOR, OPERATOR, 10e24);
        uint256 second = unstake(OPERATOR, OPERATOR, 30e24);
        uint256 others = unstake(OPERATOR, ALICE, 300e24);

        assertEq(staking.slash(OPERATOR, 500, REPORTER), 50 * TOKEN, "taken");
        assertEq(staking.stakeOf(OPERATOR, OPERATOR), 10 * TOKEN, "active first");
        assertEq(_worth(first), 10 * TOKEN, "not yet");
        // 38 of 950: the last 10 active, and 28 of 40 unbonding.
        assertEq(staking.slash(OPERATOR, 400, REPORTER), 38 * TOKEN, "taken");
        assertEq(_worth(first), 3 * TOKEN, "first");
        assertEq(_worth(second), 9 * TOKEN, "second");
        assertEq(staking.stakeOf(OPERATOR, ALICE) + _worth(others), 900 * TOKEN, "Alice");
        // 91.2 of 912: 12 of its own and 79.2 of hers, two thirds of which are active.
        assertEq(staking.slash(OPERATOR, 1000, REPORTER), 91.2e18, "taken");
        assertEq(_worth(first) + _worth(second), 0, "own");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 547.2e18, "Alice, active");
        assertEq(_worth(others), 273.6e18, "Alice, unbonding");
        assertEq(token.balanceOf(address(staking)), 820.8e18, "conserved");
    }

    function testOwnUnbondingStartsAfreshOnceASlashTookItAll() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 900 * TOKEN);
        uint256 lost;
        for (uint32 round = 1; round < 5; ++round) {
            lost = unstakeAll(OPERATOR, OPERATOR);
            staking.slash(OPERATOR, 2000, REPORTER);
            assertEq(staking.operatorState(OPERATOR).ownRound, round, "round");
            assertEq(_worth(lost), 0, "lost");
            // Neither the end of the operator, nor of what it stakes and takes out later.
            stake(OPERATOR, OPERATOR, 100 * TOKEN);
            uint256 fresh = unstake(OPERATOR, OPERATOR, staking.sharesOf(OPERATOR, OPERATOR) / 2);
            assertEq((_worth(fresh) + 5) / 10, 5 * TOKEN, "fresh");
            vm.warp(block.timestamp + JAIL + DELAY);
            uint256 before = unbondingStake(OPERATOR);
            assertEq(withdraw(OPERATOR, lost), 0, "paid for nothing");
            assertEq(unbondingStake(OPERATOR), before, "the new round's");
            uint256 paid = withdraw(OPERATOR, fresh);
            assertEq(unbondingStake(OPERATOR), before - paid, "paid");
            assertEq((paid + 5) / 10, 5 * TOKEN, "as much as it was worth");
            vm.prank(OPERATOR);
            staking.unjail();
            stake(OPERATOR, OPERATOR, 100 * TOKEN);
            assertTrue(staking.activeStake(OPERATOR) != 0, "active");
        }
    }

    function testASlashOfExactlyAllItsOwnIsNotTheEnd() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 900 * TOKEN);
        uint256 ticketId = unstake(OPERATOR, OPERATOR, 40e24);
        assertEq(staking.slash(OPERATOR, 1000, REPORTER), 100 * TOKEN, "taken");
        assertEq(staking.sharesOf(OPERATOR, OPERATOR) + _worth(ticketId), 0, "own");
        assertEq(staking.operatorState(OPERATOR).ownRound, 1, "round");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 900 * TOKEN, "Alice");
        vm.warp(block.timestamp + JAIL);
        vm.prank(OPERATOR);
        staking.unjail();
    }

    function testTheReportersPartIsOfWhatTheOperatorsOwnWouldLoseAlone() external {
        stake(OPERATOR, OPERATOR, 10 * TOKEN);
        stake(OPERATOR, ALICE, 990 * TOKEN);
        unstake(OPERATOR, OPERATOR, 4e24);
        // Of 5, half of its own, and not of the 500 taken.
        assertEq(staking.slash(OPERATOR, 5000, REPORTER), 500 * TOKEN, "taken");
        assertEq(token.balanceOf(REPORTER), 0.25e18, "reporter");
        assertEq(token.balanceOf(BURNED), 499.75e18, "burned");
    }

    /// @dev A pool at next to nothing would mint shares without end, and whoever chooses what to delegate chooses what is left of it.
    function testOwnUnbondingAtLessThanAMillionthIsTakenWhole() external {
        uint256 own = 1_000_000 * TOKEN;
        stake(OPERATOR, OPERATOR, own);
        stake(OPERATOR, ALICE, own - 4 * TOKEN);
        uint256 ticketId = unstakeAll(OPERATOR, OPERATOR);
        assertEq(staking.slash(OPERATOR, 5000, REPORTER), own - 2 * TOKEN, "taken");
        assertEq(_worth(ticketId), 2 * TOKEN, "left");

        unstake(OPERATOR, ALICE, staking.sharesOf(OPERATOR, ALICE) - 3e24);
        vm.warp(block.timestamp + DELAY);
        withdraw(ALICE, ticketId + 1);
        assertEq(staking.stakeOf(OPERATOR, ALICE), 3 * TOKEN, "others");
        // 1.5 of 5 would leave half a token of a million.
        assertEq(staking.slash(OPERATOR, 3000, REPORTER), 2 * TOKEN, "taken");
        assertEq(_worth(ticketId), 0, "left");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 3 * TOKEN, "others, still");
        assertEq(token.balanceOf(address(staking)), bondedStake(OPERATOR) + unbondingStake(OPERATOR), "conserved");

        vm.warp(block.timestamp + JAIL);
        vm.prank(OPERATOR);
        staking.unjail();
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        assertEq(_worth(unstakeAll(OPERATOR, OPERATOR)), 100 * TOKEN, "it goes on");
    }

    function testFuzz_DelegatorsLoseWhatTheOperatorsOwnDoesNotCover(
        uint96[4] memory amounts,
        uint16 bps,
        uint16 before
    ) external {
        bps = uint16(bound(bps, 1, 10_000));
        stake(OPERATOR, OPERATOR, 1e6 + uint256(amounts[0]) + amounts[1]);
        stake(OPERATOR, ALICE, 1e6 + uint256(amounts[2]) + amounts[3]);
        // At another price than the first.
        staking.slash(OPERATOR, uint16(bound(before, 1, 9_000)), REPORTER);
        stake(OPERATOR, OPERATOR, 1e6 + uint256(amounts[0]) + amounts[1]);
        uint256 own = unstake(OPERATOR, OPERATOR, 1 + staking.sharesOf(OPERATOR, OPERATOR) / 2);
        uint256 others = unstake(OPERATOR, ALICE, staking.sharesOf(OPERATOR, ALICE) / 3);

        uint256 ownBefore = staking.stakeOf(OPERATOR, OPERATOR) + _worth(own);
        (uint256 active, uint256 leaving) = (staking.stakeOf(OPERATOR, ALICE), _worth(others));
        uint256 taken = staking.slash(OPERATOR, bps, REPORTER);
        uint256 ownAfter = staking.stakeOf(OPERATOR, OPERATOR) + _worth(own);
        if (taken <= ownBefore) {
            assertGe(staking.stakeOf(OPERATOR, ALICE), active, "active");
            assertGe(_worth(others), leaving, "leaving");
            assertLe(ownAfter, ownBefore - taken + 2, "own");
        } else {
            assertEq(ownAfter, 0, "nothing of its own is left");
            uint256 rest = taken - ownBefore;
            // Three pools round, and the unit that nobody owns pays as well.
            assertGe(staking.stakeOf(OPERATOR, ALICE) + _worth(others) + rest + 6, active + leaving, "and no more");
            assertLe(staking.stakeOf(OPERATOR, ALICE) + _worth(others) + rest, active + leaving + 6, "the rest");
        }
    }

    function _worth(uint256 ticketId) private view returns (uint256 worth) {
        (, worth) = staking.ticket(ticketId);
    }

    /// @dev No shares and no tickets change hands: what an operator moves to another address leaves first, and then is a delegator's.
    function testStakeMovedToASecondAddressGivesAsMuchLessWeight() external {
        stake(OPERATOR, OPERATOR, 1000 * TOKEN);
        stake(OPERATOR, ALICE, 10_000 * TOKEN);
        assertEq(staking.activeStake(OPERATOR), 11_000 * TOKEN, "before");
        uint256 ticketId = unstake(OPERATOR, OPERATOR, 900e24);
        assertEq(staking.activeStake(OPERATOR), 2000 * TOKEN, "twenty times what it left");
        // On its way out it answers before anybody else's.
        staking.slash(OPERATOR, 500, REPORTER);
        assertEq(staking.stakeOf(OPERATOR, OPERATOR) + _worth(ticketId), 450 * TOKEN, "own");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 10_000 * TOKEN, "Alice");

        vm.warp(block.timestamp + DELAY);
        stake(OPERATOR, BOB, withdraw(OPERATOR, ticketId));
        assertEq(staking.activeStake(OPERATOR), 0, "without a self-bond, whatever its second address stakes");
        staking.slash(OPERATOR, 500, REPORTER);
        assertEq(
            staking.stakeOf(OPERATOR, BOB) * 10_000 * TOKEN,
            staking.stakeOf(OPERATOR, ALICE) * 450 * TOKEN,
            "alike"
        );
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

    function testNearlyFullSlashesOfDelegatedStakeEndItToo() external {
        stake(OPERATOR, ALICE, 1_000_000 * TOKEN);
        staking.slash(OPERATOR, 9_999, REPORTER);
        stake(OPERATOR, BOB, TOKEN);
        staking.slash(OPERATOR, 9_999, REPORTER);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingTombstoned.selector, OPERATOR));
        staking.unjail();
        // What little remains can leave.
        uint256 ticketId = unstakeAll(OPERATOR, BOB);
        vm.warp(block.timestamp + DELAY);
        assertEq(withdraw(BOB, ticketId), TOKEN / 10_000, "paid");
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
        assertGe(taken, (before * bps) / 10_000, "its part");
        assertLe(taken, (before * bps) / 10_000 + ownShares / 1e12 + 1, "and what is next to nothing");
        assertEq(token.balanceOf(REPORTER) + token.balanceOf(BURNED), taken, "split");
        assertLe(token.balanceOf(REPORTER), (taken * 500) / 10_000, "reporter");
        assertEq(token.balanceOf(address(staking)), bondedStake(OPERATOR) + unbondingStake(OPERATOR), "conserved");
    }
}
