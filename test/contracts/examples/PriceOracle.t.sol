// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Answer} from "../../../contracts/cloud/INexusGateway.sol";
import {NexusConsumer} from "../../../contracts/cloud/NexusConsumer.sol";
import {NexusGateway} from "../../../contracts/cloud/NexusGateway.sol";
import {Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {PriceOracle} from "../../../contracts/examples/PriceOracle.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {CloudTest} from "../cloud/CloudTest.sol";

contract PriceOracleTest is CloudTest {
    address private constant STRANGER = address(0x57a);

    PriceOracle private oracle;

    function setUp() public override {
        super.setUp();
        oracle = new PriceOracle(gateway);
        vm.deal(address(oracle), 1 ether);
        vm.deal(STRANGER, 1 ether);
        vm.fee(10);
    }

    function fee() private view returns (uint256) {
        return gateway.quote(CLOUD, 64, 100_000, limits());
    }

    function refresh(uint256 value) private returns (Request memory r) {
        r = describe(address(oracle), uint96(fee()), 100_000);
        r.programId = oracle.TWAP();
        r.inputHash = keccak256(abi.encode(address(oracle), uint64(1800)));
        vm.prank(STRANGER);
        assertEq(oracle.refresh{value: value}(), idOf(r), "id");
    }

    function answer(Request memory r, uint256 average, uint256 asOf) private {
        Answer[] memory list = new Answer[](1);
        list[0] = Answer(r, Outcome.Success, abi.encode(average, asOf));
        fulfil(list);
    }

    function test_only_its_deployer_reports_and_no_more_than_the_program_takes() public {
        uint256 highest = type(uint96).max;
        vm.expectEmit();
        emit PriceOracle.PriceChanged(highest);
        oracle.report(highest);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OraclePriceTooHigh.selector, highest + 1, highest));
        oracle.report(highest + 1);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleNotReporter.selector, STRANGER));
        vm.prank(STRANGER);
        oracle.report(1);
    }

    function test_gives_a_fresh_price_and_no_other() public {
        uint64 now_ = uint64(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleNoFreshPrice.selector, uint64(0), now_));
        oracle.price();
        answer(refresh(0), 42, now_ - 60);
        assertEq(oracle.price(), 42, "price");
        vm.warp(now_ - 60 + 1 hours);
        oracle.price();
        vm.warp(now_ - 60 + 1 hours + 1);
        bytes4 stale = PriceOracle.OracleNoFreshPrice.selector;
        vm.expectRevert(abi.encodeWithSelector(stale, now_ - 60, now_ - 60 + 1 hours + 1));
        oracle.price();
    }

    function test_older_and_future_prices_are_rejected() public {
        uint256 start = block.timestamp;
        Request memory first = refresh(0);
        vm.warp(start + 5 minutes);
        Request memory second = refresh(0);
        answer(second, 42, start + 200);
        answer(first, 41, start - 10);
        vm.warp(start + 10 minutes);
        answer(refresh(0), 43, start + 10 minutes + 1);
        assertEq(oracle.price(), 42, "the newest real one");
    }

    function test_strangers_spend_the_purse_no_faster_than_the_interval() public {
        uint256 due = fee();
        refresh(due - 1);
        assertEq(address(oracle).balance, 1 ether - 1, "the purse paid the rest");
        uint256 earliest = block.timestamp + 5 minutes;
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleTooSoon.selector, block.timestamp, earliest));
        oracle.refresh();
        vm.warp(earliest);
        vm.deal(address(oracle), 5);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleBalanceTooLow.selector, uint256(5), due));
        oracle.refresh();
    }

    function test_whoever_pays_may_refresh_at_any_time() public {
        refresh(0);
        uint256 purse = address(oracle).balance;
        refresh(fee());
        refresh(fee() + 7);
        assertEq(address(oracle).balance, purse + 7, "what was too much stays");
    }

    function test_costs_nothing_and_waits_for_nothing_where_requests_are_free() public {
        committees.activate(keccak256("free"), 0, members, uint64(block.timestamp + 1 days));
        oracle = new PriceOracle(new NexusGateway(committees, IStaking(address(0)), 0, 0, keccak256("free")));
        oracle.refresh();
        oracle.refresh();
        assertEq(address(oracle.gateway()).balance, 0, "free");
    }

    function test_needs_a_default_cloud() public {
        NexusGateway none = new NexusGateway(committees, IStaking(address(0)), 0, 0, 0);
        oracle = new PriceOracle(none);
        vm.expectRevert(abi.encodeWithSelector(NexusConsumer.ConsumerNoDefaultCloud.selector, address(none)));
        oracle.refresh();
    }

    function test_timeout_refills_the_purse() public {
        Request memory r = refresh(0);
        vm.warp(r.deadline);
        oracle.reclaim(r);
        assertEq(address(oracle).balance, 1 ether, "the fee is back");
    }
}
