// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {INexusConsumer} from "../../../contracts/cloud/INexusConsumer.sol";
import {RunLimits} from "../../../contracts/cloud/INexusGateway.sol";
import {NexusGateway} from "../../../contracts/cloud/NexusGateway.sol";
import {Outcome, Request} from "../../../contracts/committee/Digests.sol";

/// @notice Asks, and remembers how it was called back.
abstract contract Asking is INexusConsumer {
    NexusGateway public immutable gateway;
    uint256 public calls;
    RunLimits public limits = RunLimits(20_000_000, 1_024);

    constructor(NexusGateway gateway_) payable {
        gateway = gateway_;
    }

    receive() external payable {}

    function setLimits(RunLimits calldata limits_) external {
        limits = limits_;
    }

    function ask(
        bytes32 cloudId,
        bytes32 programId,
        uint96 fee,
        uint32 callbackGas
    ) public returns (bytes32 requestId) {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        return gateway.request{value: fee}(cloudId, programId, "input", callbackGas, deadline, limits);
    }

    function onNexusResult(bytes32 id, Outcome outcome, bytes calldata output) external virtual {
        ++calls;
        _handle(id, outcome, output);
    }

    function _handle(bytes32 id, Outcome outcome, bytes calldata output) internal virtual;
}

/// @notice Asks many times in one transaction to have one added to a counter, and counts the answers.
contract Crowd is INexusConsumer {
    NexusGateway public immutable gateway;
    uint256 public calls;

    constructor(NexusGateway gateway_) payable {
        gateway = gateway_;
    }

    /// @param fee of each
    function ask(bytes32 cloudId, bytes32 programId, uint96 fee, uint256 times) external {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        for (uint256 i = 0; i < times; ++i) {
            gateway.request{value: fee}(cloudId, programId, abi.encode(1), 60_000, deadline, RunLimits(10_000_000, 64));
        }
    }

    function onNexusResult(bytes32, Outcome outcome, bytes calldata) external {
        if (outcome == Outcome.Success) ++calls;
    }
}

/// @notice Remembers the answer and how much gas it was given.
contract Listener is Asking {
    bytes32 public lastId;
    Outcome public lastOutcome;
    bytes public lastOutput;
    uint256 public gasGiven;

    constructor(NexusGateway gateway_) payable Asking(gateway_) {}

    function onNexusResult(bytes32 id, Outcome outcome, bytes calldata output) external override {
        gasGiven = gasleft();
        ++calls;
        _handle(id, outcome, output);
    }

    function _handle(bytes32 id, Outcome outcome, bytes calldata output) internal override {
        (lastId, lastOutcome, lastOutput) = (id, outcome, output);
    }
}

contract Reverter is Asking {
    error Never();

    constructor(NexusGateway gateway_) payable Asking(gateway_) {}

    function _handle(bytes32, Outcome, bytes calldata) internal pure override {
        revert Never();
    }
}

/// @notice Takes one answer, and no other.
contract Once is Asking {
    bytes32 public taken;

    error OnceOnly(bytes32 taken);

    constructor(NexusGateway gateway_) payable Asking(gateway_) {}

    function askTwice(bytes32 cloudId, bytes32 programId, uint96 fee, uint32 callbackGas) external {
        ask(cloudId, programId, fee, callbackGas);
        ask(cloudId, programId, fee, callbackGas);
    }

    function _handle(bytes32 id, Outcome, bytes calldata) internal override {
        if (taken != 0) revert OnceOnly(taken);
        taken = id;
    }
}

contract GasBurner is Asking {
    constructor(NexusGateway gateway_) payable Asking(gateway_) {}

    function _handle(bytes32, Outcome, bytes calldata) internal pure override {
        // Burns all gas that the frame has.
        assembly ("memory-safe") {
            invalid()
        }
    }
}

/// @notice Returns as much as its gas can pay for: copied by the caller, it would cost the caller as much again.
contract ReturnBomb is Asking {
    constructor(NexusGateway gateway_) payable Asking(gateway_) {}

    function _handle(bytes32, Outcome, bytes calldata) internal pure override {
        // Ends the frame, so the memory it grows is nobody's.
        assembly ("memory-safe") {
            return(0, 500000)
        }
    }
}

/// @notice Calls every function of the gateway from its callback, and remembers which of the calls went through.
contract Reentrant is Asking {
    bytes private _batch;
    Request private _own;
    bytes32 public chained;
    bool public fulfilled;
    bool public refunded;
    bool public withdrew;
    bool public distributed;

    constructor(NexusGateway gateway_) payable Asking(gateway_) {}

    function arm(Request calldata own, bytes calldata batch) external {
        _own = own;
        _batch = batch;
    }

    function _handle(bytes32, Outcome, bytes calldata) internal override {
        (fulfilled, ) = address(gateway).call(_batch);
        (refunded, ) = address(gateway).call(abi.encodeCall(gateway.refund, (_own)));
        (withdrew, ) = address(gateway).call(abi.encodeCall(gateway.withdraw, (address(this))));
        (distributed, ) = address(gateway).call(abi.encodeCall(gateway.distribute, (_own.cloudId, 1)));
        chained = ask(_own.cloudId, _own.programId, 1000, 0);
    }
}
