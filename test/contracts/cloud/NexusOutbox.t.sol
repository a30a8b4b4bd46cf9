// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {Call, NexusOutbox} from "../../../contracts/cloud/NexusOutbox.sol";
import {ProgramAccount} from "../../../contracts/cloud/ProgramAccount.sol";
import {Digests, Header} from "../../../contracts/committee/Digests.sol";
import {ICommittees} from "../../../contracts/committee/ICommittees.sol";
import {CloudTest} from "./CloudTest.sol";

/// @notice Does as its calldata says and keeps a diary.
contract Target {
    address[] public callers;
    uint256[] public said;
    uint256 public gasGiven;

    error No();

    function say(uint256 what) external {
        gasGiven = gasleft();
        callers.push(msg.sender);
        said.push(what);
    }

    function no() external pure {
        revert No();
    }

    function bomb() external pure {
        // Ends the frame, so the memory it grows is nobody's.
        assembly ("memory-safe") {
            revert(0, 200000)
        }
    }

    /// @notice Calls `to`, and writes down 1 if that went through, else 0.
    function relay(address to, bytes calldata data) external {
        (bool done, ) = to.call(data);
        callers.push(msg.sender);
        said.push(done ? 1 : 0);
    }

    function count() external view returns (uint256) {
        return said.length;
    }
}

