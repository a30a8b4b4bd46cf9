// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IZeroConsumer} from "./IZeroConsumer.sol";
import {IZeroMarket, ProofRequest} from "./IZeroMarket.sol";
import {IZeroVerifier} from "./IZeroVerifier.sol";
import {ZeroSelector} from "./ZeroSelector.sol";

/// @title Buys proofs: a request carries a bounty, and whoever proves it first is paid.
/// @notice A prover commits to its proof, waits `revealDelay` blocks, and only then shows it, so that nobody can copy
/// a proof out of the mempool and be paid for it: the copy would have to be committed to and wait first.
/// @notice A request names the verifier that may decide about it, so nobody can pay a bounty out for a proof that its requester
/// would not trust, not even the owner of the router behind the market.
/// @dev Nobody owns the market and nothing in it can be changed. Its balance is never less than the bounties of open
/// requests plus all credits. State is final before ether or control leaves it, so re-entering it is harmless.
contract ZeroMarket is IZeroMarket {
    /// @notice A request's life: it only ever moves forward.
    enum Status {
        Unknown,
        Open,
        Fulfilled,
        Refunded
    }

    /// @notice The furthest deadline, in seconds from now.
    uint256 public constant MAX_LIFETIME = 30 days;
    /// @notice The most gas a callback can have, so that every request fits in a block.
    uint32 public constant MAX_CALLBACK_GAS = 5_000_000;

    bytes32 private constant REQUEST_TAG = keccak256("Nexus Zero request v1");
    /// @dev More than the call instruction and the few before it cost: 2,600 for a cold account, and as much again for the
    /// code that an account delegates to (EIP-7702).
    uint256 private constant CALL_OVERHEAD = 10_000;

    /// @inheritdoc IZeroMarket
    IZeroVerifier public immutable override verifier;
    /// @notice Blocks between a commitment and the earliest reveal, at least 1. A revealed proof is safe as long as its
    /// transaction is kept out of the chain for fewer blocks than this.
    uint256 public immutable revealDelay;

    /// @notice What became of a request.
    mapping(bytes32 id => Status) public statusOf;
    /// @notice Number of requests that an account has made.
    mapping(address requester => uint64) public nonceOf;
    /// @notice The block in which a commitment was made; 0 if it never was, or was used up.
    mapping(bytes32 commitment => uint256 blockNumber) public committedAt;
    /// @notice Wei that an account can withdraw.
    mapping(address account => uint256 amount) public creditOf;

    /// @notice `asked` is open; everything a prover needs is here.
    event ProofRequested(bytes32 indexed id, ProofRequest asked, bytes input);
    /// @notice Somebody committed to a proof.
    event ProofCommitted(bytes32 indexed commitment);
    /// @notice `prover` proved that the program wrote `journal`, and was credited the bounty.
    event RequestFulfilled(bytes32 indexed id, address indexed prover, bytes journal);
    /// @notice The requester's callback ran and ended well (`succeeded`), or it reverted or there is no code at the
    /// requester; it is not run again.
    event CallbackRun(bytes32 indexed id, bool succeeded);
    /// @notice Nobody proved in time; the bounty was credited to the requester.
    event RequestRefunded(bytes32 indexed id);
    /// @notice `account` sent its credit to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @dev There is no contract at `verifier`.
    error ZeroMarketNoVerifier(address verifier);
    /// @dev A proof could be stolen within its own block if commitments did not have to wait.
    error ZeroMarketZeroRevealDelay();
    /// @dev `deadline` is not between `now_` + 1 and `now_` + `MAX_LIFETIME`.
    error ZeroMarketBadDeadline(uint40 deadline, uint256 now_);
    /// @dev `wanted` is more than `MAX_CALLBACK_GAS`.
    error ZeroMarketTooMuchCallbackGas(uint32 wanted, uint32 most);
    /// @dev A bounty of `amount` wei does not fit 96 bits.
    error ZeroMarketBountyTooLarge(uint256 amount);
    /// @dev The request is not open: it is unknown (one of its fields is not what was recorded), fulfilled or refunded.
    error ZeroMarketNotOpen(bytes32 id, Status status);
    /// @dev The deadline of the request has passed.
    error ZeroMarketTooLate(bytes32 id, uint40 deadline, uint256 now_);
    /// @dev The deadline of the request has not passed yet.
    error ZeroMarketTooEarly(bytes32 id, uint40 deadline, uint256 now_);
    /// @dev The input is not the one of the request.
    error ZeroMarketWrongInput(bytes32 got, bytes32 expected);
    /// @dev The caller never committed to this journal, proof and salt for this request.
    error ZeroMarketNotCommitted(bytes32 commitment);
    /// @dev The commitment may be revealed from block `revealable` on; this is block `now_`.
    error ZeroMarketRevealTooEarly(bytes32 commitment, uint256 revealable, uint256 now_);
    /// @dev The transaction has too little gas left to give the callback its `wanted`.
    error ZeroMarketTooLittleGas(uint256 left, uint32 wanted);
    /// @dev `account` has no credit.
    error ZeroMarketNothingToWithdraw(address account);
    /// @dev `to` did not take the ether.
    error ZeroMarketWithdrawFailed(address to, uint256 amount);

    /// @param verifier_ decides about every proof, for ever; as a rule a router, and then each request's own verifier there
    /// @param revealDelay_ blocks from commitment to reveal, at least 1
    constructor(IZeroVerifier verifier_, uint256 revealDelay_) {
        if (address(verifier_).code.length == 0) revert ZeroMarketNoVerifier(address(verifier_));
        if (revealDelay_ == 0) revert ZeroMarketZeroRevealDelay();
        verifier = verifier_;
        revealDelay = revealDelay_;
    }

    /// @inheritdoc IZeroMarket
    function request(
        bytes32 programId,
        bytes4 selector,
        bytes calldata input,
        uint40 deadline,
        uint32 callbackGas
    ) external payable override returns (bytes32 id) {
        if (deadline <= block.timestamp || deadline > block.timestamp + MAX_LIFETIME) {
            revert ZeroMarketBadDeadline(deadline, block.timestamp);
        }
        if (callbackGas > MAX_CALLBACK_GAS) revert ZeroMarketTooMuchCallbackGas(callbackGas, MAX_CALLBACK_GAS);
        if (msg.value > type(uint96).max) revert ZeroMarketBountyTooLarge(msg.value);
        ZeroSelector.requireAccepted(verifier, selector);
        ProofRequest memory asked = ProofRequest({
            programId: programId,
            selector: selector,
            requester: msg.sender,
            nonce: nonceOf[msg.sender]++,
            bounty: uint96(msg.value),
            deadline: deadline,
            callbackGas: callbackGas,
            inputHash: keccak256(input)
        });
        id = idOf(asked);
        statusOf[id] = Status.Open;
        emit ProofRequested(id, asked, input);
    }

    /// @notice Commits to a proof: the first step of being paid for it. See `commitmentOf`.
    /// @dev A commitment names its prover, so copying one gains nothing; making it again does not restart its wait.
    function commit(bytes32 commitment) external {
        if (committedAt[commitment] != 0) return;
        committedAt[commitment] = block.number;
        emit ProofCommitted(commitment);
    }

    /// @notice Shows the proof that the caller committed to; credits it the bounty and calls the requester back.
    /// @param asked the request, as in its event
    /// @param input the public input, as in its event
    /// @param salt what the commitment was hidden with
    function fulfil(
        ProofRequest calldata asked,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof,
        bytes32 salt
    ) external {
        bytes32 id = _requireOpen(asked);
        if (block.timestamp >= asked.deadline) revert ZeroMarketTooLate(id, asked.deadline, block.timestamp);
        if (keccak256(input) != asked.inputHash) revert ZeroMarketWrongInput(keccak256(input), asked.inputHash);
        ZeroSelector.requirePinned(proof, asked.selector);
        _useCommitment(commitmentOf(id, msg.sender, keccak256(journal), keccak256(proof), salt));
        verifier.verify(asked.programId, input, journal, proof);

        statusOf[id] = Status.Fulfilled;
        creditOf[msg.sender] += asked.bounty;
        emit RequestFulfilled(id, msg.sender, journal);
        if (asked.callbackGas != 0) emit CallbackRun(id, _callBack(id, asked, journal));
    }

    /// @inheritdoc IZeroMarket
    function refund(ProofRequest calldata asked) external override {
        bytes32 id = _requireOpen(asked);
        if (block.timestamp < asked.deadline) revert ZeroMarketTooEarly(id, asked.deadline, block.timestamp);
        statusOf[id] = Status.Refunded;
        creditOf[asked.requester] += asked.bounty;
        emit RequestRefunded(id);
    }

    /// @inheritdoc IZeroMarket
    function withdraw(address payable to) external override returns (uint256 amount) {
        amount = creditOf[msg.sender];
        if (amount == 0) revert ZeroMarketNothingToWithdraw(msg.sender);
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert ZeroMarketWithdrawFailed(to, amount);
    }

    /// @notice A request's id at this market on this chain.
    function idOf(ProofRequest memory asked) public view returns (bytes32) {
        return keccak256(abi.encode(REQUEST_TAG, block.chainid, address(this), asked));
    }

    /// @notice What `prover` commits to before it shows a proof.
    /// @param salt 32 random bytes, so that nobody can test a guess of the proof against the commitment
    function commitmentOf(
        bytes32 id,
        address prover,
        bytes32 journalHash,
        bytes32 proofHash,
        bytes32 salt
    ) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), id, prover, journalHash, proofHash, salt));
    }

    function _requireOpen(ProofRequest calldata asked) private view returns (bytes32 id) {
        id = idOf(asked);
        Status status = statusOf[id];
        if (status != Status.Open) revert ZeroMarketNotOpen(id, status);
    }

    /// @dev A commitment is used once; clearing it gives gas back.
    function _useCommitment(bytes32 commitment) private {
        uint256 madeAt = committedAt[commitment];
        if (madeAt == 0) revert ZeroMarketNotCommitted(commitment);
        uint256 revealable = madeAt + revealDelay;
        if (block.number < revealable) revert ZeroMarketRevealTooEarly(commitment, revealable, block.number);
        delete committedAt[commitment];
    }

    /// @dev Gives the callback exactly the gas it asked for or reverts, so that a prover cannot starve it and be paid
    /// (EIP-150 hands on at most 63/64 of what is left). The callback cannot fail the payment, nor make it dear: its
    /// gas is bounded and what it returns is not copied.
    function _callBack(bytes32 id, ProofRequest calldata asked, bytes calldata journal) private returns (bool ok) {
        bytes memory data = abi.encodeCall(IZeroConsumer.onZeroProof, (id, asked.programId, asked.inputHash, journal));
        address requester = asked.requester;
        uint32 callbackGas = asked.callbackGas;
        uint256 left = gasleft();
        if (left < CALL_OVERHEAD || ((left - CALL_OVERHEAD) / 64) * 63 < callbackGas) {
            revert ZeroMarketTooLittleGas(left, callbackGas);
        }
        // Reads `data` only and writes no memory: the return area has length 0. A high-level call would copy whatever
        // the callee returns, which it could make as long as its gas allows.
        assembly ("memory-safe") {
            ok := call(callbackGas, requester, 0, add(data, 0x20), mload(data), 0, 0)
        }
        ok = ok && requester.code.length != 0;
    }
}
