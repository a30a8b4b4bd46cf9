// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

import {DevelopmentChain} from "../DevelopmentChain.sol";

/// @title A staking token for development: anybody mints as much as it likes.
/// @notice Cannot be deployed, nor minted, outside a development chain.
contract DevelopmentToken is ERC20 {
    constructor() ERC20("Nexus development token", "DEV") {
        DevelopmentChain.requireHere();
    }

    /// @notice Gives `to` `amount` units, 10^18 to a token.
    function mint(address to, uint256 amount) external {
        DevelopmentChain.requireHere();
        _mint(to, amount);
    }
}
