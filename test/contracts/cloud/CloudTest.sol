// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Answer, RunLimits} from "../../../contracts/cloud/INexusGateway.sol";
import {NexusGateway} from "../../../contracts/cloud/NexusGateway.sol";
import {Digests, Header, Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {Test} from "../Test.sol";
import {SpokenCommittees} from "./SpokenCommittees.sol";

/// @title A gateway, one cloud of four members, and a short way to make requests and answers.
abstract contract CloudTest is Test {
    bytes32 internal constant CLOUD = keccak256("cloud");
    bytes32 internal constant PROGRAM = keccak256("program");
    uint256 internal constant BASE_FEE = 1000;
    uint64 internal constant FUEL = 20_000_000;
    uint32 internal constant OUTPUT = 1_024;
    uint16 internal constant RELAYER_BPS = 2500;
    uint64 internal constant EPOCH = 1;
    address internal constant RELAYER = address(0xbeef);

    SpokenCommittees internal committees;
    NexusGateway internal gateway;
    address[] internal members;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        committees = new SpokenCommittees();
        for (uint160 i = 1; i <= 4; ++i) members.push(address(i << 100));
        committees.activate(CLOUD, BASE_FEE, members, uint64(block.timestamp + 60 days));
        gateway = new NexusGateway(committees, IStaking(address(0)), RELAYER_BPS, 10_000, CLOUD);
        vm.deal(address(this), 100 ether);
    }

    /// @dev What `from`'s next request will be.
    function describe(address from, uint96 fee, uint32 callbackGas) internal view returns (Request memory) {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        uint64 nonce = gateway.nonceOf(from);
        return Request(CLOUD, PROGRAM, from, nonce, fee, deadline, callbackGas, FUEL, OUTPUT, keccak256("input"));
    }

    /// @dev What every request of these tests asks for, unless a test says otherwise.
    function limits() internal pure returns (RunLimits memory) {
        return RunLimits(FUEL, OUTPUT);
    }

    function ask(uint96 fee) internal returns (Request memory r) {
        r = describe(address(this), fee, 0);
        gateway.request{value: fee}(CLOUD, PROGRAM, "input", 0, r.deadline, limits());
    }

    function answers(Request memory r) internal pure returns (Answer[] memory list) {
        list = new Answer[](1);
        list[0] = Answer(r, Outcome.Success, "output");
    }

    function headerFor(Answer[] memory list) internal view returns (Header memory) {
        bytes32[] memory results = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            bytes32 id = Digests.request(address(gateway), list[i].request);
            results[i] = Digests.result(id, list[i].outcome, list[i].output);
        }
        return Header(1, keccak256("state"), Digests.list(results), keccak256(""));
    }

    function sign(uint64 epoch, Header memory h) internal view returns (bytes memory) {
        return committees.sign(CLOUD, epoch, Digests.header(address(gateway), CLOUD, epoch, h));
    }

    function fulfil(Answer[] memory list) internal {
        Header memory h = headerFor(list);
        bytes memory signature = sign(EPOCH, h);
        vm.prank(RELAYER);
        gateway.fulfil(CLOUD, EPOCH, h, list, signature);
    }

    /// @dev Calls `target` and expects the error `selector`, whatever its values.
    function assertRefused(address target, bytes memory data, bytes4 selector, string memory what) internal {
        (bool done, bytes memory why) = target.call(data);
        assertTrue(!done, what);
        assertEq(bytes32(bytes4(why)), bytes32(selector), what);
    }

    function idOf(Request memory r) internal view returns (bytes32) {
        return Digests.request(address(gateway), r);
    }
}
