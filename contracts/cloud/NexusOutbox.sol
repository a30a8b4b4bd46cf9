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
/// is recorded and not repeated: a program that cares has the target tell it by an event. Whoever wants a program's calls made
/// funds it first; its ether is always the funds of all programs.
/// @dev A cloud counts every program's funds by `Funded` and `Executed`, takes `priceOf` a call from them before it signs it, and refuses the
/// call where they do not suffice. So what it counts is `fundsOf` less the prices of the calls that it signed and that are not executed yet.
contract NexusOutbox is ReentrancyGuard {
    /// @notice Most gas a call may ask for. One that asks for more fails without being made.
    uint32 public constant MAX_CALL_GAS = 5_000_000;

    /// @notice Gas that a program pays for each of its calls being checked and recorded, besides what the call itself uses. One that
    /// comes alone in its block costs its relayer more, one among many less.
    uint256 public constant CALL_GAS = 60_000;
    /// @notice Most gas that making a call uses besides the call's own: its program's account is made with the first one.
    uint256 public constant MAKING_GAS = 100_000;
    /// @notice Gas that a funded program pays for each byte of a call's data: calldata, at EIP-7623's price at worst.
    uint256 public constant DATA_BYTE_GAS = 40;

    /// @notice `from` gave `amount` wei to what `programId` pays its relayers from.
    event Funded(bytes32 indexed cloudId, bytes32 indexed programId, address indexed from, uint256 amount);
    /// @notice `relayer` was paid `amount` wei for a batch from the funds of the programs that made its calls.
    event Paid(bytes32 indexed cloudId, address indexed relayer, uint256 amount);
    /// @notice A call was made (or, above the gas limit, refused) and its nonce is spent.
    /// @param success whether the target has code and the call returned
    /// @param unspent wei of its price that it did not cost: its program's again, for further calls
    event Executed(
        bytes32 indexed cloudId,
        bytes32 indexed programId,
        uint64 indexed nonce,
        address target,
        bool success,
        uint256 unspent
    );
    /// @notice A call was passed over because its nonce was spent before.
    event Skipped(bytes32 indexed cloudId, bytes32 indexed programId, uint64 indexed nonce);

    /// @dev There is no contract at `given`.
    error OutboxNotAContract(address given);
    /// @dev The calls handed in are not the list that the header commits to.
    error OutboxWrongCalls(bytes32 callsHash, bytes32 signedHash);
    /// @dev Calls before `nonce` have not been executed: relay the earlier headers first.
    error OutboxNonceGap(bytes32 cloudId, bytes32 programId, uint64 expected, uint64 nonce);
    /// @dev What is given must buy one call at least: every gift is read by all nodes of the cloud.
    error OutboxTooLittleGiven(uint256 given, uint256 least);
    /// @dev Calls cost nothing here, and nothing could be done with what is given.
    error OutboxIsFree();
    /// @dev `relayer` did not take the `amount` wei that it is paid.
    error OutboxPaymentFailed(address relayer, uint256 amount);

    /// @notice Who speaks for a cloud.
    ICommittees public immutable committees;
    /// @notice The gateway of this chain, which headers name.
    address public immutable gateway;
    /// @notice The code of every account.
    address public immutable accountImplementation;
    /// @notice Most wei that a program pays for a unit of gas, and what it must have for each before a call is signed; 0 where calls are
    /// free. Choose it well above the base fees that the chain has as a rule: what a call does not cost is given back, and above it relayers bear the rest.
    uint64 public immutable callGasPrice;

    /// @notice Number of calls of a program executed, hence the nonce of its next one.
    mapping(bytes32 cloudId => mapping(bytes32 programId => uint64 nonce)) public nonceOf;
    /// @notice Wei that a program's calls can still pay their relayers.
    mapping(bytes32 cloudId => mapping(bytes32 programId => uint256 amount)) public fundsOf;

    constructor(ICommittees committees_, address gateway_, uint64 callGasPrice_) {
        if (address(committees_).code.length == 0) revert OutboxNotAContract(address(committees_));
        if (gateway_.code.length == 0) revert OutboxNotAContract(gateway_);
        committees = committees_;
        gateway = gateway_;
        callGasPrice = callGasPrice_;
        accountImplementation = address(new ProgramAccount());
    }

    /// @notice Gives `msg.value` to what a program pays for its calls from. Anybody may; nobody gets it back.
    function fund(bytes32 cloudId, bytes32 programId) external payable {
        uint256 least = priceOf(0, 0);
        if (least == 0) revert OutboxIsFree();
        if (msg.value < least) revert OutboxTooLittleGiven(msg.value, least);
        fundsOf[cloudId][programId] += msg.value;
        emit Funded(cloudId, programId, msg.sender, msg.value);
    }

    /// @notice Executes all calls that a block of a cloud makes to this chain, in the block's order. Anybody may, and is paid
    /// the gas of the calls at this block's base fee, up to `callGasPrice`, of each call as far as its program's funds go.
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
        for (uint256 i = 0; i < calls.length; ++i) paid += _execute(cloudId, calls[i]);
        if (paid == 0) return;
        emit Paid(cloudId, msg.sender, paid);
        (bool taken, ) = msg.sender.call{value: paid}("");
        if (!taken) revert OutboxPaymentFailed(msg.sender, paid);
    }

    /// @notice The account of a program, whether or not it has been made yet.
    function accountOf(bytes32 cloudId, bytes32 programId) public view returns (address) {
        return Clones.predictDeterministicAddress(accountImplementation, _salt(cloudId, programId));
    }

    /// @notice Wei that a program must have, besides what its earlier calls may still cost, for the cloud to sign a call of it: all that the call may
    /// cost.
    /// @param gasLimit gas that the call is given
    /// @param dataLength bytes of its calldata
    function priceOf(uint32 gasLimit, uint256 dataLength) public view returns (uint256) {
        return (CALL_GAS + MAKING_GAS + DATA_BYTE_GAS * dataLength + gasLimit) * callGasPrice;
    }

    /// @dev Makes a call unless its nonce was spent before. @return charged wei that its program pays for it
    function _execute(bytes32 cloudId, Call calldata call_) private returns (uint256 charged) {
        uint256 before = gasleft();
        bytes32 programId = call_.programId;
        uint64 nonce = call_.nonce;
        uint64 expected = nonceOf[cloudId][programId];
        if (nonce < expected) {
            emit Skipped(cloudId, programId, nonce);
            return 0;
        }
        if (nonce > expected) revert OutboxNonceGap(cloudId, programId, expected, nonce);
        nonceOf[cloudId][programId] = expected + 1;

        bool success = false;
        if (call_.gasLimit <= MAX_CALL_GAS) {
            // Reverts only for want of gas, so that nothing but the target itself can spend a nonce on a failure.
            success = ProgramAccount(_account(cloudId, programId)).execute(call_.target, call_.gasLimit, call_.data);
        }
        uint256 unspent;
        (charged, unspent) = _charge(cloudId, call_, before - gasleft());
        emit Executed(cloudId, programId, nonce, call_.target, success, unspent);
    }

    /// @dev Takes from the program's funds what a call that used `gasUsed` costs its relayer, up to its price. A cloud signs no call whose program
    /// does not have the price; of one that did all the same, the program pays what it has. The funds are read after the call, which
    /// may have added to them.
    function _charge(
        bytes32 cloudId,
        Call calldata call_,
        uint256 gasUsed
    ) private returns (uint256 charged, uint256 unspent) {
        uint256 length = call_.data.length;
        uint256 price = priceOf(call_.gasLimit, length);
        if (price == 0) return (0, 0);
        uint256 funds = fundsOf[cloudId][call_.programId];
        if (funds == 0) return (0, 0);
        price = Math.min(price, funds);
        charged = Math.min(price, (CALL_GAS + DATA_BYTE_GAS * length + gasUsed) * block.basefee);
        unspent = price - charged;
        if (charged != 0) fundsOf[cloudId][call_.programId] = funds - charged;
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
