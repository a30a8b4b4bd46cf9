// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome, Request} from "../committee/Digests.sol";
import {INexusGateway, Status} from "../cloud/INexusGateway.sol";
import {NexusConsumer} from "../cloud/NexusConsumer.sol";

/// @title Guess a digit: a game that holds stakes and pays by the answer of a program.
/// @notice The program draws a digit from the randomness of the committee, which comes of a signature that is made only when
/// the guess is ordered and cannot be changed any more, and answers with it (uint256, big-endian). Right: nine stakes are paid. Wrong: the stake is the house's. Anything else (a
/// program that fails, no answer in time): the stake goes back, and with no answer the fee does too.
/// @dev Who relays answers sees the draw first. A player that could keep every relayer's transaction out of the chain for
/// `PATIENCE` would get a lost stake back: such a game needs a patience that nobody can outlast.
/// @dev What is owed to players is always covered: a game starts only if the house can pay its prize, which is then
/// set aside. balance = house + owed + set aside for open games + refunded fees not yet claimed.
contract GuessingGame is NexusConsumer {
    /// @notice An open game.
    /// @param player who plays
    /// @param deadline from when on the stake can be taken back
    /// @param guess the digit guessed
    struct Game {
        address player;
        uint40 deadline;
        uint8 guess;
    }

    /// @notice `player` guessed and the request is on its way.
    event Played(bytes32 indexed requestId, address indexed player, uint8 guess);
    /// @notice The game ended and `paid` wei were credited to its player.
    event Ended(bytes32 indexed requestId, address indexed player, uint256 drawn, uint256 paid);
    /// @notice The game came to nothing and `paid` wei (the stake, and the fee if it was refunded) were credited.
    event Annulled(bytes32 indexed requestId, address indexed player, uint256 paid);

    error GameBadGuess(uint8 guess);
    error GameStakeTooLow(uint256 paid, uint256 stake);
    error GameHouseTooPoor(uint256 house, uint256 needed);
    error GameUnknown(bytes32 requestId);
    error GameNotOver(bytes32 requestId, uint40 deadline, uint256 now_);
    error GameNotOwner(address caller);
    error GameNothingOwed(address player);
    error GameTransferFailed(address to);
    error GameUnexpectedEther(address sender);

    /// @dev The house's part of a prize, in stakes: odds of 1 in 10 paid 9 for 1 leave it a tenth.
    uint256 private constant HOUSE_STAKES = 8;
    uint32 private constant CALLBACK_GAS = 150_000;
    uint40 private constant PATIENCE = 1 hours;

    bytes32 public immutable cloudId;
    bytes32 public immutable programId;
    /// @notice Who may take the house's money, but never the players'.
    address public immutable owner;
    /// @notice Wei staked on every guess.
    uint256 public immutable stake;

    /// @notice Wei that the house can lose in further games.
    uint256 public house;
    mapping(bytes32 requestId => Game game) public games;
    /// @notice Wei a player may withdraw.
    mapping(address player => uint256 amount) public owed;

    constructor(
        INexusGateway gateway_,
        bytes32 cloudId_,
        bytes32 programId_,
        uint256 stake_
    ) payable NexusConsumer(gateway_) {
        cloudId = cloudId_;
        programId = programId_;
        owner = msg.sender;
        stake = stake_;
        house = msg.value;
    }

    /// @dev Refunded fees come back through here, and nothing else does.
    receive() external payable {
        if (msg.sender != address(gateway)) revert GameUnexpectedEther(msg.sender);
    }

    /// @notice Guesses a digit, 0 to 9. Send the stake and the fee of the cloud, `fee()`; more than that is tip.
    function play(uint8 guess) external payable returns (bytes32 requestId) {
        if (guess > 9) revert GameBadGuess(guess);
        if (msg.value < stake) revert GameStakeTooLow(msg.value, stake);
        uint256 risk = HOUSE_STAKES * stake;
        if (house < risk) revert GameHouseTooPoor(house, risk);
        house -= risk;
        uint40 deadline = uint40(block.timestamp) + PATIENCE;
        // The guess is no part of the input: the draw is made without regard to it.
        requestId = _request(cloudId, programId, "", CALLBACK_GAS, deadline, msg.value - stake);
        games[requestId] = Game(msg.sender, deadline, guess);
        emit Played(requestId, msg.sender, guess);
    }

    /// @notice Ends a game that got no answer in time (or, should that ever happen, whose callback failed). Anybody may.
    function reclaim(Request calldata request) external {
        bytes32 requestId = gateway.requestIdOf(request);
        Game memory game = games[requestId];
        if (game.player == address(0)) revert GameUnknown(requestId);
        // From the deadline on the gateway delivers no answer, so none can cross this.
        if (block.timestamp < game.deadline) revert GameNotOver(requestId, game.deadline, block.timestamp);
        _annul(requestId, game.player, gateway.statusOf(requestId) == Status.Closed ? 0 : request.fee);
        if (gateway.statusOf(requestId) != Status.Closed) _reclaim(request);
    }

    /// @notice Pays the caller what it has won or got back.
    function withdraw() external {
        uint256 amount = owed[msg.sender];
        if (amount == 0) revert GameNothingOwed(msg.sender);
        delete owed[msg.sender];
        _send(msg.sender, amount);
    }

    /// @notice Adds to the house.
    function fund() external payable {
        house += msg.value;
    }

    /// @notice Takes `amount` out of the house. Only the owner; prizes set aside are out of its reach.
    function take(uint256 amount) external {
        if (msg.sender != owner) revert GameNotOwner(msg.sender);
        if (house < amount) revert GameHouseTooPoor(house, amount);
        house -= amount;
        _send(owner, amount);
    }

    /// @notice What a game costs besides its stake, at the present base fee.
    function fee() external view returns (uint256) {
        return _quote(cloudId, 0, CALLBACK_GAS);
    }

    function _onResult(bytes32 requestId, Outcome outcome, bytes calldata output) internal override {
        Game memory game = games[requestId];
        uint256 drawn = output.length == 32 ? abi.decode(output, (uint256)) : type(uint256).max;
        if (outcome != Outcome.Success || drawn > 9) {
            _annul(requestId, game.player, 0); // answered, if badly: the fee is spent
            return;
        }
        delete games[requestId];
        uint256 prize = (HOUSE_STAKES + 1) * stake;
        uint256 paid = drawn == game.guess ? prize : 0;
        if (paid == 0) house += prize;
        else owed[game.player] += prize;
        emit Ended(requestId, game.player, drawn, paid);
    }

    function _annul(bytes32 requestId, address player, uint256 feeBack) private {
        delete games[requestId];
        house += HOUSE_STAKES * stake;
        owed[player] += stake + feeBack;
        emit Annulled(requestId, player, stake + feeBack);
    }

    function _send(address to, uint256 amount) private {
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert GameTransferFailed(to);
    }
}
