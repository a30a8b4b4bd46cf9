// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

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
/// is recorded and not repeated: a program that cares has the target tell it by an event. Whoever wants a program's calls relayed
/// funds it; its ether is always the funds of all programs.
contract NexusOutbox is ReentrancyGuard {
    /// @notice Most gas a call may ask for. One that asks for more fails without being made.
    uint32 public constant MAX_CALL_GAS = 5_000_000;

    /// @notice Gas that a funded program pays for each of its calls being checked and recorded, besides what the call itself uses. One that
    /// comes alone in its block costs its relayer more, one among many less.
    uint256 public constant CALL_GAS = 60_000;
    /// @notice Gas that a funded program pays for each byte of a call's data: calldata, at EIP-7623's price at worst.
    uint256 public constant DATA_BYTE_GAS = 40;

    /// @notice `from` gave `amount` wei to what `programId` pays its relayers from.
    event Funded(bytes32 indexed cloudId, bytes32 indexed programId, address indexed from, uint256 amount);
    /// @notice `relayer` was paid `amount` wei for a batch from the funds of the programs that made its calls.
    event Paid(bytes32 indexed cloudId, address indexed relayer, uint256 amount);
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
    /// @dev A program is funded with more than nothing.
    error OutboxNothingGiven(bytes32 cloudId, bytes32 programId);
    /// @dev `relayer` did not take the `amount` wei that it is paid.
    error OutboxPaymentFailed(address relayer, uint256 amount);

    /// @notice Who speaks for a cloud.
    ICommittees public immutable committees;
    /// @notice The gateway of this chain, which headers name.
    address public immutable gateway;
    /// @notice The code of every account.
    address public immutable accountImplementation;

    /// @notice Number of calls of a program executed, hence the nonce of its next one.
    mapping(bytes32 cloudId => mapping(bytes32 programId => uint64 nonce)) public nonceOf;
    /// @notice Wei that a program's calls can still pay their relayers.
    mapping(bytes32 cloudId => mapping(bytes32 programId => uint256 amount)) public fundsOf;

    constructor(ICommittees committees_, address gateway_) {
        if (address(committees_).code.length == 0) revert OutboxNotAContract(address(committees_));
        if (gateway_.code.length == 0) revert OutboxNotAContract(gateway_);
        committees = committees_;
        gateway = gateway_;
        accountImplementation = address(new ProgramAccount());
    }

    /// @notice Gives `msg.value` to what a program pays its relayers from. Anybody may; nobody gets it back.
    function fund(bytes32 cloudId, bytes32 programId) external payable {
        if (msg.value == 0) revert OutboxNothingGiven(cloudId, programId);
        fundsOf[cloudId][programId] += msg.value;
        emit Funded(cloudId, programId, msg.sender, msg.value);
    }

    /// @notice Executes all calls that a block of a cloud makes to this chain, in the block's order. Anybody may, and is paid
    /// the gas of the calls at this block's base fee, of each call as far as its program's funds go.
    /// @dev Not re-entrant: a call begins only after the one before it has ended. The payment is the last thing done, to nobody but
    /// the caller, so whoever does not take it holds up nobody else.
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
        uint256 paid = 0;
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 before = gasleft();
            if (_execute(cloudId, calls[i])) paid += _charge(cloudId, calls[i], before - gasleft());
        }
        if (paid == 0) return;
        emit Paid(cloudId, msg.sender, paid);
        (bool taken, ) = msg.sender.call{value: paid}("");
        if (!taken) revert OutboxPaymentFailed(msg.sender, paid);
    }

    /// @notice The account of a program, whether or not it has been made yet.
    function accountOf(bytes32 cloudId, bytes32 programId) public view returns (address) {
        return Clones.predictDeterministicAddress(accountImplementation, _salt(cloudId, programId));
    }

    /// @dev Whether the call's nonce was spent by it, and not before.
    function _execute(bytes32 cloudId, Call calldata call_) private returns (bool) {
        bytes32 programId = call_.programId;
        uint64 nonce = call_.nonce;
        uint64 expected = nonceOf[cloudId][programId];
        if (nonce < expected) {
            emit Skipped(cloudId, programId, nonce);
            return false;
        }
        if (nonce > expected) revert OutboxNonceGap(cloudId, programId, expected, nonce);
        nonceOf[cloudId][programId] = expected + 1;

        bool success = false;
        if (call_.gasLimit <= MAX_CALL_GAS) {
            // Reverts only for want of gas, so that nothing but the target itself can spend a nonce on a failure.
            success = ProgramAccount(_account(cloudId, programId)).execute(call_.target, call_.gasLimit, call_.data);
        }
        emit Executed(cloudId, programId, nonce, call_.target, success);
        return true;
    }

    /// @dev Takes from the program's funds what a call that used `gasUsed` costs its relayer, or all there is. The funds are read after
    /// the call, which may have added to them.
    function _charge(bytes32 cloudId, Call calldata call_, uint256 gasUsed) private returns (uint256 amount) {
        uint256 funds = fundsOf[cloudId][call_.programId];
        if (funds == 0) return 0;
        amount = Math.min(funds, (CALL_GAS + DATA_BYTE_GAS * call_.data.length + gasUsed) * block.basefee);
        fundsOf[cloudId][call_.programId] = funds - amount;
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
