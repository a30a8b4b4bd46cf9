// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {Call, NexusOutbox} from "../../../contracts/cloud/NexusOutbox.sol";
import {Digests, Header} from "../../../contracts/committee/Digests.sol";
import {Vm} from "../Test.sol";
import {CloudTest} from "./CloudTest.sol";

/// @notice A target that uses all its gas, reverts, funds programs in the middle of a batch, or does nothing.
contract Spender {
    NexusOutbox private immutable _outbox;

    error No();

    constructor(NexusOutbox outbox_) {
        _outbox = outbox_;
    }

    receive() external payable {}

    function nothing() external {}

    function no() external pure {
        revert No();
    }

    function burn() external pure {
        // solhint-disable-next-line no-empty-blocks
        while (true) {}
    }

    function fund(bytes32 cloudId, bytes32 programId) external {
        uint256 amount = address(this).balance;
        if (amount >= _outbox.priceOf(0, 0)) _outbox.fund{value: amount}(cloudId, programId);
    }
}

/// @notice Relays what it is handed, and when it is paid does as it was told: takes it, refuses, or relays once more.
contract Relay {
    NexusOutbox private immutable _outbox;
    bytes private _again;
    bool private _refuses;
    bool public reentered;

    error Refused();

    constructor(NexusOutbox outbox_) {
        _outbox = outbox_;
    }

    receive() external payable {
        _onPaid();
    }

    function relay(
        bytes calldata data,
        bytes calldata again,
        bool refuses
    ) external returns (bool done, bytes memory why) {
        _again = again;
        _refuses = refuses;
        (done, why) = address(_outbox).call(data);
    }

    function _onPaid() private {
        if (_refuses) revert Refused();
        if (_again.length != 0) (reentered, ) = address(_outbox).call(_again);
    }
}

