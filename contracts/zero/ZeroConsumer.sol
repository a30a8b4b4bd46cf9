// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IZeroConsumer} from "./IZeroConsumer.sol";
import {IZeroMarket} from "./IZeroMarket.sol";
import {IZeroVerifier} from "./IZeroVerifier.sol";
import {ZeroSelector} from "./ZeroSelector.sol";

/// @title Base of a contract that buys proofs at a Zero market, or checks proofs that it is handed.
/// @notice Inherit, call `_requestProof`, and say in `_onProof` what a proven journal means.
/// @notice Trusts one verifier for ever, the one whose selector it is deployed with. If that is retired or stopped, no proof is
/// accepted any more: a contract that must outlive its verifier needs a way of its own to a successor.
abstract contract ZeroConsumer is IZeroConsumer {
    /// @notice The market that this contract asks and that may call it back.
    IZeroMarket public immutable zeroMarket;
    /// @notice The market's verifier, as a rule a router.
    IZeroVerifier public immutable zeroVerifier;
    /// @notice First four bytes of every proof that is trusted here: they stand for one verifier.
    bytes4 public immutable zeroSelector;

    /// @dev `caller` called back, but only `market` may.
    error ZeroConsumerOnlyMarket(address caller, address market);

    /// @param selector of the verifier that is trusted; the market's verifier must accept its proofs already
    constructor(IZeroMarket market, bytes4 selector) {
        IZeroVerifier verifier = market.verifier();
        ZeroSelector.requireAccepted(verifier, selector);
        zeroMarket = market;
        zeroVerifier = verifier;
        zeroSelector = selector;
    }

    /// @inheritdoc IZeroConsumer
    function onZeroProof(bytes32 id, bytes32 programId, bytes32 inputHash, bytes calldata journal) external override {
        if (msg.sender != address(zeroMarket)) revert ZeroConsumerOnlyMarket(msg.sender, address(zeroMarket));
        _onProof(id, programId, inputHash, journal);
    }

    /// @dev Called once per request, when its proof was accepted. What it reverts with is lost and the journal with
    /// it, as is anything that does not fit in `callbackGas`.
    function _onProof(bytes32 id, bytes32 programId, bytes32 inputHash, bytes calldata journal) internal virtual;

    /// @dev Offers `bounty` wei of this contract's balance for a proof.
    function _requestProof(
        bytes32 programId,
        bytes memory input,
        uint40 deadline,
        uint32 callbackGas,
        uint256 bounty
    ) internal returns (bytes32 id) {
        return zeroMarket.request{value: bounty}(programId, zeroSelector, input, deadline, callbackGas);
    }

    /// @dev Sends the bounties that were refunded to this contract to `to`. Anybody may call the market's `refund`.
    function _withdrawRefunds(address payable to) internal returns (uint256 amount) {
        return zeroMarket.withdraw(to);
    }

    /// @dev Reverts unless `proof` shows that `programId` turned `input` into `journal`; no market needed.
    function _requireProof(
        bytes32 programId,
        bytes memory input,
        bytes calldata journal,
        bytes calldata proof
    ) internal view {
        ZeroSelector.requirePinned(proof, zeroSelector);
        zeroVerifier.verify(programId, input, journal, proof);
    }
}
