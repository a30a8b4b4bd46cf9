// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome, Request} from "../committee/Digests.sol";
import {INexusGateway} from "../cloud/INexusGateway.sol";
import {NexusConsumer} from "../cloud/NexusConsumer.sol";

/// @title A counter whose count lives in the cloud: the smallest complete consumer.
/// @notice The program keeps a number in its storage, adds its input to it and answers with the sum (both uint256,
/// big-endian). This contract asks for that and remembers the greatest sum it was told.
contract Counter is NexusConsumer {
    /// @notice The count grew to `count` by the answer to `requestId`.
    event Counted(bytes32 indexed requestId, uint256 count);
    /// @notice A request was not answered as hoped.
    event Failed(bytes32 indexed requestId, Outcome outcome);

    error CounterNothingToReclaim(bytes32 requestId);
    error CounterTransferFailed(address to);
    error CounterUnexpectedEther(address sender);

    /// @dev `_onResult` spends less than 40,000. Measure your own and leave room: it is part of the fee.
    uint32 private constant CALLBACK_GAS = 80_000;
    uint40 private constant PATIENCE = 1 hours;

    bytes32 public immutable cloudId;
    bytes32 public immutable programId;

    /// @notice The greatest count the cloud has answered.
    uint256 public count;
    /// @notice Who paid for a request that has not been answered yet.
    mapping(bytes32 requestId => address payer) public payerOf;

    constructor(INexusGateway gateway_, bytes32 cloudId_, bytes32 programId_) NexusConsumer(gateway_) {
        cloudId = cloudId_;
        programId = programId_;
    }

    /// @dev Refunded fees come back through here, and nothing else does.
    receive() external payable {
        if (msg.sender != address(gateway)) revert CounterUnexpectedEther(msg.sender);
    }

    /// @notice Step 1. Asks the cloud to add `amount`; send `fee()` along.
    function add(uint256 amount) external payable returns (bytes32 requestId) {
        uint40 deadline = uint40(block.timestamp) + PATIENCE;
        requestId = _request(cloudId, programId, abi.encode(amount), CALLBACK_GAS, deadline, msg.value);
        payerOf[requestId] = msg.sender;
    }

    /// @notice Step 3, only if no answer came before the deadline: the payer gets its fee back. Anybody may call it,
    /// with the request as the gateway's `Requested` event shows it.
    function reclaim(Request calldata request) external {
        bytes32 requestId = _reclaim(request);
        address payer = payerOf[requestId];
        if (payer == address(0)) revert CounterNothingToReclaim(requestId);
        delete payerOf[requestId]; // before paying, or the payer could come again from inside the payment
        (bool sent, ) = payer.call{value: request.fee}("");
        if (!sent) revert CounterTransferFailed(payer);
    }

    /// @notice What `add` costs at the present base fee.
    function fee() external view returns (uint256) {
        return _quote(cloudId, 32, CALLBACK_GAS);
    }

    /// @dev Step 2. Answers may come in another order than they were asked for, but the count only grows.
    function _onResult(bytes32 requestId, Outcome outcome, bytes calldata output) internal override {
        delete payerOf[requestId];
        if (outcome != Outcome.Success || output.length != 32) {
            emit Failed(requestId, outcome);
            return;
        }
        uint256 answered = abi.decode(output, (uint256));
        if (answered > count) {
            count = answered;
            emit Counted(requestId, answered);
        }
    }
}
