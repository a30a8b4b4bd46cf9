// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Bytes kept as the code of a contract of their own.
/// @notice Written once, never changed. A cold read costs 2,600 gas for any length where storage costs 2,100 per word,
/// and writing costs 200 gas a byte where storage costs about 690.
/// @dev The code is one STOP byte and then the data: whoever calls the contract does nothing, and no data can make it
/// run, destroy itself or begin with the byte 0xEF that EIP-3541 reserves.
library StoredBytes {
    /// @dev The EIP-170 limit on code, less the STOP byte.
    uint256 internal constant MAX_LENGTH = 24_575;

    /// @dev More than `MAX_LENGTH` bytes.
    error StoredBytesTooLong(uint256 length);
    /// @dev The deployment failed, for want of gas.
    error StoredBytesNotWritten(uint256 length);

    /// @notice Keeps `data` for ever and returns where.
    function write(bytes memory data) internal returns (address pointer) {
        if (data.length > MAX_LENGTH) revert StoredBytesTooLong(data.length);
        // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE (= 0), CODECOPY, RETURNDATASIZE, RETURN; then the code itself.
        bytes memory initCode = bytes.concat(hex"61", bytes2(uint16(data.length + 1)), hex"80600a3d393df300", data);
        assembly ("memory-safe") {
            pointer := create(0, add(initCode, 0x20), mload(initCode))
        }
        if (pointer == address(0)) revert StoredBytesNotWritten(data.length);
    }

    /// @notice The bytes written at `pointer`, which must come from `write`.
    function read(address pointer) internal view returns (bytes memory data) {
        // A pointer of `write` has at least the STOP byte, so the difference does not underflow.
        data = read(pointer, 0, pointer.code.length - 1);
    }

    /// @notice `length` bytes from `start` on of those written at `pointer`; zeros beyond their end.
    function read(address pointer, uint256 start, uint256 length) internal view returns (bytes memory data) {
        data = new bytes(length);
        assembly ("memory-safe") {
            // Writes exactly the `length` bytes just allocated.
            extcodecopy(pointer, add(data, 0x20), add(start, 1), length)
        }
    }
}
