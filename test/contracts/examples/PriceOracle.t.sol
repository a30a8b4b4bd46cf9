// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Answer} from "../../../contracts/cloud/INexusGateway.sol";
import {Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {PriceOracle} from "../../../contracts/examples/PriceOracle.sol";
import {CloudTest} from "../cloud/CloudTest.sol";

contract PriceOracleTest is CloudTest {
    PriceOracle private oracle;

    function setUp() public override {
        super.setUp();
        oracle = new PriceOracle(gateway, CLOUD, PROGRAM, address(0xfeed), 1800);
        vm.deal(address(oracle), 1 ether);
    }

    function refresh() private returns (Request memory r) {
        r = describe(address(oracle), uint96(gateway.quote(CLOUD, 100_000)), 100_000);
        r.inputHash = keccak256(abi.encode(address(0xfeed), uint64(1800)));
        assertEq(oracle.refresh(), idOf(r), "id");
    }

    function answer(Request memory r, uint256 price, uint256 asOf) private {
        Answer[] memory list = new Answer[](1);
        list[0] = Answer(r, Outcome.Success, abi.encode(price, asOf));
        fulfil(list);
    }

    function test_gives_a_fresh_price_and_no_other() public {
        uint64 now_ = uint64(block.timestamp);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleNoFreshPrice.selector, uint64(0), now_));
        oracle.price();
        answer(refresh(), 42, now_ - 60);
        (uint256 average, uint64 asOf) = oracle.price();
        assertEq(average, 42, "price");
        assertEq(asOf, now_ - 60, "time");
        vm.warp(asOf + 1 hours);
        oracle.price();
        vm.warp(asOf + 1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleNoFreshPrice.selector, asOf, asOf + 1 hours + 1));
        oracle.price();
    }

    function test_older_and_future_prices_are_rejected() public {
        uint256 start = block.timestamp;
        Request memory first = refresh();
        vm.warp(start + 5 minutes);
        Request memory second = refresh();
        answer(second, 42, start + 200);
        answer(first, 41, start - 10);
        vm.warp(start + 10 minutes);
        answer(refresh(), 43, start + 10 minutes + 1);
        (uint256 average, ) = oracle.price();
        assertEq(average, 42, "the newest real one");
    }

    function test_spends_no_faster_than_the_interval() public {
        refresh();
        uint256 earliest = block.timestamp + 5 minutes;
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleTooSoon.selector, block.timestamp, earliest));
        oracle.refresh();
        vm.warp(earliest);
        vm.deal(address(oracle), 5);
        uint256 fee = gateway.quote(CLOUD, 100_000);
        vm.expectRevert(abi.encodeWithSelector(PriceOracle.OracleBalanceTooLow.selector, uint256(5), fee));
        oracle.refresh();
    }

    function test_timeout_refills_the_purse() public {
        Request memory r = refresh();
        vm.warp(r.deadline);
        oracle.reclaim(r);
        assertEq(address(oracle).balance, 1 ether, "the fee is back");
    }
}
