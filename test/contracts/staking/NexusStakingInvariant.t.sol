// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {NexusStaking} from "../../../contracts/staking/NexusStaking.sol";
import {Operator, Ticket} from "../../../contracts/staking/Operator.sol";
import {StakeToken, StakingTest} from "./StakingTest.sol";
import {Test} from "../Test.sol";

/// @notice What the invariant runner calls at random: three operators, three delegators, and this contract as registry
/// and slashing contract. It keeps its own books of what must be true.
/// @dev In this file because the runner only knows contracts of the files it is given.
contract StakingHandler is Test {
    /// @param since number of the step in which the registry placed it
    /// @param weight stake active then, less what slashes took since
    struct Hold {
        uint256 operator;
        uint256 since;
        uint64 until;
        uint256 weight;
    }

    /// @param since number of the step in which it was issued
    struct Open {
        uint256 id;
        uint256 operator;
        address owner;
        uint256 since;
        uint64 releaseAt;
    }

    enum Action {
        Delegate,
        Undelegate,
        Withdraw,
        RefusedWithdrawal,
        Hold,
        Slash,
        SlashOfOwn,
        SlashBeyondOwn,
        Unjail,
        AddRewards,
        ClaimRewards,
        ClaimCommission,
        ChangeCommission,
        Warp
    }

    uint64 private constant FOR_EVER = type(uint64).max;

    NexusStaking public immutable staking;
    StakeToken public immutable token;

    address[3] public operators = [address(0x0101), address(0x0102), address(0x0103)];
    address[6] public actors = [
        address(0x0101),
        address(0x0102),
        address(0x0103),
        address(0xA11CE),
        address(0xB0B),
        address(0xCA401)
    ];
    uint256 public steps;
    uint256[14] public happened;

    uint256 public paidIn;
    uint256 public paidOut;
    uint256 public slashed;
    uint256 public rewardsIn;
    uint256 public rewardsOut;

    Hold[] private _holds;
    Open[] private _open;

    /// @dev Every action but a slash must leave the price of shares where it was or above.
    modifier step(uint256 operator) {
        ++steps;
        Operator memory a = staking.operatorState(operators[operator % 3]);
        _;
        Operator memory b = staking.operatorState(operators[operator % 3]);
        assertGe(
            (b.active.stake + 1) * (a.active.shares + 1e6),
            (a.active.stake + 1) * (b.active.shares + 1e6),
            "active price fell"
        );
        assertGe(
            (b.unbonding.stake + 1) * (a.unbonding.shares + 1e6),
            (a.unbonding.stake + 1) * (b.unbonding.shares + 1e6),
            "unbonding price fell"
        );
        assertGe(
            (b.ownUnbonding.stake + 1) * (a.ownUnbonding.shares + 1e6),
            (a.ownUnbonding.stake + 1) * (b.ownUnbonding.shares + 1e6),
            "own unbonding price fell"
        );
        assertGe(b.rewardPerShare, a.rewardPerShare, "reward per share fell");
        assertGe(b.heldUntil, a.heldUntil, "hold shortened");
        checkObligations(operator % 3);
    }

    constructor(NexusStaking staking_, StakeToken token_) {
        staking = staking_;
        token = token_;
        for (uint256 i = 0; i < 6; ++i) {
            vm.prank(actors[i]);
            token.approve(address(staking), type(uint256).max);
        }
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(actors[i]);
            staking.register(uint16(i * 1000));
        }
    }

    // ---------------------------------------------------------------- actions

    function delegate(uint256 operator, uint256 actor, uint256 amount) external step(operator) {
        if (_isOut(operator % 3)) return;
        // From single units, where rounding shows, to large amounts.
        _delegate(operator % 3, actor % 6, bound(amount, 1, amount % 4 == 0 ? 1000 : 1e24));
    }

    function _delegate(uint256 operator, uint256 actor, uint256 amount) private {
        token.mint(actors[actor], amount);
        vm.prank(actors[actor]);
        staking.delegate(operators[operator], amount, 0);
        paidIn += amount;
        ++happened[uint256(Action.Delegate)];
    }

    /// @dev Out for ever. The first operator never is, or the rest of a run could have nothing to do.
    function _isOut(uint256 operator) private view returns (bool) {
        return staking.operatorState(operators[operator]).jailedUntil == FOR_EVER;
    }

    function undelegate(uint256 operator, uint256 actor, uint256 shares) external step(operator) {
        _undelegate(operator % 3, actor % 6, shares);
    }

    function _undelegate(uint256 operator, uint256 actor, uint256 shares) private {
        address owner;
        for (uint256 i = 0; i < 6; ++i) {
            owner = actors[(actor + i) % 6];
            if (staking.stakeOf(operators[operator], owner) != 0) break;
        }
        if (staking.stakeOf(operators[operator], owner) == 0) {
            if (_isOut(operator)) return;
            owner = actors[actor];
            _delegate(operator, actor, 1e6);
        }
        uint256 all = staking.sharesOf(operators[operator], owner);
        // The least that is worth a unit, or everything now and then.
        Operator memory o = staking.operatorState(operators[operator]);
        uint256 least = (o.active.shares + 1e6) / (o.active.stake + 1) + 1;
        shares = shares % 4 == 0 || least > all ? all : bound(shares, least, all);
        vm.prank(owner);
        uint256 id = staking.undelegate(operators[operator], shares);
        uint64 delayed = uint64(block.timestamp) + staking.unbondingDelay();
        Open memory t = Open(id, operator, owner, steps, delayed > o.heldUntil ? delayed : o.heldUntil);
        _open.push(t);
        _withdrawTooEarly(t);
        ++happened[uint256(Action.Undelegate)];
    }

    function _withdrawTooEarly(Open memory t) private {
        vm.prank(t.owner);
        vm.expectRevert(
            abi.encodeWithSelector(NexusStaking.StakingNotReleased.selector, t.id, t.releaseAt, block.timestamp)
        );
        staking.withdraw(t.id);
        ++happened[uint256(Action.RefusedWithdrawal)];
    }

    function withdraw(uint256 operator, uint256 which) external step(operator) {
        if (_open.length == 0) _undelegate(0, which % 6, which);
        which %= _open.length;
        Open memory t = _open[which];
        if (block.timestamp < t.releaseAt) {
            _withdrawTooEarly(t);
            // Half of them wait, but the first does not: the runner draws even numbers so often that a run could be without one.
            if (operator % 2 == 0 && happened[uint256(Action.Withdraw)] != 0) return;
            vm.warp(t.releaseAt);
        }
        vm.prank(t.owner);
        paidOut += staking.withdraw(t.id);
        for (uint256 i = 0; i < _holds.length; ++i) {
            Hold storage h = _holds[i];
            if (h.operator == t.operator && h.since < t.since) assertGe(block.timestamp, h.until, "left while held");
        }
        _open[which] = _open[_open.length - 1];
        _open.pop();
        checkObligations(t.operator);
        ++happened[uint256(Action.Withdraw)];
    }

    function hold(uint256 operator, uint256 duration) external step(operator) {
        operator %= 3;
        uint64 until = uint64(block.timestamp + bound(duration, 1, staking.maximumHold()));
        uint256 weight = staking.operatorState(operators[operator]).active.stake;
        staking.hold(operators[operator], until);
        _holds.push(Hold(operator, steps, until, weight));
        ++happened[uint256(Action.Hold)];
    }

    /// @dev Mostly a few percent, often a little more than all of its own, once in a while everything.
    function slash(uint256 operator, uint256 bps, uint256 reporter) external {
        ++steps;
        operator %= 3;
        // All at once now and then, which ends an operator; the first lives on.
        if (operator != 0 && bps % 64 == 0) _slash(operator, 10_000, reporter % 6);
        else if (_isOut(operator)) _slash(operator, 1, reporter % 6);
        else if (bps % 3 != 0 && happened[uint256(Action.SlashBeyondOwn)] != 0) {
            if (happened[uint256(Action.SlashOfOwn)] == 0) _delegate(operator, operator, 1e27);
            _slash(operator, bound(bps, 1, 1000), reporter % 6);
        } else {
            (uint256 own, ) = holdings(operator);
            if (own == 0) {
                own = 1e6;
                _delegate(operator, operator, own + 1);
            }
            if (behind(operator) < 4 * own) _delegate(operator, 3 + (reporter % 3), 3 * own);
            _slash(operator, (own * 10_000) / behind(operator) + 1, reporter % 6);
        }
    }

    function _slash(uint256 operator, uint256 bps, uint256 reporter) private {
        uint256 before = token.balanceOf(address(staking));
        (uint256 own, uint256[] memory others) = holdings(operator);
        uint256 due = (behind(operator) * bps) / 10_000;
        uint256 taken = staking.slash(operators[operator], uint16(bps), actors[reporter]);
        // Next to nothing of its own unbonding stake goes as well.
        if (taken != due) assertTrue(taken > due && taken <= own + others.length + 2, "due");
        assertEq(token.balanceOf(address(staking)), before - taken, "taken");
        slashed += taken;
        _checkOwnWentFirst(operator, own, others, taken);
        // Its own goes first, so that all of what is taken may have been held.
        for (uint256 i = 0; i < _holds.length; ++i) {
            Hold storage h = _holds[i];
            if (h.operator == operator) h.weight = h.weight < taken ? 0 : h.weight - taken;
        }
        assertEq(staking.activeStake(operators[operator]), 0, "active in jail");
        checkObligations(operator);
        ++happened[uint256(Action.Slash)];
    }

    /// @dev Delegators lose nothing while the operator has a unit of its own, and no more than it does not cover.
    function _checkOwnWentFirst(uint256 operator, uint256 own, uint256[] memory others, uint256 taken) private {
        (uint256 ownLeft, uint256[] memory othersLeft) = holdings(operator);
        if (taken <= own) {
            // Shares burned are rounded up, and what an operator has is rounded down in each of its tickets.
            assertLe(ownLeft, own - taken + others.length, "own");
            for (uint256 i = 0; i < others.length; ++i) assertGe(othersLeft[i], others[i], "delegators before own");
            if (taken != 0) ++happened[uint256(Action.SlashOfOwn)];
            return;
        }
        assertEq(ownLeft, 0, "own left");
        (uint256 all, uint256 allLeft) = (0, 0);
        for (uint256 i = 0; i < others.length; ++i) {
            // The shares burned are rounded up, which is less than a unit to those who stay.
            assertLe(othersLeft[i], others[i] + 1, "gained by a slash");
            (all, allLeft) = (all + others[i], allLeft + othersLeft[i]);
        }
        // Each holding is rounded down, before and after.
        assertGe(allLeft + (taken - own) + others.length + 2, all, "more than their part");
        if (own != 0) ++happened[uint256(Action.SlashBeyondOwn)];
    }

    function unjail(uint256 operator) external {
        ++steps;
        operator = _isOut(operator % 3) ? 0 : operator % 3;
        address who = operators[operator];
        if (staking.operatorState(who).jailedUntil == 0) _slash(operator, 1, 0);
        uint64 until = staking.operatorState(who).jailedUntil;
        if (block.timestamp < until) vm.warp(until);
        vm.prank(who);
        staking.unjail();
        checkObligations(operator);
        ++happened[uint256(Action.Unjail)];
    }

    function addRewards(uint256 operator, uint256 count, uint256 amount) external step(operator) {
        _addRewards(operator % 3, bound(count, 1, 4), bound(amount, 0, amount % 3 == 0 ? 10 : 10 ether));
    }

    function _addRewards(uint256 operator, uint256 count, uint256 amount) private {
        address[] memory paid = new address[](count);
        for (uint256 i = 0; i < paid.length; ++i) paid[i] = operators[(operator + i) % 3];
        vm.deal(address(this), amount);
        staking.addRewards{value: amount}(paid);
        rewardsIn += amount;
        ++happened[uint256(Action.AddRewards)];
    }

    function claimRewards(uint256 operator, uint256 actor) external step(operator) {
        (address who, address behindWhom) = (actors[actor % 6], operators[operator % 3]);
        uint256 expected = staking.claimableRewards(behindWhom, who);
        for (uint256 i = 1; i < 6 && expected == 0; ++i) {
            who = actors[((actor % 6) + i) % 6];
            expected = staking.claimableRewards(behindWhom, who);
        }
        if (expected == 0 && !_isOut(operator % 3)) {
            _delegate(operator % 3, 3, 1e24);
            _addRewards(operator % 3, 1, 1 ether);
            who = actors[3];
            expected = staking.claimableRewards(behindWhom, who);
        }
        vm.prank(who);
        assertEq(staking.claimRewards(behindWhom), expected, "claimed");
        rewardsOut += expected;
        if (expected != 0) ++happened[uint256(Action.ClaimRewards)];
    }

    function claimCommission(uint256 operator) external step(operator) {
        address who = operators[operator % 3];
        uint256 expected = staking.claimableCommission(who);
        if (expected == 0) {
            // Still nothing where the operator asks for no commission.
            _addRewards(operator % 3, 3, 30 ether);
            expected = staking.claimableCommission(who);
        }
        vm.prank(who);
        assertEq(staking.claimCommission(), expected, "claimed");
        rewardsOut += expected;
        if (expected != 0) ++happened[uint256(Action.ClaimCommission)];
    }

    function changeCommission(uint256 operator, uint16 commission) external step(operator) {
        address who = operators[operator % 3];
        uint64 from = staking.operatorState(who).nextCommissionFrom;
        if (from != 0 && from <= block.timestamp) {
            staking.raiseCommission(who);
        } else {
            commission = uint16(bound(commission, 0, staking.maximumCommission()));
            vm.prank(who);
            staking.setCommission(commission);
        }
        ++happened[uint256(Action.ChangeCommission)];
    }

    function warp(uint256 operator, uint256 time) external step(operator) {
        vm.warp(block.timestamp + bound(time, 1, 10 days));
        ++happened[uint256(Action.Warp)];
    }

    // ---------------------------------------------------------------- obligations

    /// @dev For each live hold: what cannot leave before it ends is no less than the weight recorded, less slashes.
    /// Valuing a ticket and weighing a pool after a slash each round by less than one unit.
    function checkObligations(uint256 operator) public view {
        uint256 bound_ = staking.operatorState(operators[operator]).active.stake;
        uint256 rounding = 2;
        for (uint256 i = 0; i < _open.length; ++i) {
            if (_open[i].operator != operator || _open[i].releaseAt <= block.timestamp) continue;
            (, uint256 worth) = staking.ticket(_open[i].id);
            bound_ += worth;
            ++rounding;
        }
        for (uint256 i = 0; i < _holds.length; ++i) {
            Hold storage h = _holds[i];
            if (h.operator == operator && h.until > block.timestamp) {
                assertGe(bound_ + rounding, h.weight, "below its obligations");
            }
        }
    }

    /// @notice Token units in all pools of an operator.
    function behind(uint256 operator) public view returns (uint256) {
        Operator memory o = staking.operatorState(operators[operator]);
        return o.active.stake + o.unbonding.stake + o.ownUnbonding.stake;
    }

    /// @notice What everybody could take out from behind an operator: itself, and then the active stake of each actor and
    /// each open ticket of a delegator.
    /// @dev Elements of the operator's own are 0.
    function holdings(uint256 operator) public view returns (uint256 own, uint256[] memory others) {
        address who = operators[operator];
        own = staking.stakeOf(who, who);
        others = new uint256[](6 + _open.length);
        for (uint256 i = 0; i < 6; ++i) if (i != operator) others[i] = staking.stakeOf(who, actors[i]);
        for (uint256 i = 0; i < _open.length; ++i) {
            if (_open[i].operator != operator) continue;
            (, uint256 worth) = staking.ticket(_open[i].id);
            if (_open[i].owner == who) own += worth;
            else others[6 + i] = worth;
        }
    }

    /// @notice Shares of all open tickets behind an operator, of delegators and of its own in the present round.
    function ticketShares(uint256 operator) external view returns (uint256 shares, uint256 ownShares) {
        uint32 round = staking.operatorState(operators[operator]).ownRound;
        for (uint256 i = 0; i < _open.length; ++i) {
            if (_open[i].operator != operator) continue;
            (Ticket memory t, ) = staking.ticket(_open[i].id);
            if (t.owner != t.operator) shares += t.shares;
            else if (t.ownRound == round) ownShares += t.shares;
        }
    }
}

