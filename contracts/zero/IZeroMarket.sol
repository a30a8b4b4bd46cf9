// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IZeroVerifier} from "./IZeroVerifier.sol";

/// @notice A request for a proof as the market recorded it; its hash is its id, so later calls hand it in again.
/// @param programId identity of the program to run
/// @param selector of the verifier that the requester trusts: first four bytes of the proof
/// @param requester who asked, is called back, and gets the bounty back if nobody proves
/// @param nonce the requester's request counter at this market
/// @param bounty wei for whoever proves
/// @param deadline first second (Unix time) at which it may be refunded and no longer fulfilled
/// @param callbackGas gas given to the callback; 0 means no callback
/// @param inputHash keccak256 of the public input
struct ProofRequest {
    bytes32 programId;
    bytes4 selector;
    address requester;
    uint64 nonce;
    uint96 bounty;
    uint40 deadline;
    uint32 callbackGas;
    bytes32 inputHash;
}

/// @title What a contract that buys proofs asks of the market.
interface IZeroMarket {
    /// @notice Asks for a proof that `programId` ran on `input`; `msg.value` is the bounty and may be 0.
    /// @param selector of the verifier that is trusted, which must be active: no other can earn the bounty, whatever is added to a
    /// router meanwhile
    /// @param deadline Unix time in seconds, within `MAX_LIFETIME` from now
    /// @param callbackGas gas for `IZeroConsumer.onZeroProof` on the caller; 0 for no callback
    function request(
        bytes32 programId,
        bytes4 selector,
        bytes calldata input,
        uint40 deadline,
        uint32 callbackGas
    ) external payable returns (bytes32 id);

    /// @notice Credits the bounty of an unfulfilled request to its requester once its deadline has passed.
    function refund(ProofRequest calldata asked) external;

    /// @notice Sends everything credited to the caller to `to`.
    function withdraw(address payable to) external returns (uint256 amount);

    /// @notice The verifier that decides, as a rule a router: about each request, that of its selector.
    function verifier() external view returns (IZeroVerifier);
}
