// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome, Request} from "../committee/Digests.sol";
import {INexusConsumer} from "./INexusConsumer.sol";
import {INexusGateway, RunLimits, Status} from "./INexusGateway.sol";

/// @title Base of a contract that asks a cloud and is called back.
/// @notice Inherit it, call `_request`, implement `_onResult`. See `contracts/examples`.
abstract contract NexusConsumer is INexusConsumer {
    /// @dev Only the gateway may deliver an answer.
    error ConsumerNotGateway(address caller);
    error ConsumerNotAContract(address gateway);
    /// @dev The gateway has no default cloud: name one.
    error ConsumerNoDefaultCloud(address gateway);
    /// @dev The request is not one of this contract's.
    error ConsumerForeignRequest(address requester);
    /// @dev The request was answered, or never made: there is no fee to take back.
    error ConsumerNotRefundable(bytes32 requestId);

    /// @notice The gateway asked, and the only caller of `onNexusResult`.
    INexusGateway public immutable gateway;

    constructor(INexusGateway gateway_) {
        if (address(gateway_).code.length == 0) revert ConsumerNotAContract(address(gateway_));
        gateway = gateway_;
    }

    /// @inheritdoc INexusConsumer
    function onNexusResult(bytes32 requestId, Outcome outcome, bytes calldata output) external {
        if (msg.sender != address(gateway)) revert ConsumerNotGateway(msg.sender);
        _onResult(requestId, outcome, output);
    }

    /// @notice Asks `cloudId` to run `programId` on `input`.
    /// @param fee wei of this contract to pay: at least `_quote(cloudId, input.length, callbackGas)`
    /// @param callbackGas gas that `_onResult` will have, and about 1,000 more for reaching it
    /// @param deadline Unix time from which there will be no answer and the fee can be taken back
    function _request(
        bytes32 cloudId,
        bytes32 programId,
        bytes memory input,
        uint32 callbackGas,
        uint40 deadline,
        uint256 fee
    ) internal returns (bytes32 requestId) {
        return gateway.request{value: fee}(cloudId, programId, input, callbackGas, deadline, _runLimits());
    }

    /// @notice Asks the gateway's default cloud; everything else as above.
    function _request(
        bytes32 programId,
        bytes memory input,
        uint32 callbackGas,
        uint40 deadline,
        uint256 fee
    ) internal returns (bytes32 requestId) {
        return _request(_defaultCloud(), programId, input, callbackGas, deadline, fee);
    }

    /// @notice Takes back the fee of a request that timed out; afterwards this contract holds it. Needs a `receive`
    /// that accepts ether from the gateway.
    /// @dev Also succeeds, and any number of times, after somebody else had the request refunded: whoever pays the fee on
    /// must keep its own note of the request and delete it.
    function _reclaim(Request calldata request) internal returns (bytes32 requestId) {
        if (request.requester != address(this)) revert ConsumerForeignRequest(request.requester);
        requestId = gateway.requestIdOf(request);
        Status status = gateway.statusOf(requestId);
        if (status == Status.Open) gateway.refund(request);
        else if (status != Status.Refunded) revert ConsumerNotRefundable(requestId);
        if (gateway.creditOf(address(this)) != 0) gateway.withdraw(address(this));
    }

    /// @notice What `_request` costs with an input of `inputLength` bytes, at the present base fee of the chain.
    function _quote(bytes32 cloudId, uint256 inputLength, uint32 callbackGas) internal view returns (uint256) {
        return gateway.quote(cloudId, inputLength, callbackGas, _runLimits());
    }

    /// @notice What a run that this contract asks for may take, all of which is part of the fee. Override it when a program
    /// needs more, or is known to need less.
    function _runLimits() internal view virtual returns (RunLimits memory) {
        return RunLimits({fuel: 20_000_000, outputBytes: 1_024});
    }

    /// @notice The cloud that the gateway names for those who name none.
    function _defaultCloud() internal view returns (bytes32 cloudId) {
        cloudId = gateway.defaultCloud();
        if (cloudId == 0) revert ConsumerNoDefaultCloud(address(gateway));
    }

    /// @notice Handles an answer. Called at most once per request, before its deadline; must fit in `callbackGas`.
    function _onResult(bytes32 requestId, Outcome outcome, bytes calldata output) internal virtual;
}