contract NexusOutboxTest is CloudTest {
    uint32 private constant GAS = 200_000;
    uint64 private constant PRICE = 1 gwei;

    NexusOutbox private outbox;
    Target private target;

    function setUp() public override {
        super.setUp();
        outbox = new NexusOutbox(committees, address(gateway), PRICE);
        target = new Target();
    }

    function say(uint64 nonce, uint256 what) private view returns (Call memory) {
        return Call(PROGRAM, nonce, address(target), GAS, abi.encodeCall(target.say, (what)));
    }

    function one(Call memory c) private pure returns (Call[] memory list) {
        list = new Call[](1);
        list[0] = c;
    }

    function headerOf(Call[] memory list) private pure returns (Header memory) {
        bytes32[] memory digests = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            Call memory c = list[i];
            digests[i] = Digests.call(c.programId, c.nonce, c.target, c.gasLimit, c.data);
        }
        return Header(1, keccak256("state"), keccak256(""), Digests.list(digests));
    }

    function encoded(Call[] memory list) private view returns (bytes memory) {
        Header memory h = headerOf(list);
        return abi.encodeCall(outbox.execute, (CLOUD, EPOCH, h, list, sign(EPOCH, h)));
    }

    function execute(Call[] memory list) private {
        Header memory h = headerOf(list);
        outbox.execute(CLOUD, EPOCH, h, list, sign(EPOCH, h));
    }

    function expectExecuted(Call memory c, bool success) private {
        vm.expectEmit();
        emit NexusOutbox.Executed(CLOUD, c.programId, c.nonce, c.target, success, 0);
    }

    function test_constructor_refuses_addresses_without_code() public {
        vm.expectRevert(abi.encodeWithSelector(NexusOutbox.OutboxNotAContract.selector, address(7)));
        new NexusOutbox(ICommittees(address(7)), address(gateway), PRICE);
        vm.expectRevert(abi.encodeWithSelector(NexusOutbox.OutboxNotAContract.selector, address(8)));
        new NexusOutbox(committees, address(8), PRICE);
    }

    function test_calls_come_in_order_from_the_account_of_their_program() public {
        Call[] memory list = new Call[](3);
        list[0] = say(0, 10);
        list[1] = say(0, 20);
        list[1].programId = keccak256("other");
        list[2] = say(1, 30);
        address account = outbox.accountOf(CLOUD, PROGRAM);
        address other = outbox.accountOf(CLOUD, list[1].programId);
        assertEq(account.code.length, 0, "not made yet");
        for (uint256 i = 0; i < 3; ++i) expectExecuted(list[i], true);
        execute(list);
        assertEq(target.count(), 3, "three calls");
        assertEq(target.callers(0), account, "first");
        assertEq(target.callers(1), other, "second");
        assertEq(target.callers(2), account, "third");
        assertEq(target.said(2), 30, "data");
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 2, "nonce");
        assertTrue(account != other && account != outbox.accountOf(keccak256("x"), PROGRAM), "accounts differ");
    }

    function test_spent_nonces_are_skipped_and_gaps_refused() public {
        execute(one(say(0, 10)));
        Call[] memory list = new Call[](2);
        list[0] = say(0, 11);
        list[1] = say(1, 20);
        vm.expectEmit();
        emit NexusOutbox.Skipped(CLOUD, PROGRAM, 0);
        expectExecuted(list[1], true);
        execute(list);
        assertEq(target.count(), 2, "nonce 0 was spent");
        assertEq(target.said(1), 20, "nonce 1");

        list = one(say(3, 40));
        Header memory h = headerOf(list);
        bytes memory signature = sign(EPOCH, h);
        vm.expectRevert(
            abi.encodeWithSelector(NexusOutbox.OutboxNonceGap.selector, CLOUD, PROGRAM, uint64(2), uint64(3))
        );
        outbox.execute(CLOUD, EPOCH, h, list, signature);
    }

    function test_failures_spend_their_nonce_and_stop_nobody() public {
        Call[] memory list = new Call[](6);
        list[0] = Call(PROGRAM, 0, address(target), GAS, abi.encodeCall(target.no, ()));
        list[1] = Call(PROGRAM, 1, address(0xe0a), GAS, "no code there");
        list[2] = Call(PROGRAM, 2, address(target), 100, abi.encodeCall(target.say, (1)));
        list[3] = Call(PROGRAM, 3, address(target), 5_000_001, abi.encodeCall(target.say, (1)));
        list[4] = Call(PROGRAM, 4, address(target), GAS, abi.encodeCall(target.bomb, ()));
        list[5] = say(5, 7);
        for (uint256 i = 0; i < 5; ++i) expectExecuted(list[i], false);
        expectExecuted(list[5], true);
        execute(list);
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 6, "all spent");
        assertEq(target.count(), 1, "only the last was heard");
    }

    /// @dev No call comes from the gateway or the outbox, and none from an account but by the outbox.
    function test_no_impersonation() public {
        address account = outbox.accountOf(CLOUD, PROGRAM);
        bytes memory inner = abi.encodeCall(target.say, (1));
        bytes memory order = abi.encodeCall(ProgramAccount.execute, (address(target), GAS, inner));
        Call[] memory list = new Call[](3);
        list[0] = Call(PROGRAM, 0, account, GAS, order);
        list[1] = Call(PROGRAM, 1, outbox.accountOf(CLOUD, keccak256("other")), GAS, order);
        list[2] = Call(PROGRAM, 2, address(gateway), GAS, abi.encodeCall(gateway.withdraw, (account)));
        for (uint256 i = 0; i < 3; ++i) expectExecuted(list[i], false);
        execute(list);
        assertEq(target.count(), 0, "never reached");
        assertRefused(account, order, ProgramAccount.OutboxNotOutbox.selector, "an account obeys the outbox alone");
        assertRefused(
            outbox.accountImplementation(),
            order,
            ProgramAccount.OutboxNotOutbox.selector,
            "so does the implementation"
        );
        (bool taken, ) = account.call{value: 1}("");
        assertTrue(!taken, "no ether, which could never leave");
    }

    function test_reentering_executes_nothing() public {
        Call[] memory rest = one(say(1, 99));
        bytes memory data = abi.encodeCall(target.relay, (address(outbox), encoded(rest)));
        execute(one(Call(PROGRAM, 0, address(target), 2_000_000, data)));
        assertEq(target.count(), 1, "only the relay's own entry");
        assertEq(target.said(0), 0, "refused inside");
        execute(rest);
        assertEq(target.said(1), 99, "in its turn");
    }

    function testFuzz_no_gas_starves_a_call(uint256 gasLimit) public {
        bytes memory data = encoded(one(say(0, 1)));
        (bool done, ) = address(outbox).call{gas: bound(gasLimit, 50_000, 600_000)}(data);
        assertEq(target.count(), done ? 1 : 0, "all or nothing");
        if (!done) {
            assertEq(outbox.nonceOf(CLOUD, PROGRAM), 0, "nonce unspent");
        } else {
            assertGe(target.gasGiven(), GAS - 1000, "all gas");
            assertLe(target.gasGiven(), GAS, "no more");
        }
    }

    function test_starved_gas_has_a_name() public {
        Call memory c = say(0, 1);
        c.gasLimit = 5_000_000;
        bytes memory data = encoded(one(c));
        (bool done, bytes memory why) = address(outbox).call{gas: 5_000_000}(data);
        assertTrue(!done && bytes4(why) == ProgramAccount.OutboxInsufficientGas.selector, "named");
    }

    function test_refuses_calls_not_signed() public {
        Call[] memory list = one(say(0, 1));
        Header memory h = headerOf(list);
        bytes memory signature = sign(EPOCH, h);
        list[0].data = abi.encodeCall(target.say, (2));
        bytes memory forged = abi.encodeCall(outbox.execute, (CLOUD, EPOCH, h, list, signature));
        assertRefused(address(outbox), forged, NexusOutbox.OutboxWrongCalls.selector, "other data");
        h.callsHash = headerOf(list).callsHash;
        forged = abi.encodeCall(outbox.execute, (CLOUD, EPOCH, h, list, signature));
        assertRefused(address(outbox), forged, ICommittees.CommitteesBadSignature.selector, "other header");
    }

    function test_refuses_other_chains_clouds_and_epochs() public {
        Call[] memory list = one(say(0, 1));
        bytes memory data = encoded(list);
        Header memory h = headerOf(list);
        bytes memory signature = sign(EPOCH, h);
        bytes4 bad = ICommittees.CommitteesBadSignature.selector;
        bytes32 other = keccak256("other cloud");
        committees.activate(other, 0, members, type(uint64).max);
        committees.activate(CLOUD, 0, members, type(uint64).max);
        bytes memory wrong = abi.encodeCall(outbox.execute, (other, EPOCH, h, list, signature));
        assertRefused(address(outbox), wrong, bad, "other cloud");
        wrong = abi.encodeCall(outbox.execute, (CLOUD, EPOCH + 1, h, list, signature));
        assertRefused(address(outbox), wrong, bad, "other epoch");
        NexusOutbox foreign = new NexusOutbox(committees, address(target), PRICE);
        assertRefused(address(foreign), data, bad, "outbox of another gateway");
        vm.chainId(block.chainid + 1);
        assertRefused(address(outbox), data, bad, "other chain");
    }
}