/// @notice Runs of 200 random steps. The handler checks what one step may do; here is what holds after each.
contract NexusStakingInvariantTest is StakingTest {
    StakingHandler private _handler;

    function setUp() public override {
        vm.warp(1_800_000_000);
        token = new StakeToken();
        staking = new NexusStaking(token, parameters());
        _handler = new StakingHandler(staking, token);
        staking.wire(address(_handler), address(_handler));
        targetContract(address(_handler));
    }

    /// @dev One function, because the runner would make all its calls for each.
    function invariant_BooksBalance() external view {
        _checkStakeIsConserved();
        _checkSharesAddUp();
        _checkRewardsAreSolvent();
        _checkActionsReallyHappened();
    }

    function _checkStakeIsConserved() private view {
        uint256 inPools;
        for (uint256 i = 0; i < 3; ++i) {
            inPools += _handler.behind(i);
        }
        uint256 balance = token.balanceOf(address(staking));
        assertEq(balance, inPools, "pools");
        assertEq(balance, _handler.paidIn() - _handler.paidOut() - _handler.slashed(), "books");
    }

    function _checkSharesAddUp() private view {
        for (uint256 i = 0; i < 3; ++i) {
            Operator memory o = staking.operatorState(_handler.operators(i));
            uint256 shares;
            uint256 worth;
            for (uint256 j = 0; j < 6; ++j) {
                shares += staking.sharesOf(_handler.operators(i), _handler.actors(j));
                worth += staking.stakeOf(_handler.operators(i), _handler.actors(j));
            }
            assertEq(shares, o.active.shares, "active shares");
            assertLe(worth, o.active.stake, "worth of all shares");
            address operator = _handler.operators(i);
            uint256 most = staking.stakeOf(operator, operator) * staking.maximumLeverage();
            assertLe(staking.activeStake(operator), most < o.active.stake ? most : o.active.stake, "weight");
            (uint256 unbonding, uint256 own) = _handler.ticketShares(i);
            assertEq(unbonding, o.unbonding.shares, "unbonding shares");
            assertEq(own, o.ownUnbonding.shares, "own unbonding shares");
        }
    }

    function _checkRewardsAreSolvent() private view {
        uint256 owed;
        for (uint256 i = 0; i < 3; ++i) {
            address operator = _handler.operators(i);
            owed += staking.claimableCommission(operator);
            for (uint256 j = 0; j < 6; ++j) owed += staking.claimableRewards(operator, _handler.actors(j));
        }
        assertLe(owed, address(staking).balance, "owed");
        assertEq(address(staking).balance, _handler.rewardsIn() - _handler.rewardsOut(), "books");
        // Rounding keeps less than a wei per settlement of a delegation.
        assertGe(owed + _handler.steps() + 18, address(staking).balance, "stranded");
    }

    /// @dev At the end of a run every kind of action must have happened, or the run has shown nothing. Fails with the
    /// index of the one that did not.
    function _checkActionsReallyHappened() private view {
        if (_handler.steps() < 200) return;
        for (uint256 i = 0; i < 14; ++i) {
            if (_handler.happened(i) == 0) revert AssertionFailed("an action never happened", i, 0);
        }
    }
}
