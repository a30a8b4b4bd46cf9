// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IZeroVerifier} from "./IZeroVerifier.sol";

/// @title One address for every version of the Nexus Zero verifier.
/// @notice Picks the verifier by the first four bytes of a proof. The owner can add a selector and retire it, and
/// nothing else: an entry never changes, and a selector that was once used is never used again. So a contract that
/// trusts a proof system keeps trusting exactly that one, and the worst an owner can do to it is to turn it off.
/// @dev Anybody can stop a broken verifier for good by exhibiting a proof of a false statement (`stop`).
contract ZeroRouter is IZeroVerifier, Ownable2Step {
    /// @notice A selector's life: it only ever moves forward.
    enum Status {
        Unknown,
        Active,
        Retired,
        Stopped
    }

    /// @dev What a selector stands for; both fit one storage slot.
    struct Entry {
        IZeroVerifier verifier;
        Status status;
    }

    /// @notice Identity of no program that anybody runs: every claim about it is false.
    bytes32 public constant NO_PROGRAM = bytes32(0);

    mapping(bytes4 selector => Entry) private _entries;
    bytes4[] private _selectors;

    /// @notice Proofs that begin with `selector` are from now on checked by `verifier`.
    event VerifierAdded(bytes4 indexed selector, address indexed verifier);
    /// @notice The owner turned `selector` off for good.
    event VerifierRetired(bytes4 indexed selector, address indexed verifier);
    /// @notice `reporter` showed that `verifier` accepts a false statement; `selector` is off for good.
    event VerifierStopped(bytes4 indexed selector, address indexed verifier, address indexed reporter);

    /// @dev A proof of `length` bytes has no room for a selector.
    error ZeroRouterShortProof(uint256 length);
    /// @dev No verifier was ever added for `selector`.
    error ZeroRouterUnknownSelector(bytes4 selector);
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

    /// @param owner governance: may add and retire verifiers, for instance a timelock
    constructor(address owner) Ownable(owner) {}

    /// @inheritdoc IZeroVerifier
    function verify(
        bytes32 programId,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof
    ) external view override {
        if (programId == NO_PROGRAM) revert ZeroRouterNoProgram();
        (, IZeroVerifier verifier) = _activeVerifier(proof);
        verifier.verify(programId, input, journal, proof);
    }

    /// @notice Routes proofs that begin with `verifier.selector()` to `verifier`, for ever.
    /// @dev A verifier must accept claims about program identity 0 if it can be made to accept any, and no others, or `stop` can never
    /// catch it. One that hashes identities itself needs a program that stands for 0 and cannot be run to its end.
    /// @return chosen the selector
    function add(IZeroVerifier verifier) external onlyOwner returns (bytes4 chosen) {
        if (address(verifier).code.length == 0) revert ZeroRouterNoVerifier(address(verifier));
        chosen = verifier.selector();
        if (chosen == 0) revert ZeroRouterNestedRouter(address(verifier));
        Entry storage entry = _entries[chosen];
        if (entry.status != Status.Unknown) revert ZeroRouterUsedSelector(chosen, address(entry.verifier));
        _entries[chosen] = Entry(verifier, Status.Active);
        _selectors.push(chosen);
        emit VerifierAdded(chosen, address(verifier));
    }

    /// @notice Turns `selector_` off; it can never be turned on again.
    function retire(bytes4 selector_) external onlyOwner {
        IZeroVerifier verifier = _requireActive(selector_);
        _entries[selector_].status = Status.Retired;
        emit VerifierRetired(selector_, address(verifier));
    }

    /// @notice Turns a broken verifier off for good. Anybody may call it who holds a proof, accepted by that verifier,
    /// that the program with identity 0 turned `input` into `journal`: there is no such run, so a verifier that
    /// accepts it accepts false statements.
    /// @dev An identity is a hash, so 0 is nobody's but of the program that a verifier has stand for it.
    function stop(bytes calldata input, bytes calldata journal, bytes calldata proof) external {
        (bytes4 selector_, IZeroVerifier verifier) = _activeVerifier(proof);
        verifier.verify(NO_PROGRAM, input, journal, proof);
        _entries[selector_].status = Status.Stopped;
        emit VerifierStopped(selector_, address(verifier), msg.sender);
    }

    /// @notice The verifier that `selector_` stands or stood for, and whether it still does.
    function entryOf(bytes4 selector_) external view returns (address verifier, Status status) {
        Entry storage entry = _entries[selector_];
        return (address(entry.verifier), entry.status);
    }

    /// @notice Every selector ever added, oldest first, whatever became of it.
    function selectors() external view returns (bytes4[] memory) {
        return _selectors;
    }

    /// @inheritdoc IZeroVerifier
    function selector() external pure override returns (bytes4) {
        return 0;
    }

    function _activeVerifier(bytes calldata proof) private view returns (bytes4 selector_, IZeroVerifier verifier) {
        if (proof.length < 4) revert ZeroRouterShortProof(proof.length);
        selector_ = bytes4(proof[:4]);
        verifier = _requireActive(selector_);
    }

    function _requireActive(bytes4 selector_) private view returns (IZeroVerifier) {
        Entry storage entry = _entries[selector_];
        Status status = entry.status;
        if (status == Status.Unknown) revert ZeroRouterUnknownSelector(selector_);
        if (status == Status.Retired) revert ZeroRouterRetiredSelector(selector_);
        if (status == Status.Stopped) revert ZeroRouterStoppedSelector(selector_);
        return entry.verifier;
    }
}
