// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {StoredBytes} from "./StoredBytes.sol";

/// @title Lists of operators, with or without a stake each, packed and kept as code.
/// @notice 20 bytes per address of a list, 36 (address, then 128-bit stake) per candidate of a snapshot. The registry's list of a
/// committee has the operators, in order, and then their node identities; a mirror's has the operators alone.
library Roster {
    uint256 private constant MEMBER = 20;
    uint256 private constant CANDIDATE = 36;

    /// @notice Keeps a list, in order.
    function writeMembers(address[] memory members) internal returns (address pointer) {
        uint256 n = members.length;
        // One word more than needed, because the last store is a whole word wide; cut off below.
        bytes memory data = new bytes(n * MEMBER + 32);
        assembly ("memory-safe") {
            let to := add(data, 0x20)
            for {
                let i := 0
            } lt(i, n) {
                i := add(i, 1)
            } {
                mstore(to, shl(96, mload(add(add(members, 0x20), shl(5, i)))))
                to := add(to, MEMBER)
            }
            mstore(data, mul(n, MEMBER))
        }
        return StoredBytes.write(data);
    }

    /// @notice The first `n` addresses of the list kept at `pointer`, which has as many.
    function readMembers(address pointer, uint256 n) internal view returns (address[] memory members) {
        return _read(pointer, 0, n);
    }

    /// @notice The node identities behind the `n` operators of the list kept at `pointer`, which has twice as many addresses.
    function readIdentities(address pointer, uint256 n) internal view returns (address[] memory identities) {
        return _read(pointer, n, n);
    }

    /// @dev `n` addresses from the `from`-th on.
    function _read(address pointer, uint256 from, uint256 n) private view returns (address[] memory members) {
        bytes memory data = StoredBytes.read(pointer, from * MEMBER, n * MEMBER);
        members = new address[](n);
        assembly ("memory-safe") {
            // Reads end within the word after the data, which the free memory pointer's rounding or `members` backs;
            // the shift drops what does not belong to the address.
            for {
                let i := 0
            } lt(i, n) {
                i := add(i, 1)
            } {
                mstore(add(add(members, 0x20), shl(5, i)), shr(96, mload(add(add(data, 0x20), mul(i, MEMBER)))))
            }
        }
    }

    /// @notice The address at `index`; 0 beyond the end.
    function memberAt(address pointer, uint256 index) internal view returns (address) {
        return address(bytes20(StoredBytes.read(pointer, index * MEMBER, MEMBER)));
    }

    /// @notice Keeps candidates and their stakes, each below 2^128.
    function writeSnapshot(address[] memory operators, uint256[] memory stakes) internal returns (address pointer) {
        uint256 n = operators.length;
        bytes memory data = new bytes(n * CANDIDATE + 32);
        assembly ("memory-safe") {
            let to := add(data, 0x20)
            for {
                let i := 0
            } lt(i, n) {
                i := add(i, 1)
            } {
                let offset := add(0x20, shl(5, i))
                mstore(to, shl(96, mload(add(operators, offset))))
                mstore(add(to, MEMBER), shl(128, mload(add(stakes, offset))))
                to := add(to, CANDIDATE)
            }
            mstore(data, mul(n, CANDIDATE))
        }
        return StoredBytes.write(data);
    }

    /// @notice The snapshot kept at `pointer`.
    function readSnapshot(address pointer) internal view returns (address[] memory operators, uint256[] memory stakes) {
        bytes memory data = StoredBytes.read(pointer);
        uint256 n = data.length / CANDIDATE;
        operators = new address[](n);
        stakes = new uint256[](n);
        assembly ("memory-safe") {
            for {
                let i := 0
            } lt(i, n) {
                i := add(i, 1)
            } {
                let offset := add(0x20, shl(5, i))
                let from := add(add(data, 0x20), mul(i, CANDIDATE))
                mstore(add(operators, offset), shr(96, mload(from)))
                mstore(add(stakes, offset), shr(128, mload(add(from, MEMBER))))
            }
        }
    }
}
