// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SharePool, SharePools} from "../../../contracts/staking/SharePool.sol";
import {Test} from "../Test.sol";

contract SharePoolTest is Test {
    using SharePools for SharePool;

    SharePool private _pool;

    function testFreshPoolGivesAMillionSharesPerUnitAndPaysBackExactly() external {
        assertEq(_pool.add(7), 7e6, "shares of 7");
        assertEq(_pool.remove(7e6), 7, "stake back");
        assertEq(_pool.stake, 0, "stake left");
        assertEq(_pool.shares, 0, "shares left");
    }

    function testFuzz_AddThenRemoveNeverGains(uint128 inside, uint16 bps, uint128 amount) external {
        _pool.add(inside);
        _slash(uint16(bound(bps, 0, 10_000)));
        uint256 shares = _pool.add(amount);
        uint256 back = _pool.remove(shares);
        assertLe(back, amount, "paid back");
        // Less than a share's worth is lost, rounded up to a unit: pools here never hold more than a unit per share.
        assertGe(back + 1, amount, "lost");
    }

    function testFuzz_RemovingInPartsNeverBeatsRemovingAtOnce(uint128 a, uint16 bps, uint256 cut) external {
        uint256 shares = _pool.add(a);
        _pool.add(1e18);
        _slash(uint16(bound(bps, 0, 10_000)));
        uint256 atOnce = _pool.toStake(shares);
        cut = bound(cut, 0, shares);
        uint256 inParts = _pool.remove(cut) + _pool.remove(shares - cut);
        // The unit that the first removal rounded off raises the price for the rest; both together stay below.
        assertLe(inParts, atOnce, "in parts");
    }

    function testFuzz_PriceNeverFallsByMovingStake(uint128 a, uint128 b, uint16 bps, uint256 cut) external {
        uint256 shares = _pool.add(a);
        _slash(uint16(bound(bps, 0, 9_999)));
        (uint256 s0, uint256 v0) = (_pool.shares + 1e6, _pool.stake + 1);
        _pool.add(b);
        (uint256 s1, uint256 v1) = (_pool.shares + 1e6, _pool.stake + 1);
        assertPriceNotLower(v0, s0, v1, s1);
        _pool.remove(bound(cut, 0, shares));
        assertPriceNotLower(v1, s1, _pool.stake + 1, _pool.shares + 1e6);
    }

    function testFuzz_EverythingCanLeave(uint128 a, uint128 b, uint128 c, uint16 bps) external {
        bps = uint16(bound(bps, 0, 10_000));
        uint256 first = _pool.add(a);
        uint256 second = _pool.add(b);
        _slash(bps);
        uint256 third = _pool.add(c);
        uint256 before = _pool.stake;
        uint256 out = _pool.remove(second) + _pool.remove(third) + _pool.remove(first);
        assertEq(_pool.shares, 0, "shares left");
        assertEq(_pool.stake, before - out, "dust is all that stays");
        assertLe(_pool.stake, 3, "dust");
    }

    function testFuzz_SlashTakesTheSamePartOfEverybody(uint96 a, uint96 b, uint16 bps) external {
        bps = uint16(bound(bps, 0, 10_000));
        uint256 first = _pool.add(a);
        uint256 second = _pool.add(b);
        uint256 taken = _slash(bps);
        assertEq(taken, ((uint256(a) + b) * bps) / 10_000, "taken");
        uint256 keptA = (uint256(a) * (10_000 - bps)) / 10_000;
        uint256 keptB = (uint256(b) * (10_000 - bps)) / 10_000;
        // The pool rounds what it keeps up, and the virtual unit is not slashed.
        assertGe(_pool.toStake(first), keptA, "first, at least");
        assertLe(_pool.toStake(first), keptA + 2, "first, at most");
        assertGe(_pool.toStake(second), keptB, "second, at least");
        assertLe(_pool.toStake(second), keptB + 2, "second, at most");
    }

    function testFuzz_BurningCostsTheHolderWhatIsTakenAndNobodyElse(
        uint128 a,
        uint128 b,
        uint16 bps,
        uint256 cut
    ) external {
        uint256 holder = _pool.add(a);
        uint256 other = _pool.add(b);
        _slash(uint16(bound(bps, 0, 9_999)));
        (uint256 worth, uint256 otherWorth) = (_pool.toStake(holder), _pool.toStake(other));
        (uint256 s0, uint256 v0) = (_pool.shares + 1e6, _pool.stake + 1);
        uint256 before = _pool.stake;
        uint256 taken = bound(cut, 0, worth);
        uint256 burned = _pool.burn(taken);
        assertEq(_pool.stake, before - taken, "stake taken");
        assertEq(_pool.shares, s0 - 1e6 - burned, "shares burned");
        assertLe(burned, holder, "shares of others");
        assertPriceNotLower(v0, s0, _pool.stake + 1, _pool.shares + 1e6);
        assertGe(_pool.toStake(other), otherWorth, "the other loses nothing");
        assertLe(_pool.toStake(holder - burned), worth - taken + 1, "the holder loses it");
        assertGe(_pool.toStake(holder - burned) + 2, worth - taken, "and no more");
    }

    function testBurningRoundsTheSharesUp() external {
        _pool.add(10);
        _pool.slash(8);
        assertEq(_pool.burn(0), 0, "nothing");
        assertEq(_pool.burn(1), 3_666_667, "of 11,000,000 at 3 units");
        assertEq(_pool.burn(1), 3_666_667, "of 7,333,333 at 2 units");
        assertEq(_pool.stake, 0, "stake");
        assertEq(_pool.shares, 2_666_666, "shares");
    }

    function testOldSharesClaimNothingOfNewStakeAfterATotalSlash() external {
        uint256 old = _pool.add(1_000_000e18);
        assertEq(_slash(10_000), 1_000_000e18, "taken");
        assertTrue(_pool.isCollapsed(), "collapsed");
        uint256 fresh = _pool.add(5e18);
        assertEq(_pool.toStake(old), 0, "old shares");
        assertEq(_pool.remove(fresh), 5e18, "new shares");
    }

    function testCollapseIsBelowAMillionth() external {
        _pool.add(1e24);
        _slash(9_999);
        assertTrue(!_pool.isCollapsed(), "at 1e-4");
        _slash(9_900);
        assertTrue(!_pool.isCollapsed(), "at 1e-6");
        _slash(1);
        assertTrue(_pool.isCollapsed(), "just below");
    }

    function testFreshPoolsAreNotCollapsed() external {
        assertTrue(!_pool.isCollapsed(), "empty");
        _pool.add(1);
        assertTrue(!_pool.isCollapsed(), "one unit");
    }

    function _slash(uint16 bps) private returns (uint256 taken) {
        taken = (_pool.stake * bps) / 10_000;
        _pool.slash(taken);
    }

    function assertPriceNotLower(uint256 v0, uint256 s0, uint256 v1, uint256 s1) private pure {
        // v1 / s1 >= v0 / s0 for numbers below 2^170: compared through 512-bit products.
        (uint256 high1, uint256 low1) = _product(v1, s0);
        (uint256 high0, uint256 low0) = _product(v0, s1);
        assertTrue(high1 > high0 || (high1 == high0 && low1 >= low0), "price fell");
    }

    function _product(uint256 a, uint256 b) private pure returns (uint256 high, uint256 low) {
        unchecked {
            // Remainder modulo 2^256 - 1 minus the low half is the high half, up to the borrow (Remco Bloemen).
            uint256 mm = mulmod(a, b, type(uint256).max);
            low = a * b;
            high = mm - low - (mm < low ? 1 : 0);
        }
    }
}
