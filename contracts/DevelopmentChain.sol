// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Which chains are for development only: those where nothing has value and everybody knows the keys.
/// @dev `plugin/chain/development-chain.ts` is its twin; a test holds them together.
library DevelopmentChain {
    /// @dev Something meant for development was used on chain `chainId`, which is not a development chain.
    error DevelopmentChainOnly(uint256 chainId);

    /// @dev Where a simulated chain with the id of a live one, such as a fork, is marked as simulated. Nobody knows a key of
    /// this address, nor what a contract would have to be created from to get it: it is the hash of a text.
    address private constant MARK = address(uint160(uint256(keccak256("Nexus development chain"))));

    /// @dev Hash of the code that marks it. No transaction can put code there that begins with 0xef (EIP-3541), and what
    /// EIP-7702 puts there begins with 0xef0100: only a node that makes up its chain's state can.
    bytes32 private constant MARK_HASH = keccak256(hex"ef4e65787573");

    /// @notice Whether this chain is one that Hardhat, Anvil (31337) or Geth's `--dev` and Ganache (1337) make, or is marked
    /// by the node that simulates it.
    function isHere() internal view returns (bool) {
        return block.chainid == 31337 || block.chainid == 1337 || MARK.codehash == MARK_HASH;
    }

    /// @notice Reverts unless this is a development chain.
    function requireHere() internal view {
        if (!isHere()) revert DevelopmentChainOnly(block.chainid);
    }
}
