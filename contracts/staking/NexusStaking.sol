// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IStaking} from "./IStaking.sol";
import {Delegation, Operator, Ticket} from "./Operator.sol";
import {SharePool, SharePools} from "./SharePool.sol";
import {StakingRewards} from "./StakingRewards.sol";

/// @notice What is fixed for the life of a staking contract.
/// @param minimumSelfBond token units of its own an operator needs to be active; at least 1
/// @param unbondingDelay least seconds between undelegating and withdrawing; at least 1
/// @param maximumHold most seconds ahead the registry may hold an operator, which bounds how long stake can be kept
/// @param jailPeriod seconds a slashed operator stays jailed
/// @param commissionNotice seconds between announcing a higher commission and applying it
/// @param maximumCommission highest commission, in bps
/// @param reporterPart part of what an operator's own stake would lose alone in a slash that goes to the reporter, at most half, in bps
/// @param maximumLeverage how many times its own active stake an operator's active stake counts for; at least 1
struct StakingParameters {
    uint256 minimumSelfBond;
    uint32 unbondingDelay;
    uint32 maximumHold;
    uint32 jailPeriod;
    uint32 commissionNotice;
    uint16 maximumCommission;
    uint16 reporterPart;
    uint16 maximumLeverage;
}

/// @title Proof-of-stake behind Nexus clouds: operators bond an ERC-20, delegators join them, slashing reaches both, operators first.
/// @notice Nobody has a privilege here once `wire` was called: there is no owner, no pause and no upgrade.
/// @dev Invariants, for every sequence of calls:
/// - the token units that ever entered and did not leave equal the sum over operators of active and unbonding stake;
/// - stake that was active when `hold(operator, until)` was called cannot be withdrawn before `until`;
/// - a ticket's release time never changes;
/// - no slash takes a unit from a delegator while the operator has one of its own, active or unbonding.
/// Tokens that take a fee or reject partial amounts are refused when they come in; a token that changes balances by
/// itself later must not be used.
contract NexusStaking is StakingRewards {
    using SafeERC20 for IERC20;
    using SharePools for SharePool;

    event Wired(address indexed registry, address indexed slasher);
    event Delegated(address indexed operator, address indexed delegator, uint256 stake, uint256 shares);
    event Undelegated(
        address indexed operator,
        address indexed delegator,
        uint256 indexed ticketId,
        uint256 stake,
        uint64 releaseAt
    );
    event Withdrawn(uint256 indexed ticketId, address indexed owner, uint256 stake);
    event Held(address indexed operator, uint64 until);
    /// @param taken token units taken in all, of which `own` were the operator's and `reward` went to the reporter
    event Slashed(
        address indexed operator,
        address indexed reporter,
        uint16 bps,
        uint256 taken,
        uint256 own,
        uint256 reward,
        uint64 jailedUntil
    );
    event Unjailed(address indexed operator);

    /// @dev Only the deployer wires.
    error StakingNotDeployer(address caller);
    /// @dev Wiring happens once.
    error StakingAlreadyWired(address registry, address slasher);
    /// @dev The registry and the slashing contract must be named before stake comes in.
    error StakingNotWired();
    /// @dev There is no code at `account`.
    error StakingNotAContract(address account);
    /// @dev Only the registry may hold.
    error StakingNotRegistry(address caller);
    /// @dev Only the slashing contract may slash.
    error StakingNotSlasher(address caller);
    /// @dev The amount, or what the shares are worth, is zero.
    error StakingZeroAmount();
    /// @dev The token moved another amount than it was asked to: it takes a fee or rebases.
    error StakingReceivedAmountDiffers(uint256 asked, uint256 received);
    /// @dev No operator may have more than 2^128 - 1 token units.
    error StakingTooMuchStake(address operator, uint256 stake);
    /// @dev The amount buys fewer shares than the delegator accepts.
    error StakingTooFewShares(uint256 shares, uint256 minimum);
    /// @dev The delegator has fewer shares than it wants to take out.
    error StakingNotEnoughShares(address operator, address delegator, uint256 shares, uint256 asked);
    /// @dev The ticket is not the caller's; `owner` is 0 when it does not exist or was withdrawn.
    error StakingNotTicketOwner(uint256 ticketId, address owner, address caller);
    /// @dev The ticket may be withdrawn from `releaseAt` on, and it is `now_`.
    error StakingNotReleased(uint256 ticketId, uint64 releaseAt, uint256 now_);
    /// @dev The registry may hold until `latest` at most.
    error StakingHoldTooLong(address operator, uint64 until, uint256 latest);
    /// @dev A slash takes between 1 and 10,000 bps.
    error StakingInvalidSlash(uint16 bps);
    /// @dev `operator` is not jailed.
    error StakingNotJailed(address operator);
    /// @dev `operator` may leave jail from `jailedUntil` on, and it is `now_`.
    error StakingStillJailed(address operator, uint64 jailedUntil, uint256 now_);
    /// @dev `operator` lost everything, or nearly, and is out for ever.
    error StakingTombstoned(address operator);

    /// @dev Where slashed stake goes that no reporter gets. Most tokens refuse the zero address.
    address private constant BURNED = address(0xdEaD);
    uint64 private constant FOR_EVER = type(uint64).max;

    /// @notice The ERC-20 staked.
    IERC20 public immutable token;
    /// @notice Who may call `wire`, once.
    address public immutable deployer;
    /// @notice Token units of its own an operator needs to be active.
    uint256 public immutable minimumSelfBond;
    /// @notice Least seconds between undelegating and withdrawing.
    uint32 public immutable unbondingDelay;
    /// @notice Most seconds ahead the registry may hold an operator.
    uint32 public immutable maximumHold;
    /// @notice Seconds a slashed operator stays jailed.
    uint32 public immutable jailPeriod;
    /// @notice Part of a slash that goes to the reporter, in bps.
    uint16 public immutable reporterPart;
    /// @notice How many times its own active stake an operator's active stake counts for.
    uint16 public immutable maximumLeverage;

    /// @notice The contract that may hold; 0 until wired.
    address public registry;
    /// @notice The contract that may slash; 0 until wired.
    address public slasher;

    /// @notice Tickets ever issued; the next one gets this number + 1.
    uint256 public ticketCount;
    mapping(uint256 ticketId => Ticket) private _tickets;

    constructor(IERC20 token_, StakingParameters memory p) StakingRewards(p.maximumCommission, p.commissionNotice) {
        _requireCode(address(token_));
        if (p.minimumSelfBond == 0) revert StakingInvalidParameter("minimumSelfBond", 0);
        if (p.unbondingDelay == 0) revert StakingInvalidParameter("unbondingDelay", 0);
        if (p.reporterPart > ONE_IN_BPS / 2) revert StakingInvalidParameter("reporterPart", p.reporterPart);
        if (p.maximumLeverage == 0) revert StakingInvalidParameter("maximumLeverage", 0);
        token = token_;
        deployer = msg.sender;
        minimumSelfBond = p.minimumSelfBond;
        unbondingDelay = p.unbondingDelay;
        maximumHold = p.maximumHold;
        jailPeriod = p.jailPeriod;
        reporterPart = p.reporterPart;
        maximumLeverage = p.maximumLeverage;
    }

    /// @notice Names the registry and the slashing contract, for ever. Only the deployer, only once.
    function wire(address registry_, address slasher_) external {
        if (msg.sender != deployer) revert StakingNotDeployer(msg.sender);
        if (registry != address(0)) revert StakingAlreadyWired(registry, slasher);
        _requireCode(registry_);
        _requireCode(slasher_);
        registry = registry_;
        slasher = slasher_;
        emit Wired(registry_, slasher_);
    }

    // ---------------------------------------------------------------- stake

    /// @notice Stakes `amount` token units behind `operator`; an operator bonds by naming itself.
    /// @param minShares fewest shares the caller accepts, which guards against a change of price before inclusion
    /// @return shares shares minted
    /// @dev The token moves before anything is written: a token that calls back meets the state from before.
    function delegate(
        address operator,
        uint256 amount,
        uint256 minShares
    ) external nonReentrant returns (uint256 shares) {
        if (registry == address(0)) revert StakingNotWired();
        if (amount == 0) revert StakingZeroAmount();
        _receive(amount);

        Delegation storage delegation = _settle(operator, msg.sender);
        Operator storage op = _operators[operator];
        if (op.jailedUntil == FOR_EVER) revert StakingTombstoned(operator);
        shares = op.active.add(amount);
        if (op.active.stake > type(uint128).max) revert StakingTooMuchStake(operator, op.active.stake);
        if (shares == 0 || shares < minShares) revert StakingTooFewShares(shares, minShares);
        delegation.shares += shares;
        emit Delegated(operator, msg.sender, amount, shares);
    }

    /// @notice Starts taking `shares` of the caller out from behind `operator`.
    /// @return ticketId what `withdraw` takes once the stake is released
    /// @dev Released after `unbondingDelay`, and not before the latest hold placed so far: whatever was active when a
    /// hold was placed leaves through here afterwards, so it cannot be withdrawn before that hold ends. A hold placed
    /// later does not touch the ticket, because the stake no longer counted when the registry weighed the operator.
    function undelegate(address operator, uint256 shares) external returns (uint256 ticketId) {
        Delegation storage delegation = _settle(operator, msg.sender);
        if (shares > delegation.shares) {
            revert StakingNotEnoughShares(operator, msg.sender, delegation.shares, shares);
        }
        Operator storage op = _operators[operator];
        delegation.shares -= shares;
        uint256 stake = op.active.remove(shares);
        if (stake == 0) revert StakingZeroAmount();
        uint256 unbondingShares = (msg.sender == operator ? op.ownUnbonding : op.unbonding).add(stake);

        uint64 releaseAt = uint64(Math.max(block.timestamp + unbondingDelay, op.heldUntil));
        ticketId = ++ticketCount;
        _tickets[ticketId] = Ticket(msg.sender, releaseAt, op.ownRound, operator, unbondingShares);
        emit Undelegated(operator, msg.sender, ticketId, stake, releaseAt);
    }

    /// @notice Pays out a released ticket of the caller. Stake answers until it is withdrawn, released or not.
    /// @return stake token units paid
    function withdraw(uint256 ticketId) external nonReentrant returns (uint256 stake) {
        Ticket memory t = _tickets[ticketId];
        if (t.owner != msg.sender) revert StakingNotTicketOwner(ticketId, t.owner, msg.sender);
        if (block.timestamp < t.releaseAt) revert StakingNotReleased(ticketId, t.releaseAt, block.timestamp);
        delete _tickets[ticketId];
        (SharePool storage pool, bool lost) = _unbondingOf(t);
        if (!lost) stake = pool.remove(t.shares);
        emit Withdrawn(ticketId, msg.sender, stake);
        _send(msg.sender, stake);
    }

    // ---------------------------------------------------------------- answering

    /// @inheritdoc IStaking
    /// @dev A hold that ends before one placed earlier changes nothing.
    function hold(address operator, uint64 until) external {
        if (msg.sender != registry) revert StakingNotRegistry(msg.sender);
        Operator storage op = _known(operator);
        uint256 latest = block.timestamp + maximumHold;
        if (until > latest) revert StakingHoldTooLong(operator, until, latest);
        if (until <= op.heldUntil) return;
        op.heldUntil = until;
        emit Held(operator, until);
    }

    /// @inheritdoc IStaking
    /// @dev The reporter's part is of what the operator's own stake would lose alone. So nobody earns by delegating to an operator before
    /// reporting it, nor an operator by reporting itself at its delegators' cost. The rest is burned.
    function slash(address operator, uint16 bps, address reporter) external nonReentrant returns (uint256 taken) {
        if (msg.sender != slasher) revert StakingNotSlasher(msg.sender);
        if (bps == 0 || bps > ONE_IN_BPS) revert StakingInvalidSlash(bps);
        Operator storage op = _known(operator);

        taken = Math.mulDiv(op.active.stake + op.unbonding.stake + op.ownUnbonding.stake, bps, ONE_IN_BPS);
        uint256 reward = _rewardOf(operator, op, bps);
        uint256 own = _slashOwn(operator, taken);
        if (own < taken) _slashDelegators(op, taken - own);
        else taken = own;

        bool out = bps == ONE_IN_BPS || op.active.isCollapsed() || op.unbonding.isCollapsed();
        uint64 jailedUntil = out ? FOR_EVER : uint64(Math.max(block.timestamp + jailPeriod, op.jailedUntil));
        op.jailedUntil = jailedUntil;
        emit Slashed(operator, reporter, bps, taken, own, reward, jailedUntil);
        _send(reporter, reward);
        _send(BURNED, taken - reward);
    }

    /// @notice Ends the caller's time in jail once it is served. To be active it needs its minimum self-bond again.
    function unjail() external {
        Operator storage op = _known(msg.sender);
        uint64 jailedUntil = op.jailedUntil;
        if (jailedUntil == 0) revert StakingNotJailed(msg.sender);
        if (jailedUntil == FOR_EVER) revert StakingTombstoned(msg.sender);
        if (block.timestamp < jailedUntil) revert StakingStillJailed(msg.sender, jailedUntil, block.timestamp);
        op.jailedUntil = 0;
        emit Unjailed(msg.sender);
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc IStaking
    /// @dev Also 0 below the minimum self-bond, and never more than `maximumLeverage` times the operator's own: with little of its own
    /// to lose it has little weight, whatever others stake behind it.
    function activeStake(address operator) external view returns (uint256) {
        Operator storage op = _operators[operator];
        if (op.jailedUntil != 0) return 0;
        uint256 own = stakeOf(operator, operator);
        if (own < minimumSelfBond) return 0;
        return Math.min(op.active.stake, own * maximumLeverage);
    }

    /// @inheritdoc IStaking
    function isJailed(address operator) external view returns (bool) {
        return _operators[operator].jailedUntil != 0;
    }

    /// @notice Token units that `delegator` would take out from behind `operator` now.
    function stakeOf(address operator, address delegator) public view returns (uint256) {
        return _operators[operator].active.toStake(_delegations[operator][delegator].shares);
    }

    /// @notice Shares that `amount` token units would buy behind `operator` now.
    function previewDelegate(address operator, uint256 amount) external view returns (uint256) {
        return _operators[operator].active.toShares(amount);
    }

    /// @notice A ticket and what it is worth now; all zero when it does not exist or was withdrawn.
    function ticket(uint256 ticketId) external view returns (Ticket memory t, uint256 stake) {
        t = _tickets[ticketId];
        (SharePool storage pool, bool lost) = _unbondingOf(t);
        if (!lost) stake = pool.toStake(t.shares);
    }

    // ---------------------------------------------------------------- internals

    /// @dev Takes up to `amount` of the operator's own stake: active first, then unbonding.
    /// @return own token units taken: `amount`, or all there are, or somewhat more than `amount` where next to nothing would be left
    function _slashOwn(address operator, uint256 amount) private returns (uint256 own) {
        Delegation storage delegation = _settle(operator, operator);
        Operator storage op = _operators[operator];
        own = Math.min(amount, op.active.toStake(delegation.shares));
        delegation.shares -= op.active.burn(own);

        uint256 unbonding = op.ownUnbonding.stake;
        if (own == amount || unbonding == 0) return own;
        uint256 fromUnbonding = Math.min(amount - own, unbonding);
        op.ownUnbonding.slash(fromUnbonding);
        own += fromUnbonding;
        if (op.ownUnbonding.stake == 0 || op.ownUnbonding.isCollapsed()) {
            // A pool at next to nothing cannot price what comes in next: another one begins, and the tickets of this are worth nothing.
            own += op.ownUnbonding.stake;
            delete op.ownUnbonding;
            ++op.ownRound;
        }
    }

    /// @dev What a reporter gets when an operator that has this much of its own, active and unbonding, loses `bps`.
    function _rewardOf(address operator, Operator storage op, uint16 bps) private view returns (uint256) {
        uint256 own = stakeOf(operator, operator) + op.ownUnbonding.stake;
        return Math.mulDiv(own, uint256(bps) * reporterPart, uint256(ONE_IN_BPS) * ONE_IN_BPS);
    }

    /// @dev Takes `amount` from active and unbonding stake alike. The operator has none of its own left in either.
    function _slashDelegators(Operator storage op, uint256 amount) private {
        uint256 active = op.active.stake;
        uint256 fromActive = Math.mulDiv(amount, active, active + op.unbonding.stake);
        op.active.slash(fromActive);
        op.unbonding.slash(amount - fromActive);
    }

    /// @dev The pool that the ticket has shares of, unless a slash took all of it since.
    function _unbondingOf(Ticket memory t) private view returns (SharePool storage pool, bool lost) {
        Operator storage op = _operators[t.operator];
        if (t.owner != t.operator) return (op.unbonding, false);
        return (op.ownUnbonding, t.ownRound != op.ownRound);
    }

    /// @dev Takes `amount` from the caller, or reverts if the token delivers any other amount.
    function _receive(uint256 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert StakingReceivedAmountDiffers(amount, received);
    }

    /// @dev Some tokens refuse to move zero.
    function _send(address to, uint256 amount) private {
        if (amount != 0) token.safeTransfer(to, amount);
    }

    function _requireCode(address account) private view {
        if (account.code.length == 0) revert StakingNotAContract(account);
    }
}
