// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {Answer, RunLimits, Status} from "../../../contracts/cloud/INexusGateway.sol";
import {NexusGateway} from "../../../contracts/cloud/NexusGateway.sol";
import {Digests, Header, Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {Prices} from "../../../contracts/committee/ICommittees.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {Test} from "../Test.sol";
import {Asking, GasBurner, Listener, Reverter} from "./Consumers.sol";
import {SpokenCommittees} from "./SpokenCommittees.sol";

/// @title Does everything that can be done at a gateway, in any order, and keeps its own books.
contract GatewayHandler is Test {
    bytes32 private constant PROGRAM = keccak256("program");

    NexusGateway public immutable gateway;
    SpokenCommittees private immutable _committees;

    bytes32[] public clouds;
    Asking[] public askers;
    address[] public people;
    Request[] private _requests;
    mapping(bytes32 id => uint256 times) private _fulfilled;
    mapping(bytes32 id => uint256 times) private _refunded;
    uint256 public openFees;
    uint64 private _height;
    uint256 private _now;

    constructor(NexusGateway gateway_, SpokenCommittees committees_) {
        gateway = gateway_;
        _committees = committees_;
        _now = block.timestamp;
        askers.push(new Listener(gateway_));
        askers.push(new Reverter(gateway_));
        askers.push(new GasBurner(gateway_));
        people = [address(0x1000), address(0x2000), address(0x3000), address(0x4000)];
        for (uint256 i = 0; i < askers.length; ++i) people.push(address(askers[i]));
        for (uint256 i = 0; i < 2; ++i) {
            clouds.push(keccak256(abi.encode("cloud", i)));
            address[] memory members = new address[](2 + i);
            for (uint256 m = 0; m < members.length; ++m) members[m] = people[m + i];
            committees_.activate(clouds[i], 100, members, type(uint64).max);
            committees_.setPrices(clouds[i], Prices(100, 1, 1));
        }
    }

    function ask(uint256 who, uint256 cloud, uint256 fee, uint256 callbackGas) external {
        Asking asker = askers[who % askers.length];
        fee = bound(fee, 100, 1 ether);
        callbackGas = callbackGas % 2 == 0 ? 0 : bound(callbackGas, 1, 50_000);
        uint256 least = gateway.quote(clouds[cloud % 2], 5, uint32(callbackGas), RunLimits(20_000_000, 1_024));
        if (fee < least) fee = least;
        vm.deal(address(asker), fee);
        uint40 deadline = uint40(block.timestamp + 1 hours);
        uint64 nonce = gateway.nonceOf(address(asker));
        asker.ask(clouds[cloud % 2], PROGRAM, uint96(fee), uint32(callbackGas));
        _requests.push(
            Request({
                cloudId: clouds[cloud % 2],
                programId: PROGRAM,
                requester: address(asker),
                nonce: nonce,
                fee: uint96(fee),
                deadline: deadline,
                callbackGas: uint32(callbackGas),
                fuelLimit: 20_000_000,
                outputLimit: 1_024,
                inputHash: keccak256("input")
            })
        );
        openFees += fee;
    }

    /// @dev Answers up to three requests of one cloud, drawn with repetition from all ever made.
    function fulfil(uint256 seed, uint256 cloud, uint256 relayer) external {
        bytes32 cloudId = clouds[cloud % 2];
        Answer[] memory list = _draw(seed, cloudId);
        bytes32[] memory results = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            bytes32 id = gateway.requestIdOf(list[i].request);
            results[i] = Digests.result(id, list[i].outcome, list[i].output);
            if (gateway.statusOf(id) == Status.Open && block.timestamp < list[i].request.deadline) {
                bool seen = false;
                for (uint256 j = 0; j < i; ++j) seen = seen || gateway.requestIdOf(list[j].request) == id;
                if (!seen) {
                    ++_fulfilled[id];
                    openFees -= list[i].request.fee;
                }
            }
        }
        Header memory h = Header(++_height, bytes32(uint256(1)), Digests.list(results), keccak256(""));
        bytes memory signature = _committees.sign(cloudId, 1, Digests.header(address(gateway), cloudId, 1, h));
        vm.prank(people[relayer % people.length]);
        gateway.fulfil(cloudId, 1, h, list, signature);
    }

    function refund(uint256 which) external {
        if (_requests.length == 0) return;
        Request memory r = _requests[which % _requests.length];
        bytes32 id = gateway.requestIdOf(r);
        bool due = gateway.statusOf(id) == Status.Open && block.timestamp >= r.deadline;
        (bool done, ) = address(gateway).call(abi.encodeCall(gateway.refund, (r)));
        assertTrue(done == due, "refunded exactly when due");
        if (!done) return;
        ++_refunded[id];
        openFees -= r.fee;
    }

    function withdraw(uint256 who) external {
        address owner = people[who % people.length];
        if (gateway.creditOf(owner) == 0) return;
        uint256 credit = gateway.creditOf(owner);
        address to = address(uint160(0xdead0000) + uint160(who % 4));
        uint256 before = to.balance;
        vm.prank(owner);
        gateway.withdraw(to);
        assertEq(to.balance - before, credit, "whole credit");
    }

    function distribute(uint256 cloud) external {
        if (gateway.accruedOf(clouds[cloud % 2], 1) < 3) return;
        gateway.distribute(clouds[cloud % 2], 1);
    }

    function wait(uint256 time) external {
        // Kept here, since a later call may otherwise start from the first block's time again.
        _now += bound(time, 0, 20 minutes);
        vm.fee(time % 1 gwei);
        vm.warp(_now);
    }

    function credits() external view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) sum += gateway.creditOf(people[i]);
    }

    function accrued() external view returns (uint256) {
        return gateway.accruedOf(clouds[0], 1) + gateway.accruedOf(clouds[1], 1);
    }

    /// @notice Requests that ended more than once, or whose end the gateway remembers otherwise than it happened.
    function contradictions() external view returns (uint256 count) {
        for (uint256 i = 0; i < _requests.length; ++i) {
            bytes32 id = gateway.requestIdOf(_requests[i]);
            Status status = gateway.statusOf(id);
            uint256 ends = _fulfilled[id] + _refunded[id];
            if (ends > 1 || (status == Status.Open) != (ends == 0)) ++count;
            if ((status == Status.Refunded) != (_refunded[id] == 1)) ++count;
        }
    }

    function _draw(uint256 seed, bytes32 cloudId) private view returns (Answer[] memory list) {
        uint256 found = 0;
        Answer[] memory drawn = new Answer[](3);
        for (uint256 i = 0; i < 3 && _requests.length != 0; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            // Mostly recent ones, or nearly all would long have ended.
            uint256 back = seed % 4 == 0 ? (seed >> 8) % _requests.length : (seed >> 8) % 4;
            Request memory r = _requests[_requests.length - 1 - (back % _requests.length)];
            if (r.cloudId == cloudId) drawn[found++] = Answer(r, Outcome(seed % 6), abi.encode(seed));
        }
        list = new Answer[](found);
        for (uint256 i = 0; i < found; ++i) list[i] = drawn[i];
    }
}

/// @title What holds at a gateway after anything whatsoever.
contract GatewayInvariants is Test {
    NexusGateway private _gateway;
    GatewayHandler private _handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        SpokenCommittees committees = new SpokenCommittees();
        _gateway = new NexusGateway(committees, IStaking(address(0)), 3333, 10_000, 0);
        _handler = new GatewayHandler(_gateway, committees);
        targetContract(address(_handler));
    }

    /// @dev balance == fees of open requests + credits + fees accrued
    function invariant_escrow() public view {
        uint256 owed = _handler.openFees() + _handler.credits() + _handler.accrued();
        assertEq(address(_gateway).balance, owed, "escrow");
    }

    /// @dev At most one end per request: fulfilled, or refunded, or still open.
    function invariant_one_end_per_request() public view {
        assertEq(_handler.contradictions(), 0, "contradictions");
    }
}
