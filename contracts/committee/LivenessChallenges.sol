// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Digests} from "./Digests.sol";
import {IUnseatable} from "./IUnseatable.sol";

/// @title Ends the time of a committee that can no longer sign, before its epoch does.
/// @notice Anyone may challenge the current committee with a bond. One group signature answers, and whoever hands it in earns the bond.
/// A committee that leaves a challenge unanswered for as long as the registry's `patience` is no longer valid, and the next one can be
/// opened at once. A committee that can sign cannot be unseated: it has hours or more to land one transaction, which anyone may send and
/// which pays. It cannot be kept busy either: one challenge at a time, and none within the same span after an answer.
/// @dev Deployed by the registry, which lets nobody else unseat. Bonds are credited and taken out by `withdrawBond`, so that no challenger can refuse its money and thereby keep a dead
/// committee in place.
contract LivenessChallenges {
    /// @dev A challenge; with `challenger` 0 there is none.
    /// @param challenger who put up the bond
    /// @param bond wei
    /// @param epoch the epoch whose committee is asked
    /// @param answerBy first second at which it may be unseated
    /// @param quietUntil first second at which it may be challenged again
    /// @param number how many challenges of the cloud there were, this one included
    struct Challenge {
        address challenger;
        uint96 bond;
        uint64 epoch;
        uint40 answerBy;
        uint40 quietUntil;
        uint64 number;
    }

    /// @notice Gas that a bond pays for at the base fee of the challenge: more than an answer costs.
    uint256 public constant ANSWER_GAS = 500_000;

    /// @notice The registry whose committees are challenged.
    IUnseatable public immutable registry;

    mapping(bytes32 cloudId => Challenge) private _challenges;
    /// @notice Wei that an account may take out.
    mapping(address account => uint256) public bondCredit;

    /// @notice The committee of `epoch` has to sign `Digests.liveness` of challenge `number`, or may be unseated from `answerBy` on.
    event CommitteeChallenged(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        uint64 number,
        address indexed challenger,
        uint256 bond,
        uint64 answerBy
    );
    /// @notice The committee signed, and `by` earned the bond.
    event ChallengeAnswered(bytes32 indexed cloudId, uint64 indexed epoch, uint64 number, address indexed by);
    /// @notice The committee of `epoch` did not answer in time. It speaks for the cloud no more.
    event CommitteeUnseated(bytes32 indexed cloudId, uint64 indexed epoch, uint64 number);
    /// @notice The challenge lapsed, because the committee it was meant for is no longer in office.
    event ChallengeVoid(bytes32 indexed cloudId, uint64 indexed epoch, uint64 number);
    /// @notice `account` took its bonds out.
    event BondWithdrawn(address indexed account, uint256 amount);

    /// @dev There is no committee in office, so there is nobody to challenge.
    error LivenessNoCommittee(bytes32 cloudId);
    /// @dev A challenge is open, or one was answered a short while ago: the next is possible from `from` (Unix time) on.
    error LivenessTooEarly(bytes32 cloudId, uint64 from, uint64 now_);
    /// @dev The committee's own time ends before an answer would be due.
    error LivenessTooLate(bytes32 cloudId, uint64 answerBy, uint64 validUntil);
    /// @dev A bond has at least `min` wei and at most `max`.
    error LivenessBadBond(uint256 bond, uint256 min, uint256 max);
    /// @dev No challenge is open.
    error LivenessNotChallenged(bytes32 cloudId);
    /// @dev There is nothing to take out.
    error LivenessNoBond(address account);

    constructor() {
        registry = IUnseatable(msg.sender);
    }

    /// @notice Asks the current committee to show that it can still sign. The value sent is the bond: at least `ANSWER_GAS` at the
    /// present base fee. It goes to whoever hands the answer in, and comes back if there is none.
    /// @return number what the answer has to name
    function challengeCommittee(bytes32 cloudId) external payable returns (uint64 number) {
        uint64 epoch = registry.liveEpoch(cloudId);
        if (epoch == 0) revert LivenessNoCommittee(cloudId);
        Challenge storage challenge = _challenges[cloudId];
        if (challenge.challenger != address(0)) {
            if (challenge.epoch == epoch) revert LivenessTooEarly(cloudId, challenge.answerBy, uint64(block.timestamp));
            _void(cloudId, challenge);
        }
        if (block.timestamp < challenge.quietUntil)
            revert LivenessTooEarly(cloudId, challenge.quietUntil, uint64(block.timestamp));
        uint64 answerBy = uint64(block.timestamp) + registry.patience(cloudId);
        uint64 until = registry.committee(cloudId, epoch).validUntil;
        if (answerBy >= until) revert LivenessTooLate(cloudId, answerBy, until);
        uint256 least = ANSWER_GAS * block.basefee;
        if (msg.value < least || msg.value > type(uint96).max)
            revert LivenessBadBond(msg.value, least, type(uint96).max);

        number = challenge.number + 1;
        // Times fit 40 bits for another 34,000 years.
        _challenges[cloudId] = Challenge({
            challenger: msg.sender,
            bond: uint96(msg.value),
            epoch: epoch,
            answerBy: uint40(answerBy),
            quietUntil: 0,
            number: number
        });
        emit CommitteeChallenged(cloudId, epoch, number, msg.sender, msg.value, answerBy);
    }

    /// @notice Answers the open challenge with the group signature of `Digests.liveness`; the caller is credited the bond. Possible until
    /// the committee is unseated, late or not.
    function answerChallenge(bytes32 cloudId, bytes calldata signature) external {
        Challenge storage challenge = _open(cloudId);
        (uint64 epoch, uint64 number) = (challenge.epoch, challenge.number);
        registry.requireSigned(cloudId, epoch, Digests.liveness(address(this), cloudId, epoch, number), signature);
        bondCredit[msg.sender] += challenge.bond;
        challenge.challenger = address(0);
        challenge.quietUntil = uint40(block.timestamp + registry.patience(cloudId));
        emit ChallengeAnswered(cloudId, epoch, number, msg.sender);
    }

    /// @notice Ends the time of a committee that did not answer, so that the next epoch may be opened, or made active if it is ready.
    /// Anyone may call.
    function unseatCommittee(bytes32 cloudId) external {
        Challenge storage challenge = _open(cloudId);
        (uint64 epoch, uint64 number) = (challenge.epoch, challenge.number);
        bool void = registry.liveEpoch(cloudId) != epoch;
        if (!void && block.timestamp < challenge.answerBy)
            revert LivenessTooEarly(cloudId, challenge.answerBy, uint64(block.timestamp));
        if (void) return _void(cloudId, challenge);
        _refund(challenge);
        emit CommitteeUnseated(cloudId, epoch, number);
        registry.unseat(cloudId);
    }

    /// @notice Pays out what the caller is credited.
    function withdrawBond() external {
        uint256 amount = bondCredit[msg.sender];
        if (amount == 0) revert LivenessNoBond(msg.sender);
        bondCredit[msg.sender] = 0;
        emit BondWithdrawn(msg.sender, amount);
        (bool sent, bytes memory reason) = msg.sender.call{value: amount}("");
        if (!sent) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }

    /// @notice The cloud's challenge that is open; all zero but `quietUntil` and `number` when none is.
    function challengeOf(bytes32 cloudId) external view returns (Challenge memory challenge) {
        challenge = _challenges[cloudId];
        if (challenge.challenger == address(0))
            return Challenge(address(0), 0, 0, 0, challenge.quietUntil, challenge.number);
    }

    function _open(bytes32 cloudId) private view returns (Challenge storage challenge) {
        challenge = _challenges[cloudId];
        if (challenge.challenger == address(0)) revert LivenessNotChallenged(cloudId);
    }

    function _void(bytes32 cloudId, Challenge storage challenge) private {
        _refund(challenge);
        emit ChallengeVoid(cloudId, challenge.epoch, challenge.number);
    }

    function _refund(Challenge storage challenge) private {
        bondCredit[challenge.challenger] += challenge.bond;
        challenge.challenger = address(0);
    }
}
