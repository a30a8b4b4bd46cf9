// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Answer} from "../../../contracts/cloud/INexusGateway.sol";
import {Outcome, Request} from "../../../contracts/committee/Digests.sol";
import {GuessingGame} from "../../../contracts/examples/GuessingGame.sol";
import {CloudTest} from "../cloud/CloudTest.sol";

contract GuessingGameTest is CloudTest {
    uint256 private constant STAKE = 0.1 ether;
    address private constant PLAYER = address(0x91a7e4);

    GuessingGame private game;

    function setUp() public override {
        super.setUp();
        game = new GuessingGame{value: 1 ether}(gateway, CLOUD, PROGRAM, STAKE);
        vm.deal(PLAYER, 1 ether);
    }

    receive() external payable {}

    function play(uint8 guess) private returns (Request memory r) {
        uint96 fee = uint96(game.fee());
        r = describe(address(game), fee, 150_000);
        r.inputHash = keccak256("");
        vm.prank(PLAYER);
        assertEq(game.play{value: STAKE + fee}(guess), idOf(r), "id");
    }

    function answer(Request memory r, Outcome outcome, bytes memory output) private {
        Answer[] memory list = new Answer[](1);
        list[0] = Answer(r, outcome, output);
        fulfil(list);
    }

    function test_right_guess_wins_nine_stakes() public {
        Request memory r = play(7);
        assertEq(game.house(), 0.2 ether, "the prize is set aside");
        answer(r, Outcome.Success, abi.encode(7));
        assertEq(game.owed(PLAYER), 0.9 ether, "prize");
        uint256 before = PLAYER.balance;
        vm.prank(PLAYER);
        game.withdraw();
        assertEq(PLAYER.balance - before, 0.9 ether, "paid");
        vm.prank(PLAYER);
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameNothingOwed.selector, PLAYER));
        game.withdraw();
        assertEq(address(game).balance, game.house(), "the rest is the house's");
    }

    function testFuzz_the_books_balance(uint8 guess, uint256 drawn, uint8 outcome) public {
        guess = guess % 10;
        if (drawn % 4 != 0) drawn = drawn % 12;
        Outcome how = outcome % 2 == 0 ? Outcome.Success : Outcome(outcome % 6);
        answer(play(guess), how, abi.encode(drawn));
        uint256 due = STAKE;
        if (how == Outcome.Success && drawn <= 9) due = drawn == guess ? 9 * STAKE : 0;
        assertEq(game.owed(PLAYER), due, "owed");
        assertEq(address(game).balance, game.house() + due, "covered");
        assertEq(game.house(), 1 ether + STAKE - due, "house");
    }

    function test_no_answer_gives_stake_and_fee_back() public {
        Request memory r = play(1);
        Request memory other = play2();
        bytes32 id = idOf(r);
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameNotOver.selector, id, r.deadline, block.timestamp));
        game.reclaim(r);
        vm.warp(r.deadline);
        game.reclaim(r);
        gateway.refund(other); // by a stranger, past the game
        game.reclaim(other);
        assertEq(game.owed(PLAYER), 2 * STAKE + r.fee + other.fee, "stakes and fees");
        assertEq(address(game).balance, game.house() + game.owed(PLAYER), "covered");
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameUnknown.selector, id));
        game.reclaim(r);
    }

    function play2() private returns (Request memory) {
        game.fund{value: 1 ether}();
        return play(2);
    }

    function test_refuses_bad_games() public {
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameBadGuess.selector, 10));
        game.play{value: STAKE}(10);
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameStakeTooLow.selector, STAKE - 1, STAKE));
        game.play{value: STAKE - 1}(1);
        play(1);
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameHouseTooPoor.selector, 0.2 ether, 0.8 ether));
        game.play{value: 1 ether}(1);
    }

    function test_the_house_cannot_take_what_is_set_aside() public {
        play(1);
        vm.expectRevert(
            abi.encodeWithSelector(GuessingGame.GameHouseTooPoor.selector, 0.2 ether, uint256(0.2 ether) + 1)
        );
        game.take(0.2 ether + 1);
        game.take(0.2 ether);
        assertEq(game.house(), 0, "taken");
        vm.prank(PLAYER);
        vm.expectRevert(abi.encodeWithSelector(GuessingGame.GameNotOwner.selector, PLAYER));
        game.take(0);
    }
}
