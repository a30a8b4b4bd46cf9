// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome, Request} from "../committee/Digests.sol";
import {INexusGateway} from "../cloud/INexusGateway.sol";
import {NexusConsumer} from "../cloud/NexusConsumer.sol";

/// @title A time-weighted average price over another contract's price events.
/// @notice The program is subscribed to the events (`NexusSubscriptions`) and keeps their history in the cloud, where
/// it costs next to nothing. Asked with `abi.encode(feed, window)`, it answers `abi.encode(uint256 price, uint64 asOf)`:
/// the average over the `window` seconds before `asOf`, the time of the last block it has seen.
/// @dev Fees are paid from this contract's balance, which anybody may fill; a fee refunded comes back to it. `refresh` is
/// open to all, so it is limited to one request an `INTERVAL`: that bounds what a stranger can spend.
contract PriceOracle is NexusConsumer {
    /// @notice The average was `price` at `asOf`.
    event PriceUpdated(bytes32 indexed requestId, uint256 price, uint64 asOf);
    /// @notice The program did not answer with a newer price.
    event PriceRejected(bytes32 indexed requestId, Outcome outcome);

    error OracleTooSoon(uint256 now_, uint256 earliest);
    error OracleBalanceTooLow(uint256 balance, uint256 fee);
    error OracleNoFreshPrice(uint64 asOf, uint256 now_);

    /// @notice Least number of seconds between two requests.
    uint256 public constant INTERVAL = 5 minutes;
    /// @notice Age in seconds above which a price is no longer given out.
    uint256 public constant MAX_AGE = 1 hours;

    uint32 private constant CALLBACK_GAS = 100_000;
    uint40 private constant PATIENCE = 1 hours;

    bytes32 public immutable cloudId;
    bytes32 public immutable programId;
    /// @notice The contract whose events say prices.
    address public immutable feed;
    /// @notice Seconds averaged over.
    uint64 public immutable window;

    /// @notice When the last request was made.
    uint64 public refreshedAt;
    uint64 private _asOf;
    uint256 private _price;

    constructor(
        INexusGateway gateway_,
        bytes32 cloudId_,
        bytes32 programId_,
        address feed_,
        uint64 window_
    ) NexusConsumer(gateway_) {
        cloudId = cloudId_;
        programId = programId_;
        feed = feed_;
        window = window_;
    }

    /// @notice Fills the purse that fees are paid from.
    receive() external payable {}

    /// @notice Asks the cloud for the average up to now.
    function refresh() external payable returns (bytes32 requestId) {
        uint256 earliest = refreshedAt + INTERVAL;
        if (block.timestamp < earliest) revert OracleTooSoon(block.timestamp, earliest);
        uint256 fee = gateway.quote(cloudId, CALLBACK_GAS);
        if (address(this).balance < fee) revert OracleBalanceTooLow(address(this).balance, fee);
        refreshedAt = uint64(block.timestamp);
        uint40 deadline = uint40(block.timestamp) + PATIENCE;
        return _request(cloudId, programId, abi.encode(feed, window), CALLBACK_GAS, deadline, fee);
    }

    /// @notice Takes the fee of a request that timed out back into the purse.
    function reclaim(Request calldata request) external {
        _reclaim(request);
    }

    /// @notice The latest average and its time. Reverts rather than give out an old one.
    function price() external view returns (uint256 average, uint64 asOf) {
        if (_asOf == 0 || block.timestamp > _asOf + MAX_AGE) revert OracleNoFreshPrice(_asOf, block.timestamp);
        return (_price, _asOf);
    }

    /// @dev An answer that comes late must not replace a newer one, and none can come from the future.
    function _onResult(bytes32 requestId, Outcome outcome, bytes calldata output) internal override {
        if (outcome == Outcome.Success && output.length == 64) {
            (uint256 average, uint256 asOf) = abi.decode(output, (uint256, uint256));
            if (asOf > _asOf && asOf <= block.timestamp) {
                _price = average;
                _asOf = uint64(asOf); // at most a block's time
                emit PriceUpdated(requestId, average, uint64(asOf));
                return;
            }
        }
        emit PriceRejected(requestId, outcome);
    }
}
