// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Which chains are for development only: those where nothing has value and everybody knows the keys.
/// @dev `deploy/development.ts` is its twin; a test holds them together.
library DevelopmentChain {
    /// @dev Something meant for development was used on chain `chainId`, which is not a development chain.
    error DevelopmentChainOnly(uint256 chainId);

    /// @notice Whether this chain is one that Hardhat, Anvil (31337) or Geth's `--dev` and Ganache (1337) make.
    function isHere() internal view returns (bool) {
        return block.chainid == 31337 || block.chainid == 1337;
    }

    /// @notice Reverts unless this is a development chain.
    function requireHere() internal view {
        if (!isHere()) revert DevelopmentChainOnly(block.chainid);
    }
}
