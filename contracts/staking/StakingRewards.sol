// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {IStaking} from "./IStaking.sol";
import {Delegation, Operator} from "./Operator.sol";

/// @title Operators, their commission, and rewards in the chain's native currency.
/// @dev `addRewards` only notes what arrived, one storage slot per operator. It is split between commission and
/// delegators by `_settle`, which runs before anything that changes shares or commission, so a delay changes nothing.
///
/// Invariant: pending rewards, commissions and delegators' claims of all operators together never exceed the balance.
abstract contract StakingRewards is IStaking, ReentrancyGuard {
    using SafeCast for uint256;

    event OperatorRegistered(address indexed operator, uint16 commission);
    event CommissionChanged(address indexed operator, uint16 commission);
    event CommissionRiseAnnounced(address indexed operator, uint16 commission, uint64 from);
    event RewardsAdded(address indexed payer, address[] operators, uint256 amount);
    event RewardsClaimed(address indexed operator, address indexed delegator, uint256 amount);
    event CommissionClaimed(address indexed operator, uint256 amount);

    /// @dev A parameter given to the constructor is out of its range.
    error StakingInvalidParameter(string name, uint256 value);
    /// @dev `operator` has not registered.
    error StakingUnknownOperator(address operator);
    /// @dev An address registers once.
    error StakingAlreadyRegistered(address operator);
    /// @dev The commission asked for is above the cap.
    error StakingCommissionTooHigh(uint16 commission, uint16 maximum);
    /// @dev `operator` has announced no rise that could be applied.
    error StakingNoCommissionRise(address operator);
    /// @dev The announced rise may be applied from `from` on, and it is `now_`.
    error StakingCommissionRiseTooEarly(address operator, uint64 from, uint256 now_);
    /// @dev Rewards need somebody to go to.
    error StakingNoOperators();
    /// @dev `to` refused `amount` wei.
    error StakingPaymentRefused(address to, uint256 amount);

    uint256 internal constant ONE_IN_BPS = 10_000;
    uint256 private constant REWARD_SCALE = 1 << 128;

    /// @notice Highest commission an operator may ask, in bps.
    uint16 public immutable maximumCommission;
    /// @notice Seconds between the announcement of a higher commission and its application.
    uint32 public immutable commissionNotice;

    mapping(address operator => Operator) internal _operators;
    mapping(address operator => mapping(address delegator => Delegation)) internal _delegations;

    constructor(uint16 maximumCommission_, uint32 commissionNotice_) {
        if (maximumCommission_ > ONE_IN_BPS) revert StakingInvalidParameter("maximumCommission", maximumCommission_);
        maximumCommission = maximumCommission_;
        commissionNotice = commissionNotice_;
    }

    // ---------------------------------------------------------------- operators

    /// @notice Makes the caller an operator that keeps `commission` bps of the rewards earned behind it.
    function register(uint16 commission) external {
        Operator storage op = _operators[msg.sender];
        if (op.registered) revert StakingAlreadyRegistered(msg.sender);
        _checkCommission(commission);
        op.registered = true;
        op.commission = commission;
        emit OperatorRegistered(msg.sender, commission);
    }

    /// @notice Lowers the caller's commission at once, or announces a rise that `raiseCommission` applies after
    /// `commissionNotice`. Either replaces a rise announced before.
    function setCommission(uint16 commission) external {
        Operator storage op = _known(msg.sender);
        _checkCommission(commission);
        if (commission <= op.commission) {
            _changeCommission(msg.sender, op, commission);
        } else {
            uint64 from = uint64(block.timestamp) + commissionNotice;
            op.nextCommission = commission;
            op.nextCommissionFrom = from;
            emit CommissionRiseAnnounced(msg.sender, commission, from);
        }
    }

    /// @notice Applies the rise that `operator` announced. Anyone may call; rewards added before keep the old rate.
    function raiseCommission(address operator) external {
        Operator storage op = _known(operator);
        uint64 from = op.nextCommissionFrom;
        if (from == 0) revert StakingNoCommissionRise(operator);
        if (block.timestamp < from) revert StakingCommissionRiseTooEarly(operator, from, block.timestamp);
        _changeCommission(operator, op, op.nextCommission);
    }

    // ---------------------------------------------------------------- rewards

    /// @inheritdoc IStaking
    /// @dev What does not divide equally goes to the first one. Rewards of an operator without delegated or own stake
    /// are all its own.
    function addRewards(address[] calldata operators) external payable {
        if (operators.length == 0) revert StakingNoOperators();
        uint256 part = msg.value / operators.length;
        uint256 amount = part + (msg.value % operators.length);
        for (uint256 i = 0; i < operators.length; ++i) {
            Operator storage op = _known(operators[i]);
            op.pendingRewards = (op.pendingRewards + amount).toUint128();
            amount = part;
        }
        emit RewardsAdded(msg.sender, operators, msg.value);
    }

    /// @notice Pays the caller the rewards of its delegation behind `operator`.
    function claimRewards(address operator) external nonReentrant returns (uint256 amount) {
        Delegation storage delegation = _settle(operator, msg.sender);
        amount = delegation.rewardsOwed;
        delegation.rewardsOwed = 0;
        emit RewardsClaimed(operator, msg.sender, amount);
        _pay(msg.sender, amount);
    }

    /// @notice Pays the caller its commission as an operator.
    function claimCommission() external nonReentrant returns (uint256 amount) {
        Operator storage op = _known(msg.sender);
        _settle(op);
        amount = op.commissionOwed;
        op.commissionOwed = 0;
        emit CommissionClaimed(msg.sender, amount);
        _pay(msg.sender, amount);
    }

    // ---------------------------------------------------------------- views

    /// @notice Everything known about `operator`, rewards as settled last.
    function operatorState(address operator) external view returns (Operator memory) {
        return _operators[operator];
    }

    /// @notice Shares of `delegator` in the active stake of `operator`.
    function sharesOf(address operator, address delegator) external view returns (uint256) {
        return _delegations[operator][delegator].shares;
    }

    /// @notice Wei that `claimRewards(operator)` would pay `delegator` now.
    function claimableRewards(address operator, address delegator) external view returns (uint256) {
        (, uint256 rewardPerShare, ) = _settled(_operators[operator]);
        Delegation storage delegation = _delegations[operator][delegator];
        return delegation.rewardsOwed + _earned(delegation, rewardPerShare);
    }

    /// @notice Wei that `claimCommission()` would pay `operator` now.
    function claimableCommission(address operator) external view returns (uint256 commissionOwed) {
        (commissionOwed, , ) = _settled(_operators[operator]);
    }

    // ---------------------------------------------------------------- internals

    /// @dev The operator's record, if it ever registered.
    function _known(address operator) internal view returns (Operator storage op) {
        op = _operators[operator];
        if (!op.registered) revert StakingUnknownOperator(operator);
    }

    /// @dev Brings rewards of `operator` and `delegator` up to date. To be called before their shares change.
    function _settle(address operator, address delegator) internal returns (Delegation storage delegation) {
        Operator storage op = _known(operator);
        _settle(op);
        delegation = _delegations[operator][delegator];
        delegation.rewardsOwed += _earned(delegation, op.rewardPerShare);
        delegation.rewardPerShareSettled = op.rewardPerShare;
    }

    function _settle(Operator storage op) private {
        if (op.pendingRewards == 0) return;
        (op.commissionOwed, op.rewardPerShare, op.rewardCarry) = _settled(op);
        op.pendingRewards = 0;
    }

    /// @dev The three reward figures with what is pending split up. The remainder of the division is carried to the
    /// next one, so that nothing is lost however many shares there are.
    function _settled(
        Operator storage op
    ) private view returns (uint256 commissionOwed, uint256 rewardPerShare, uint256 rewardCarry) {
        (commissionOwed, rewardPerShare, rewardCarry) = (op.commissionOwed, op.rewardPerShare, op.rewardCarry);
        uint256 pending = op.pendingRewards;
        uint256 shares = op.active.shares;
        if (shares == 0) {
            commissionOwed += pending;
        } else if (pending != 0) {
            uint256 cut = (pending * op.commission) / ONE_IN_BPS;
            commissionOwed += cut;
            uint256 scaled = (pending - cut) * REWARD_SCALE + rewardCarry;
            rewardPerShare += scaled / shares;
            rewardCarry = scaled % shares;
        }
    }

    /// @dev Wei the delegation earned since it was last settled, rounded down.
    function _earned(Delegation storage delegation, uint256 rewardPerShare) private view returns (uint256) {
        return Math.mulDiv(delegation.shares, rewardPerShare - delegation.rewardPerShareSettled, REWARD_SCALE);
    }

    function _checkCommission(uint16 commission) private view {
        if (commission > maximumCommission) revert StakingCommissionTooHigh(commission, maximumCommission);
    }

    function _changeCommission(address operator, Operator storage op, uint16 commission) private {
        _settle(op);
        op.commission = commission;
        op.nextCommission = 0;
        op.nextCommissionFrom = 0;
        emit CommissionChanged(operator, commission);
    }

    function _pay(address to, uint256 amount) private {
        if (amount == 0) return;
        (bool paid, ) = to.call{value: amount}("");
        if (!paid) revert StakingPaymentRefused(to, amount);
    }
}
