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

    uint16 private constant ONE_IN_BPS = 10_000;
    /// @dev Where a reporter's part goes that nobody gets: where all that is slashed goes.
    address private constant NOBODY = address(0xdEaD);

    IStaking public immutable staking;
    ICommitteeRegistry public immutable registry;
    /// @notice Part of everything behind an operator that it loses when it alone is caught, in bps.
    uint16 public immutable slashBps;

    mapping(bytes32 committee => uint256) private _caught;
    mapping(bytes32 committee => mapping(address operator => uint16)) private _charged;

    constructor(IStaking staking_, ICommitteeRegistry registry_, uint16 slashBps_) {
        if (slashBps_ == 0 || slashBps_ > ONE_IN_BPS) revert SlashingInvalidSlash(slashBps_);
        if (address(staking_).code.length == 0) revert SlashingNotAContract(address(staking_));
        if (address(registry_).code.length == 0) revert SlashingNotAContract(address(registry_));
        staking = staking_;
        registry = registry_;
        slashBps = slashBps_;
    }

    /// @notice Takes from an operator caught before what others caught since add to its penalty. Nobody is paid for
    /// that.
    /// @return taken token units slashed in all
    function raise(bytes32 cloudId, uint64 epoch, address operator) external returns (uint256 taken) {
        bytes32 committee = _committeeOf(cloudId, epoch);
        if (_charged[committee][operator] == 0) revert SlashingNotPunished(operator, cloudId, epoch);
        taken = _charge(committee, cloudId, epoch, operator, _unexpired(cloudId, epoch));
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

    /// @notice Part that each of `caught` members loses, in bps.
    /// @param caught at least 1
    /// @param size members of the committee, n
    /// @param threshold members that make a signature, t, more than half of n
    function penalty(uint256 caught, uint16 size, uint16 threshold) public view returns (uint16) {
        uint256 decisive = 2 * uint256(threshold) - size;
        if (caught >= decisive) return ONE_IN_BPS;
        return uint16(slashBps + ((ONE_IN_BPS - slashBps) * (caught - 1)) / (decisive - 1));
    }

    /// @dev Slashes a member caught for the first time in this epoch.
    function _punish(bytes32 cloudId, uint64 epoch, address operator) internal returns (uint256) {
        if (!registry.isMember(cloudId, epoch, operator)) revert SlashingNotMember(cloudId, epoch, operator);
        bytes32 committee = _committeeOf(cloudId, epoch);
        Committee memory c = _unexpired(cloudId, epoch);
        uint16 charged = _charged[committee][operator];
        if (charged != 0) revert SlashingAlreadyPunished(operator, cloudId, epoch, charged);
        ++_caught[committee];
        return _charge(committee, cloudId, epoch, operator, c);
    }

    /// @dev Slashes every member to the full, `most` of them in one call: what all of a large committee cost may be more gas than a
    /// transaction can have.
    function _punishAll(bytes32 cloudId, uint64 epoch, uint256 most) internal returns (uint256 taken) {
        bytes32 committee = _committeeOf(cloudId, epoch);
        Committee memory c = _unexpired(cloudId, epoch);
        address[] memory members = registry.members(cloudId, epoch);
        _caught[committee] = c.size;
        uint256 punished = 0;
        for (uint256 i = 0; i < members.length && (punished < most || most == 0); ++i) {
            if (_charged[committee][members[i]] == ONE_IN_BPS) continue;
            ++punished;
            taken += _charge(committee, cloudId, epoch, members[i], c);
        }
        if (punished == 0) revert SlashingCommitteePunished(cloudId, epoch);
        emit CommitteePunished(cloudId, epoch, msg.sender, punished, taken);
    }

    /// @dev What is left after `before` bps were taken loses (due - before) / (1 - before), rounded up. Reporters are paid for what a member
    /// loses by itself, and not for what others add: or it would pay to have cheap members caught, so as to report a dear one for more.
    function _charge(
        bytes32 committee,
        bytes32 cloudId,
        uint64 epoch,
        address operator,
        Committee memory c
    ) private returns (uint256 taken) {
        uint256 before = _charged[committee][operator];
        uint16 due = penalty(_caught[committee], c.size, c.threshold);
        if (due <= before) revert SlashingAlreadyPunished(operator, cloudId, epoch, uint16(before));
        _charged[committee][operator] = due;
        if (before == 0) {
            taken = staking.slash(operator, slashBps, msg.sender);
            before = slashBps;
        }
        if (due == before) return taken;
        uint256 left = ONE_IN_BPS - before;
        uint256 bps = ((due - before) * ONE_IN_BPS + left - 1) / left;
        taken += staking.slash(operator, uint16(bps), NOBODY);
    }

    /// @dev The committee, while its members' stake is held for it.
    function _unexpired(bytes32 cloudId, uint64 epoch) private view returns (Committee memory c) {
        c = registry.committee(cloudId, epoch);
        uint64 expiredAt = registry.heldUntil(cloudId, epoch);
        if (block.timestamp >= expiredAt) revert SlashingExpired(cloudId, epoch, expiredAt, block.timestamp);
    }

    function _committeeOf(bytes32 cloudId, uint64 epoch) private pure returns (bytes32) {
        return keccak256(abi.encode(cloudId, epoch));
    }
}
