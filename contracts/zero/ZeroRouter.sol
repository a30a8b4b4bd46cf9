// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {DevelopmentChain} from "../DevelopmentChain.sol";
import {IZeroVerifier} from "./IZeroVerifier.sol";

/// @title One address for every version of the Nexus Zero verifier.
/// @notice Picks the verifier by the first four bytes of a proof, its selector. The owner can do two things: add a verifier
/// under a new selector, which works only `activationDelay` seconds after everybody could see it, and retire one at once.
/// An entry never changes, and a selector that was once used is never used again.
/// @notice **`verify` trusts every verifier that the owner ever adds**, and an owner, or a thief of its key, may add one that
/// accepts everything. A contract that calls `verify` alone must watch `VerifierAdded` and be able to leave within the delay.
/// One that also compares the proof's selector with that of the verifier it chose (`ZeroSelector`, as `ZeroConsumer` and
/// `ZeroMarket` do) trusts that verifier only, and the worst an owner can do to it is to turn it off.
/// @dev Anybody can stop a broken verifier for good, also one that waits for its activation, by exhibiting a proof of a false
/// statement (`stop`). A verifier that its owner made to deceive need not accept that proof.
contract ZeroRouter is IZeroVerifier, Ownable2Step {
    /// @notice A selector's life: it only ever moves forward. It is `Added` also before its activation.
    enum Status {
        Unknown,
        Added,
        Retired,
        Stopped
    }

    /// @dev What a selector stands for; all fits one storage slot.
    struct Entry {
        IZeroVerifier verifier;
        Status status;
        /// Unix time in seconds.
        uint64 activeFrom;
    }

    /// @notice The least `activationDelay`, in seconds, on a chain that is not for development.
    uint256 public constant MIN_ACTIVATION_DELAY = 7 days;
    /// @notice The greatest `activationDelay`, in seconds.
    uint256 public constant MAX_ACTIVATION_DELAY = 365 days;

    /// @notice Identity of no program that anybody runs: every claim about it is false.
    bytes32 public constant NO_PROGRAM = bytes32(0);

    /// @notice Seconds from a verifier's announcement to the first proof that it can check here.
    uint256 public immutable activationDelay;

    mapping(bytes4 selector => Entry) private _entries;
    bytes4[] private _selectors;

    /// @notice Proofs that begin with `selector` are checked by `verifier` from `activeFrom` (Unix time in seconds) on.
    event VerifierAdded(bytes4 indexed selector, address indexed verifier, uint64 activeFrom);
    /// @notice The owner turned `selector` off for good.
    event VerifierRetired(bytes4 indexed selector, address indexed verifier);
    /// @notice `reporter` showed that `verifier` accepts a false statement; `selector` is off for good.
    event VerifierStopped(bytes4 indexed selector, address indexed verifier, address indexed reporter);

    /// @dev A proof of `length` bytes has no room for a selector.
    error ZeroRouterShortProof(uint256 length);
    /// @dev No verifier was ever added for `selector`.
    error ZeroRouterUnknownSelector(bytes4 selector);
    /// @dev `selector` can be used from `activeFrom` (Unix time in seconds) on.
    error ZeroRouterPendingSelector(bytes4 selector, uint64 activeFrom);
    /// @dev The owner retired `selector`.
    error ZeroRouterRetiredSelector(bytes4 selector);
    /// @dev `selector` was stopped because its verifier accepts false statements.
    error ZeroRouterStoppedSelector(bytes4 selector);
    /// @dev `selector` is or was that of `verifier` and cannot be given again.
    error ZeroRouterUsedSelector(bytes4 selector, address verifier);
    /// @dev `verifier` has selector 0: it is a router, and routers are not nested.
    error ZeroRouterNestedRouter(address verifier);
    /// @dev There is no contract at `verifier`.
    error ZeroRouterNoVerifier(address verifier);
    /// @dev No program that anybody runs has identity 0.
    error ZeroRouterNoProgram();
    /// @dev `delay` is not between `least` and `MAX_ACTIVATION_DELAY` seconds.
    error ZeroRouterBadDelay(uint256 delay, uint256 least);

    /// @param owner governance: may add verifiers after the delay, and retire them
    /// @param activationDelay_ seconds; at least `MIN_ACTIVATION_DELAY`, on a development chain 0
    /// @param verifiers active at once, since nobody has trusted this router before
    constructor(address owner, uint256 activationDelay_, IZeroVerifier[] memory verifiers) Ownable(owner) {
        uint256 least = DevelopmentChain.isHere() ? 0 : MIN_ACTIVATION_DELAY;
        if (activationDelay_ < least || activationDelay_ > MAX_ACTIVATION_DELAY) {
            revert ZeroRouterBadDelay(activationDelay_, least);
        }
        activationDelay = activationDelay_;
        for (uint256 i; i < verifiers.length; ++i) _add(verifiers[i], block.timestamp);
    }

    /// @inheritdoc IZeroVerifier
    function verify(
        bytes32 programId,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof
    ) external view override {
        if (programId == NO_PROGRAM) revert ZeroRouterNoProgram();
        (bytes4 selector_, IZeroVerifier verifier) = _addedVerifier(proof);
        uint64 activeFrom = _entries[selector_].activeFrom;
        if (block.timestamp < activeFrom) revert ZeroRouterPendingSelector(selector_, activeFrom);
        verifier.verify(programId, input, journal, proof);
    }

    /// @notice Routes proofs that begin with `verifier.selector()` to `verifier`, from `activationDelay` seconds from now on.
    /// @dev A verifier must accept claims about program identity 0 if it can be made to accept any, and no others, or `stop` can never
    /// catch it. One that hashes identities itself needs a program that stands for 0 and cannot be run to its end.
    /// @return chosen the selector
    function add(IZeroVerifier verifier) external onlyOwner returns (bytes4 chosen) {
        return _add(verifier, block.timestamp + activationDelay);
    }

    /// @notice Turns `selector_` off at once, active or not yet; it can never be turned on again.
    function retire(bytes4 selector_) external onlyOwner {
        IZeroVerifier verifier = _requireAdded(selector_);
        _entries[selector_].status = Status.Retired;
        emit VerifierRetired(selector_, address(verifier));
    }

    /// @notice Turns a broken verifier off for good, at once, active or not yet. Anybody may call it who holds a proof, accepted by that verifier,
    /// that the program with identity 0 turned `input` into `journal`: there is no such run, so a verifier that
    /// accepts it accepts false statements.
    /// @dev An identity is a hash, so 0 is nobody's but of the program that a verifier has stand for it.
    function stop(bytes calldata input, bytes calldata journal, bytes calldata proof) external {
        (bytes4 selector_, IZeroVerifier verifier) = _addedVerifier(proof);
        verifier.verify(NO_PROGRAM, input, journal, proof);
        _entries[selector_].status = Status.Stopped;
        emit VerifierStopped(selector_, address(verifier), msg.sender);
    }

    /// @notice The verifier that `selector_` stands or stood for, whether it still does, and from when on (Unix time in seconds).
    function entryOf(bytes4 selector_) external view returns (address verifier, Status status, uint64 activeFrom) {
        Entry storage entry = _entries[selector_];
        return (address(entry.verifier), entry.status, entry.activeFrom);
    }

    /// @notice Every selector ever added, oldest first, whatever became of it.
    function selectors() external view returns (bytes4[] memory) {
        return _selectors;
    }

    /// @inheritdoc IZeroVerifier
    function accepts(bytes4 selector_) external view override returns (bool) {
        Entry storage entry = _entries[selector_];
        return entry.status == Status.Added && block.timestamp >= entry.activeFrom;
    }

    /// @inheritdoc IZeroVerifier
    function selector() external pure override returns (bytes4) {
        return 0;
    }

    function _add(IZeroVerifier verifier, uint256 activeFrom) private returns (bytes4 chosen) {
        if (address(verifier).code.length == 0) revert ZeroRouterNoVerifier(address(verifier));
        chosen = verifier.selector();
        if (chosen == 0) revert ZeroRouterNestedRouter(address(verifier));
        Entry storage entry = _entries[chosen];
        if (entry.status != Status.Unknown) revert ZeroRouterUsedSelector(chosen, address(entry.verifier));
        _entries[chosen] = Entry(verifier, Status.Added, uint64(activeFrom));
        _selectors.push(chosen);
        emit VerifierAdded(chosen, address(verifier), uint64(activeFrom));
    }

    function _addedVerifier(bytes calldata proof) private view returns (bytes4 selector_, IZeroVerifier verifier) {
        if (proof.length < 4) revert ZeroRouterShortProof(proof.length);
        selector_ = bytes4(proof[:4]);
        verifier = _requireAdded(selector_);
    }

    function _requireAdded(bytes4 selector_) private view returns (IZeroVerifier) {
        Entry storage entry = _entries[selector_];
        Status status = entry.status;
        if (status == Status.Unknown) revert ZeroRouterUnknownSelector(selector_);
        if (status == Status.Retired) revert ZeroRouterRetiredSelector(selector_);
        if (status == Status.Stopped) revert ZeroRouterStoppedSelector(selector_);
        return entry.verifier;
    }
}