contract OutboxFundsTest is CloudTest {
    uint32 private constant GAS = 200_000;
    uint256 private constant FEE = 1 gwei;
    uint64 private constant PRICE = 1 gwei;

    NexusOutbox private outbox;
    Spender private spender;

    function setUp() public override {
        super.setUp();
        outbox = new NexusOutbox(committees, address(gateway), PRICE);
        spender = new Spender(outbox);
        vm.fee(FEE);
    }

    function calls(
        bytes32 programId,
        uint64 nonce,
        uint256 count,
        bytes memory data
    ) private view returns (Call[] memory list) {
        list = new Call[](count);
        for (uint256 i = 0; i < count; ++i) list[i] = Call(programId, nonce + uint64(i), address(spender), GAS, data);
    }

    function encoded(Call[] memory list) private view returns (bytes memory) {
        bytes32[] memory digests = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            Call memory c = list[i];
            digests[i] = Digests.call(c.programId, c.nonce, c.target, c.gasLimit, c.data);
        }
        Header memory h = Header(1, keccak256("state"), keccak256(""), Digests.list(digests));
        return abi.encodeCall(outbox.execute, (CLOUD, EPOCH, h, list, sign(EPOCH, h)));
    }

    /// @dev Relays and answers what the relayer was paid.
    function relay(Call[] memory list) private returns (uint256 paid) {
        bytes memory data = encoded(list);
        uint256 before = RELAYER.balance;
        vm.prank(RELAYER);
        (bool done, ) = address(outbox).call(data);
        assertTrue(done, "relayed");
        paid = RELAYER.balance - before;
    }

    /// @dev Relays one call alone. @return paid to the relayer @return unspent as the event says
    function relayOne(uint64 nonce, bytes memory data) private returns (uint256 paid, uint256 unspent) {
        vm.recordLogs();
        paid = relay(calls(PROGRAM, nonce, 1, data));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != NexusOutbox.Executed.selector) continue;
            (, , unspent) = abi.decode(logs[i].data, (address, bool, uint256));
        }
    }

    function test_funding_adds_up_by_cloud_and_program_and_buys_a_call_at_least() public {
        vm.expectEmit();
        emit NexusOutbox.Funded(CLOUD, PROGRAM, address(this), 3 ether);
        outbox.fund{value: 3 ether}(CLOUD, PROGRAM);
        outbox.fund{value: 1 ether}(CLOUD, PROGRAM);
        outbox.fund{value: 2 ether}(keccak256("other cloud"), PROGRAM);
        assertEq(outbox.fundsOf(CLOUD, PROGRAM), 4 ether, "of this cloud's program");
        assertEq(outbox.fundsOf(keccak256("other cloud"), PROGRAM), 2 ether, "of the other cloud's");
        assertEq(address(outbox).balance, 6 ether, "balance");
        uint256 least = outbox.priceOf(0, 0);
        assertEq(least, uint256(PRICE) * (outbox.CALL_GAS() + outbox.MAKING_GAS()), "the least price");
        vm.expectRevert(abi.encodeWithSelector(NexusOutbox.OutboxTooLittleGiven.selector, least - 1, least));
        outbox.fund{value: least - 1}(CLOUD, PROGRAM);
        outbox.fund{value: least}(CLOUD, PROGRAM);
    }

    /// @dev The first call of a program makes its account; the longest data are copied twice.
    function test_the_price_is_the_most_that_a_call_may_cost_and_what_it_did_not_is_told() public {
        outbox.fund{value: 1 ether}(CLOUD, PROGRAM);
        bytes memory data = bytes.concat(abi.encodeCall(spender.burn, ()), new bytes(16_380));
        uint256 price = outbox.priceOf(GAS, data.length);
        assertEq(price, uint256(PRICE) * (160_000 + 40 * 16_384 + GAS), "price");
        (uint256 paid, uint256 unspent) = relayOne(0, data);
        assertEq(paid + unspent, price, "what it cost and what it did not");
        assertGe(unspent, uint256(PRICE) * 5_000, "the price has room for all gas, at a base fee as high as it allows");
        assertEq(outbox.fundsOf(CLOUD, PROGRAM), 1 ether - paid, "funds");
        vm.fee(10 * uint256(PRICE));
        (paid, unspent) = relayOne(1, data);
        assertEq(paid, price, "the price and no more at a dear block");
        assertEq(unspent, 0, "all spent");
        vm.fee(0);
        (paid, unspent) = relayOne(2, data);
        assertEq(paid, 0, "nothing at a free block");
        assertEq(unspent, price, "all unspent");
    }

    function test_where_calls_are_free_nobody_pays_and_no_gift_is_taken() public {
        outbox = new NexusOutbox(committees, address(gateway), 0);
        assertEq(outbox.priceOf(GAS, 100), 0, "price");
        vm.expectRevert(NexusOutbox.OutboxIsFree.selector);
        outbox.fund{value: 1 ether}(CLOUD, PROGRAM);
        (uint256 paid, uint256 unspent) = relayOne(0, abi.encodeCall(spender.nothing, ()));
        assertEq(paid + unspent, 0, "nothing");
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 1, "made");
    }

    function test_a_relayer_is_paid_what_the_call_used_whatever_becomes_of_it() public {
        outbox.fund{value: 1 ether}(CLOUD, PROGRAM);
        relay(calls(PROGRAM, 0, 1, abi.encodeCall(spender.nothing, ())));
        uint256 fixedPart = outbox.CALL_GAS() + 4 * outbox.DATA_BYTE_GAS();
        uint256 quiet = relay(calls(PROGRAM, 1, 1, abi.encodeCall(spender.nothing, ())));
        assertGe(quiet, fixedPart * FEE, "at least the fixed part");
        assertLe(quiet, (fixedPart + 60_000) * FEE, "and little more");
        uint256 failed = relay(calls(PROGRAM, 2, 1, abi.encodeCall(spender.no, ())));
        assertGe(failed, fixedPart * FEE, "a failure costs as well");
        uint256 burned = relay(calls(PROGRAM, 3, 1, abi.encodeCall(spender.burn, ())));
        assertGe(burned, (fixedPart + GAS) * FEE, "gas that was eaten");
        assertLe(burned, (fixedPart + GAS + 60_000) * FEE, "never more than the limit allows");
        vm.fee(3 * FEE);
        uint256 dear = relay(calls(PROGRAM, 4, 1, abi.encodeCall(spender.nothing, ())));
        assertGe(dear, 3 * fixedPart * FEE, "by the base fee of the block");
        assertEq(address(outbox).balance, outbox.fundsOf(CLOUD, PROGRAM), "what is left is the program's");
    }

    function test_a_program_pays_no_more_than_it_has_and_nothing_for_others() public {
        bytes32 rich = keccak256("rich");
        uint256 least = outbox.priceOf(0, 0);
        outbox.fund{value: least}(CLOUD, PROGRAM);
        outbox.fund{value: 1 ether}(CLOUD, rich);
        bytes memory nothing = abi.encodeCall(spender.nothing, ());
        assertEq(relay(calls(PROGRAM, 0, 2, nothing)), least, "all there was");
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 2, "both calls were made");
        assertEq(outbox.fundsOf(CLOUD, PROGRAM), 0, "spent");
        assertEq(outbox.fundsOf(CLOUD, rich), 1 ether, "not the other's");
        assertEq(relay(calls(PROGRAM, 2, 1, nothing)), 0, "without funds, for nothing");
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 3, "and made all the same");
    }

    function test_spent_nonces_are_not_paid_for_again() public {
        outbox.fund{value: 1 ether}(CLOUD, PROGRAM);
        Call[] memory list = calls(PROGRAM, 0, 2, abi.encodeCall(spender.nothing, ()));
        assertGe(relay(list), 1, "paid");
        assertEq(relay(list), 0, "once");
    }

    function test_what_a_call_funds_counts_for_it() public {
        vm.deal(address(spender), 1 ether);
        uint256 paid = relay(calls(PROGRAM, 0, 1, abi.encodeCall(spender.fund, (CLOUD, PROGRAM))));
        assertGe(paid, outbox.CALL_GAS() * FEE, "paid from it");
        assertEq(outbox.fundsOf(CLOUD, PROGRAM), 1 ether - paid, "the rest is kept");
        assertEq(address(outbox).balance, 1 ether - paid, "balance");
    }

    function test_the_payment_reenters_nothing_and_holds_up_nobody_else() public {
        outbox.fund{value: 1 ether}(CLOUD, PROGRAM);
        Relay relayer = new Relay(outbox);
        bytes memory nothing = abi.encodeCall(spender.nothing, ());
        bytes memory first = encoded(calls(PROGRAM, 0, 1, nothing));
        bytes memory second = encoded(calls(PROGRAM, 1, 1, nothing));
        (bool done, bytes memory why) = relayer.relay(first, "", true);
        assertTrue(!done && bytes4(why) == NexusOutbox.OutboxPaymentFailed.selector, "refused its own payment");
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 0, "nothing happened");
        (done, ) = relayer.relay(first, second, false);
        assertTrue(done && !relayer.reentered(), "no batch inside of another");
        assertEq(outbox.nonceOf(CLOUD, PROGRAM), 1, "only the first");
        assertEq(address(relayer).balance + outbox.fundsOf(CLOUD, PROGRAM), 1 ether, "nothing lost");
    }
}
