// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IZeroMarket} from "../../../contracts/zero/IZeroMarket.sol";
import {ZeroConsumer} from "../../../contracts/zero/ZeroConsumer.sol";

/// @dev The plainest consumer: buys a proof of whatever it is told to, and checks those that it is handed.
contract PinnedBuyer is ZeroConsumer {
    bytes public journal;

    constructor(IZeroMarket market, bytes4 selector) ZeroConsumer(market, selector) {}

    function ask(bytes32 programId, bytes calldata input, uint40 deadline) external payable returns (bytes32) {
        return _requestProof(programId, input, deadline, 100_000, msg.value);
    }

    function check(bytes32 programId, bytes memory input, bytes calldata journal_, bytes calldata proof) external view {
        _requireProof(programId, input, journal_, proof);
    }

    function _onProof(bytes32, bytes32, bytes32, bytes calldata journal_) internal override {
        journal = journal_;
    }
}
