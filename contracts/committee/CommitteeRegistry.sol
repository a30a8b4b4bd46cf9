// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IThresholdVerifier} from "../bls/IThresholdVerifier.sol";
import {IStaking} from "../staking/IStaking.sol";
import {CloudParams, Clouds} from "./Clouds.sol";
import {Committees} from "./Committees.sol";
import {Digests} from "./Digests.sol";
import {Committee, ICommittees} from "./ICommittees.sol";
import {ICommitteeRegistry} from "./ICommitteeRegistry.sol";
import {IUnseatable} from "./IUnseatable.sol";
import {LivenessChallenges} from "./LivenessChallenges.sol";
import {Roster} from "./Roster.sol";
import {StoredBytes} from "./StoredBytes.sol";
import {Urn} from "./Urn.sol";

/// @notice How far a cloud's next epoch has come.
enum Phase {
    None,
    Opened,
    Selected,
    Ready
}

/// @notice A cloud's next epoch while it is under way.
/// @param epoch its number; with `Phase.None` the last number ever used
/// @param phase how far it has come; fields of later phases are 0
/// @param seedBlock number of the block whose hash decides the selection
/// @param deadline first second at which confirmations are refused and the epoch may be abandoned
/// @param validFrom as it will be in `Committee`
/// @param validUntil as it will be in `Committee`
/// @param members the operators selected, in committee order
/// @param identities their node identities when they were selected, which they keep for this epoch
/// @param membersHash as in `Committee`
/// @param confirmed bit i is set once the member at position i confirmed
/// @param groupKey the key that `threshold` members agreed on
struct PendingEpoch {
    uint64 epoch;
    Phase phase;
    uint64 seedBlock;
    uint64 deadline;
    uint64 validFrom;
    uint64 validUntil;
    address[] members;
    address[] identities;
    bytes32 membersHash;
    uint256 confirmed;
    bytes groupKey;
}

/// @notice A member's confirmation of the key its committee generated.
/// @param epoch the epoch confirmed
/// @param index the member's position in the committee, from 0
/// @param groupKey the committee's public key, in the encoding of the cloud's suite
/// @param shareKey public key of the member's share
/// @param identitySignature 65-byte ECDSA signature of `Digests.confirmation` by the node identity the member was selected with
/// @param possession BLS proof of possession of `shareKey`'s secret over the same digest
struct Confirmation {
    uint64 epoch;
    uint16 index;
    bytes groupKey;
    bytes shareKey;
    bytes identitySignature;
    bytes possession;
}

