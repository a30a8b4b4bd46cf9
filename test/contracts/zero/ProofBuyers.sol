// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {IZeroMarket} from "../../../contracts/zero/IZeroMarket.sol";
import {ZeroConsumer} from "../../../contracts/zero/ZeroConsumer.sol";

/// @notice Buys proofs and remembers the journals, or has its callbacks do something else.
contract ProofBuyer is ZeroConsumer {
    enum Mode {
        Remember,
        Revert,
        Require,
        Panic,
        BurnGas,
        AskAgain
    }

    uint32 private constant CALLBACK_GAS = 300_000;

    bytes32 public immutable programId;
    Mode public mode;
    bytes[] public journals;

    event Bought(bytes32 indexed id, address indexed buyer, string text, uint256 number);

    error BuyerRefuses(bytes32 id, string why, uint256[] numbers);

    constructor(IZeroMarket market, bytes4 selector, bytes32 programId_) payable ZeroConsumer(market, selector) {
        programId = programId_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function ask(bytes[] calldata inputs) external {
        for (uint256 i = 0; i < inputs.length; ++i) _ask(inputs[i], CALLBACK_GAS);
    }

    function askSilently(bytes calldata input) external {
        _ask(input, 0);
    }

    function bought() external view returns (uint256) {
        return journals.length;
    }

    function _onProof(bytes32 id, bytes32, bytes32, bytes calldata journal) internal override {
        if (mode == Mode.Revert) {
            uint256[] memory numbers = new uint256[](2);
            (numbers[0], numbers[1]) = (7, 8);
            revert BuyerRefuses(id, "no thanks", numbers);
        }
        // solhint-disable-next-line gas-custom-errors
        require(mode != Mode.Require, "not today");
        if (mode == Mode.Panic) journals[journals.length];
        while (mode == Mode.BurnGas) journals.push(journal);
        if (mode == Mode.AskAgain) {
            mode = Mode.Remember;
            _ask("10", CALLBACK_GAS);
        }
        journals.push(journal);
        emit Bought(id, address(this), string(journal), journals.length);
    }

    function _ask(bytes memory input, uint32 callbackGas) private {
        _requestProof(programId, input, uint40(block.timestamp + 1 hours), callbackGas, 0);
    }
}
