// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Precompile} from "../../../contracts/bls/Precompile.sol";

/// @notice Shows the library with memory around the answer, so that a test sees what it writes.
contract PrecompileHarness {
    uint256 private constant BEFORE = 0x1111;
    uint256 private constant BEHIND = 0x2222;

    error PrecompileHarnessWroteOutside(uint256 before, uint256 behind);

    function tryRun(
        address precompile,
        uint256 cap,
        uint256 length
    ) external view returns (bool accepted, bytes32 first) {
        bytes memory room = new bytes(length + 0x40);
        (uint256 start, uint256 before, uint256 behind) = (_first(room), 0, 0);
        assembly ("memory-safe") {
            mstore(start, BEFORE)
            mstore(add(start, add(0x20, length)), BEHIND)
        }
        accepted = Precompile.tryRun(precompile, cap, start, 0x20, start + 0x20, length);
        assembly ("memory-safe") {
            before := mload(start)
            first := mload(add(start, 0x20))
            behind := mload(add(start, add(0x20, length)))
        }
        if (before != BEFORE || behind != BEHIND) revert PrecompileHarnessWroteOutside(before, behind);
    }

    function run(address precompile, uint256 cap) external view {
        uint256 room = _first(new bytes(0x40));
        Precompile.run(precompile, cap, room, 0x20, room, 0x20);
    }

    function _first(bytes memory room) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := add(room, 0x20)
        }
    }
}
