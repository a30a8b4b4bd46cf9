// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Digests, Header, Request} from "../committee/Digests.sol";
import {ICommittees, Prices} from "../committee/ICommittees.sol";
import {IStaking} from "../staking/IStaking.sol";
import {CommitteeFees} from "./CommitteeFees.sol";
import {INexusConsumer} from "./INexusConsumer.sol";
import {Answer, INexusGateway, RunLimits, Status} from "./INexusGateway.sol";

/// @title Takes requests with their fees, and answers that carry a cloud's threshold signature.
/// @notice Its ether is always the fees of open requests + credits + fees accrued for committees.
/// @dev A request's id is the hash of everything in it, so one storage slot per open request is enough. All storage of a
/// batch is settled before its first callback: whatever a callback calls here, it finds the batch done.
contract NexusGateway is INexusGateway, CommitteeFees {
    /// @notice Longest input in bytes.
    uint256 public constant MAX_INPUT = 65_536;
    /// @notice Longest output in bytes that a request may ask for.
    uint256 public constant MAX_OUTPUT = 65_536;
    /// @notice Most gas a callback may ask for.
    uint32 public constant MAX_CALLBACK_GAS = 5_000_000;
    /// @notice Least number of seconds between a request and its deadline.
    uint256 public constant MIN_PATIENCE = 1 minutes;
    /// @notice Greatest number of seconds between a request and its deadline.
    uint256 public constant MAX_PATIENCE = 30 days;

    /// @notice Gas that a requester pays for its answer being checked, settled and recorded. One that comes alone in its
    /// block costs its relayer more, one among many less.
    uint256 public constant ANSWER_GAS = 60_000;
    /// @notice Gas that a requester pays for each byte of its output: calldata, at EIP-7623's price at worst, the log and the
    /// hashing.
    uint256 public constant OUTPUT_BYTE_GAS = 40;

    /// @dev More than what is spent between the gas check and the callback: 2,600 for a cold account, as much again for the code
    /// that an account delegates to (EIP-7702), and some stack work.
    uint256 private constant CALL_OVERHEAD = 10_000;
    uint256 private constant BPS = 10_000;

    /// @notice The relayer's part of a fee, in basis points, after the gas of the callback.
    uint16 public immutable relayerBps;
    /// @notice How much of the chain's base fee a requester pays for the gas of its answer and callback, in basis points:
    /// all of it (10,000), unless the relayer has its gas for nothing, as on a development chain.
    uint16 public immutable callbackBps;
    /// @inheritdoc INexusGateway
    bytes32 public immutable defaultCloud;

    /// @inheritdoc INexusGateway
    mapping(bytes32 requestId => Status status) public statusOf;
    /// @inheritdoc INexusGateway
    mapping(address requester => uint64 nonce) public nonceOf;

    /// @param defaultCloud_ zero for none; need not exist yet. It has no privilege here: who asks it has chosen to
    constructor(
        ICommittees committees_,
        IStaking stakingOrZero,
        uint16 relayerBps_,
        uint16 callbackBps_,
        bytes32 defaultCloud_
    ) CommitteeFees(committees_, stakingOrZero) {
        if (relayerBps_ > BPS) revert GatewayBadRelayerShare(relayerBps_);
        if (callbackBps_ > BPS) revert GatewayBadCallbackPrice(callbackBps_);
        relayerBps = relayerBps_;
        callbackBps = callbackBps_;
        defaultCloud = defaultCloud_;
    }

    // ---------------------------------------------------------------- requests

    /// @inheritdoc INexusGateway
    function request(
        bytes32 cloudId,
        bytes32 programId,
        bytes calldata input,
        uint32 callbackGas,
        uint40 deadline,
        RunLimits calldata limits
    ) external payable returns (bytes32 requestId) {
        _checkRequest(cloudId, input.length, callbackGas, deadline, limits);
        Request memory made = Request({
            cloudId: cloudId,
            programId: programId,
            requester: msg.sender,
            nonce: nonceOf[msg.sender]++,
            fee: uint96(msg.value), // checked above
            deadline: deadline,
            callbackGas: callbackGas,
            fuelLimit: limits.fuel,
            outputLimit: limits.outputBytes,
            inputHash: keccak256(input)
        });
        requestId = Digests.request(address(this), made);
        statusOf[requestId] = Status.Open;
        emit Requested(requestId, cloudId, msg.sender, made, input);
    }

    /// @inheritdoc INexusGateway
    function refund(Request calldata request_) external {
        bytes32 requestId = requestIdOf(request_);
        if (statusOf[requestId] != Status.Open) revert GatewayNotOpen(requestId);
        if (block.timestamp < request_.deadline) {
            revert GatewayNotExpired(requestId, request_.deadline, block.timestamp);
        }
        // Remembered, so that a requester can tell a refund from an answer whose callback failed.
        statusOf[requestId] = Status.Refunded;
        creditOf[request_.requester] += request_.fee;
        emit Refunded(requestId, request_.requester, request_.fee);
    }

    /// @inheritdoc INexusGateway
    function requestIdOf(Request calldata request_) public view returns (bytes32) {
        return Digests.request(address(this), request_);
    }

    /// @inheritdoc INexusGateway
    function quote(
        bytes32 cloudId,
        uint256 inputLength,
        uint32 callbackGas,
        RunLimits calldata limits
    ) external view returns (uint256) {
        // A call that is no transaction may find no base fee: there the gas price it names says what gas costs.
        uint256 gasPrice = Math.ternary(block.basefee == 0, tx.gasprice, block.basefee);
        return _feeOf(cloudId, inputLength, callbackGas, limits, gasPrice);
    }

    function _feeOf(
        bytes32 cloudId,
        uint256 inputLength,
        uint32 callbackGas,
        RunLimits calldata limits,
        uint256 gasPrice
    ) private view returns (uint256) {
        Prices memory prices = committees.prices(cloudId);
        return
            uint256(prices.perRequest) +
            uint256(prices.perFuel) * limits.fuel +
            uint256(prices.perByte) * (inputLength + limits.outputBytes) +
            _gasFee(callbackGas, limits.outputBytes, gasPrice);
    }

    function _checkRequest(
        bytes32 cloudId,
        uint256 inputLength,
        uint32 callbackGas,
        uint40 deadline,
        RunLimits calldata limits
    ) private view {
        if (inputLength > MAX_INPUT) revert GatewayInputTooLong(inputLength, MAX_INPUT);
        if (limits.outputBytes > MAX_OUTPUT) revert GatewayOutputTooLong(limits.outputBytes, MAX_OUTPUT);
        if (callbackGas > MAX_CALLBACK_GAS) revert GatewayCallbackGasTooHigh(callbackGas, MAX_CALLBACK_GAS);
        uint256 earliest = block.timestamp + MIN_PATIENCE;
        uint256 latest = block.timestamp + MAX_PATIENCE;
        if (deadline < earliest || deadline > latest) revert GatewayBadDeadline(deadline, earliest, latest);
        if (committees.liveEpoch(cloudId) == 0) revert GatewayNoCommittee(cloudId);
        uint256 needed = _feeOf(cloudId, inputLength, callbackGas, limits, block.basefee);
        if (msg.value < needed) revert GatewayFeeTooLow(msg.value, needed);
        if (msg.value > type(uint96).max) revert GatewayFeeTooHigh(msg.value, type(uint96).max);
    }

    // ---------------------------------------------------------------- answers

    /// @inheritdoc INexusGateway
    function fulfil(
        bytes32 cloudId,
        uint64 epoch,
        Header calldata header,
        Answer[] calldata answers,
        bytes calldata signature
    ) external {
        bytes32[] memory ids = _checkAnswers(cloudId, header.resultsHash, answers);
        bytes32 digest = Digests.header(address(this), cloudId, epoch, header);
        committees.requireSigned(cloudId, epoch, digest, signature);
        _settle(cloudId, epoch, header.height, ids, answers);
        for (uint256 i = 0; i < ids.length; ++i) {
            if (ids[i] != 0) _deliver(cloudId, ids[i], answers[i]);
        }
    }

    /// @dev The ids of the requests answered, which together with the answers hash to `signedHash`.
    function _checkAnswers(
        bytes32 cloudId,
        bytes32 signedHash,
        Answer[] calldata answers
    ) private view returns (bytes32[] memory ids) {
        ids = new bytes32[](answers.length);
        bytes32[] memory results = new bytes32[](answers.length);
        for (uint256 i = 0; i < answers.length; ++i) {
            Answer calldata answer = answers[i];
            bytes32 id = requestIdOf(answer.request);
            bytes32 requestCloudId = answer.request.cloudId;
            if (requestCloudId != cloudId) revert GatewayForeignRequest(id, requestCloudId, cloudId);
            ids[i] = id;
            results[i] = Digests.result(id, answer.outcome, answer.output);
        }
        bytes32 resultsHash = Digests.list(results);
        if (resultsHash != signedHash) revert GatewayWrongResults(resultsHash, signedHash);
    }

    /// @dev Closes the requests and books their fees; sets to zero the ids that must not be delivered.
    function _settle(
        bytes32 cloudId,
        uint64 epoch,
        uint64 height,
        bytes32[] memory ids,
        Answer[] calldata answers
    ) private {
        Prices memory prices = committees.prices(cloudId);
        uint256 fees = 0;
        uint256 relayerFee = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            Request calldata asked = answers[i].request;
            bool open = statusOf[ids[i]] == Status.Open;
            if (open && block.timestamp < asked.deadline) {
                delete statusOf[ids[i]];
                fees += asked.fee;
                relayerFee += _relayerPart(asked, answers[i].output.length, prices);
            } else {
                emit Skipped(ids[i], open);
                ids[i] = 0;
            }
        }
        if (relayerFee != 0) creditOf[msg.sender] += relayerFee;
        if (fees != relayerFee) accruedOf[cloudId][epoch] += fees - relayerFee;
        emit Settled(cloudId, epoch, height, msg.sender, relayerFee, fees - relayerFee);
    }

    /// @dev First what the gas of answer and callback costs now, or relaying would not pay, and one dear answer would hold
    /// up all others of its block; but nothing of what the cloud asks for its own work (of which the request does not tell
    /// the input's bytes), or a requester that relays itself would get that back. Then the relayer's share of the rest.
    function _relayerPart(
        Request calldata asked,
        uint256 outputLength,
        Prices memory prices
    ) private view returns (uint256) {
        uint256 work =
            uint256(prices.perRequest) +
                uint256(prices.perFuel) * asked.fuelLimit +
                uint256(prices.perByte) * asked.outputLimit;
        uint256 fee = asked.fee;
        uint256 gasFee = Math.min(
            _gasFee(asked.callbackGas, outputLength, block.basefee),
            Math.saturatingSub(fee, work)
        );
        return gasFee + ((fee - gasFee) * relayerBps) / BPS;
    }

    function _gasFee(uint256 callbackGas, uint256 outputLength, uint256 gasPrice) private view returns (uint256) {
        uint256 gas_ = ANSWER_GAS + OUTPUT_BYTE_GAS * outputLength + callbackGas;
        return (gas_ * gasPrice * callbackBps) / BPS;
    }

    function _deliver(bytes32 cloudId, bytes32 id, Answer calldata answer) private {
        address requester = answer.request.requester;
        uint256 callbackGas = answer.request.callbackGas;
        bool delivered = false;
        if (callbackGas != 0) {
            bytes memory data = abi.encodeCall(INexusConsumer.onNexusResult, (id, answer.outcome, answer.output));
            // EIP-150: a call gets at most all but a 64th of what is left. Less than what was paid for would let a
            // relayer make the callback fail on purpose, so it is refused before the call.
            uint256 needed = callbackGas + callbackGas / 63 + 1 + CALL_OVERHEAD;
            uint256 available = gasleft();
            if (available < needed) revert GatewayInsufficientGas(id, available, needed);
            // Memory-safe: reads `data`, writes nothing. The callee's return data is never copied, whatever its size.
            assembly ("memory-safe") {
                delivered := call(callbackGas, requester, 0, add(data, 0x20), mload(data), 0, 0)
            }
            delivered = delivered && requester.code.length != 0;
        }
        emit Fulfilled(id, cloudId, requester, answer.outcome, delivered, answer.output);
    }
}