/// @title Home of clouds: who stands for their committees, who is selected, and which key speaks for them when.
/// @notice Every step is open to anyone, and nobody can change or stop a cloud. An epoch goes through
/// `openEpoch` (stakes are recorded, a future block becomes the seed), `selectCommittee`, `confirm` by at least
/// `threshold` members, and then `rotate` with the old committee's signature, or without it when there is no old
/// committee whose time has not run out, by itself or for want of a sign of life (`LivenessChallenges`). An epoch's number is never used for a second committee.
/// @dev `block.number` and `blockhash` must mean the chain's own blocks or at least advance with time; see
/// docs/contracts/committee.md on Arbitrum and on what a block producer can do to the seed.
contract CommitteeRegistry is IUnseatable, Clouds {
    struct Progress {
        uint64 current;
        uint64 epoch;
        uint64 seedBlock;
        uint40 deadline;
        Phase phase;
        address snapshot;
        uint256 confirmed;
    }

    /// @param epoch the epoch whose members confirm the key; no other may have it
    /// @param members how many of them have
    struct Agreement {
        uint64 epoch;
        uint64 members;
    }

    /// @notice Blocks from the opening of an epoch to the block whose hash is its seed.
    uint64 public constant SEED_DELAY = 4;

    /// @notice Seconds after the end that an epoch was selected with for which its members' stake answers for what they signed.
    uint64 public constant EVIDENCE_WINDOW = 7 days;

    /// @notice The farthest ahead, in seconds, that this registry ever holds stake: the longest epoch, opened as early as
    /// possible, and the evidence window. Staking must allow that much, or clouds with long epochs cannot select.
    uint64 public constant LONGEST_HOLD = MAX_EPOCH_LENGTH + MAX_EPOCH_LENGTH / 2 + EVIDENCE_WINDOW;

    /// @notice Where a committee is asked for a sign of life. It alone may `unseat`.
    LivenessChallenges public immutable challenges;

    mapping(bytes32 cloudId => Progress) private _progress;
    mapping(bytes32 cloudId => mapping(bytes32 keyHash => Agreement)) private _agreements;

    /// @inheritdoc ICommitteeRegistry
    mapping(bytes32 cloudId => mapping(uint64 epoch => mapping(uint256 index => bytes32))) public shareKeyHash;

    /// @notice The stakes of all candidates are recorded; the hash of block `seedBlock` will select among them.
    event EpochOpened(bytes32 indexed cloudId, uint64 indexed epoch, uint64 seedBlock, uint256 candidates);
    /// @notice `operator` was drawn, but lost more than half of the stake it was drawn for, or fell below the minimum.
    event CandidateSkipped(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        address indexed operator,
        uint256 stake,
        uint256 drawnStake
    );
    /// @notice The committee of `epoch` has until `deadline` to generate its key and confirm it.
    event CommitteeSelected(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        address[] members,
        address[] identities,
        bytes32 membersHash,
        uint64 validFrom,
        uint64 validUntil,
        uint64 deadline,
        bytes32 seed
    );
    /// @notice A member confirmed `groupKey`, as `agreeing` members now have.
    event EpochConfirmed(
        bytes32 indexed cloudId,
        uint64 indexed epoch,
        address indexed operator,
        bytes groupKey,
        bytes shareKey,
        uint256 agreeing
    );
    /// @notice Enough members agree: the old committee may sign the rotation now, and not before.
    event EpochReady(bytes32 indexed cloudId, uint64 indexed epoch, bytes groupKey);
    /// @notice `epoch` is the cloud's current one, after `fromEpoch` (0 if first).
    event EpochActivated(bytes32 indexed cloudId, uint64 indexed epoch, uint64 indexed fromEpoch);
    /// @notice What mirrors need to follow, besides the members: `signature` is the old group key's.
    event EpochRotated(bytes32 indexed cloudId, uint64 indexed fromEpoch, Committee next, bytes signature);
    /// @notice `epoch` never became active and never will.
    event EpochAbandoned(bytes32 indexed cloudId, uint64 indexed epoch);

    /// @dev The step does not fit the phase that `epoch`, the newest one, is in.
    error RegistryWrongPhase(bytes32 cloudId, uint64 epoch, Phase phase);
    /// @dev The step is possible from `from` (Unix time) on.
    error RegistryTooEarly(bytes32 cloudId, uint64 from, uint64 now_);
    /// @dev The seed is known once `seedBlock` has passed.
    error RegistrySeedNotReady(bytes32 cloudId, uint64 seedBlock, uint256 blockNumber);
    /// @dev This chain knows no hash of `seedBlock`, though it is one of the last 256: committees cannot be drawn on it.
    error RegistryNoSeed(uint64 seedBlock);
    /// @dev The seed block is more than 256 blocks old: open the epoch again.
    error RegistrySeedExpired(bytes32 cloudId, uint64 seedBlock, uint256 blockNumber);
    /// @dev Only `eligible` candidates have the stake to be members; a committee needs `size`.
    error RegistryNotEnoughCandidates(bytes32 cloudId, uint256 eligible, uint16 size);
    /// @dev `epoch` is not the one under way.
    error RegistryWrongEpoch(bytes32 cloudId, uint64 epoch, uint64 underWay);
    /// @dev Too late to confirm: `abandonEpoch`, then open the next.
    error RegistryConfirmationsClosed(bytes32 cloudId, uint64 epoch, uint64 deadline, uint64 now_);
    /// @dev Positions go from 0 to `size` - 1.
    error RegistryBadMemberIndex(uint16 index, uint16 size);
    /// @dev A member confirms one key, once.
    error RegistryAlreadyConfirmed(bytes32 cloudId, uint64 epoch, address operator);
    /// @dev The key was confirmed in `usedIn`. Had two committees one key, nobody could tell whose signature is whose, and who answers.
    error RegistryKeyUsed(bytes32 cloudId, uint64 epoch, uint64 usedIn);
    /// @dev Signed by `signer` (0 when it is no signature at all) instead of the node identity the operator was selected with.
    error RegistryBadIdentitySignature(address operator, address identity, address signer);
    /// @dev The proof of possession is well formed but not one of the share key over the digest.
    error RegistryBadPossession(bytes32 cloudId, uint64 epoch, address operator);
    /// @dev The committee can still sign until `validUntil`: use `rotate`.
    error RegistryStillLive(bytes32 cloudId, uint64 epoch, uint64 validUntil);
    /// @dev The current committee (none if 0) can no longer sign: use `activate`.
    error RegistryLapsed(bytes32 cloudId, uint64 epoch);
    /// @dev Only `challenges` unseats.
    error RegistryNotChallenges(address caller);
    /// @dev Nobody made the epoch active in its time: abandon it.
    error RegistryExpired(bytes32 cloudId, uint64 epoch, uint64 validUntil);

    /// @param staking_ where stake is kept; must let this contract hold it
    /// @param verifiers of the schemes 0 (BN254) and 1 (BLS12-381); address 0 for what the chain lacks
    /// @param finality_ seconds after which a block of this chain is final
    constructor(
        IStaking staking_,
        IThresholdVerifier[] memory verifiers,
        uint64 finality_
    ) Clouds(staking_, verifiers, finality_) {
        challenges = new LivenessChallenges();
    }

    /// @notice Records every eligible candidate's stake and fixes the block whose hash will select among them. Possible
    /// when nothing is under way and the current committee is in its last `ATTEMPTS` confirmation windows or lapsed;
    /// and again, under the same number, when the seed was left unused for more than 256 blocks.
    /// @dev Stakes are recorded before the seed exists: otherwise whoever sends the selecting transaction could try out
    /// amounts of delegation until the outcome suits it.
    function openEpoch(bytes32 cloudId) external {
        CloudParams storage params = _cloud(cloudId);
        Progress storage progress = _progress[cloudId];
        uint64 epoch = progress.epoch;
        if (progress.phase == Phase.None) {
            uint64 until = _liveUntil(cloudId, progress.current);
            uint64 lead = ATTEMPTS * params.confirmationWindow;
            if (block.timestamp + lead < until) revert RegistryTooEarly(cloudId, until - lead, uint64(block.timestamp));
            ++epoch;
        } else if (progress.phase != Phase.Opened || !_seedExpired(progress.seedBlock)) {
            revert RegistryWrongPhase(cloudId, epoch, progress.phase);
        }

        (address[] memory operators, uint256[] memory stakes) = _eligible(cloudId, params.minStake);
        if (operators.length < params.size) revert RegistryNotEnoughCandidates(cloudId, operators.length, params.size);

        uint64 seedBlock = uint64(block.number) + SEED_DELAY;
        progress.epoch = epoch;
        progress.phase = Phase.Opened;
        progress.seedBlock = seedBlock;
        progress.snapshot = Roster.writeSnapshot(operators, stakes);
        emit EpochOpened(cloudId, epoch, seedBlock, operators.length);
    }

    /// @notice Draws the committee of the epoch that is open, weighted by the recorded stakes, and holds the stake of
    /// its members until `EVIDENCE_WINDOW` after the epoch.
    /// @dev A drawn operator that since lost more than half of its stake is passed over; nothing else about the draw
    /// changes, so that dropping out gains nothing but a place for the next in line.
    function selectCommittee(bytes32 cloudId) external {
        CloudParams storage params = _cloud(cloudId);
        Progress storage progress = _progress[cloudId];
        (uint64 epoch, uint64 seedBlock) = (progress.epoch, progress.seedBlock);
        if (progress.phase != Phase.Opened) revert RegistryWrongPhase(cloudId, epoch, progress.phase);
        if (block.number <= seedBlock) revert RegistrySeedNotReady(cloudId, seedBlock, block.number);
        if (_seedExpired(seedBlock)) revert RegistrySeedExpired(cloudId, seedBlock, block.number);

        bytes32 seedHash = blockhash(seedBlock);
        if (seedHash == 0) revert RegistryNoSeed(seedBlock);
        bytes32 seed = keccak256(abi.encode(seedHash, cloudId, epoch));
        address[] memory selected = _draw(cloudId, epoch, seed, progress.snapshot);

        // Times fit 40 bits for another 34,000 years.
        uint64 deadline = uint64(block.timestamp) + params.confirmationWindow;
        Record storage record = _records[cloudId][epoch];
        record.validFrom = uint40(block.timestamp);
        record.validUntil = uint40(
            Math.max(block.timestamp, _liveUntil(cloudId, progress.current)) + params.epochLength
        );
        record.scheme = params.scheme;
        record.size = params.size;
        record.threshold = params.threshold;
        record.membersHash = keccak256(abi.encode(selected));
        record.membersPointer = _writeRoster(selected);
        progress.phase = Phase.Selected;
        progress.deadline = uint40(deadline);
        progress.confirmed = 0;
        emit CommitteeSelected(
            cloudId,
            epoch,
            selected,
            Roster.readIdentities(record.membersPointer, selected.length),
            record.membersHash,
            record.validFrom,
            record.validUntil,
            deadline,
            seed
        );
        record.heldUntil = record.validUntil + uint40(EVIDENCE_WINDOW);
        for (uint256 i = 0; i < selected.length; ++i) staking.hold(selected[i], record.heldUntil);
    }

    /// @notice Hands in a member's confirmation; anyone may carry it. With `threshold` confirmations of one key the
    /// epoch is ready, and active at once if the cloud has no live committee.
    /// @dev Two different keys cannot both gather more than two thirds of the members, who confirm once each. The hash of the share's
    /// public key is kept, so that its owner answers for the share's signatures.
    function confirm(bytes32 cloudId, Confirmation calldata c) external {
        Progress storage progress = _progress[cloudId];
        Record storage record = _records[cloudId][c.epoch];
        _requireConfirmable(cloudId, progress, c.epoch);
        if (c.index >= record.size) revert RegistryBadMemberIndex(c.index, record.size);
        address operator = Roster.memberAt(record.membersPointer, c.index);
        uint256 bit = 1 << c.index;
        if (progress.confirmed & bit != 0) revert RegistryAlreadyConfirmed(cloudId, c.epoch, operator);
        uint256 agreeing = _agree(cloudId, c.epoch, keccak256(c.groupKey));
        _requireConfirmation(cloudId, record, operator, agreeing == 1, c);

        progress.confirmed |= bit;
        shareKeyHash[cloudId][c.epoch][c.index] = keccak256(c.shareKey);
        emit EpochConfirmed(cloudId, c.epoch, operator, c.groupKey, c.shareKey, agreeing);
        if (progress.phase == Phase.Selected && agreeing == record.threshold) {
            record.keyPointer = StoredBytes.write(c.groupKey);
            progress.phase = Phase.Ready;
            emit EpochReady(cloudId, c.epoch, c.groupKey);
            if (_liveUntil(cloudId, progress.current) == 0) _activate(cloudId, progress, record);
        }
    }

    /// @notice Hands the cloud over to the committee that is ready, as the current one signed (`Digests.rotation`). The
    /// current one's signatures are accepted for `grace` longer. Anyone may carry the signature.
    function rotate(bytes32 cloudId, bytes calldata signature) external {
        Progress storage progress = _progress[cloudId];
        (uint64 current, uint64 epoch) = (progress.current, progress.epoch);
        if (progress.phase != Phase.Ready) revert RegistryWrongPhase(cloudId, epoch, progress.phase);
        if (_liveUntil(cloudId, current) == 0) revert RegistryLapsed(cloudId, current);
        Record storage record = _records[cloudId][epoch];
        requireSigned(cloudId, current, rotationDigest(cloudId, current, epoch), signature);
        _retire(cloudId, current);
        _activate(cloudId, progress, record);
        emit EpochRotated(cloudId, current, _committee(record, epoch), signature);
    }

    /// @notice Makes the committee that is ready the current one although the one before did not sign, because its time
    /// ran out or it was unseated. What mirrors need then is in `CommitteeMirror`. Anyone may call.
    function activate(bytes32 cloudId) external {
        Progress storage progress = _progress[cloudId];
        uint64 epoch = progress.epoch;
        if (progress.phase != Phase.Ready) revert RegistryWrongPhase(cloudId, epoch, progress.phase);
        uint64 until = _liveUntil(cloudId, progress.current);
        if (until != 0) revert RegistryStillLive(cloudId, progress.current, until);
        Record storage record = _records[cloudId][epoch];
        if (block.timestamp >= record.validUntil) revert RegistryExpired(cloudId, epoch, record.validUntil);
        _activate(cloudId, progress, record);
    }

    /// @inheritdoc IUnseatable
    function unseat(bytes32 cloudId) external {
        if (msg.sender != address(challenges)) revert RegistryNotChallenges(msg.sender);
        _records[cloudId][_progress[cloudId].current].validUntil = uint40(block.timestamp);
    }

    /// @notice Gives up an epoch whose committee did not agree on a key in time, so that another can be opened. Anyone
    /// may call.
    /// @dev An epoch that is ready is given up only after its own `validUntil`: the old committee may have signed the
    /// rotation to it, and a mirror that followed must not find itself on a branch of its own.
    function abandonEpoch(bytes32 cloudId) external {
        Progress storage progress = _progress[cloudId];
        uint64 epoch = progress.epoch;
        if (progress.phase != Phase.Selected && progress.phase != Phase.Ready)
            revert RegistryWrongPhase(cloudId, epoch, progress.phase);
        uint64 from = progress.phase == Phase.Selected ? progress.deadline : _records[cloudId][epoch].validUntil;
        if (block.timestamp < from) revert RegistryTooEarly(cloudId, from, uint64(block.timestamp));
        progress.phase = Phase.None;
        emit EpochAbandoned(cloudId, epoch);
    }

    /// @notice The epoch under way, if any.
    function pendingEpoch(bytes32 cloudId) external view returns (PendingEpoch memory pending) {
        Progress storage progress = _progress[cloudId];
        pending.epoch = progress.epoch;
        pending.phase = progress.phase;
        if (pending.phase == Phase.Opened) pending.seedBlock = progress.seedBlock;
        if (pending.phase != Phase.Selected && pending.phase != Phase.Ready) return pending;
        Record storage record = _records[cloudId][pending.epoch];
        pending.seedBlock = progress.seedBlock;
        pending.deadline = progress.deadline;
        pending.validFrom = record.validFrom;
        pending.validUntil = record.validUntil;
        pending.members = Roster.readMembers(record.membersPointer, record.size);
        pending.identities = Roster.readIdentities(record.membersPointer, record.size);
        pending.membersHash = record.membersHash;
        pending.confirmed = progress.confirmed;
        if (pending.phase == Phase.Ready) pending.groupKey = StoredBytes.read(record.keyPointer);
    }

    /// @inheritdoc ICommittees
    function currentEpoch(bytes32 cloudId) public view override(Committees, ICommittees) returns (uint64) {
        return _progress[cloudId].current;
    }

    /// @notice Node identities of the members of an active epoch, in committee order, as they were when it was selected.
    function identities(bytes32 cloudId, uint64 epoch) external view returns (address[] memory) {
        Record storage record = _activeRecord(cloudId, epoch);
        return Roster.readIdentities(record.membersPointer, record.size);
    }

    /// @inheritdoc IUnseatable
    function patience(bytes32 cloudId) external view returns (uint64) {
        return ATTEMPTS * _cloud(cloudId).confirmationWindow;
    }

    /// @inheritdoc ICommitteeRegistry
    function cloudVerifier(bytes32 cloudId) external view returns (IThresholdVerifier) {
        return _verifier(_cloud(cloudId).scheme);
    }

    /// @inheritdoc ICommitteeRegistry
    function rotationDigest(bytes32 cloudId, uint64 fromEpoch, uint64 toEpoch) public view returns (bytes32) {
        Record storage record = _records[cloudId][toEpoch];
        if (record.keyPointer == address(0)) return 0;
        Committee memory next = _committee(record, toEpoch);
        // As it was selected: an early end moves `validUntil`, and `heldUntil` never.
        return
            Digests.rotation(
                cloudId,
                fromEpoch,
                toEpoch,
                next.validFrom,
                record.heldUntil - EVIDENCE_WINDOW,
                next.size,
                next.threshold,
                next.groupKey,
                next.membersHash
            );
    }

    /// @inheritdoc ICommitteeRegistry
    function heldUntil(bytes32 cloudId, uint64 epoch) external view returns (uint64) {
        return _records[cloudId][epoch].heldUntil;
    }

    /// @inheritdoc ICommitteeRegistry
    function isMember(bytes32 cloudId, uint64 epoch, address operator) external view returns (bool) {
        Record storage record = _records[cloudId][epoch];
        if (record.membersPointer == address(0)) return false;
        address[] memory selected = Roster.readMembers(record.membersPointer, record.size);
        for (uint256 i = 0; i < selected.length; ++i) if (selected[i] == operator) return true;
        return false;
    }

    /// @dev Whether `blockhash` no longer knows the block.
    function _seedExpired(uint64 seedBlock) private view returns (bool) {
        return block.number > uint256(seedBlock) + 256;
    }

    /// @dev The candidates with enough stake, and their stakes, at most 2^128 - 1 each.
    function _eligible(
        bytes32 cloudId,
        uint256 minStake
    ) private view returns (address[] memory operators, uint256[] memory stakes) {
        operators = candidates(cloudId);
        stakes = new uint256[](operators.length);
        uint256 count = 0;
        for (uint256 i = 0; i < operators.length; ++i) {
            uint256 stake = staking.activeStake(operators[i]);
            if (stake < minStake) continue;
            operators[count] = operators[i];
            stakes[count++] = Math.min(stake, type(uint128).max);
        }
        assembly ("memory-safe") {
            // Shortens both arrays to the entries filled in; count never exceeds their length.
            mstore(operators, count)
            mstore(stakes, count)
        }
    }

    function _draw(
        bytes32 cloudId,
        uint64 epoch,
        bytes32 seed,
        address snapshot
    ) private returns (address[] memory selected) {
        (address[] memory operators, uint256[] memory stakes) = Roster.readSnapshot(snapshot);
        uint256[] memory urn = Urn.fill(stakes);
        uint16 size = _cloud(cloudId).size;
        uint256 minStake = _cloud(cloudId).minStake;
        selected = new address[](size);
        uint256 count = 0;
        for (uint256 i = 0; count < size; ++i) {
            if (i == operators.length) revert RegistryNotEnoughCandidates(cloudId, count, size);
            uint256 drawn = Urn.draw(urn, uint256(keccak256(abi.encode(seed, i))));
            uint256 stake = staking.activeStake(operators[drawn]);
            if (stake < minStake || stake < stakes[drawn] / 2)
                emit CandidateSkipped(cloudId, epoch, operators[drawn], stake, stakes[drawn]);
            else selected[count++] = operators[drawn];
        }
    }

    /// @dev Keeps the operators and their present node identities, which are thereby fixed for the epoch.
    function _writeRoster(address[] memory operators) private returns (address pointer) {
        uint256 n = operators.length;
        address[] memory list = new address[](2 * n);
        for (uint256 i = 0; i < n; ++i) {
            list[i] = operators[i];
            list[n + i] = _identityOf(operators[i]);
        }
        return Roster.writeMembers(list);
    }

    /// @dev Counts one more member that confirmed the key, which must be this epoch's alone.
    function _agree(bytes32 cloudId, uint64 epoch, bytes32 keyHash) private returns (uint256) {
        Agreement storage agreement = _agreements[cloudId][keyHash];
        uint64 usedIn = agreement.epoch;
        if (usedIn == 0) agreement.epoch = epoch;
        else if (usedIn != epoch) revert RegistryKeyUsed(cloudId, epoch, usedIn);
        return ++agreement.members;
    }

    function _requireConfirmable(bytes32 cloudId, Progress storage progress, uint64 epoch) private view {
        if (progress.epoch != epoch) revert RegistryWrongEpoch(cloudId, epoch, progress.epoch);
        if (progress.phase != Phase.Selected && progress.phase != Phase.Ready)
            revert RegistryWrongPhase(cloudId, epoch, progress.phase);
        if (block.timestamp >= progress.deadline)
            revert RegistryConfirmationsClosed(cloudId, epoch, progress.deadline, uint64(block.timestamp));
    }

    /// @dev Both signatures, and the group key when it is a `newKey`; the share key is checked with its proof.
    function _requireConfirmation(
        bytes32 cloudId,
        Record storage record,
        address operator,
        bool newKey,
        Confirmation calldata c
    ) private view {
        bytes32 digest = Digests.confirmation(
            address(this),
            cloudId,
            c.epoch,
            record.membersHash,
            c.groupKey,
            c.shareKey
        );
        address identity = Roster.memberAt(record.membersPointer, uint256(record.size) + c.index);
        address signer = _recover(digest, c.identitySignature);
        if (signer != identity) revert RegistryBadIdentitySignature(operator, identity, signer);
        IThresholdVerifier verifier = _verifier(record.scheme);
        if (newKey) verifier.checkPublicKey(c.groupKey);
        if (!verifier.verifyPossession(digest, c.possession, c.shareKey))
            revert RegistryBadPossession(cloudId, c.epoch, operator);
    }

    function _activate(bytes32 cloudId, Progress storage progress, Record storage record) private {
        (uint64 from, uint64 epoch) = (progress.current, progress.epoch);
        record.active = true;
        progress.current = epoch;
        progress.phase = Phase.None;
        emit EpochActivated(cloudId, epoch, from);
    }
}
