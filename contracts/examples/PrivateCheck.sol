// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IZeroVerifier} from "../zero/IZeroVerifier.sol";
import {ZeroSelector} from "../zero/ZeroSelector.sol";

/// @title Lets in whoever proves to pass a check, without showing what passed it.
/// @notice The program reads a challenge from its public input and the secret from its private input (a password's
/// preimage, a signed birth date), and writes `yes` to the journal when the secret satisfies the challenge.
/// @dev The public input ends with chain, contract and caller. The program need not look at them: a proof is one for
/// exactly this input, so a proof made for one caller, contract or chain is worth nothing to another.
contract PrivateCheck {
    /// @notice Checks the proofs, as a rule a router.
    IZeroVerifier public immutable verifier;
    /// @notice First four bytes of every proof that is trusted: they stand for one verifier behind the router, whose owner may
    /// add others.
    bytes4 public immutable selector;
    /// @notice The program that knows the rule.
    bytes32 public immutable programId;
    /// @notice What the secret must satisfy, for instance a hash whose preimage is asked for.
    bytes32 public immutable challenge;

    /// @notice Who passed the check.
    mapping(address who => bool) public admitted;

    /// @notice `who` proved to pass the check.
    event Admitted(address indexed who);

    /// @dev The program ran as claimed, but its journal is not `yes`.
    error PrivateCheckRefused(bytes journal);

    constructor(IZeroVerifier verifier_, bytes4 selector_, bytes32 programId_, bytes32 challenge_) {
        ZeroSelector.requireAccepted(verifier_, selector_);
        verifier = verifier_;
        selector = selector_;
        programId = programId_;
        challenge = challenge_;
    }

    /// @notice Admits the caller. Reverts with the verifier's error when `proof` is not one for `inputOf(caller)`.
    function enter(bytes calldata journal, bytes calldata proof) external {
        ZeroSelector.requirePinned(proof, selector);
        verifier.verify(programId, inputOf(msg.sender), journal, proof);
        if (keccak256(journal) != keccak256("yes")) revert PrivateCheckRefused(journal);
        admitted[msg.sender] = true;
        emit Admitted(msg.sender);
    }

    /// @notice The public input that `who` must prove for: challenge (32 bytes), chain id (32), contract (20), who (20).
    function inputOf(address who) public view returns (bytes memory) {
        return abi.encodePacked(challenge, block.chainid, address(this), who);
    }
}
