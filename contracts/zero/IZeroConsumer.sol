// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title What the Zero market calls when a proof that a contract asked for has arrived.
interface IZeroConsumer {
    /// @notice The program `programId` turned the input with hash `inputHash` into `journal`: this is proven.
    /// @dev Must refuse every caller but the market. Whoever proved also chose the private input.
    /// @param id the request's id
    /// @param inputHash keccak256 of the public input
    function onZeroProof(bytes32 id, bytes32 programId, bytes32 inputHash, bytes calldata journal) external;
}
