// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Header, Outcome, Request} from "../committee/Digests.sol";
import {ICommitteeFees} from "./ICommitteeFees.sol";

/// @notice One answer of a batch, as a relayer hands it in.
/// @param request the request exactly as `Requested` announced it
/// @param outcome how the execution ended
/// @param output what the program wrote
struct Answer {
    Request request;
    Outcome outcome;
    bytes output;
}

/// @notice What a run may take. Its requester pays for all of it beforehand, so it is worth measuring.
/// @param fuel units of fuel, about one per WebAssembly instruction; a run that needs more ends with `OutOfFuel`
/// @param outputBytes longest output; a run that writes more ends with `LimitExceeded`
struct RunLimits {
    uint64 fuel;
    uint32 outputBytes;
}

/// @notice What a gateway knows of a request id: `Closed` when it never saw it or has fulfilled it, `Open` while its fee
/// waits here, `Refunded` for ever after a refund.
enum Status {
    Closed,
    Open,
    Refunded
}

/// @title Where contracts ask clouds and clouds answer.
interface INexusGateway is ICommitteeFees {
    /// @notice A request was made and paid for. A node needs nothing but this log to execute it.
    event Requested(
        bytes32 indexed requestId,
        bytes32 indexed cloudId,
        address indexed requester,
        Request request,
        bytes input
    );
    /// @notice A request was answered and its fee earned.
    /// @param delivered whether the requester has code and its callback returned; false if no callback was asked for
    event Fulfilled(
        bytes32 indexed requestId,
        bytes32 indexed cloudId,
        address indexed requester,
        Outcome outcome,
        bool delivered,
        bytes output
    );
    /// @notice An answer was passed over: its request was not open, or was past its deadline (`expired`).
    event Skipped(bytes32 indexed requestId, bool expired);
    /// @notice The answers of a block of a cloud were accepted under one signature, earning these fees together.
    event Settled(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        uint64 indexed height,
        address relayer,
        uint256 relayerFee,
        uint256 committeeFee
    );
    /// @notice A request timed out and `fee` wei were credited to its requester.
    event Refunded(bytes32 indexed requestId, address indexed requester, uint256 fee);

    /// @dev The relayer's part cannot be more than 10,000 basis points.
    error GatewayBadRelayerShare(uint16 bps);
    /// @dev No more than the base fee itself, 10,000 basis points, is asked for a callback's gas.
    error GatewayBadCallbackPrice(uint16 bps);
    /// @dev No committee of `cloudId` is in office here, so nobody would answer: there never was one, or its time ran out.
    error GatewayNoCommittee(bytes32 cloudId);
    error GatewayInputTooLong(uint256 length, uint256 limit);
    error GatewayOutputTooLong(uint32 outputBytes, uint256 limit);
    error GatewayCallbackGasTooHigh(uint32 callbackGas, uint32 limit);
    /// @dev Deadlines are accepted from `earliest` to `latest`, both included.
    error GatewayBadDeadline(uint40 deadline, uint256 earliest, uint256 latest);
    /// @dev `needed` is what `quote` says.
    error GatewayFeeTooLow(uint256 paid, uint256 needed);
    error GatewayFeeTooHigh(uint256 paid, uint256 limit);
    /// @dev The answers handed in are not the list that the header commits to.
    error GatewayWrongResults(bytes32 resultsHash, bytes32 signedHash);
    /// @dev A request for another cloud among the answers.
    error GatewayForeignRequest(bytes32 requestId, bytes32 requestCloudId, bytes32 cloudId);
    /// @dev The relayer's transaction has too little gas left to give the callback what was paid for.
    error GatewayInsufficientGas(bytes32 requestId, uint256 available, uint256 needed);
    error GatewayNotOpen(bytes32 requestId);
    error GatewayNotExpired(bytes32 requestId, uint40 deadline, uint256 now_);

    /// @notice Asks `cloudId` to run `programId` on `input`; the caller is called back with the answer. The whole
    /// `msg.value` is the fee: at least what `quote` says, more if the caller is in a hurry.
    /// @param callbackGas gas for `onNexusResult`; 0 for no callback (the answer is then found in `Fulfilled`)
    /// @param deadline Unix time from which the request is refunded and no longer answered
    /// @param limits what the run may take
    function request(
        bytes32 cloudId,
        bytes32 programId,
        bytes calldata input,
        uint32 callbackGas,
        uint40 deadline,
        RunLimits calldata limits
    ) external payable returns (bytes32 requestId);

    /// @notice Hands in all answers that a block of a cloud gives to this chain, in the block's order. Anybody may; the
    /// caller is credited with the relayer's part of the fees. Answers to requests no longer open are passed over.
    function fulfil(
        bytes32 cloudId,
        uint64 epoch,
        Header calldata header,
        Answer[] calldata answers,
        bytes calldata signature
    ) external;

    /// @notice Credits the fee of a request past its deadline to its requester. Anybody may.
    function refund(Request calldata request_) external;

    /// @notice The cloud that consumers ask when they name none; zero if there is none. Chosen by whoever deployed this
    /// gateway, for good.
    function defaultCloud() external view returns (bytes32);

    /// @notice The least fee in wei for a request at the present base fee of the chain: the cloud's prices for the request,
    /// its fuel, and its bytes of input and output, and the gas of bringing the answer and calling back.
    /// @param inputLength bytes of the input
    /// @dev Nodes set `block.basefee` to 0 in an `eth_call`, some unless it names a gas price, some always. Off the chain, name a
    /// gas price: it counts where there is no base fee. Without one the gas is left out of the answer.
    function quote(
        bytes32 cloudId,
        uint256 inputLength,
        uint32 callbackGas,
        RunLimits calldata limits
    ) external view returns (uint256);

    /// @notice The id of a request at this gateway.
    function requestIdOf(Request calldata request_) external view returns (bytes32);

    function statusOf(bytes32 requestId) external view returns (Status);

    /// @notice Number of requests that `requester` has made here, hence the nonce of its next one.
    function nonceOf(address requester) external view returns (uint64);
}
