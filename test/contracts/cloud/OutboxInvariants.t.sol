// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {Call, NexusOutbox} from "../../../contracts/cloud/NexusOutbox.sol";
import {NexusGateway} from "../../../contracts/cloud/NexusGateway.sol";
import {Digests, Header} from "../../../contracts/committee/Digests.sol";
import {IStaking} from "../../../contracts/staking/IStaking.sol";
import {Test} from "../Test.sol";
import {Spender} from "./OutboxFunds.t.sol";
import {SpokenCommittees} from "./SpokenCommittees.sol";

/// @title Funds programs and relays their calls in any order, at any base fee, and keeps its own books.
contract OutboxHandler is Test {
    bytes32 private constant CLOUD = keccak256("cloud");
    uint32 private constant GAS = 60_000;

    NexusOutbox public immutable outbox;
    SpokenCommittees private immutable _committees;
    Spender private immutable _spender;
    address private immutable _gateway;

    bytes32[3] public programs;
    address[3] private _relayers = [address(0x1000), address(0x2000), address(0x3000)];
    uint256 public given;
    uint256 public paid;
    uint64[3] public made;
    uint64 private _height;

    constructor(NexusOutbox outbox_, SpokenCommittees committees_, address gateway_) {
        outbox = outbox_;
        _committees = committees_;
        _gateway = gateway_;
        _spender = new Spender(outbox_);
        for (uint256 i = 0; i < 3; ++i) programs[i] = keccak256(abi.encode("program", i));
        committees_.activate(CLOUD, 100, new address[](0), type(uint64).max);
    }

    function fund(uint256 which, uint256 amount) external {
        uint256 least = outbox.priceOf(0, 0);
        amount = bound(amount, least, amount % 2 == 0 ? 1 ether : 2 * least);
        vm.deal(address(this), amount);
        outbox.fund{value: amount}(CLOUD, programs[which % 3]);
        given += amount;
    }

    function setBaseFee(uint256 fee) external {
        vm.fee(fee % 3 == 0 ? 0 : fee % 1000 gwei);
    }

    /// @dev Up to four calls of programs drawn at random, some of them made before.
    function execute(uint256 seed, uint256 relayer) external {
        Call[] memory list = new Call[](1 + (seed % 4));
        bytes32[] memory digests = new bytes32[](list.length);
        uint256 funding = (seed >> 8) % 1e16;
        vm.deal(address(_spender), funding);
        for (uint256 i = 0; i < list.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 which = seed % 3;
            uint64 nonce = made[which];
            if ((seed >> 8) % 4 == 0 && nonce != 0) --nonce;
            else ++made[which];
            uint32 gasLimit = (seed >> 16) % 8 == 0 ? 5_000_001 : GAS;
            list[i] = Call(programs[which], nonce, address(_spender), gasLimit, _deed((seed >> 32) % 4, which));
            digests[i] = Digests.call(list[i].programId, nonce, address(_spender), gasLimit, list[i].data);
        }
        Header memory h = Header(++_height, bytes32(uint256(1)), keccak256(""), Digests.list(digests));
        bytes memory signature = _committees.sign(CLOUD, 1, Digests.header(_gateway, CLOUD, 1, h));
        address to = _relayers[relayer % 3];
        uint256 before = to.balance;
        vm.prank(to);
        outbox.execute(CLOUD, 1, h, list, signature);
        paid += to.balance - before;
        given += funding - address(_spender).balance;
    }

    function funds() external view returns (uint256 sum) {
        for (uint256 i = 0; i < 3; ++i) sum += outbox.fundsOf(CLOUD, programs[i]);
    }

    function nonceOf(uint256 which) external view returns (uint64) {
        return outbox.nonceOf(CLOUD, programs[which]);
    }

    function _deed(uint256 kind, uint256 which) private view returns (bytes memory) {
        if (kind == 0) return abi.encodeCall(_spender.nothing, ());
        if (kind == 1) return abi.encodeCall(_spender.no, ());
        if (kind == 2) return abi.encodeCall(_spender.burn, ());
        return abi.encodeCall(_spender.fund, (CLOUD, programs[(which + 1) % 3]));
    }
}

/// @title What holds at an outbox after anything whatsoever.
contract OutboxInvariants is Test {
    NexusOutbox private _outbox;
    OutboxHandler private _handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        SpokenCommittees committees = new SpokenCommittees();
        NexusGateway gateway = new NexusGateway(committees, IStaking(address(0)), 3333, 10_000, 0);
        _outbox = new NexusOutbox(committees, address(gateway), 20 gwei);
        _handler = new OutboxHandler(_outbox, committees, address(gateway));
        targetContract(address(_handler));
    }

    /// @dev balance == funds of all programs == given − paid: no program pays with another's, and nothing is lost.
    function invariant_funds() public view {
        assertEq(address(_outbox).balance, _handler.funds(), "balance");
        assertEq(_handler.given(), _handler.funds() + _handler.paid(), "given");
    }

    /// @dev Every call was made once and in order, whether its program could pay or not.
    function invariant_all_calls_are_made() public view {
        for (uint256 i = 0; i < 3; ++i) assertEq(_handler.nonceOf(i), _handler.made(i), "nonce");
    }
}
