// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file, no-complex-fallback
pragma solidity ^0.8.24;

import {IZeroMarket, ProofRequest} from "../../../contracts/zero/IZeroMarket.sol";
import {IZeroVerifier} from "../../../contracts/zero/IZeroVerifier.sol";
import {ZeroConsumer} from "../../../contracts/zero/ZeroConsumer.sol";
import {ZeroMarket} from "../../../contracts/zero/ZeroMarket.sol";
import {ZeroMockVerifier} from "../../../contracts/zero/ZeroMockVerifier.sol";
import {Test} from "../Test.sol";

bytes4 constant MOCK_SELECTOR = bytes4(keccak256("Nexus Zero mock v1"));

/// @dev A consumer whose callback does what the test tells it to.
contract MoodyConsumer is ZeroConsumer {
    enum Mood {
        Store,
        Revert,
        BurnGas,
        ReturnBomb,
        Reenter
    }

    Mood public mood;
    bytes public journal;
    uint256 public gasSeen;
    ProofRequest public replay;
    uint256 public reentriesThatWorked;

    error Moody();

    constructor(IZeroMarket market, bytes4 selector) ZeroConsumer(market, selector) {}

    receive() external payable {}

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function setReplay(ProofRequest calldata asked) external {
        replay = asked;
    }

    function ask(uint40 deadline, uint32 callbackGas, uint256 bounty) external returns (bytes32) {
        return _requestProof(keccak256("program"), "input", deadline, callbackGas, bounty);
    }

    function collect() external {
        _withdrawRefunds(payable(address(this)));
    }

    function check(bytes calldata journal_, bytes calldata proof) external view {
        _requireProof(keccak256("program"), "input", journal_, proof);
    }

    function _onProof(bytes32, bytes32, bytes32, bytes calldata journal_) internal override {
        gasSeen = gasleft();
        if (mood == Mood.Revert) revert Moody();
        if (mood == Mood.BurnGas) {
            while (true) {}
        }
        if (mood == Mood.ReturnBomb) {
            // Returns as many bytes as the gas allows: whoever copied them would pay for as many again.
            assembly {
                return(0, 100000)
            }
        }
        if (mood == Mood.Reenter) {
            ZeroMarket market = ZeroMarket(address(zeroMarket));
            try market.refund(replay) {
                ++reentriesThatWorked;
            } catch {}
            try market.fulfil(replay, "input", journal_, "", 0) {
                ++reentriesThatWorked;
            } catch {}
            try market.withdraw(payable(address(this))) {
                ++reentriesThatWorked;
            } catch {}
        }
        journal = journal_;
    }
}

/// @dev Takes its ether and comes back for more.
contract GreedyProver {
    ZeroMarket private immutable _market;
    uint256 public taken;

    constructor(ZeroMarket market) {
        _market = market;
    }

    receive() external payable {
        ++taken;
        try _market.withdraw(payable(address(this))) {} catch {}
    }

    function commit(bytes32 commitment) external {
        _market.commit(commitment);
    }

    function fulfil(ProofRequest calldata asked, bytes calldata journal, bytes calldata proof) external {
        _market.fulfil(asked, "input", journal, proof, 0);
    }

    function withdraw() external {
        _market.withdraw(payable(address(this)));
    }
}

/// @dev Refuses ether.
contract Refuser {
    function withdraw(ZeroMarket market) external {
        market.withdraw(payable(address(this)));
    }

    function ask(ZeroMarket market, uint40 deadline) external payable {
        market.request{value: msg.value}(keccak256("program"), MOCK_SELECTOR, "input", deadline, 0);
    }
}

