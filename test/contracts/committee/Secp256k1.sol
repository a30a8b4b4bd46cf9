// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Public keys in Solidity tests, by the schoolbook: affine double-and-add.
library Secp256k1 {
    uint256 private constant P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;
    uint256 private constant GX = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798;
    uint256 private constant GY = 0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8;

    /// @notice x and y of `secret` times the generator; `secret` from 1 on.
    function publicKey(uint256 secret) internal view returns (uint256 x, uint256 y) {
        (uint256 powerX, uint256 powerY) = (GX, GY);
        for (; secret > 0; secret >>= 1) {
            if (secret & 1 == 1) (x, y) = x == 0 ? (powerX, powerY) : add(x, y, powerX, powerY);
            (powerX, powerY) = add(powerX, powerY, powerX, powerY);
        }
    }

    function add(uint256 x1, uint256 y1, uint256 x2, uint256 y2) private view returns (uint256 x, uint256 y) {
        uint256 slope =
            x1 == x2
                ? mulmod(mulmod(3, mulmod(x1, x1, P), P), Math.invModPrime(mulmod(2, y1, P), P), P)
                : mulmod(addmod(y2, P - y1, P), Math.invModPrime(addmod(x2, P - x1, P), P), P);
        x = addmod(mulmod(slope, slope, P), P - addmod(x1, x2, P), P);
        y = addmod(mulmod(slope, addmod(x1, P - x, P), P), P - y1, P);
    }
}
