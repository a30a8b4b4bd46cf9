// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {ICommitteeFees} from "../../../contracts/cloud/ICommitteeFees.sol";
import {Answer, INexusGateway, RunLimits, Status} from "../../../contracts/cloud/INexusGateway.sol";
import {NexusGateway} from "../../../contracts/cloud/NexusGateway.sol";
import {Digests, Header, Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {ICommittees, Prices} from "../../../contracts/committee/ICommittees.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {CloudTest} from "./CloudTest.sol";

contract StakingSink {
    uint256 public received;
    uint256 public size;

    function addRewards(address[] calldata operators) external payable {
        received += msg.value;
        size = operators.length;
    }
}

contract NexusGatewayTest is CloudTest {
    // ---------------------------------------------------------------- constructor

    function test_constructor_refuses_bad_values() public {
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayBadRelayerShare.selector, 10_001));
        new NexusGateway(committees, IStaking(address(0)), 10_001, 10_000, 0);
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayBadCallbackPrice.selector, 10_001));
        new NexusGateway(committees, IStaking(address(0)), 10_000, 10_001, 0);
        vm.expectRevert(abi.encodeWithSelector(ICommitteeFees.FeesNotAContract.selector, address(7)));
        new NexusGateway(ICommittees(address(7)), IStaking(address(0)), 0, 10_000, 0);
    }

    // ---------------------------------------------------------------- requests

    function test_request_opens_and_announces_everything() public {
        Request memory r = describe(address(this), 1234, 5);
        bytes32 id = idOf(r);
        vm.expectEmit();
        emit INexusGateway.Requested(id, CLOUD, address(this), r, "input");
        bytes32 got = gateway.request{value: 1234}(CLOUD, PROGRAM, "input", 5, r.deadline, limits());
        assertEq(got, id, "id");
        assertEq(gateway.requestIdOf(r), id, "requestIdOf");
        assertTrue(gateway.statusOf(id) == Status.Open, "open");
        assertEq(gateway.nonceOf(address(this)), 1, "nonce");
        assertEq(address(gateway).balance, 1234, "escrow");
    }

    function test_request_bounds() public {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        bytes memory longest = new bytes(65_536);
        gateway.request{value: 1000}(CLOUD, PROGRAM, longest, 0, deadline, limits());
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayInputTooLong.selector, 65_537, 65_536));
        gateway.request{value: 1000}(CLOUD, PROGRAM, new bytes(65_537), 0, deadline, limits());

        uint256 dear = gateway.quote(CLOUD, 0, 5_000_000, limits());
        gateway.request{value: dear}(CLOUD, PROGRAM, "", 5_000_000, deadline, limits());
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayCallbackGasTooHigh.selector, 5_000_001, 5_000_000));
        gateway.request{value: 1 ether}(CLOUD, PROGRAM, "", 5_000_001, deadline, limits());

        RunLimits memory widest = RunLimits(type(uint64).max, 65_536);
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, deadline, widest);
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayOutputTooLong.selector, 65_537, 65_536));
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, deadline, RunLimits(0, 65_537));

        uint40 earliest = uint40(block.timestamp + 1 minutes);
        uint40 latest = uint40(block.timestamp + 30 days);
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, earliest, limits());
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, latest, limits());
        bytes4 bad = INexusGateway.GatewayBadDeadline.selector;
        vm.expectRevert(abi.encodeWithSelector(bad, earliest - 1, earliest, latest));
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, earliest - 1, limits());
        vm.expectRevert(abi.encodeWithSelector(bad, latest + 1, earliest, latest));
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, latest + 1, limits());
    }

    function test_request_refuses_unknown_cloud_and_wrong_fees() public {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        bytes32 nowhere = keccak256("nowhere");
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayNoCommittee.selector, nowhere));
        gateway.request{value: 1000}(nowhere, PROGRAM, "", 0, deadline, limits());
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayFeeTooLow.selector, 999, 1000));
        gateway.request{value: 999}(CLOUD, PROGRAM, "", 0, deadline, limits());

        uint256 tooMuch = uint256(type(uint96).max) + 1;
        vm.deal(address(this), tooMuch);
        vm.expectRevert(
            abi.encodeWithSelector(INexusGateway.GatewayFeeTooHigh.selector, tooMuch, uint256(type(uint96).max))
        );
        gateway.request{value: tooMuch}(CLOUD, PROGRAM, "", 0, deadline, limits());
    }

    /// @dev A committee whose time ran out answers nobody, so it takes nobody's money.
    function test_request_refuses_a_cloud_without_a_committee_in_office() public {
        uint40 deadline = uint40(block.timestamp + 60 days + 1 hours);
        vm.warp(block.timestamp + 60 days - 1);
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, deadline, limits());
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayNoCommittee.selector, CLOUD));
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, deadline, limits());
        committees.activate(CLOUD, BASE_FEE, members, uint64(block.timestamp + 1 days));
        gateway.request{value: 1000}(CLOUD, PROGRAM, "", 0, deadline, limits());
    }

    function testFuzz_quote(
        Prices memory prices,
        uint256 inputLength,
        uint32 callbackGas,
        RunLimits memory taken,
        uint16 bps,
        uint64 gasPrice
    ) public {
        inputLength = bound(inputLength, 0, 65_536);
        bps = uint16(bound(bps, 0, 10_000));
        NexusGateway cheap = new NexusGateway(committees, IStaking(address(0)), 0, bps, CLOUD);
        committees.setPrices(CLOUD, prices);
        vm.fee(gasPrice);
        uint256 work =
            uint256(prices.perRequest) +
                uint256(prices.perFuel) * taken.fuel +
                uint256(prices.perByte) * (inputLength + taken.outputBytes);
        uint256 gas_ = 60_000 + 40 * uint256(taken.outputBytes) + callbackGas;
        uint256 gasFee = (gas_ * gasPrice * bps) / 10_000;
        assertEq(cheap.quote(CLOUD, inputLength, callbackGas, taken), work + gasFee, "quote");
        assertEq(cheap.defaultCloud(), CLOUD, "default");
    }

    /// @dev Whatever makes work costs: one wei less than the quote is refused, the quote is not.
    function testFuzz_request_refuses_less_than_the_quote(Prices memory prices, uint64 fuel, uint16 output) public {
        prices = Prices(prices.perRequest % 1e16, prices.perFuel % 1e8, prices.perByte % 1e12);
        RunLimits memory taken = RunLimits(uint64(bound(fuel, 1, 1e10)), output);
        committees.setPrices(CLOUD, prices);
        uint256 needed = gateway.quote(CLOUD, 5, 100_000, taken);
        uint40 deadline = uint40(block.timestamp + 1 hours);
        if (needed != 0) {
            vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayFeeTooLow.selector, needed - 1, needed));
            gateway.request{value: needed - 1}(CLOUD, PROGRAM, "input", 100_000, deadline, taken);
        }
        Request memory r = describe(address(this), uint96(needed), 100_000);
        (r.fuelLimit, r.outputLimit) = (taken.fuel, taken.outputBytes);
        bytes32 id = gateway.request{value: needed}(CLOUD, PROGRAM, "input", 100_000, deadline, taken);
        assertEq(id, idOf(r), "what it may take is part of the id");
    }

    function test_two_equal_requests_have_two_ids() public {
        bytes32 first = idOf(ask(1000));
        assertTrue(first != idOf(ask(1000)), "ids differ");
    }

    function test_refuses_stray_ether() public {
        (bool taken, ) = address(gateway).call{value: 1}("");
        assertTrue(!taken, "plain ether");
        (taken, ) = address(gateway).call{value: 1}(abi.encodeCall(gateway.withdraw, (address(this))));
        assertTrue(!taken, "ether with a call that takes none");
    }

    // ---------------------------------------------------------------- answers

    function testFuzz_fulfil_splits_fee(uint96 fee, uint8 outcome, bytes calldata output) public {
        fee = uint96(bound(fee, BASE_FEE, 1 ether));
        Request memory r = ask(fee);
        Answer[] memory list = answers(r);
        list[0].outcome = Outcome(outcome % 6);
        list[0].output = output;
        Header memory h = headerFor(list);
        uint256 relayerFee = (uint256(fee) * RELAYER_BPS) / 10_000;
        vm.expectEmit();
        emit INexusGateway.Settled(CLOUD, EPOCH, 1, RELAYER, relayerFee, fee - relayerFee);
        vm.expectEmit();
        emit INexusGateway.Fulfilled(idOf(r), CLOUD, address(this), list[0].outcome, false, output);
        bytes memory signature = sign(EPOCH, h);
        vm.prank(RELAYER);
        gateway.fulfil(CLOUD, EPOCH, h, list, signature);

        assertTrue(gateway.statusOf(idOf(r)) == Status.Closed, "closed");
        assertEq(gateway.creditOf(RELAYER), relayerFee, "relayer");
        assertEq(gateway.accruedOf(CLOUD, EPOCH), fee - relayerFee, "committee");
    }

    /// @dev A relayer that spends all of a callback's gas loses nothing by it, or it would leave the whole batch alone.
    function testFuzz_the_relayer_is_paid_the_callbacks_gas_first(
        uint32 callbackGas,
        uint64 asked,
        uint64 now_
    ) public {
        callbackGas = uint32(bound(callbackGas, 1, 100_000));
        (asked, now_) = (uint64(bound(asked, 1, 1e12)), uint64(bound(now_, 1, 1e12)));
        vm.fee(asked);
        committees.setPrices(CLOUD, Prices(uint96(BASE_FEE), 7, 0));
        Request memory r = describe(address(this), uint96(gateway.quote(CLOUD, 5, callbackGas, limits())), callbackGas);
        gateway.request{value: r.fee}(CLOUD, PROGRAM, "input", callbackGas, r.deadline, limits());
        vm.fee(now_);
        fulfil(answers(r));

        // Never more than was paid above the cloud's own prices, of which the committee has all but the relayer's share; and
        // for the output that was made ("output"), not for what could have been.
        uint256 paid = (60_000 + 40 * uint256(OUTPUT) + callbackGas) * asked;
        uint256 spent = (60_000 + 40 * 6 + uint256(callbackGas)) * now_;
        uint256 gasFee = spent < paid ? spent : paid;
        uint256 rest = r.fee - gasFee;
        assertEq(gateway.creditOf(RELAYER), gasFee + (rest * RELAYER_BPS) / 10_000, "relayer");
        assertEq(gateway.accruedOf(CLOUD, EPOCH), rest - (rest * RELAYER_BPS) / 10_000, "committee");
    }

    function test_fulfil_skips_what_is_not_open_and_does_the_rest() public {
        Request memory done = ask(1000);
        Request memory refunded = ask(2000);
        fulfil(answers(done));
        vm.warp(refunded.deadline);
        gateway.refund(refunded);
        Request memory late = ask(4000);
        vm.warp(late.deadline);
        Request memory fresh = ask(8000);
        Request memory never = describe(address(99), 16_000, 0);

        Answer[] memory list = new Answer[](6);
        list[0] = Answer(done, Outcome.Success, "again");
        list[1] = Answer(refunded, Outcome.Success, "");
        list[2] = Answer(late, Outcome.Success, "");
        list[3] = Answer(never, Outcome.Success, "");
        list[4] = Answer(fresh, Outcome.Success, "first");
        list[5] = Answer(fresh, Outcome.Success, "second");
        uint256 before = gateway.creditOf(RELAYER);
        for (uint256 i = 0; i < 6; ++i) {
            if (i == 4) continue;
            vm.expectEmit();
            emit INexusGateway.Skipped(idOf(list[i].request), i == 2);
        }
        vm.expectEmit();
        emit INexusGateway.Settled(CLOUD, EPOCH, 1, RELAYER, 2000, 6000);
        vm.expectEmit();
        emit INexusGateway.Fulfilled(idOf(fresh), CLOUD, address(this), Outcome.Success, false, "first");
        fulfil(list);
        assertEq(gateway.creditOf(RELAYER) - before, 2000, "only the fresh one paid");
        assertTrue(gateway.statusOf(idOf(late)) == Status.Open, "late stays refundable");
        gateway.refund(late);
    }

    function test_fulfil_accepts_the_last_second_and_not_the_deadline() public {
        Request memory r = ask(1000);
        vm.warp(r.deadline - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                INexusGateway.GatewayNotExpired.selector,
                idOf(r),
                r.deadline,
                uint256(r.deadline) - 1
            )
        );
        gateway.refund(r);
        fulfil(answers(r));
        assertTrue(gateway.statusOf(idOf(r)) == Status.Closed, "answered in the last second");
    }

    function test_fulfil_refuses_results_not_signed() public {
        Answer[] memory list = answers(ask(1000));
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        bytes32 signed = h.resultsHash;
        list[0].output = "forged";
        bytes32 forged = headerFor(list).resultsHash;
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayWrongResults.selector, forged, signed));
        gateway.fulfil(CLOUD, EPOCH, h, list, signature);

        h.resultsHash = forged;
        bytes32 digest = Digests.header(address(gateway), CLOUD, EPOCH, h);
        vm.expectRevert(
            abi.encodeWithSelector(ICommittees.CommitteesBadSignature.selector, CLOUD, uint64(EPOCH), digest)
        );
        gateway.fulfil(CLOUD, EPOCH, h, list, signature);
    }

    function test_fulfil_refuses_an_incomplete_or_reordered_list() public {
        Answer[] memory list = new Answer[](2);
        list[0] = answers(ask(1000))[0];
        list[1] = answers(ask(1000))[0];
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        bytes4 wrong = INexusGateway.GatewayWrongResults.selector;
        (list[0], list[1]) = (list[1], list[0]);
        assertRefused(address(gateway), _call(EPOCH, h, list, signature), wrong, "reordered");
        Answer[] memory one = new Answer[](1);
        one[0] = list[1];
        assertRefused(address(gateway), _call(EPOCH, h, one, signature), wrong, "incomplete");
        assertRefused(address(gateway), _call(EPOCH, h, new Answer[](0), signature), wrong, "empty");
    }

    function test_fulfil_refuses_requests_of_other_clouds() public {
        Request memory r = ask(1000);
        bytes32 other = keccak256("other cloud");
        committees.activate(other, 0, members, type(uint64).max);
        Answer[] memory list = answers(r);
        Header memory h = headerFor(list);
        bytes memory signature = committees.sign(other, 1, Digests.header(address(gateway), other, 1, h));
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayForeignRequest.selector, idOf(r), CLOUD, other));
        gateway.fulfil(other, 1, h, list, signature);
    }

    function test_fulfil_refuses_replay_under_other_epoch_chain_and_gateway() public {
        Answer[] memory list = answers(ask(1000));
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        bytes memory call = _call(EPOCH, h, list, signature);
        bytes4 wrong = INexusGateway.GatewayWrongResults.selector;

        committees.activate(CLOUD, BASE_FEE, members, type(uint64).max);
        bytes4 bad = ICommittees.CommitteesBadSignature.selector;
        assertRefused(address(gateway), _call(2, h, list, signature), bad, "other epoch");

        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        assertRefused(address(gateway), call, wrong, "other chain");
        vm.chainId(chain);
        NexusGateway twin = new NexusGateway(committees, IStaking(address(0)), RELAYER_BPS, 10_000, 0);
        assertRefused(address(twin), call, wrong, "other gateway");

        vm.warp(block.timestamp + 60 days);
        bytes4 stale = ICommittees.CommitteesEpochNotValid.selector;
        assertRefused(address(gateway), call, stale, "stale epoch");
    }

    /// @dev With no answers the results are the same everywhere, so it is the digest that must tell them apart.
    function test_an_empty_batch_is_bound_to_its_chain_and_gateway_too() public {
        Answer[] memory none = new Answer[](0);
        Header memory h = headerFor(none);
        bytes memory call = _call(EPOCH, h, none, sign(EPOCH, h));
        bytes4 bad = ICommittees.CommitteesBadSignature.selector;
        NexusGateway twin = new NexusGateway(committees, IStaking(address(0)), RELAYER_BPS, 10_000, 0);
        assertRefused(address(twin), call, bad, "other gateway");
        vm.chainId(block.chainid + 1);
        assertRefused(address(gateway), call, bad, "other chain");
    }

    function _call(
        uint64 epoch,
        Header memory h,
        Answer[] memory list,
        bytes memory signature
    ) private view returns (bytes memory) {
        return abi.encodeCall(gateway.fulfil, (CLOUD, epoch, h, list, signature));
    }

    function testFuzz_a_changed_request_is_another_request(uint256 seed) public {
        Request memory r = ask(1000);
        bytes32 id = idOf(r);
        if (seed % 8 == 0) r.fee += uint96(bound(seed, 1, 1e18));
        else if (seed % 8 == 1) r.requester = address(uint160(uint256(keccak256(abi.encode(seed)))));
        else if (seed % 8 == 2) r.deadline -= uint40(bound(seed, 1, 1 hours));
        else if (seed % 8 == 3) r.nonce += uint64(bound(seed, 1, 1e9));
        else if (seed % 8 == 4) r.callbackGas += uint32(bound(seed, 1, 1e6));
        else if (seed % 8 == 5) r.fuelLimit += uint64(bound(seed, 1, 1e9));
        else if (seed % 8 == 6) r.outputLimit += uint32(bound(seed, 1, 1e4));
        else r.programId = keccak256(abi.encode(seed));
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayNotOpen.selector, idOf(r)));
        gateway.refund(r);
        fulfil(answers(r));
        assertTrue(gateway.statusOf(id) == Status.Open, "the real one is untouched");
        assertEq(gateway.creditOf(RELAYER), 0, "nothing earned");
    }

    // ---------------------------------------------------------------- money out

    function test_refund_once_and_never_after_an_answer() public {
        Request memory r = ask(1500);
        Request memory answered = ask(1000);
        fulfil(answers(answered));
        vm.warp(r.deadline);
        vm.expectEmit();
        emit INexusGateway.Refunded(idOf(r), address(this), 1500);
        vm.prank(address(0xabc));
        gateway.refund(r);
        assertEq(gateway.creditOf(address(this)), 1500, "credit");
        assertTrue(gateway.statusOf(idOf(r)) == Status.Refunded, "refunded");
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayNotOpen.selector, idOf(r)));
        gateway.refund(r);
        vm.expectRevert(abi.encodeWithSelector(INexusGateway.GatewayNotOpen.selector, idOf(answered)));
        gateway.refund(answered);
    }

    function test_withdraw() public {
        fulfil(answers(ask(1000)));
        vm.expectRevert(abi.encodeWithSelector(ICommitteeFees.FeesNoCredit.selector, address(this)));
        gateway.withdraw(address(this));
        vm.prank(RELAYER);
        vm.expectRevert(ICommitteeFees.FeesZeroRecipient.selector);
        gateway.withdraw(address(0));
        // The gateway itself takes no ether: the credit survives a transfer that fails.
        vm.prank(RELAYER);
        vm.expectRevert(
            abi.encodeWithSelector(ICommitteeFees.FeesTransferFailed.selector, address(gateway), uint256(250))
        );
        gateway.withdraw(address(gateway));
        vm.expectEmit();
        emit ICommitteeFees.Withdrawn(RELAYER, address(0xf00d), 250);
        vm.prank(RELAYER);
        gateway.withdraw(address(0xf00d));
        assertEq(address(0xf00d).balance, 250, "paid");
        assertEq(gateway.creditOf(RELAYER), 0, "spent");
    }

    function testFuzz_distribute_to_credits(uint96 fee) public {
        fee = uint96(bound(fee, BASE_FEE, 1 ether));
        fulfil(answers(ask(fee)));
        uint256 earned = gateway.accruedOf(CLOUD, EPOCH);
        vm.expectEmit();
        emit ICommitteeFees.Distributed(CLOUD, EPOCH, 4, earned / 4);
        gateway.distribute(CLOUD, EPOCH);
        for (uint256 i = 0; i < 4; ++i) assertEq(gateway.creditOf(members[i]), earned / 4, "share");
        assertEq(gateway.accruedOf(CLOUD, EPOCH), earned % 4, "remainder");
        vm.expectRevert(
            abi.encodeWithSelector(
                ICommitteeFees.FeesNothingToDistribute.selector,
                CLOUD,
                uint64(EPOCH),
                earned % 4,
                uint256(4)
            )
        );
        gateway.distribute(CLOUD, EPOCH);
    }

    function test_distribute_refuses_unknown_epochs() public {
        vm.expectRevert(abi.encodeWithSelector(ICommittees.CommitteesUnknownEpoch.selector, CLOUD, uint64(2)));
        gateway.distribute(CLOUD, 2);
    }

    function test_distribute_to_staking() public {
        StakingSink sink = new StakingSink();
        gateway = new NexusGateway(committees, IStaking(address(sink)), 1, 10_000, 0);
        fulfil(answers(ask(10_003)));
        gateway.distribute(CLOUD, EPOCH);
        assertEq(sink.received(), 10_000, "rewards");
        assertEq(sink.size(), 4, "operators");
        assertEq(gateway.accruedOf(CLOUD, EPOCH), 2, "remainder");
        assertEq(gateway.creditOf(members[0]), 0, "no credit beside");
        assertEq(address(gateway).balance, 3, "relayer's wei and the remainder");
    }
}
