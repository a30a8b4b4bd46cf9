// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome, Request} from "../committee/Digests.sol";
import {INexusGateway} from "../cloud/INexusGateway.sol";
import {NexusConsumer} from "../cloud/NexusConsumer.sol";

/// @title A price averaged over time, by a program that keeps the history.
/// @notice Whoever deployed this reports prices. The program `twap` is subscribed to the reports (`NexusSubscriptions`,
/// emitter: this contract, first topic: that of `PriceChanged`) and remembers them in the cloud, where that costs next to
/// nothing. Asked with `abi.encode(address feed, uint64 window)` it answers `abi.encode(uint256 average, uint64 asOf)`:
/// the average over the `window` seconds before `asOf`, the time of the block that asked.
contract PriceOracle is NexusConsumer {
    /// @notice The reporter says the price is `price` now. What the program listens to.
    event PriceChanged(uint256 price);
    /// @notice The average was `average` at `asOf`.
    event PriceUpdated(bytes32 indexed requestId, uint256 average, uint64 asOf);
    /// @notice The program did not answer with a newer average.
    event PriceRejected(bytes32 indexed requestId, Outcome outcome);

    error OracleNotReporter(address caller);
    error OraclePriceTooHigh(uint256 price, uint256 limit);
    /// @dev The purse pays for one request an `INTERVAL`. Send the fee along to ask before `earliest`.
    error OracleTooSoon(uint256 now_, uint256 earliest);
    error OracleBalanceTooLow(uint256 balance, uint256 fee);
    /// @dev The last average is of `asOf` (0: there is none) and not given out any more. Call `refresh`.
    error OracleNoFreshPrice(uint64 asOf, uint256 now_);

    /// @notice The program: keccak256 of `programs/prebuilt/twap.wasm`. The cloud runs these very bytes or none.
    bytes32 public constant TWAP = 0x480142c0f52c74d4e08cbf4b8f650ab951f95abe99199bda32b162e8c86acf44;
    /// @notice Seconds averaged over.
    uint64 public constant WINDOW = 30 minutes;
    /// @notice Age in seconds above which an average is no longer given out.
    uint256 public constant MAX_AGE = 1 hours;
    /// @notice Least number of seconds between two requests paid from the purse.
    uint256 public constant INTERVAL = 5 minutes;

    /// @dev The program's limit: it takes no higher price.
    uint256 private constant MAX_PRICE = type(uint96).max;
    uint32 private constant CALLBACK_GAS = 100_000;
    uint40 private constant PATIENCE = 1 hours;

    /// @notice Who reports prices.
    address public immutable reporter;

    /// @notice When the purse last paid for a request.
    uint64 public spentAt;
    uint64 private _asOf;
    uint256 private _average;

    constructor(INexusGateway gateway_) NexusConsumer(gateway_) {
        reporter = msg.sender;
    }

    /// @notice Fills the purse; refunded fees come back to it, too.
    receive() external payable {}

    /// @notice Says that the price is `price_` now. Only the reporter.
    function report(uint256 price_) external {
        if (msg.sender != reporter) revert OracleNotReporter(msg.sender);
        if (price_ > MAX_PRICE) revert OraclePriceTooHigh(price_, MAX_PRICE);
        emit PriceChanged(price_);
    }

    /// @notice Asks the cloud for the average up to now, at the present quote. Anybody may, at any time with the fee sent
    /// along (what is sent above it stays in the purse), or from the purse: strangers can empty that no faster than the
    /// `INTERVAL` allows.
    function refresh() external payable returns (bytes32 requestId) {
        uint256 fee = _quote(_defaultCloud(), 64, CALLBACK_GAS);
        if (msg.value < fee) {
            uint256 earliest = spentAt + INTERVAL;
            if (block.timestamp < earliest) revert OracleTooSoon(block.timestamp, earliest);
            if (address(this).balance < fee) revert OracleBalanceTooLow(address(this).balance, fee);
            spentAt = uint64(block.timestamp);
        }
        uint40 deadline = uint40(block.timestamp) + PATIENCE;
        return _request(TWAP, abi.encode(address(this), WINDOW), CALLBACK_GAS, deadline, fee);
    }

    /// @notice Takes the fee of a request that timed out back into the purse.
    function reclaim(Request calldata request) external {
        _reclaim(request);
    }

    /// @notice The latest average. Reverts rather than give out an old one.
    function price() external view returns (uint256) {
        if (_asOf == 0 || block.timestamp > _asOf + MAX_AGE) revert OracleNoFreshPrice(_asOf, block.timestamp);
        return _average;
    }

    /// @dev An answer that comes late must not replace a newer one, and none can come from the future.
    function _onResult(bytes32 requestId, Outcome outcome, bytes calldata output) internal override {
        if (outcome == Outcome.Success && output.length == 64) {
            (uint256 average, uint256 asOf) = abi.decode(output, (uint256, uint256));
            if (asOf > _asOf && asOf <= block.timestamp) {
                _average = average;
                _asOf = uint64(asOf); // at most a block's time
                emit PriceUpdated(requestId, average, uint64(asOf));
                return;
            }
        }
        emit PriceRejected(requestId, outcome);
    }
}
