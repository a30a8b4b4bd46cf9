// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {NexusSubscriptions} from "../../../contracts/cloud/NexusSubscriptions.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {CloudTest} from "./CloudTest.sol";

contract NexusSubscriptionsTest is CloudTest {
    uint256 private constant RENT = 1 ether / 100;
    address private constant EMITTER = address(0xe);
    bytes32 private constant TOPIC = keccak256("Price(uint256)");

    NexusSubscriptions private subscriptions;

    function setUp() public override {
        super.setUp();
        subscriptions = new NexusSubscriptions(committees, IStaking(address(0)), RENT);
    }

    function subscribe(uint256 rent) private returns (bytes32) {
        return subscriptions.subscribe{value: rent}(CLOUD, PROGRAM, EMITTER, TOPIC);
    }

    function test_constructor_refuses_free_subscriptions() public {
        vm.expectRevert(NexusSubscriptions.SubscriptionsZeroRent.selector);
        new NexusSubscriptions(committees, IStaking(address(0)), 0);
    }

    function testFuzz_rent_buys_time(uint256 rent) public {
        rent = bound(rent, RENT, 365 * RENT);
        bytes32 id = subscriptions.idOf(address(this), CLOUD, PROGRAM, EMITTER, TOPIC);
        uint64 until = uint64(block.timestamp + (rent * 1 days) / RENT);
        vm.expectEmit();
        emit NexusSubscriptions.Subscribed(id, CLOUD, PROGRAM, address(this), EMITTER, TOPIC, until);
        vm.deal(address(this), rent);
        assertEq(subscribe(rent), id, "id");
        assertEq(subscriptions.paidUntil(id), until, "paid until");
        assertEq(subscriptions.accruedOf(CLOUD, EPOCH), rent, "earned by the committee in office");
        assertEq(address(subscriptions).balance, rent, "escrow");
    }

    function test_extend_adds_to_what_is_left_or_starts_again() public {
        bytes32 id = subscribe(2 * RENT);
        uint64 until = subscriptions.paidUntil(id);
        vm.deal(address(0xabc), RENT);
        vm.expectEmit();
        emit NexusSubscriptions.Extended(id, CLOUD, until + 1 days);
        vm.prank(address(0xabc));
        subscriptions.extend{value: RENT}(address(this), CLOUD, PROGRAM, EMITTER, TOPIC);

        vm.warp(until + 10 days);
        subscriptions.extend{value: RENT}(address(this), CLOUD, PROGRAM, EMITTER, TOPIC);
        assertEq(subscriptions.paidUntil(id), block.timestamp + 1 days, "time without rent is not made up for");
        subscribe(RENT);
        assertEq(subscriptions.paidUntil(id), block.timestamp + 2 days, "subscribing again extends");
    }

    /// @dev Nobody listens for a committee whose time ran out, so no rent is taken for it.
    function test_no_rent_is_taken_where_no_committee_is_in_office() public {
        bytes32 id = subscribe(RENT);
        uint64 until = subscriptions.paidUntil(id);
        vm.warp(block.timestamp + 60 days);
        bytes memory why = abi.encodeWithSelector(NexusSubscriptions.SubscriptionsNoCommittee.selector, CLOUD);
        vm.expectRevert(why);
        subscribe(RENT);
        vm.expectRevert(why);
        subscriptions.extend{value: RENT}(address(this), CLOUD, PROGRAM, EMITTER, TOPIC);
        assertEq(subscriptions.paidUntil(id), until, "as before");
        assertEq(address(subscriptions).balance, RENT, "nothing taken");
    }

    function test_cancel_is_the_owners_and_final() public {
        bytes32 id = subscribe(RENT);
        bytes32 strangers = subscriptions.idOf(address(0xabc), CLOUD, PROGRAM, EMITTER, TOPIC);
        vm.prank(address(0xabc));
        vm.expectRevert(abi.encodeWithSelector(NexusSubscriptions.SubscriptionsUnknown.selector, strangers));
        subscriptions.cancel(CLOUD, PROGRAM, EMITTER, TOPIC);

        vm.expectEmit();
        emit NexusSubscriptions.Cancelled(id, CLOUD);
        subscriptions.cancel(CLOUD, PROGRAM, EMITTER, TOPIC);
        assertEq(subscriptions.paidUntil(id), 0, "ended");
        assertEq(subscriptions.accruedOf(CLOUD, EPOCH), RENT, "rent stays earned");
        vm.expectRevert(abi.encodeWithSelector(NexusSubscriptions.SubscriptionsUnknown.selector, id));
        subscriptions.cancel(CLOUD, PROGRAM, EMITTER, TOPIC);
        vm.expectRevert(abi.encodeWithSelector(NexusSubscriptions.SubscriptionsUnknown.selector, id));
        subscriptions.extend{value: RENT}(address(this), CLOUD, PROGRAM, EMITTER, TOPIC);
    }

    function test_refuses_bad_values() public {
        vm.expectRevert(NexusSubscriptions.SubscriptionsZeroEmitter.selector);
        subscriptions.subscribe{value: RENT}(CLOUD, PROGRAM, address(0), TOPIC);
        vm.expectRevert(NexusSubscriptions.SubscriptionsZeroTopic.selector);
        subscriptions.subscribe{value: RENT}(CLOUD, PROGRAM, EMITTER, 0);
        vm.expectRevert(abi.encodeWithSelector(NexusSubscriptions.SubscriptionsNoCommittee.selector, bytes32(0)));
        subscriptions.subscribe{value: RENT}(0, PROGRAM, EMITTER, TOPIC);
        vm.expectRevert(abi.encodeWithSelector(NexusSubscriptions.SubscriptionsRentTooLow.selector, RENT - 1, RENT));
        subscribe(RENT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                NexusSubscriptions.SubscriptionsTooFarAhead.selector,
                block.timestamp + 366 days,
                block.timestamp + 365 days
            )
        );
        subscribe(366 * RENT);
    }

    function test_rent_goes_to_the_committee() public {
        subscribe(RENT + 3);
        subscriptions.distribute(CLOUD, EPOCH);
        assertEq(subscriptions.creditOf(members[3]), RENT / 4, "share");
        vm.prank(members[3]);
        subscriptions.withdraw(members[3]);
        assertEq(members[3].balance, RENT / 4, "paid");
        assertEq(address(subscriptions).balance, (RENT / 4) * 3 + 3, "the others' and the remainder");
    }
}
