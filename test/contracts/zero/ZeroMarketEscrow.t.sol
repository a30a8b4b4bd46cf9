// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {ProofRequest} from "../../../contracts/zero/IZeroMarket.sol";
import {ZeroMarket} from "../../../contracts/zero/ZeroMarket.sol";
import {ZeroMockVerifier} from "../../../contracts/zero/ZeroMockVerifier.sol";
import {Test} from "../Test.sol";

/// @dev Uses the market at random as a few accounts do, and keeps the books beside it.
contract MarketUsers is Test {
    ZeroMarket public immutable market;
    ZeroMockVerifier private immutable _verifier;

    ProofRequest[] private _asked;
    uint256 public openBounties;
    uint256 public credits;
    uint256 public fulfilled;
    uint256 public refunded;

    constructor(ZeroMarket market_, ZeroMockVerifier verifier_) {
        market = market_;
        _verifier = verifier_;
    }

    function ask(uint256 who, uint96 bounty, uint16 lifetime, uint32 callbackGas) external {
        address requester = _account(who);
        bounty = uint96(bound(bounty, 0, 100 ether));
        uint40 deadline = uint40(block.timestamp + bound(lifetime, 1, 1000));
        callbackGas = uint32(bound(callbackGas, 0, 10_000));
        uint64 nonce = market.nonceOf(requester);
        bytes4 selector = _verifier.selector();
        vm.deal(requester, bounty);
        vm.prank(requester);
        market.request{value: bounty}(bytes32(uint256(1)), selector, "input", deadline, callbackGas);
        _asked.push(
            ProofRequest(
                bytes32(uint256(1)),
                selector,
                requester,
                nonce,
                bounty,
                deadline,
                callbackGas,
                keccak256("input")
            )
        );
        openBounties += bounty;
    }

    function prove(uint256 who, uint256 which) external {
        if (_asked.length == 0) return;
        ProofRequest memory asked = _asked[which % _asked.length];
        bytes32 id = market.idOf(asked);
        address prover = _account(who);
        bytes memory proof = abi.encodePacked(
            _verifier.selector(),
            keccak256(abi.encode(asked.programId, asked.inputHash, keccak256("journal")))
        );
        market.commit(market.commitmentOf(id, prover, keccak256("journal"), keccak256(proof), 0));
        vm.roll(block.number + 1);
        bool due = market.statusOf(id) == ZeroMarket.Status.Open && block.timestamp < asked.deadline;
        vm.prank(prover);
        try market.fulfil(asked, "input", "journal", proof, 0) {
            assertTrue(due, "fulfilled though not due");
            _close(asked.bounty);
            ++fulfilled;
        } catch {
            assertTrue(!due, "refused though due");
        }
    }

    function refund(uint256 which) external {
        if (_asked.length == 0) return;
        ProofRequest memory asked = _asked[which % _asked.length];
        bool due = market.statusOf(market.idOf(asked)) == ZeroMarket.Status.Open && block.timestamp >= asked.deadline;
        try market.refund(asked) {
            assertTrue(due, "refunded though not due");
            _close(asked.bounty);
            ++refunded;
        } catch {
            assertTrue(!due, "refused though due");
        }
    }

    function withdraw(uint256 who) external {
        address account = _account(who);
        uint256 credit = market.creditOf(account);
        vm.prank(account);
        try market.withdraw(payable(address(0xCA5))) {
            credits -= credit;
        } catch {
            assertEq(credit, 0, "credit that could not be withdrawn");
        }
    }

    function wait_(uint16 time) external {
        vm.warp(block.timestamp + bound(time, 0, 500));
    }

    function requests() external view returns (uint256) {
        return _asked.length;
    }

    function _close(uint256 bounty) private {
        openBounties -= bounty;
        credits += bounty;
    }

    function _account(uint256 who) private pure returns (address) {
        return address(uint160(0x1000 + (who % 4)));
    }
}

contract ZeroMarketEscrowTest is Test {
    MarketUsers private _users;

    function setUp() public {
        vm.warp(1_000_000);
        ZeroMockVerifier verifier = new ZeroMockVerifier();
        _users = new MarketUsers(new ZeroMarket(verifier, 1), verifier);
        targetContract(address(_users));
    }

    function invariantBalanceIsOpenBountiesPlusCredits() public view {
        assertEq(address(_users.market()).balance, _users.openBounties() + _users.credits(), "escrow");
    }

    function invariantCreditsAreWhatAccountsCanWithdraw() public view {
        uint256 sum;
        for (uint160 i = 0; i < 4; ++i) sum += _users.market().creditOf(address(0x1000 + i));
        assertEq(sum, _users.credits(), "credits");
    }

    function invariantEveryRequestEndsOnce() public view {
        assertLe(_users.fulfilled() + _users.refunded(), _users.requests(), "endings");
    }
}
