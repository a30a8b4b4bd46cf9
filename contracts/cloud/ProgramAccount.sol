// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title The address under which one program of one cloud calls other contracts of this chain.
/// @notice Clones of it are made by `NexusOutbox`, one per (cloud, program); a target authenticates a program by its
/// account as `msg.sender`. It may own tokens and roles; ether sent to it is refused, since no call carries any.
/// @dev The implementation's code holds the outbox, and a clone runs that code.
contract ProgramAccount {
    /// @dev More than what is spent between the gas check and the call: 2,600 for a cold account, as much again for the code
    /// that an account delegates to (EIP-7702), and some stack work.
    uint256 private constant CALL_OVERHEAD = 10_000;

    /// @dev Only the outbox gives orders.
    error OutboxNotOutbox(address caller);
    /// @dev The transaction has too little gas left to give the call what the program was promised.
    error OutboxInsufficientGas(address target, uint256 available, uint256 needed);

    /// @notice The outbox whose orders this account follows.
    address public immutable outbox;

    constructor() {
        outbox = msg.sender;
    }

    /// @notice Calls `target` with exactly `gasLimit` gas; return data is never copied.
    /// @return success whether the call returned and there is code at `target`
    function execute(address target, uint256 gasLimit, bytes calldata data) external returns (bool success) {
        if (msg.sender != outbox) revert OutboxNotOutbox(msg.sender);
        bytes memory copy = data;
        // EIP-150: a call gets at most all but a 64th of what is left. Refused before the call, or a relayer could make
        // it fail on purpose and its nonce would be spent.
        uint256 needed = gasLimit + gasLimit / 63 + 1 + CALL_OVERHEAD;
        uint256 available = gasleft();
        if (available < needed) revert OutboxInsufficientGas(target, available, needed);
        // Memory-safe: reads `copy`, writes nothing.
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(copy, 0x20), mload(copy), 0, 0)
        }
        success = success && target.code.length != 0;
    }
}
