// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Drawing without replacement, each ball with a chance proportional to its weight among those left.
/// @notice The urn is a binary tree of sums in one array: the root at 1, the children of node i at 2i and 2i + 1, the
/// balls' weights at the leaves. A draw walks down and up once, so it costs log2 of the number of balls.
library Urn {
    /// @dev No weight is left to draw from.
    error UrnEmpty();

    /// @notice An urn with one ball per weight. The sum of all weights must be below 2^256.
    function fill(uint256[] memory weights) internal pure returns (uint256[] memory tree) {
        uint256 leaves = 1;
        while (leaves < weights.length) leaves *= 2;
        tree = new uint256[](2 * leaves);
        for (uint256 i = 0; i < weights.length; ++i) tree[leaves + i] = weights[i];
        for (uint256 node = leaves - 1; node > 0; --node) tree[node] = tree[2 * node] + tree[2 * node + 1];
    }

    /// @notice Takes out the ball that the random number `r` falls on and returns its index.
    /// @dev The bias of the remainder is at most (sum of weights) / 2^256: below 2^-119 for 512 weights of 128 bits.
    function draw(uint256[] memory tree, uint256 r) internal pure returns (uint256) {
        if (tree[1] == 0) revert UrnEmpty();
        uint256 leaves = tree.length / 2;
        uint256 node = 1;
        r %= tree[1];
        // Invariant: r < tree[node]. Left of it lies tree[2 node], so a ball of weight 0 is never reached.
        while (node < leaves) {
            node *= 2;
            uint256 left = tree[node];
            if (r >= left) {
                r -= left;
                ++node;
            }
        }
        uint256 index = node - leaves;
        uint256 weight = tree[node];
        for (; node > 0; node /= 2) tree[node] -= weight;
        return index;
    }
}
