// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Digests} from "../committee/Digests.sol";
import {ICommitteeRegistry} from "../committee/ICommitteeRegistry.sol";
import {GradedSlashing} from "./GradedSlashing.sol";
import {IStaking} from "./IStaking.sol";
import {SignatureSlashing} from "./SignatureSlashing.sol";

/// @notice One identity's signed vote.
/// @param blockHash the block voted for
/// @param signature ECDSA over `Digests.vote`, 65 bytes r ‖ s ‖ v with low s and v 27 or 28
struct Vote {
    bytes32 blockHash;
    bytes signature;
}

/// @title Slashes operators that said two things where honest ones say one.
/// @notice By votes for two different blocks at one height here, and by what key shares and group keys signed in `SignatureSlashing`. All
/// evidence of an epoch counts together (`GradedSlashing`).
/// @notice Both votes may be of one node identity or of two that were ever bound to the operator: changing the identity
/// between them is no way out.
/// @notice Anyone may report. The evidence is public the moment it is sent, so somebody else may copy it and be paid
/// in the reporter's place; this is accepted. The operator is slashed all the same and the reporter loses nothing but
/// the reward and the gas of a failing transaction. Who minds sends the report through a private mempool.
contract EquivocationSlashing is SignatureSlashing {
    event EquivocationPunished(
        address indexed operator,
        bytes32 indexed cloudId,
        uint64 epoch,
        uint64 height,
        address reporter,
        uint256 taken
    );

    /// @dev Both votes are for the same block, which is no offence.
    error EquivocationSameBlock(bytes32 blockHash);
    /// @dev The votes are signed by identities of different operators, or one is for another cloud, epoch or height.
    error EquivocationDifferentSigners(address first, address second);
    /// @dev `identity` was never bound to an operator.
    error EquivocationUnknownIdentity(address identity);

    constructor(
        IStaking staking_,
        ICommitteeRegistry registry_,
        uint16 slashBps_
    ) GradedSlashing(staking_, registry_, slashBps_) {}

    /// @notice Slashes the operator whose identities signed both votes; the caller gets the reporter's part.
    /// @return taken token units slashed in all
    function report(
        bytes32 cloudId,
        uint64 epoch,
        uint64 height,
        Vote calldata first,
        Vote calldata second
    ) external returns (uint256 taken) {
        if (first.blockHash == second.blockHash) revert EquivocationSameBlock(first.blockHash);
        address identity = _signer(cloudId, epoch, height, first);
        address other = _signer(cloudId, epoch, height, second);
        address operator = registry.operatorOf(identity);
        if (operator == address(0)) revert EquivocationUnknownIdentity(identity);
        if (registry.operatorOf(other) != operator) revert EquivocationDifferentSigners(identity, other);

        taken = _punish(cloudId, epoch, operator);
        emit EquivocationPunished(operator, cloudId, epoch, height, msg.sender, taken);
    }

    /// @dev Reverts with an error of OpenZeppelin's `ECDSA` for a malformed, malleable or unrecoverable signature.
    function _signer(bytes32 cloudId, uint64 epoch, uint64 height, Vote calldata vote) private pure returns (address) {
        return ECDSA.recoverCalldata(Digests.vote(cloudId, epoch, height, vote.blockHash), vote.signature);
    }
}
