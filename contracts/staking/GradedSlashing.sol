// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Committee} from "../committee/ICommittees.sol";
import {ICommitteeRegistry} from "../committee/ICommitteeRegistry.sol";
import {IStaking} from "./IStaking.sol";

/// @title Slashes members of a committee the harder the more of them are caught.
/// @notice One member alone cannot make a committee contradict itself, and is likelier broken than dishonest: it loses
/// `slashBps`. Two groups of t that sign different things share at least 2t - n members, so that many caught in one
/// epoch could have: they lose everything. Between the two the part grows evenly. Who was caught earlier is brought to
/// the same part by `raise`.
/// @notice Who was caught in other epochs of the cloud counts half, if members of both had stake held at the same time: seven days and
/// more lie between epochs that do not count together. No such two contradict a committee, but what befalls several at once is one
/// cause, a fault that they share or a plan that they do.
/// @notice A signature of the committee as a whole is of at least t members, and nobody can tell which: for a false one all are
/// caught, and lose everything.
/// @dev Within an epoch it counts who was caught, not how often, nor by what evidence: a node that runs again from an old backup
/// votes twice at many heights for one and the same fault.
abstract contract GradedSlashing {
    /// @notice `operator` now has lost `bps` in all for what it did in that committee.
    event PenaltyRaised(
        address indexed operator,
        bytes32 indexed cloudId,
        uint64 epoch,
        uint16 bps,
        address reporter,
        uint256 taken
    );

    /// @notice The committee as a whole was caught, and its members lost `taken` token units together.
    event CommitteePunished(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        address reporter,
        uint256 members,
        uint256 taken
    );

    /// @dev A slash takes between 1 and 10,000 bps.
    error SlashingInvalidSlash(uint16 bps);
    /// @dev There is no code at `account`.
    error SlashingNotAContract(address account);
    /// @dev `operator` was not in that committee, so what it signed meant nothing.
    error SlashingNotMember(bytes32 cloudId, uint64 epoch, address operator);
    /// @dev `operator` has lost `bps` for this epoch, and no more is due while nobody else is caught.
    error SlashingAlreadyPunished(address operator, bytes32 cloudId, uint64 epoch, uint16 bps);
    /// @dev All members of that committee have lost everything already.
    error SlashingCommitteePunished(bytes32 cloudId, uint64 epoch);
    /// @dev `operator` was not caught in that committee.
    error SlashingNotPunished(address operator, bytes32 cloudId, uint64 epoch);
    /// @dev Evidence for the epoch was accepted before `expiredAt` (Unix time): the stake is no longer held.
    error SlashingExpired(bytes32 cloudId, uint64 epoch, uint64 expiredAt, uint256 now_);

    /// @dev A member that was caught by evidence of its own, with the time for which it answered in that epoch, in Unix seconds.
    struct Fault {
        address operator;
        uint40 from;
        uint40 until;
    }

    uint16 private constant ONE_IN_BPS = 10_000;

    /// @dev How many of a cloud's latest faults are looked through, which bounds the gas of a report. As many as a committee may have.
    uint256 private constant LATEST_FAULTS = 128;

    IStaking public immutable staking;
    ICommitteeRegistry public immutable registry;
    /// @notice Part of everything behind an operator that it loses when it alone is caught, in bps.
    uint16 public immutable slashBps;

    mapping(bytes32 committee => uint256) private _caught;
    mapping(bytes32 committee => mapping(address operator => uint16)) private _charged;
    mapping(bytes32 cloudId => Fault[]) private _faults;

    constructor(IStaking staking_, ICommitteeRegistry registry_, uint16 slashBps_) {
        if (slashBps_ == 0 || slashBps_ > ONE_IN_BPS) revert SlashingInvalidSlash(slashBps_);
        if (address(staking_).code.length == 0) revert SlashingNotAContract(address(staking_));
        if (address(registry_).code.length == 0) revert SlashingNotAContract(address(registry_));
        staking = staking_;
        registry = registry_;
        slashBps = slashBps_;
    }

    /// @notice Takes from an operator caught before what others caught since add to its penalty; the caller gets the
    /// reporter's part.
    /// @return taken token units slashed in all
    function raise(bytes32 cloudId, uint64 epoch, address operator) external returns (uint256 taken) {
        bytes32 committee = _committeeOf(cloudId, epoch);
        if (_charged[committee][operator] == 0) revert SlashingNotPunished(operator, cloudId, epoch);
        (Committee memory c, uint64 until) = _unexpired(cloudId, epoch);
        taken = _charge(committee, cloudId, epoch, operator, _due(cloudId, c, until, operator));
        emit PenaltyRaised(operator, cloudId, epoch, _charged[committee][operator], msg.sender, taken);
    }

    /// @notice Members of that committee caught so far.
    function caughtOf(bytes32 cloudId, uint64 epoch) external view returns (uint256) {
        return _caught[_committeeOf(cloudId, epoch)];
    }

    /// @notice Part that `operator` has lost for what it did in that committee, in bps; 0 if it was not caught.
    function chargedOf(bytes32 cloudId, uint64 epoch, address operator) external view returns (uint16) {
        return _charged[_committeeOf(cloudId, epoch)][operator];
    }

    /// @notice Operators other than `operator` that were caught in other epochs of the cloud whose members answered at the same time
    /// as those of `epoch`, and not in `epoch` itself. Each counts once, in however many epochs it was caught.
    function caughtElsewhere(bytes32 cloudId, uint64 epoch, address operator) external view returns (uint256) {
        uint64 from = registry.committee(cloudId, epoch).validFrom;
        return _elsewhere(cloudId, epoch, from, registry.heldUntil(cloudId, epoch), operator);
    }

    /// @notice Part that each of `caught` members loses, in bps.
    /// @param caught at least 1
    /// @param elsewhere members caught in other epochs that count together with this one, who weigh half
    /// @param size members of the committee, n
    /// @param threshold members that make a signature, t, more than half of n
    function penalty(uint256 caught, uint256 elsewhere, uint16 size, uint16 threshold) public view returns (uint16) {
        uint256 decisive = 2 * uint256(threshold) - size;
        uint256 halves = 2 * (caught - 1) + elsewhere;
        uint256 all = 2 * (decisive - 1);
        if (halves >= all) return ONE_IN_BPS;
        return uint16(slashBps + ((ONE_IN_BPS - slashBps) * halves) / all);
    }

    /// @dev Slashes a member caught for the first time in this epoch.
    function _punish(bytes32 cloudId, uint64 epoch, address operator) internal returns (uint256) {
        if (!registry.isMember(cloudId, epoch, operator)) revert SlashingNotMember(cloudId, epoch, operator);
        bytes32 committee = _committeeOf(cloudId, epoch);
        (Committee memory c, uint64 until) = _unexpired(cloudId, epoch);
        uint16 charged = _charged[committee][operator];
        if (charged != 0) revert SlashingAlreadyPunished(operator, cloudId, epoch, charged);
        ++_caught[committee];
        uint16 due = _due(cloudId, c, until, operator);
        _faults[cloudId].push(Fault(operator, uint40(c.validFrom), uint40(until)));
        return _charge(committee, cloudId, epoch, operator, due);
    }

    /// @dev Slashes every member to the full, `most` of them in one call: what all of a large committee cost may be more gas than a
    /// transaction can have. None of them was shown to have signed, so that they count for no other epoch.
    function _punishAll(bytes32 cloudId, uint64 epoch, uint256 most) internal returns (uint256 taken) {
        bytes32 committee = _committeeOf(cloudId, epoch);
        (Committee memory c, ) = _unexpired(cloudId, epoch);
        address[] memory members = registry.members(cloudId, epoch);
        _caught[committee] = c.size;
        uint256 punished = 0;
        for (uint256 i = 0; i < members.length && (punished < most || most == 0); ++i) {
            if (_charged[committee][members[i]] == ONE_IN_BPS) continue;
            ++punished;
            taken += _charge(committee, cloudId, epoch, members[i], ONE_IN_BPS);
        }
        if (punished == 0) revert SlashingCommitteePunished(cloudId, epoch);
        emit CommitteePunished(cloudId, epoch, msg.sender, punished, taken);
    }

    /// @dev What is left after `before` bps were taken loses (due - before) / (1 - before), rounded up.
    function _charge(
        bytes32 committee,
        bytes32 cloudId,
        uint64 epoch,
        address operator,
        uint16 due
    ) private returns (uint256) {
        uint256 before = _charged[committee][operator];
        if (due <= before) revert SlashingAlreadyPunished(operator, cloudId, epoch, uint16(before));
        _charged[committee][operator] = due;
        uint256 left = ONE_IN_BPS - before;
        uint256 bps = ((due - before) * ONE_IN_BPS + left - 1) / left;
        return staking.slash(operator, uint16(bps), msg.sender);
    }

    /// @dev The part that `operator`, who is among the caught, is to lose in all.
    function _due(bytes32 cloudId, Committee memory c, uint64 until, address operator) private view returns (uint16) {
        uint256 caught = _caught[_committeeOf(cloudId, c.epoch)];
        uint256 elsewhere = _elsewhere(cloudId, c.epoch, c.validFrom, until, operator);
        return penalty(caught, elsewhere, c.size, c.threshold);
    }

    /// @dev See `caughtElsewhere`; `from` and `until` (Unix time) are the epoch's.
    function _elsewhere(
        bytes32 cloudId,
        uint64 epoch,
        uint64 from,
        uint64 until,
        address operator
    ) private view returns (uint256 count) {
        mapping(address => uint16) storage charged = _charged[_committeeOf(cloudId, epoch)];
        Fault[] storage faults = _faults[cloudId];
        uint256 end = faults.length;
        uint256 start = end > LATEST_FAULTS ? end - LATEST_FAULTS : 0;
        address[] memory counted = new address[](end - start);
        for (uint256 i = start; i < end; ++i) {
            Fault memory f = faults[i];
            if (f.from >= until || from >= f.until || f.operator == operator || charged[f.operator] != 0) continue;
            uint256 j = 0;
            while (j < count && counted[j] != f.operator) ++j;
            if (j == count) counted[count++] = f.operator;
        }
    }

    /// @dev The committee, and until when its members' stake is held for it, which must be later than now.
    function _unexpired(bytes32 cloudId, uint64 epoch) private view returns (Committee memory c, uint64 until) {
        c = registry.committee(cloudId, epoch);
        until = registry.heldUntil(cloudId, epoch);
        if (block.timestamp >= until) revert SlashingExpired(cloudId, epoch, until, block.timestamp);
    }

    function _committeeOf(bytes32 cloudId, uint64 epoch) private pure returns (bytes32) {
        return keccak256(abi.encode(cloudId, epoch));
    }
}
