// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {NexusStaking, StakingParameters} from "../../../contracts/staking/NexusStaking.sol";
import {Operator} from "../../../contracts/staking/Operator.sol";
import {Test} from "../Test.sol";

/// @dev An ordinary token that anyone may mint.
contract StakeToken is ERC20("Stake", "STK") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev A wired staking contract whose registry and slashing contract are the test itself.
abstract contract StakingTest is Test {
    uint256 internal constant TOKEN = 1e18;
    uint32 internal constant DELAY = 7 days;
    uint32 internal constant MAXIMUM_HOLD = 60 days;
    uint32 internal constant JAIL = 3 days;
    uint32 internal constant NOTICE = 14 days;
    address internal constant BURNED = address(0xdEaD);

    address internal constant OPERATOR = address(0x0101);
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);
    address internal constant REPORTER = address(0x4E90);

    StakeToken internal token;
    NexusStaking internal staking;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        token = new StakeToken();
        staking = new NexusStaking(token, parameters());
        staking.wire(address(this), address(this));
        vm.prank(OPERATOR);
        staking.register(1000);
    }

    receive() external payable {}

    function parameters() internal pure returns (StakingParameters memory) {
        return
            StakingParameters({
                minimumSelfBond: 100 * TOKEN,
                unbondingDelay: DELAY,
                maximumHold: MAXIMUM_HOLD,
                jailPeriod: JAIL,
                commissionNotice: NOTICE,
                maximumCommission: 5000,
                reporterPart: 500,
                maximumLeverage: 20
            });
    }

    function stake(address operator, address delegator, uint256 amount) internal returns (uint256 shares) {
        token.mint(delegator, amount);
        vm.startPrank(delegator);
        token.approve(address(staking), amount);
        shares = staking.delegate(operator, amount, 0);
        vm.stopPrank();
    }

    function unstake(address operator, address delegator, uint256 shares) internal returns (uint256 ticketId) {
        vm.prank(delegator);
        ticketId = staking.undelegate(operator, shares);
    }

    function unstakeAll(address operator, address delegator) internal returns (uint256 ticketId) {
        return unstake(operator, delegator, staking.sharesOf(operator, delegator));
    }

    function withdraw(address owner, uint256 ticketId) internal returns (uint256 paid) {
        vm.prank(owner);
        paid = staking.withdraw(ticketId);
    }

    /// @dev Rewards of `amount` wei for one operator.
    function reward(address operator, uint256 amount) internal {
        address[] memory operators = new address[](1);
        operators[0] = operator;
        vm.deal(address(this), amount);
        staking.addRewards{value: amount}(operators);
    }

    /// @dev Of its delegators and its own.
    function unbondingStake(address operator) internal view returns (uint256) {
        Operator memory o = staking.operatorState(operator);
        return o.unbonding.stake + o.ownUnbonding.stake;
    }

    function bondedStake(address operator) internal view returns (uint256) {
        return staking.operatorState(operator).active.stake;
    }
}
