// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IThresholdVerifier} from "../bls/IThresholdVerifier.sol";
import {IStaking} from "../staking/IStaking.sol";
import {Committees} from "./Committees.sol";
import {Digests} from "./Digests.sol";
import {ICommittees, Prices} from "./ICommittees.sol";
import {NodeIdentities} from "./NodeIdentities.sol";

/// @notice What a cloud is, fixed for ever at its creation.
/// @param size members of a committee, n
/// @param threshold members that make a signature, t: more than two thirds of them, 2f + 1 for n = 3f + 1
/// @param scheme the BLS suite: 0 is BN254, 1 is BLS12-381
/// @param epochLength seconds by which an epoch extends the one before
/// @param confirmationWindow seconds a selected committee has to generate its key and confirm it
/// @param minStake least active stake of a member, in units of the staking token
/// @param prices what it asks for its work on this chain
struct CloudParams {
    uint16 size;
    uint16 threshold;
    uint8 scheme;
    uint64 epochLength;
    uint64 confirmationWindow;
    uint256 minStake;
    Prices prices;
}

/// @title Clouds and the operators who stand for their committees.
abstract contract Clouds is Committees, NodeIdentities {
    using EnumerableSet for EnumerableSet.AddressSet;

    /// @notice The longest list of candidates of one cloud: what a snapshot of it costs must fit a transaction (2^24 gas
    /// since EIP-7825) and its bytes must fit a contract's code.
    uint256 public constant MAX_CANDIDATES = 512;

    /// @notice Bounds of `epochLength` in seconds.
    uint64 public constant MIN_EPOCH_LENGTH = 10 minutes;
    /// @notice See `MIN_EPOCH_LENGTH`.
    uint64 public constant MAX_EPOCH_LENGTH = 30 days;

    /// @notice How many confirmation windows before the end of an epoch the next one may be opened: a first attempt and
    /// two more. Twice as many fit an epoch.
    uint64 public constant ATTEMPTS = 3;

    /// @notice Where stake is kept.
    IStaking public immutable staking;

    IThresholdVerifier private immutable _bn254;
    IThresholdVerifier private immutable _bls12381;

    /// @notice Number of clouds that an account created.
    mapping(address creator => uint256) public cloudCount;

    mapping(bytes32 cloudId => CloudParams) private _clouds;
    mapping(bytes32 cloudId => EnumerableSet.AddressSet) private _candidates;

    /// @notice A cloud exists.
    event CloudCreated(bytes32 indexed cloudId, address indexed creator, CloudParams params);
    /// @notice `operator` stands for the cloud's committees from now on.
    event CandidateJoined(bytes32 indexed cloudId, address indexed operator);
    /// @notice `operator` no longer does; `by` itself, whoever showed that its stake is too low, or who replaced it.
    event CandidateLeft(bytes32 indexed cloudId, address indexed operator, address indexed by);

    /// @dev One verifier per scheme, address 0 for what the chain lacks.
    error RegistryWrongVerifierCount(uint256 count, uint256 expected);
    /// @dev There is no such suite, or not on this chain.
    error RegistryUnsupportedScheme(uint8 scheme);
    /// @dev Outside [`min`, `max`], in seconds.
    error RegistryBadEpochLength(uint64 epochLength, uint64 min, uint64 max);
    /// @dev `max` leaves room for `ATTEMPTS` in half an epoch.
    error RegistryBadConfirmationWindow(uint64 confirmationWindow, uint64 min, uint64 max);
    /// @dev Without a minimum, jailed operators would stand.
    error RegistryZeroMinStake();
    /// @dev Less active stake than the cloud asks of a member (0 while jailed).
    error RegistryStakeTooLow(bytes32 cloudId, address operator, uint256 stake, uint256 minStake);
    /// @dev The candidate has what the cloud asks for and stays.
    error RegistryStakeSufficient(bytes32 cloudId, address operator, uint256 stake, uint256 minStake);
    /// @dev The operator stands already.
    error RegistryAlreadyCandidate(bytes32 cloudId, address operator);
    /// @dev The operator does not stand.
    error RegistryNotCandidate(bytes32 cloudId, address operator);
    /// @dev Take the place of a candidate with less stake: `replaceCandidate`.
    error RegistryCandidatesFull(bytes32 cloudId, uint256 max);
    /// @dev There is room: `joinCloud`.
    error RegistryCandidatesNotFull(bytes32 cloudId, uint256 count, uint256 max);
    /// @dev Only a candidate with less stake than the newcomer gives way.
    error RegistryCandidateNotWeaker(address candidate, uint256 stake, uint256 newcomerStake);

    constructor(IStaking staking_, IThresholdVerifier[] memory verifiers, uint64 finality_) Committees(finality_) {
        if (verifiers.length != 2) revert RegistryWrongVerifierCount(verifiers.length, 2);
        staking = staking_;
        _bn254 = verifiers[0];
        _bls12381 = verifiers[1];
    }

    /// @notice Creates a cloud; anybody may, and nobody can change it later.
    /// @return cloudId `Digests.cloud` of this registry, the caller and the number of clouds it created before
    function createCloud(CloudParams calldata params) external returns (bytes32 cloudId) {
        _requireShape(params.size, params.threshold);
        if (params.scheme > 1 || address(_verifier(params.scheme)) == address(0))
            revert RegistryUnsupportedScheme(params.scheme);
        if (params.epochLength < MIN_EPOCH_LENGTH || params.epochLength > MAX_EPOCH_LENGTH)
            revert RegistryBadEpochLength(params.epochLength, MIN_EPOCH_LENGTH, MAX_EPOCH_LENGTH);
        (uint64 minWindow, uint64 maxWindow) = (minConfirmationWindow(), params.epochLength / (2 * ATTEMPTS));
        if (params.confirmationWindow < minWindow || params.confirmationWindow > maxWindow)
            revert RegistryBadConfirmationWindow(params.confirmationWindow, minWindow, maxWindow);
        if (params.minStake == 0) revert RegistryZeroMinStake();

        cloudId = Digests.cloud(address(this), msg.sender, cloudCount[msg.sender]++);
        _clouds[cloudId] = params;
        emit CloudCreated(cloudId, msg.sender, params);
    }

    /// @notice The caller stands for the cloud's committees until it leaves. Needs a node and `minStake`.
    function joinCloud(bytes32 cloudId) external {
        _requireEligible(cloudId, msg.sender);
        if (_candidates[cloudId].length() == MAX_CANDIDATES) revert RegistryCandidatesFull(cloudId, MAX_CANDIDATES);
        _add(cloudId, msg.sender);
    }

    /// @notice On a full list, the caller takes the place of a candidate with less stake. So a list filled with many
    /// small stakes keeps nobody out who has more.
    function replaceCandidate(bytes32 cloudId, address weaker) external {
        uint256 stake = _requireEligible(cloudId, msg.sender);
        uint256 count = _candidates[cloudId].length();
        if (count < MAX_CANDIDATES) revert RegistryCandidatesNotFull(cloudId, count, MAX_CANDIDATES);
        uint256 weakerStake = staking.activeStake(weaker);
        if (weakerStake >= stake) revert RegistryCandidateNotWeaker(weaker, weakerStake, stake);
        _remove(cloudId, weaker);
        _add(cloudId, msg.sender);
    }

    /// @notice The caller no longer stands. What it was selected for, or is in an open epoch's snapshot for, remains.
    function leaveCloud(bytes32 cloudId) external {
        _remove(cloudId, msg.sender);
    }

    /// @notice Strikes a candidate whose active stake is below the cloud's minimum (0 while jailed). Anyone may call.
    function evictCandidate(bytes32 cloudId, address operator) external {
        uint256 minStake = _cloud(cloudId).minStake;
        uint256 stake = staking.activeStake(operator);
        if (stake >= minStake) revert RegistryStakeSufficient(cloudId, operator, stake, minStake);
        _remove(cloudId, operator);
    }

    /// @inheritdoc ICommittees
    function prices(bytes32 cloudId) external view returns (Prices memory) {
        return _cloud(cloudId).prices;
    }

    /// @notice Least `confirmationWindow` in seconds: nodes learn of a selection when its block is final, and generate a key within
    /// as much again and a minute.
    function minConfirmationWindow() public view returns (uint64) {
        return 2 * finality + 1 minutes;
    }

    /// @notice A cloud's parameters. Reverts with `CommitteesUnknownCloud`.
    function cloud(bytes32 cloudId) public view returns (CloudParams memory) {
        return _cloud(cloudId);
    }

    /// @notice The operators who stand for a cloud's committees, in no particular order.
    function candidates(bytes32 cloudId) public view returns (address[] memory) {
        return _candidates[cloudId].values();
    }

    /// @notice Whether `operator` stands for a cloud's committees.
    function isCandidate(bytes32 cloudId, address operator) external view returns (bool) {
        return _candidates[cloudId].contains(operator);
    }

    /// @notice The verifier of a scheme: 0 is BN254, 1 is BLS12-381; address 0 where the chain lacks it.
    function verifierOf(uint8 scheme) external view returns (IThresholdVerifier) {
        if (scheme > 1) revert RegistryUnsupportedScheme(scheme);
        return _verifier(scheme);
    }

    function _verifier(uint8 scheme) internal view override returns (IThresholdVerifier) {
        return scheme == 0 ? _bn254 : _bls12381;
    }

    function _cloud(bytes32 cloudId) internal view returns (CloudParams storage params) {
        params = _clouds[cloudId];
        if (params.size == 0) revert CommitteesUnknownCloud(cloudId);
    }

    function _requireEligible(bytes32 cloudId, address operator) private view returns (uint256 stake) {
        uint256 minStake = _cloud(cloudId).minStake;
        if (_identityOf(operator) == address(0)) revert RegistryUnknownNode(operator);
        stake = staking.activeStake(operator);
        if (stake < minStake) revert RegistryStakeTooLow(cloudId, operator, stake, minStake);
    }

    function _add(bytes32 cloudId, address operator) private {
        if (!_candidates[cloudId].add(operator)) revert RegistryAlreadyCandidate(cloudId, operator);
        emit CandidateJoined(cloudId, operator);
    }

    function _remove(bytes32 cloudId, address operator) private {
        if (!_candidates[cloudId].remove(operator)) revert RegistryNotCandidate(cloudId, operator);
        emit CandidateLeft(cloudId, operator, msg.sender);
    }
}
