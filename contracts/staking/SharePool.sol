// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A pot of stake owned in proportion to shares.
/// @param stake token units in the pot; only what entered through `add` counts, never a token balance
/// @param shares shares outstanding
struct SharePool {
    uint256 stake;
    uint256 shares;
}

/// @title Share accounting that rounds against whoever moves stake.
/// @dev A share is worth (stake + 1) / (shares + 1e6): one virtual unit of stake and a million virtual shares that
/// belong to nobody (the construction of OpenZeppelin's ERC-4626). They keep the price of a share defined in an empty
/// and in a fully slashed pool, and make raising that price cost more than it can take from the next depositor.
///
/// Invariants, for every sequence of calls:
/// - `add`, `remove` and `burn` never lower the price; only `slash` does, and by no more than the part taken;
/// - what all shares are worth together is less than stake + 1, so `remove` can never underflow.
library SharePools {
    using Math for uint256;

    /// @dev Shares minted for one unit of stake in a fresh pool.
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    uint256 private constant VIRTUAL_STAKE = 1;

    /// @dev A price this many times below that of a fresh pool counts as collapsed.
    uint256 private constant COLLAPSE = 1e6;

    /// @notice Shares that `stake` token units buy, rounded down.
    function toShares(SharePool storage pool, uint256 stake) internal view returns (uint256) {
        return stake.mulDiv(pool.shares + VIRTUAL_SHARES, pool.stake + VIRTUAL_STAKE);
    }

    /// @notice Token units that `shares` are worth, rounded down.
    function toStake(SharePool storage pool, uint256 shares) internal view returns (uint256) {
        return shares.mulDiv(pool.stake + VIRTUAL_STAKE, pool.shares + VIRTUAL_SHARES);
    }

    /// @notice Puts `stake` token units in.
    /// @return shares shares minted for them
    function add(SharePool storage pool, uint256 stake) internal returns (uint256 shares) {
        shares = toShares(pool, stake);
        pool.stake += stake;
        pool.shares += shares;
    }

    /// @notice Burns `shares`, which must exist.
    /// @return stake token units taken out for them
    function remove(SharePool storage pool, uint256 shares) internal returns (uint256 stake) {
        stake = toStake(pool, shares);
        pool.stake -= stake;
        pool.shares -= shares;
    }

    /// @notice Takes `stake` token units out of the pot at the cost of one holder, who must have shares worth as much.
    /// @return shares shares of the holder burned for them, rounded up
    function burn(SharePool storage pool, uint256 stake) internal returns (uint256 shares) {
        shares = stake.mulDiv(pool.shares + VIRTUAL_SHARES, pool.stake + VIRTUAL_STAKE, Math.Rounding.Ceil);
        pool.stake -= stake;
        pool.shares -= shares;
    }

    /// @notice Takes `stake` token units, at most all there are, from all shares alike.
    function slash(SharePool storage pool, uint256 stake) internal {
        pool.stake -= stake;
    }

    /// @notice Whether slashing has taken all but a millionth of what a share was worth. Such a pool must take no
    /// new stake: the number of shares per unit would grow with every round of slashing until it overflows.
    function isCollapsed(SharePool storage pool) internal view returns (bool) {
        return (pool.shares + VIRTUAL_SHARES) / VIRTUAL_SHARES / COLLAPSE > pool.stake + VIRTUAL_STAKE;
    }
}
