// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Committees} from "./Committees.sol";
import {Digests} from "./Digests.sol";
import {Committee} from "./ICommittees.sol";
import {StoredBytes} from "./StoredBytes.sol";

/// @notice One step of a cloud's chain of committees.
/// @param next the committee that takes over, as it was signed
/// @param signature the group signature of the committee before it over `Digests.rotation`
struct Step {
    Committee next;
    bytes signature;
}

/// @title How a mirror that has lapsed is moved on, with its address and everything that hangs from it.
/// @notice While a mirror's committee is in office, nothing here can be called with effect. When its time has run out without a
/// `follow`, there are two ways on, each announced long before it takes effect:
///
/// - **by signature.** Within `RECOVERY_WINDOW` the committee's rotation signature moves the mirror on, after `RECOVERY_DELAY`, unless
///   somebody shows another rotation that the same key signed, or the guardian says no. Until then its members' stake is held at
///   home and answers for it: a rotation that the registry does not know so is evidence (`SignatureSlashing`).
/// - **by the guardian**, an account named at deployment, after `GUARDIAN_DELAY`: for a cloud that recovered at home without the
///   old key, for a mirror forgotten longer than stake answers, and for a key that signed twice. Without a guardian (address 0) such a
///   mirror has lapsed for good.
///
/// What was announced is a committee of the cloud's chain, whose own time may be over by then; from it the chain of signatures goes on
/// to the one that is in office.
abstract contract MirrorRecovery is Committees {
    /// @notice Seconds for which stake answers at home after an epoch: `CommitteeRegistry.EVIDENCE_WINDOW`.
    uint64 public constant EVIDENCE_WINDOW = 7 days;
    /// @notice Seconds from the announcement of a signed step to its effect.
    uint64 public constant RECOVERY_DELAY = 3 days;
    /// @notice Seconds after the lapse within which a signed step can be announced: it then takes effect while stake answers.
    uint64 public constant RECOVERY_WINDOW = EVIDENCE_WINDOW - RECOVERY_DELAY;
    /// @notice Seconds from the guardian's announcement to its effect.
    uint64 public constant GUARDIAN_DELAY = 14 days;

    /// @dev What is announced; with `readyAt` 0 nothing is.
    struct Announcement {
        bytes32 committeeHash;
        uint64 epoch;
        uint64 readyAt;
        bool byGuardian;
    }

    /// @notice Who may announce a committee without a signature, and stop one with a signature, once the mirror has lapsed.
    address public immutable guardian;

    /// @notice What is announced, if anything.
    Announcement public announcement;
    /// @notice Whether the key of this epoch signed two rotations: signatures of it move the mirror no more.
    mapping(uint64 epoch => bool) public disputed;

    /// @notice `next` will be the mirror's committee from `readyAt` on, or where its chain of signatures has got to by then.
    event RecoveryAnnounced(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        uint64 readyAt,
        bool byGuardian,
        Committee next
    );
    /// @notice The announcement was stopped: by the guardian, or (`disputed`) because the same key signed another rotation.
    event RecoveryStopped(bytes32 indexed cloudId, uint64 indexed epoch, bool disputed);

    /// @dev The mirror's committee is in office until `validUntil`: use `follow`.
    error MirrorNotLapsed(uint64 epoch, uint64 validUntil);
    /// @dev The lapse is too long ago for a signature of the old key to be worth anything: this ended at `until`.
    error MirrorSignatureTooOld(uint64 epoch, uint64 until);
    /// @dev The key signed two rotations; only the guardian can tell which is right.
    error MirrorDisputed(uint64 epoch);
    /// @dev A signed step is announced already.
    error MirrorAlreadyAnnounced(uint64 epoch);
    /// @dev Nothing that this could be about is announced.
    error MirrorNothingAnnounced();
    /// @dev It is the very step that is announced.
    error MirrorSameStep();
    /// @dev Another committee was announced.
    error MirrorWrongAnnouncement(bytes32 committeeHash, bytes32 expected);
    /// @dev It takes effect from `readyAt` on.
    error MirrorNotReady(uint64 readyAt, uint64 now_);
    /// @dev Only the guardian may.
    error MirrorNotGuardian(address caller);
    /// @dev The next epoch has to be later than the one before.
    error MirrorNotForward(uint64 fromEpoch, uint64 toEpoch);

    constructor(address guardian_, uint64 finality_) Committees(finality_) {
        guardian = guardian_;
    }

    /// @notice Announces the step that somebody should have followed in time. Anyone may call.
    function announceRecovery(Step calldata step) external {
        (uint64 current, uint64 lapsedAt) = _requireLapsed();
        uint64 until = lapsedAt + RECOVERY_WINDOW;
        if (block.timestamp >= until) revert MirrorSignatureTooOld(current, until);
        if (disputed[current]) revert MirrorDisputed(current);
        // A signature goes before the guardian's word.
        if (announcement.readyAt != 0 && !announcement.byGuardian) revert MirrorAlreadyAnnounced(announcement.epoch);
        _requireStep(current, StoredBytes.read(_records[_cloudId()][current].keyPointer), step);
        _announce(step.next, RECOVERY_DELAY, false);
    }

    /// @notice Stops the announced step by showing that the same key signed another one. Anyone may call.
    function disputeRecovery(Step calldata other) external {
        Announcement memory announced = announcement;
        if (announced.readyAt == 0 || announced.byGuardian) revert MirrorNothingAnnounced();
        if (keccak256(abi.encode(other.next)) == announced.committeeHash) revert MirrorSameStep();
        uint64 current = currentEpoch(_cloudId());
        _requireStep(current, StoredBytes.read(_records[_cloudId()][current].keyPointer), other);
        disputed[current] = true;
        _stop(true);
    }

    /// @notice Announces a committee in the guardian's word. Only the guardian, once the mirror has lapsed.
    function announceAnchor(Committee calldata next) external {
        _requireGuardian();
        (uint64 current, ) = _requireLapsed();
        if (next.epoch <= current) revert MirrorNotForward(current, next.epoch);
        _announce(next, GUARDIAN_DELAY, true);
    }

    /// @notice Stops what is announced. Only the guardian.
    function stopRecovery() external {
        _requireGuardian();
        if (announcement.readyAt == 0) revert MirrorNothingAnnounced();
        _stop(false);
    }

    /// @notice Makes the announced committee, or the one that the `more` steps lead to from it, the mirror's committee. It must be in
    /// office now. Anyone may call.
    /// @param announced as it was announced
    /// @param more the steps that followed on it, each signed by a key whose members' stake is still held at home
    /// @param operators members of the last committee, in committee order
    function completeRecovery(
        Committee calldata announced,
        Step[] calldata more,
        address[] calldata operators
    ) external {
        Announcement memory expected = announcement;
        if (expected.readyAt == 0) revert MirrorNothingAnnounced();
        bytes32 committeeHash = keccak256(abi.encode(announced));
        if (committeeHash != expected.committeeHash)
            revert MirrorWrongAnnouncement(committeeHash, expected.committeeHash);
        if (block.timestamp < expected.readyAt) revert MirrorNotReady(expected.readyAt, uint64(block.timestamp));
        Committee memory last = announced;
        for (uint256 i = 0; i < more.length; ++i) {
            uint64 until = last.validUntil + EVIDENCE_WINDOW;
            if (block.timestamp >= until) revert MirrorSignatureTooOld(last.epoch, until);
            _requireStep(last.epoch, last.groupKey, more[i]);
            last = more[i].next;
        }
        delete announcement;
        _accept(currentEpoch(_cloudId()), last, operators);
    }

    /// @dev The mirror's only cloud.
    function _cloudId() internal view virtual returns (bytes32);

    /// @dev Makes `next` the mirror's committee if it is one and in office.
    function _accept(uint64 fromEpoch, Committee memory next, address[] memory operators) internal virtual;

    /// @dev Reverts unless the key of epoch `from` signed the step, whenever that was.
    function _requireStep(uint64 from, bytes memory groupKey, Step calldata step) private view {
        Committee calldata next = step.next;
        if (next.epoch <= from) revert MirrorNotForward(from, next.epoch);
        bytes32 digest = Digests.rotation(
            _cloudId(),
            from,
            next.epoch,
            next.validFrom,
            next.validUntil,
            next.size,
            next.threshold,
            next.groupKey,
            next.membersHash
        );
        if (!_verifier(0).verify(digest, step.signature, groupKey))
            revert CommitteesBadSignature(_cloudId(), from, digest);
    }

    function _requireLapsed() private view returns (uint64 epoch, uint64 validUntil) {
        epoch = currentEpoch(_cloudId());
        validUntil = _records[_cloudId()][epoch].validUntil;
        if (block.timestamp < validUntil) revert MirrorNotLapsed(epoch, validUntil);
    }

    function _requireGuardian() private view {
        if (msg.sender != guardian) revert MirrorNotGuardian(msg.sender);
    }

    function _announce(Committee calldata next, uint64 delay, bool byGuardian) private {
        uint64 readyAt = uint64(block.timestamp) + delay;
        announcement = Announcement(keccak256(abi.encode(next)), next.epoch, readyAt, byGuardian);
        emit RecoveryAnnounced(_cloudId(), next.epoch, readyAt, byGuardian, next);
    }

    function _stop(bool isDisputed) private {
        uint64 epoch = announcement.epoch;
        delete announcement;
        emit RecoveryStopped(_cloudId(), epoch, isDisputed);
    }
}
