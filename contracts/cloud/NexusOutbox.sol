// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";

import {Digests, Header} from "../committee/Digests.sol";
import {ICommittees} from "../committee/ICommittees.sol";
import {ProgramAccount} from "./ProgramAccount.sol";

/// @notice One outbound call of a program.
/// @param programId the program that calls
/// @param nonce counts the program's calls to this chain from 0
/// @param target the contract called
/// @param gasLimit gas it is given
/// @param data its calldata
struct Call {
    bytes32 programId;
    uint64 nonce;
    address target;
    uint32 gasLimit;
    bytes data;
}

/// @title Executes the calls that programs make to contracts of this chain.
/// @notice Every call of a program is made once, in the program's order, by the program's own account. A call that fails
/// is recorded and not repeated: a program that cares has the target tell it by an event.
contract NexusOutbox is ReentrancyGuard {
    /// @notice Most gas a call may ask for. One that asks for more fails without being made.
    uint32 public constant MAX_CALL_GAS = 5_000_000;

    /// @notice A call was made (or, above the gas limit, refused) and its nonce is spent.
    /// @param success whether the target has code and the call returned
    event Executed(
        bytes32 indexed cloudId,
        bytes32 indexed programId,
        uint64 indexed nonce,
        address target,
        bool success
    );
    /// @notice A call was passed over because its nonce was spent before.
    event Skipped(bytes32 indexed cloudId, bytes32 indexed programId, uint64 indexed nonce);

    /// @dev There is no contract at `given`.
    error OutboxNotAContract(address given);
    /// @dev The calls handed in are not the list that the header commits to.
    error OutboxWrongCalls(bytes32 callsHash, bytes32 signedHash);
    /// @dev Calls before `nonce` have not been executed: relay the earlier headers first.
    error OutboxNonceGap(bytes32 cloudId, bytes32 programId, uint64 expected, uint64 nonce);

    /// @notice Who speaks for a cloud.
    ICommittees public immutable committees;
    /// @notice The gateway of this chain, which headers name.
    address public immutable gateway;
    /// @notice The code of every account.
    address public immutable accountImplementation;

    /// @notice Number of calls of a program executed, hence the nonce of its next one.
    mapping(bytes32 cloudId => mapping(bytes32 programId => uint64 nonce)) public nonceOf;

    constructor(ICommittees committees_, address gateway_) {
        if (address(committees_).code.length == 0) revert OutboxNotAContract(address(committees_));
        if (gateway_.code.length == 0) revert OutboxNotAContract(gateway_);
        committees = committees_;
        gateway = gateway_;
        accountImplementation = address(new ProgramAccount());
    }

    /// @notice Executes all calls that a block of a cloud makes to this chain, in the block's order. Anybody may.
    /// @dev Not re-entrant: a call begins only after the one before it has ended.
    function execute(
        bytes32 cloudId,
        uint64 epoch,
        Header calldata header,
        Call[] calldata calls,
        bytes calldata signature
    ) external nonReentrant {
        bytes32 callsHash = _hash(calls);
        if (callsHash != header.callsHash) revert OutboxWrongCalls(callsHash, header.callsHash);
        committees.requireSigned(cloudId, epoch, Digests.header(gateway, cloudId, epoch, header), signature);
        for (uint256 i = 0; i < calls.length; ++i) _execute(cloudId, calls[i]);
    }

    /// @notice The account of a program, whether or not it has been made yet.
    function accountOf(bytes32 cloudId, bytes32 programId) public view returns (address) {
        return Clones.predictDeterministicAddress(accountImplementation, _salt(cloudId, programId));
    }

    function _execute(bytes32 cloudId, Call calldata call_) private {
        bytes32 programId = call_.programId;
        uint64 nonce = call_.nonce;
        uint64 expected = nonceOf[cloudId][programId];
        if (nonce < expected) {
            emit Skipped(cloudId, programId, nonce);
            return;
        }
        if (nonce > expected) revert OutboxNonceGap(cloudId, programId, expected, nonce);
        nonceOf[cloudId][programId] = expected + 1;

        bool success = false;
        if (call_.gasLimit <= MAX_CALL_GAS) {
            // Reverts only for want of gas, so that nothing but the target itself can spend a nonce on a failure.
            success = ProgramAccount(_account(cloudId, programId)).execute(call_.target, call_.gasLimit, call_.data);
        }
        emit Executed(cloudId, programId, nonce, call_.target, success);
    }

    function _account(bytes32 cloudId, bytes32 programId) private returns (address account) {
        account = accountOf(cloudId, programId);
        if (account.code.length == 0) {
            Clones.cloneDeterministic(accountImplementation, _salt(cloudId, programId));
        }
    }

    function _hash(Call[] calldata calls) private pure returns (bytes32) {
        bytes32[] memory digests = new bytes32[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            Call calldata c = calls[i];
            digests[i] = Digests.call(c.programId, c.nonce, c.target, c.gasLimit, c.data);
        }
        return Digests.list(digests);
    }

    function _salt(bytes32 cloudId, bytes32 programId) private pure returns (bytes32) {
        return keccak256(abi.encode(cloudId, programId));
    }
}