contract ZeroMarketTest is Test {
    bytes32 private constant PROGRAM = keccak256("program");
    bytes private constant INPUT = "input";
    bytes32 private constant SALT = keccak256("salt");
    address private constant PROVER = address(0xA11CE);
    address private constant THIEF = address(0xBAD);
    uint256 private constant DELAY = 3;
    uint32 private constant CALLBACK_GAS = 200_000;

    ZeroMockVerifier private _verifier;
    ZeroMarket private _market;
    MoodyConsumer private _consumer;

    receive() external payable {}

    function setUp() public {
        vm.warp(1_000_000);
        vm.roll(100);
        _verifier = new ZeroMockVerifier();
        _market = new ZeroMarket(_verifier, DELAY);
        _consumer = new MoodyConsumer(_market, MOCK_SELECTOR);
        vm.deal(address(_consumer), 10 ether);
    }

    function testPaysTheProverAndCallsBack() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _commitAndWait(id, PROVER, "journal");
        _fulfil(asked, PROVER, "journal");

        assertEq(_market.creditOf(PROVER), 1 ether, "credit");
        assertEq(_consumer.journal(), "journal", "journal");
        assertGe(_consumer.gasSeen(), CALLBACK_GAS - 6_000, "gas given to the callback");
        assertEq(uint256(_market.statusOf(id)), uint256(ZeroMarket.Status.Fulfilled), "status");

        vm.prank(PROVER);
        _market.withdraw(payable(address(0xCAFE)));
        assertEq(address(0xCAFE).balance, 1 ether, "withdrawn");
        assertEq(address(_market).balance, 0, "escrow");
    }

    function testRefusesASecondFulfilmentAndARefundAfterIt() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _commitAndWait(id, PROVER, "journal");
        _commitAndWait(id, THIEF, "journal");
        _fulfil(asked, PROVER, "journal");
        vm.expectRevert(_notOpen(id, ZeroMarket.Status.Fulfilled));
        _fulfil(asked, THIEF, "journal");
        vm.warp(asked.deadline);
        vm.expectRevert(_notOpen(id, ZeroMarket.Status.Fulfilled));
        _market.refund(asked);
    }

    function testRefusesAProofNobodyCommittedTo() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        bytes32 commitment = _commitment(id, PROVER, "journal");
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketNotCommitted.selector, commitment));
        _fulfil(asked, PROVER, "journal");
    }

    function testRefusesARevealBeforeTheDelay() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        bytes32 commitment = _commitment(id, PROVER, "journal");
        _market.commit(commitment);
        vm.roll(block.number + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                ZeroMarket.ZeroMarketRevealTooEarly.selector,
                commitment,
                block.number + 1,
                block.number
            )
        );
        _fulfil(asked, PROVER, "journal");
    }

    function testAThiefWhoSeesTheRevealComesTooLate() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _commitAndWait(id, PROVER, "journal");

        // The reveal is in the mempool. The thief copies it, runs ahead of it, and even copies the commitment.
        bytes32 copied = _commitment(id, THIEF, "journal");
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketNotCommitted.selector, copied));
        _fulfil(asked, THIEF, "journal");
        vm.prank(THIEF);
        _market.commit(copied);
        vm.expectRevert(
            abi.encodeWithSelector(
                ZeroMarket.ZeroMarketRevealTooEarly.selector,
                copied,
                block.number + DELAY,
                block.number
            )
        );
        _fulfil(asked, THIEF, "journal");

        _fulfil(asked, PROVER, "journal");
        assertEq(_market.creditOf(PROVER), 1 ether, "the prover is paid");
    }

    function testCommittingAgainDoesNotRestartTheWait() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _commitAndWait(id, PROVER, "journal");
        vm.prank(THIEF);
        _market.commit(_commitment(id, PROVER, "journal"));
        _fulfil(asked, PROVER, "journal");
    }

    function testRefusesAFalseProof() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        bytes memory proof = _proof("other journal");
        vm.startPrank(PROVER);
        _market.commit(_market.commitmentOf(id, PROVER, keccak256("journal"), keccak256(proof), SALT));
        vm.roll(block.number + DELAY);
        vm.expectRevert(_wrongClaim("other journal", "journal"));
        _market.fulfil(asked, INPUT, "journal", proof, SALT);
        vm.stopPrank();
    }

    function testRefusesAnotherInput() public {
        (ProofRequest memory asked, ) = _ask(1 ether);
        vm.expectRevert(
            abi.encodeWithSelector(ZeroMarket.ZeroMarketWrongInput.selector, keccak256("else"), keccak256(INPUT))
        );
        _market.fulfil(asked, "else", "journal", _proof("journal"), SALT);
    }

    function testFuzzRefusesARequestWithAnyFieldChanged(uint8 field, uint96 by) public {
        (ProofRequest memory asked, ) = _ask(1 ether);
        uint256 d = bound(by, 1, type(uint32).max);
        field %= 8;
        unchecked {
            // Wrapping is fine: any other value will do.
            if (field == 0) asked.programId = bytes32(uint256(asked.programId) + d);
            if (field == 1) asked.requester = address(uint160(asked.requester) + uint160(d));
            if (field == 2) asked.nonce += uint64(d);
            if (field == 3) asked.bounty += uint96(d);
            if (field == 4) asked.deadline += uint40(d);
            if (field == 5) asked.callbackGas += uint32(d);
            if (field == 6) asked.inputHash = bytes32(uint256(asked.inputHash) + d);
            if (field == 7) asked.selector = bytes4(uint32(asked.selector) + uint32(d));
        }
        bytes32 id = _market.idOf(asked);
        vm.expectRevert(_notOpen(id, ZeroMarket.Status.Unknown));
        _market.fulfil(asked, INPUT, "journal", _proof("journal"), SALT);
        vm.expectRevert(_notOpen(id, ZeroMarket.Status.Unknown));
        _market.refund(asked);
    }

    function testRefundsOnceAndOnlyAfterTheDeadline() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        vm.warp(asked.deadline - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ZeroMarket.ZeroMarketTooEarly.selector, id, asked.deadline, block.timestamp)
        );
        _market.refund(asked);

        vm.warp(asked.deadline);
        _commitAndWait(id, PROVER, "journal");
        vm.expectRevert(
            abi.encodeWithSelector(ZeroMarket.ZeroMarketTooLate.selector, id, asked.deadline, block.timestamp)
        );
        _fulfil(asked, PROVER, "journal");

        vm.prank(THIEF); // Anybody may; it is the requester who is credited.
        _market.refund(asked);
        vm.expectRevert(_notOpen(id, ZeroMarket.Status.Refunded));
        _market.refund(asked);
        _consumer.collect();
        assertEq(address(_consumer).balance, 10 ether, "all back");
        assertEq(address(_market).balance, 0, "escrow");
    }

    function testCallbacksThatMisbehaveDoNotHurtTheProver() public {
        for (uint256 mood = 1; mood <= 3; ++mood) {
            _consumer.setMood(MoodyConsumer.Mood(mood));
            (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
            _commitAndWait(id, PROVER, "journal");
            uint256 before = gasleft();
            _fulfil(asked, PROVER, "journal");
            assertLe(before - gasleft(), CALLBACK_GAS + 160_000, "gas of a fulfilment, whatever the callback does");
            assertEq(_market.creditOf(PROVER), mood * 1 ether, "credit");
            assertEq(uint256(_market.statusOf(id)), uint256(ZeroMarket.Status.Fulfilled), "status");
        }
        assertEq(_consumer.journal(), "", "nothing stored");
    }

    function testReenteringFromTheCallbackGainsNothing() public {
        _consumer.setMood(MoodyConsumer.Mood.Reenter);
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        (ProofRequest memory other, ) = _ask(2 ether);
        _consumer.setReplay(asked);
        _commitAndWait(id, PROVER, "journal");
        _fulfil(asked, PROVER, "journal");
        assertEq(_consumer.journal(), "journal", "the callback ran to its end");
        assertEq(_consumer.reentriesThatWorked(), 0, "re-entries that worked");
        assertEq(address(_market).balance, 3 ether, "escrow");
        assertEq(other.bounty, 2 ether, "the other request is whole");
    }

    function testReenteringFromWithdrawTakesNoMoreThanTheCredit() public {
        GreedyProver greedy = new GreedyProver(_market);
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _ask(5 ether);
        bytes memory proof = _proof("journal");
        greedy.commit(_market.commitmentOf(id, address(greedy), keccak256("journal"), keccak256(proof), bytes32(0)));
        vm.roll(block.number + DELAY);
        greedy.fulfil(asked, "journal", proof);
        greedy.withdraw();
        assertEq(greedy.taken(), 1, "payments");
        assertEq(address(greedy).balance, 1 ether, "taken");
        assertEq(address(_market).balance, 5 ether, "escrow");
    }

    function testRefusesToStarveTheCallback() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _commitAndWait(id, PROVER, "journal");
        bytes memory call_ = abi.encodeCall(_market.fulfil, (asked, INPUT, "journal", _proof("journal"), SALT));
        uint256 succeeded;
        for (uint256 gas_ = 200_000; gas_ <= 400_000; gas_ += 4_000) {
            vm.prank(PROVER);
            (bool ok, ) = address(_market).call{gas: gas_}(call_);
            if (!ok) continue;
            succeeded = gas_;
            break;
        }
        // Whatever the gas, either all of it reverts or the callback had what it asked for.
        assertGe(succeeded, CALLBACK_GAS, "gas of the first try that went through");
        assertEq(_consumer.journal(), "journal", "journal");
        assertGe(_consumer.gasSeen(), CALLBACK_GAS - 6_000, "gas given to the callback");
    }

    function testNamesTheGasThatIsMissing() public {
        (ProofRequest memory asked, bytes32 id) = _ask(1 ether);
        _commitAndWait(id, PROVER, "journal");
        vm.prank(PROVER);
        (bool ok, bytes memory reason) = address(_market).call{gas: 230_000}(
            abi.encodeCall(_market.fulfil, (asked, INPUT, "journal", _proof("journal"), SALT))
        );
        assertTrue(!ok && bytes4(reason) == ZeroMarket.ZeroMarketTooLittleGas.selector, "named error");
    }

    function testRefusesBadRequests() public {
        uint40 now_ = uint40(block.timestamp);
        uint40 tooFar = now_ + 30 days + 1;
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketBadDeadline.selector, now_, block.timestamp));
        _market.request(PROGRAM, MOCK_SELECTOR, INPUT, now_, 0);
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketBadDeadline.selector, tooFar, block.timestamp));
        _market.request(PROGRAM, MOCK_SELECTOR, INPUT, tooFar, 0);
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketTooMuchCallbackGas.selector, 5_000_001, 5_000_000));
        _market.request(PROGRAM, MOCK_SELECTOR, INPUT, now_ + 1, 5_000_001);
        vm.deal(address(this), 2 ** 96);
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketBountyTooLarge.selector, 2 ** 96));
        _market.request{value: 2 ** 96}(PROGRAM, MOCK_SELECTOR, INPUT, now_ + 1, 0);
        _market.request(PROGRAM, MOCK_SELECTOR, INPUT, now_ + 30 days, 5_000_000);
    }

    function testRefusesBadConstructorArguments() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketNoVerifier.selector, address(1234)));
        new ZeroMarket(IZeroVerifier(address(1234)), 1);
        vm.expectRevert(ZeroMarket.ZeroMarketZeroRevealDelay.selector);
        new ZeroMarket(_verifier, 0);
    }

    function testWithdrawNamesWhatFails() public {
        vm.expectRevert(abi.encodeWithSelector(ZeroMarket.ZeroMarketNothingToWithdraw.selector, address(this)));
        _market.withdraw(payable(address(this)));

        Refuser refuser = new Refuser();
        vm.deal(address(this), 1 ether);
        uint40 deadline = uint40(block.timestamp + 1);
        refuser.ask{value: 1 ether}(_market, deadline);
        vm.warp(deadline);
        _market.refund(
            ProofRequest(PROGRAM, MOCK_SELECTOR, address(refuser), 0, 1 ether, deadline, 0, keccak256(INPUT))
        );
        vm.expectRevert(
            abi.encodeWithSelector(ZeroMarket.ZeroMarketWithdrawFailed.selector, address(refuser), 1 ether)
        );
        refuser.withdraw(_market);
        assertEq(_market.creditOf(address(refuser)), 1 ether, "credit kept");
    }

    function testConsumerRefusesEveryoneButItsMarket() public {
        vm.expectRevert(
            abi.encodeWithSelector(ZeroConsumer.ZeroConsumerOnlyMarket.selector, address(this), address(_market))
        );
        _consumer.onZeroProof(bytes32(0), PROGRAM, keccak256(INPUT), "journal");
    }

    function testConsumerChecksProofsItIsHanded() public {
        _consumer.check("journal", _proof("journal"));
        vm.expectRevert(_wrongClaim("another", "journal"));
        _consumer.check("journal", _proof("another"));
    }

    function testFuzzCommitmentBindsEverything(bytes32 id, address prover, bytes32 journal, bytes32 proof) public {
        bytes32 commitment = _market.commitmentOf(id, prover, journal, proof, SALT);
        ZeroMarket other = new ZeroMarket(_verifier, 1);
        assertTrue(commitment != other.commitmentOf(id, prover, journal, proof, SALT), "market");
        assertTrue(commitment != _market.commitmentOf(~id, prover, journal, proof, SALT), "id");
        assertTrue(commitment != _market.commitmentOf(id, address(~uint160(prover)), journal, proof, SALT), "prover");
        assertTrue(commitment != _market.commitmentOf(id, prover, ~journal, proof, SALT), "journal");
        assertTrue(commitment != _market.commitmentOf(id, prover, journal, ~proof, SALT), "proof");
        assertTrue(commitment != _market.commitmentOf(id, prover, journal, proof, ~SALT), "salt");
        vm.chainId(1337);
        assertTrue(commitment != _market.commitmentOf(id, prover, journal, proof, SALT), "chain");
    }

    function _ask(uint256 bounty) private returns (ProofRequest memory asked, bytes32 id) {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        uint64 nonce = _market.nonceOf(address(_consumer));
        id = _consumer.ask(deadline, CALLBACK_GAS, bounty);
        asked = ProofRequest(
            PROGRAM,
            MOCK_SELECTOR,
            address(_consumer),
            nonce,
            uint96(bounty),
            deadline,
            CALLBACK_GAS,
            keccak256(INPUT)
        );
        assertEq(id, _market.idOf(asked), "id");
    }

    function _claim(bytes memory journal) private pure returns (bytes32) {
        return keccak256(abi.encode(PROGRAM, keccak256(INPUT), keccak256(journal)));
    }

    function _proof(bytes memory journal) private pure returns (bytes memory) {
        return abi.encodePacked(bytes4(keccak256("Nexus Zero mock v1")), _claim(journal));
    }

    function _wrongClaim(bytes memory got, bytes memory expected) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ZeroMockVerifier.ZeroMockWrongClaim.selector, _claim(got), _claim(expected));
    }

    function _commitment(bytes32 id, address prover, bytes memory journal) private view returns (bytes32) {
        return _market.commitmentOf(id, prover, keccak256(journal), keccak256(_proof(journal)), SALT);
    }

    function _commitAndWait(bytes32 id, address prover, bytes memory journal) private {
        bytes32 commitment = _commitment(id, prover, journal);
        vm.prank(prover);
        _market.commit(commitment);
        vm.roll(block.number + DELAY);
    }

    function _fulfil(ProofRequest memory asked, address prover, bytes memory journal) private {
        bytes memory proof = _proof(journal);
        vm.prank(prover);
        _market.fulfil(asked, INPUT, journal, proof, SALT);
    }

    function _notOpen(bytes32 id, ZeroMarket.Status status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ZeroMarket.ZeroMarketNotOpen.selector, id, status);
    }
}
