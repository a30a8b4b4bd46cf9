// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Answer, INexusGateway, Status} from "../../../contracts/cloud/INexusGateway.sol";
import {Header, Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {CloudTest} from "./CloudTest.sol";
import {Asking, GasBurner, Listener, Reentrant, Reverter, ReturnBomb} from "./Consumers.sol";

/// @title What consumers, friendly and hostile, can and cannot do from their callback.
contract GatewayCallbacksTest is CloudTest {
    uint32 private constant GAS = 300_000;
    uint96 private constant FEE = 0.01 ether;

    function askFrom(Asking from, uint32 callbackGas) private returns (Request memory r) {
        vm.deal(address(from), 1 ether);
        r = describe(address(from), FEE, callbackGas);
        bytes32 id = from.ask(CLOUD, PROGRAM, FEE, callbackGas);
        assertEq(id, idOf(r), "id");
    }

    function expectDelivered(Request memory r, bool delivered) private {
        vm.expectEmit();
        emit INexusGateway.Fulfilled(idOf(r), CLOUD, r.requester, Outcome.Success, delivered, "output");
    }

    function test_delivers_the_answer() public {
        Listener listener = new Listener(gateway);
        Request memory r = askFrom(listener, GAS);
        expectDelivered(r, true);
        fulfil(answers(r));
        assertEq(listener.lastId(), idOf(r), "id");
        assertEq(listener.lastOutput(), bytes("output"), "output");
        assertEq(listener.calls(), 1, "once");
        fulfil(answers(r));
        assertEq(listener.calls(), 1, "never again");
    }

    function test_a_callback_not_asked_for_is_not_made() public {
        Listener listener = new Listener(gateway);
        Request memory r = askFrom(listener, 0);
        expectDelivered(r, false);
        fulfil(answers(r));
        assertEq(listener.calls(), 0, "not called");
    }

    /// @dev Whatever gas the relayer gives, the callback has all of what was paid for, or nothing happens at all.
    function testFuzz_no_gas_starves_a_callback(uint256 gasLimit) public {
        Listener listener = new Listener(gateway);
        Request memory r = askFrom(listener, GAS);
        Answer[] memory list = answers(r);
        Header memory h = headerFor(list);
        bytes memory data = abi.encodeCall(gateway.fulfil, (CLOUD, EPOCH, h, list, sign(EPOCH, h)));
        (bool done, bytes memory why) = address(gateway).call{gas: bound(gasLimit, 100_000, 600_000)}(data);
        if (done) {
            assertEq(listener.calls(), 1, "called back");
            // What is missing went into finding the function.
            assertGe(listener.gasGiven(), GAS - 1000, "all gas");
            assertLe(listener.gasGiven(), GAS, "no more");
        } else {
            assertTrue(gateway.statusOf(idOf(r)) == Status.Open, "still open");
            assertTrue(
                why.length == 0 || bytes4(why) == INexusGateway.GatewayInsufficientGas.selector,
                "out of gas, or said so"
            );
            assertEq(listener.calls(), 0, "not called");
        }
    }

    function test_starved_gas_has_a_name() public {
        Request memory r = askFrom(new Listener(gateway), 5_000_000);
        Answer[] memory list = answers(r);
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        (bool done, bytes memory why) = address(gateway).call{gas: 4_900_000}(
            abi.encodeCall(gateway.fulfil, (CLOUD, EPOCH, h, list, signature))
        );
        assertTrue(!done && bytes4(why) == INexusGateway.GatewayInsufficientGas.selector, "named");
    }

    /// @dev Between two well-behaved requests, a hostile one changes nothing for them.
    function between(Request memory hostile, bool delivered) private returns (uint256 used) {
        Listener first = new Listener(gateway);
        Listener last = new Listener(gateway);
        Answer[] memory list = new Answer[](3);
        list[0] = answers(askFrom(first, GAS))[0];
        list[1] = answers(hostile)[0];
        list[2] = answers(askFrom(last, GAS))[0];
        expectDelivered(list[0].request, true);
        expectDelivered(list[1].request, delivered);
        expectDelivered(list[2].request, true);
        used = gasleft();
        fulfil(list);
        used -= gasleft();
        assertEq(first.calls() + last.calls(), 2, "the others were called");
        assertEq(gateway.accruedOf(CLOUD, EPOCH) + gateway.creditOf(RELAYER), 3 * uint256(FEE), "all fees earned");
    }

    function test_reverting() public {
        between(askFrom(new Reverter(gateway), GAS), false);
    }

    function test_burning_all_gas() public {
        assertLe(between(askFrom(new GasBurner(gateway), GAS), false), 700_000 + GAS, "no more than its own gas");
    }

    function test_return_bomb() public {
        // The bomb itself costs its maker 600,000 gas or so of memory; what it returns costs nobody anything.
        ReturnBomb bomb = new ReturnBomb(gateway);
        Request memory r = askFrom(bomb, 1_000_000);
        Answer[] memory list = answers(r);
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        expectDelivered(r, true);
        uint256 used = gasleft();
        gateway.fulfil(CLOUD, EPOCH, h, list, signature);
        used -= gasleft();
        assertLe(used, 1_000_000 + 150_000, "not copied");
        assertGe(used, 500_000, "it did go off");
    }

    function askFromAccount(address from) private returns (Request memory r) {
        r = describe(from, FEE, GAS);
        vm.deal(from, 1 ether);
        vm.prank(from);
        gateway.request{value: FEE}(CLOUD, PROGRAM, "input", GAS, r.deadline, limits());
    }

    function test_self_destruct_forces_ether_in_and_takes_none_out() public {
        address hostile = address(0x5e1f);
        vm.etch(hostile, abi.encodePacked(hex"73", address(gateway), hex"ff")); // PUSH20 gateway, SELFDESTRUCT
        between(askFromAccount(hostile), true);
        uint256 forced = 1 ether - FEE;
        assertEq(address(gateway).balance, 3 * uint256(FEE) + forced, "on top of what is owed");
        gateway.distribute(CLOUD, EPOCH);
    }

    function test_no_code() public {
        between(askFromAccount(address(0xe0a)), false);
    }

    function test_reentering_every_function() public {
        Reentrant hostile = new Reentrant(gateway);
        Listener other = new Listener(gateway);
        Answer[] memory list = new Answer[](2);
        list[0] = answers(askFrom(hostile, 1_000_000))[0];
        list[1] = answers(askFrom(other, GAS))[0];
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        hostile.arm(list[1].request, abi.encodeCall(gateway.fulfil, (CLOUD, EPOCH, h, list, signature)));
        vm.deal(address(hostile), 1 ether);

        vm.prank(RELAYER);
        gateway.fulfil(CLOUD, EPOCH, h, list, signature);

        assertTrue(hostile.fulfilled(), "the same batch went through, empty");
        assertTrue(!hostile.refunded(), "no refund of the next request");
        assertTrue(!hostile.withdrew(), "nothing to withdraw");
        assertTrue(hostile.distributed(), "anybody may distribute, also now");
        assertTrue(gateway.statusOf(hostile.chained()) == Status.Open, "a chained request is open");
        assertEq(hostile.calls(), 1, "called once");
        assertEq(other.calls(), 1, "the other was called once");
        assertEq(gateway.creditOf(RELAYER), (2 * uint256(FEE) * RELAYER_BPS) / 10_000, "the relayer earned all");
        assertEq(gateway.creditOf(address(hostile)), 0, "the inner relayer nothing");
        uint256 shares = gateway.creditOf(members[0]) * 4 + gateway.accruedOf(CLOUD, EPOCH);
        assertEq(address(gateway).balance, gateway.creditOf(RELAYER) + shares + 1000, "escrow");
    }
}
