// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBlsErrors} from "./IBlsErrors.sol";

/// @title expand_message_xmd of RFC 9380, section 5.3.1, with KECCAK-256 and with SHA-256.
/// @dev b_0 = H(Z_pad ‖ message ‖ length as two bytes ‖ 0 ‖ tag'), b_i = H((b_0 xor b_(i-1)) ‖ i ‖ tag') with the second
/// operand 0 for i = 1, and tag' = tag ‖ its length as one byte. Z_pad is one block of the hash's input, at least 64
/// bytes.
///
/// The input of b_0 is laid out once. Those of the b_i are written over its end, where the byte 0 gives way to i and
/// the 32 bytes before that to the word; tag' is already behind.
library ExpandMessage {
    uint256 private constant SHA256 = 0x02;

    /// @notice `length` uniform bytes from `message` in the domain `tag`, with KECCAK-256.
    function xmdKeccak256(
        bytes memory message,
        bytes memory tag,
        uint256 length
    ) internal pure returns (bytes memory uniform) {
        (uint256 start, uint256 block_, uint256 end) = _layOut(message, tag, length, 136);
        uniform = new bytes(length + 31);
        // Room for `length` rounded up to whole words was allocated, so every store below is inside.
        assembly ("memory-safe") {
            let first := keccak256(start, sub(end, start))
            let word := 0
            for {
                let i := 1
            } lt(shl(5, sub(i, 1)), length) {
                i := add(i, 1)
            } {
                mstore(block_, xor(first, word))
                mstore8(add(block_, 0x20), i)
                word := keccak256(block_, sub(end, block_))
                mstore(add(uniform, shl(5, i)), word)
            }
            mstore(uniform, length)
        }
    }

    /// @notice `length` uniform bytes from `message` in the domain `tag`, with SHA-256.
    function xmdSha256(
        bytes memory message,
        bytes memory tag,
        uint256 length
    ) internal view returns (bytes memory uniform) {
        (uint256 start, uint256 block_, uint256 end) = _layOut(message, tag, length, 64);
        uniform = new bytes(length + 31);
        bool hashed;
        // As above. SHA-256 takes any input, so its calls fail only for want of gas; they are capped at about twice the
        // price of 60 and 12 per word. Each answer goes to where the next one is made of it.
        assembly ("memory-safe") {
            hashed := staticcall(add(144, sub(end, start)), SHA256, start, sub(end, start), 0, 0x20)
            hashed := and(hashed, eq(returndatasize(), 0x20))
            let first := mload(0)
            let size := sub(end, block_)
            mstore(0, 0)
            for {
                let i := 1
            } lt(shl(5, sub(i, 1)), length) {
                i := add(i, 1)
            } {
                mstore(block_, xor(first, mload(0)))
                mstore8(add(block_, 0x20), i)
                hashed := and(hashed, staticcall(add(144, size), SHA256, block_, size, 0, 0x20))
                mstore(add(uniform, shl(5, i)), mload(0))
            }
            mstore(uniform, length)
        }
        if (!hashed) revert IBlsErrors.BlsPrecompileFailed(address(uint160(SHA256)));
    }

    /// @dev Allocates and writes the input of b_0, from `start` to `end`; those of the b_i are from `block_` to `end`.
    /// @param pad length of Z_pad in bytes
    function _layOut(
        bytes memory message,
        bytes memory tag,
        uint256 length,
        uint256 pad
    ) private pure returns (uint256 start, uint256 block_, uint256 end) {
        if (tag.length > 255) revert IBlsErrors.BlsTagTooLong(tag.length);
        if (length > 255 * 32) revert IBlsErrors.BlsExpansionTooLong(length);
        bytes memory input;
        // No overflow: lengths in memory are far below 2^64.
        unchecked {
            input = new bytes(pad + message.length + tag.length + 4);
        }
        // The pieces fill the allocation exactly: pad, message, 2 + 1 bytes, tag, 1 byte.
        assembly ("memory-safe") {
            start := add(input, 0x20)
            end := add(start, mload(input))
            let position := add(start, pad)
            mcopy(position, add(message, 0x20), mload(message))
            position := add(position, mload(message))
            mstore8(position, shr(8, length))
            mstore8(add(position, 1), length)
            position := add(position, 3)
            block_ := sub(position, 33)
            mcopy(position, add(tag, 0x20), mload(tag))
            mstore8(sub(end, 1), mload(tag))
        }
    }
}
