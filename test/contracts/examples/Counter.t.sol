// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Answer, INexusGateway} from "../../../contracts/cloud/INexusGateway.sol";
import {NexusConsumer} from "../../../contracts/cloud/NexusConsumer.sol";
import {Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {Counter} from "../../../contracts/examples/Counter.sol";
import {CloudTest} from "../cloud/CloudTest.sol";

contract CounterTest is CloudTest {
    Counter private counter;
    address private constant PAYER = address(0xca11e4);

    function setUp() public override {
        super.setUp();
        counter = new Counter(gateway, CLOUD, PROGRAM);
        vm.deal(PAYER, 1 ether);
    }

    function add(uint256 amount) private returns (Request memory r) {
        uint96 fee = uint96(counter.fee());
        r = describe(address(counter), fee, 80_000);
        r.inputHash = keccak256(abi.encode(amount));
        vm.prank(PAYER);
        assertEq(counter.add{value: fee}(amount), idOf(r), "id");
    }

    function answer(Request memory r, Outcome outcome, bytes memory output, bool delivered) private {
        Answer[] memory list = new Answer[](1);
        list[0] = Answer(r, outcome, output);
        vm.expectEmit();
        emit INexusGateway.Fulfilled(idOf(r), CLOUD, address(counter), outcome, delivered, output);
        fulfil(list);
    }

    function test_refuses_a_gateway_without_code() public {
        vm.expectRevert(abi.encodeWithSelector(NexusConsumer.ConsumerNotAContract.selector, address(7)));
        new Counter(INexusGateway(address(7)), CLOUD, PROGRAM);
    }

    function test_counts_and_ignores_late_answers() public {
        Request memory first = add(3);
        Request memory second = add(4);
        answer(second, Outcome.Success, abi.encode(7), true);
        assertEq(counter.count(), 7, "count");
        answer(first, Outcome.Success, abi.encode(3), true);
        assertEq(counter.count(), 7, "an older sum does not count back");
    }

    function test_a_failed_or_malformed_answer_changes_nothing() public {
        answer(add(3), Outcome.Trapped, abi.encode(9), true);
        answer(add(3), Outcome.Success, "seven", true);
        assertEq(counter.count(), 0, "count");
    }

    function test_refuses_answers_from_others_and_stray_ether() public {
        Request memory r = add(3);
        vm.expectRevert(abi.encodeWithSelector(NexusConsumer.ConsumerNotGateway.selector, address(this)));
        counter.onNexusResult(idOf(r), Outcome.Success, abi.encode(1000));
        (bool taken, ) = address(counter).call{value: 1}("");
        assertTrue(!taken, "stray ether");
    }

    function test_timeout_pays_the_fee_back_once_whoever_refunds() public {
        Request memory r = add(3);
        Request memory other = add(4);
        vm.expectRevert(
            abi.encodeWithSelector(INexusGateway.GatewayNotExpired.selector, idOf(r), r.deadline, block.timestamp)
        );
        counter.reclaim(r);
        vm.warp(r.deadline);
        counter.reclaim(r);
        gateway.refund(other); // by a stranger, past the counter
        counter.reclaim(other);
        assertEq(PAYER.balance, 1 ether, "all back");
        assertEq(address(counter).balance, 0, "nothing kept");
        bytes32 id = idOf(r);
        vm.expectRevert(abi.encodeWithSelector(Counter.CounterNothingToReclaim.selector, id));
        counter.reclaim(r);
    }

    function test_nothing_to_reclaim_after_an_answer() public {
        Request memory r = add(3);
        answer(r, Outcome.Success, abi.encode(3), true);
        vm.warp(r.deadline);
        bytes32 id = idOf(r);
        vm.expectRevert(abi.encodeWithSelector(NexusConsumer.ConsumerNotRefundable.selector, id));
        counter.reclaim(r);
        Request memory foreign = ask(1000);
        vm.expectRevert(abi.encodeWithSelector(NexusConsumer.ConsumerForeignRequest.selector, address(this)));
        counter.reclaim(foreign);
    }
}
