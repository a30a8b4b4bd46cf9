// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ReentrancyGuard} from "@openzeppelin/contracts/utils/ReentrancyGuard.sol";
import {NexusStaking} from "../../../contracts/staking/NexusStaking.sol";
import {StakingRewards} from "../../../contracts/staking/StakingRewards.sol";
import {StakingTest} from "./StakingTest.sol";

/// @dev Keeps 1 % of every transfer.
contract FeeToken is ERC20("Fee", "FEE") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// @dev Hands more than it was asked to, like a token whose balances grow by themselves.
contract GenerousToken is ERC20("Generous", "GEN") {
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        _mint(to, 1);
        _mint(from, value);
        return super.transferFrom(from, to, value);
    }
}

/// @dev Calls an account before or after every transfer, as ERC-777 does.
contract HookToken is ERC20("Hook", "HOOK") {
    address private _hook;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setHook(address hook) external {
        _hook = hook;
    }

    function _update(address from, address to, uint256 value) internal override {
        address hook = _hook;
        if (hook != address(0)) ReentrantDelegator(payable(hook)).onTokenMoved();
        super._update(from, to, value);
        if (hook != address(0)) ReentrantDelegator(payable(hook)).onTokenMoved();
    }
}

/// @dev Calls back once with what it was armed with, and keeps the error it met.
contract ReentrantDelegator {
    NexusStaking private immutable _staking;
    bytes private _attack;
    uint256 public attempts;
    uint256 public successes;
    bytes public lastError;

    constructor(NexusStaking staking) {
        _staking = staking;
    }

    receive() external payable {
        onTokenMoved();
    }

    function arm(bytes calldata attack) external {
        _attack = attack;
    }

    function run(address target, bytes calldata data) external returns (bytes memory) {
        (bool ok, bytes memory result) = target.call(data);
        require(ok, string(result));
        return result;
    }

    function onTokenMoved() public {
        if (_attack.length == 0) return;
        ++attempts;
        (bool ok, bytes memory result) = address(_staking).call(_attack);
        if (ok) ++successes;
        else lastError = result;
    }
}

/// @dev Refuses native currency.
contract Penniless {
    function claim(NexusStaking staking, address operator) external {
        staking.claimRewards(operator);
    }

    function delegate(NexusStaking staking, ERC20 token, address operator, uint256 amount) external {
        token.approve(address(staking), amount);
        staking.delegate(operator, amount, 0);
    }
}

contract NexusStakingAttackTest is StakingTest {
    // ---------------------------------------------------------------- share price

    function testDonatedTokensNeverCount() external {
        stake(OPERATOR, ALICE, 1);
        token.mint(address(staking), 1_000_000 * TOKEN);
        assertEq(stake(OPERATOR, BOB, TOKEN), 1e24, "shares after the donation");
        assertEq(staking.stakeOf(OPERATOR, ALICE), 1, "attacker");
        assertEq(staking.stakeOf(OPERATOR, BOB), TOKEN, "victim");
        // Nor are they slashed or paid to a reporter.
        assertEq(staking.slash(OPERATOR, 10_000, REPORTER), TOKEN + 1, "taken");
        assertEq(token.balanceOf(address(staking)), 1_000_000 * TOKEN, "donation");
    }

    /// @dev The attacker grows the price of a share by rounding alone: deep slash, then odd amounts in and out.
    function testFuzz_RoundingLoopsGainNothing(uint256 seed, uint16 bps) external {
        stake(OPERATOR, OPERATOR, 1 + (seed % 50));
        stake(OPERATOR, ALICE, 1 + ((seed >> 32) % 1000));
        staking.slash(OPERATOR, uint16(bound(bps, 1, 9_999)), REPORTER);

        uint256 others = staking.stakeOf(OPERATOR, OPERATOR) + staking.stakeOf(OPERATOR, ALICE);
        uint256 paid = 1 + ((seed >> 64) % 1000);
        stake(OPERATOR, BOB, paid);
        uint256 cash;
        for (uint256 i = 0; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            if (seed & 1 == 0) {
                uint256 amount = 1 + ((seed >> 8) % 7);
                stake(OPERATOR, BOB, amount);
                paid += amount;
            } else {
                uint256 shares = staking.sharesOf(OPERATOR, BOB);
                shares = (seed & 2 == 0) ? shares / 2 : shares / 3 + 1;
                if (shares > staking.sharesOf(OPERATOR, BOB)) continue;
                vm.prank(BOB);
                try staking.undelegate(OPERATOR, shares) returns (uint256 ticketId) {
                    vm.warp(block.timestamp + DELAY);
                    cash += withdraw(BOB, ticketId);
                } catch (bytes memory reason) {
                    assertEq(reason, abi.encodeWithSelector(NexusStaking.StakingZeroAmount.selector), "reason");
                }
            }
            assertLe(cash + staking.stakeOf(OPERATOR, BOB), paid, "gained");
        }
        uint256 othersNow = staking.stakeOf(OPERATOR, OPERATOR) + staking.stakeOf(OPERATOR, ALICE);
        assertGe(othersNow, others, "taken from others");
    }

    function testLoopOfSmallestAmountsGainsNothing() external {
        stake(OPERATOR, ALICE, 3 * TOKEN + 1);
        staking.slash(OPERATOR, 3333, REPORTER);
        uint256 inPool = token.balanceOf(address(staking));
        uint256 cash;
        for (uint256 i = 0; i < 40; ++i) {
            stake(OPERATOR, BOB, 2);
            uint256 ticketId = unstakeAll(OPERATOR, BOB);
            vm.warp(block.timestamp + DELAY);
            cash += withdraw(BOB, ticketId);
            assertLe(cash, 2 * (i + 1), "gained");
        }
        assertEq(token.balanceOf(address(staking)), inPool + 80 - cash, "conserved");
    }

    function testOldSharesCannotClaimStakeThatCameAfterANearTotalSlash() external {
        stake(OPERATOR, ALICE, 1_000_000 * TOKEN);
        staking.slash(OPERATOR, 9_999, REPORTER);
        uint256 old = staking.stakeOf(OPERATOR, ALICE);
        stake(OPERATOR, BOB, 1_000_000 * TOKEN);
        assertLe(staking.stakeOf(OPERATOR, ALICE), old, "old");
        assertGe(staking.stakeOf(OPERATOR, BOB) + 1, 1_000_000 * TOKEN, "new");
    }

    // ---------------------------------------------------------------- tokens

    function testFeeOnTransferTokenIsRefused() external {
        FeeToken fee = new FeeToken();
        NexusStaking s = _stakingOf(address(fee));
        fee.mint(address(this), 1000);
        fee.approve(address(s), 1000);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingReceivedAmountDiffers.selector, 1000, 990));
        s.delegate(address(this), 1000, 0);
    }

    function testTokenThatHandsOverMoreIsRefused() external {
        GenerousToken generous = new GenerousToken();
        NexusStaking s = _stakingOf(address(generous));
        generous.approve(address(s), 1000);
        vm.expectRevert(abi.encodeWithSelector(NexusStaking.StakingReceivedAmountDiffers.selector, 1000, 1001));
        s.delegate(address(this), 1000, 0);
    }

    function testReentrantTokenMeetsAClosedDoor() external {
        HookToken hooked = new HookToken();
        NexusStaking s = _stakingOf(address(hooked));
        ReentrantDelegator attacker = new ReentrantDelegator(s);
        hooked.mint(address(attacker), 100);
        attacker.run(address(hooked), abi.encodeCall(hooked.approve, (address(s), 100)));
        hooked.setHook(address(attacker));

        attacker.arm(abi.encodeCall(s.delegate, (address(this), 10, 0)));
        attacker.run(address(s), abi.encodeCall(s.delegate, (address(this), 50, 0)));
        assertEq(attacker.attempts(), 2, "attempts at delegating");
        assertEq(s.sharesOf(address(this), address(attacker)), 50e6, "shares");

        bytes memory ticketId = attacker.run(address(s), abi.encodeCall(s.undelegate, (address(this), 20e6)));
        uint256 id = abi.decode(ticketId, (uint256));
        vm.warp(block.timestamp + DELAY);
        attacker.arm(abi.encodeCall(s.withdraw, (id)));
        attacker.run(address(s), abi.encodeCall(s.withdraw, (id)));
        assertEq(attacker.attempts(), 4, "attempts at withdrawing");
        assertEq(hooked.balanceOf(address(attacker)), 70, "paid once");

        // While it slashes, too: what the hook tries from inside sees the pools after the slash.
        attacker.arm(abi.encodeCall(s.delegate, (address(this), 10, 0)));
        s.slash(address(this), 5000, address(attacker));
        assertEq(attacker.successes(), 0, "successes");
        assertEq(
            attacker.lastError(),
            abi.encodeWithSelector(ReentrancyGuard.ReentrancyGuardReentrantCall.selector),
            "error"
        );
        assertEq(hooked.balanceOf(address(s)), s.operatorState(address(this)).active.stake, "conserved");
    }

    /// @dev Leaving is open while stake comes in: it moves no token and meets the state from before.
    function testUndelegatingInsideADelegationConservesStake() external {
        HookToken hooked = new HookToken();
        NexusStaking s = _stakingOf(address(hooked));
        ReentrantDelegator attacker = new ReentrantDelegator(s);
        hooked.mint(address(attacker), 100);
        attacker.run(address(hooked), abi.encodeCall(hooked.approve, (address(s), 100)));
        attacker.run(address(s), abi.encodeCall(s.delegate, (address(this), 50, 0)));
        hooked.setHook(address(attacker));
        attacker.arm(abi.encodeCall(s.undelegate, (address(this), 10e6)));
        attacker.run(address(s), abi.encodeCall(s.delegate, (address(this), 50, 0)));
        assertEq(attacker.successes(), 2, "both hooks");
        assertEq(s.operatorState(address(this)).active.stake, 80, "active");
        assertEq(s.operatorState(address(this)).unbonding.stake, 20, "unbonding");
        assertEq(s.sharesOf(address(this), address(attacker)), 80e6, "shares");
        assertEq(hooked.balanceOf(address(s)), 100, "conserved");
    }

    function _stakingOf(address otherToken) private returns (NexusStaking s) {
        s = new NexusStaking(ERC20(otherToken), parameters());
        s.wire(address(this), address(this));
        s.register(0);
    }

    // ---------------------------------------------------------------- rewards

    function testReentrantRewardReceiverIsPaidOnce() external {
        ReentrantDelegator attacker = new ReentrantDelegator(staking);
        stake(OPERATOR, address(attacker), TOKEN);
        stake(OPERATOR, ALICE, TOKEN);
        reward(OPERATOR, 1 ether);
        attacker.arm(abi.encodeCall(staking.claimRewards, (OPERATOR)));
        // A re-entry that fails is swallowed by the attacker; the payment itself goes through, once.
        attacker.run(address(staking), abi.encodeCall(staking.claimRewards, (OPERATOR)));
        assertEq(attacker.attempts(), 1, "attempts");
        assertEq(attacker.successes(), 0, "successes");
        assertLe(address(attacker).balance, 0.45 ether, "paid");
        vm.prank(ALICE);
        assertGe(staking.claimRewards(OPERATOR) + 1, 0.45 ether, "Alice");
    }

    function testReceiverThatRefusesPaymentKeepsItsClaim() external {
        Penniless penniless = new Penniless();
        token.mint(address(penniless), TOKEN);
        penniless.delegate(staking, token, OPERATOR, TOKEN);
        reward(OPERATOR, 1000);
        uint256 owed = staking.claimableRewards(OPERATOR, address(penniless));
        vm.expectRevert(
            abi.encodeWithSelector(StakingRewards.StakingPaymentRefused.selector, address(penniless), owed)
        );
        penniless.claim(staking, OPERATOR);
        assertEq(staking.claimableRewards(OPERATOR, address(penniless)), owed, "owed");
    }

    // ---------------------------------------------------------------- slashing races

    function testUndelegatingBeforeTheSlashDoesNotEscapeIt() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 100 * TOKEN);
        staking.hold(OPERATOR, uint64(block.timestamp) + 30 days);
        uint256 early = unstakeAll(OPERATOR, ALICE);
        uint256 own = unstakeAll(OPERATOR, OPERATOR);
        vm.warp(block.timestamp + 29 days);
        staking.slash(OPERATOR, 5000, REPORTER);
        vm.warp(block.timestamp + 1 days);
        assertEq(withdraw(ALICE, early), 100 * TOKEN, "Alice, covered by what its own lost");
        assertEq(withdraw(OPERATOR, own), 0, "operator");
    }

    function testUndelegatingFromJailStillWaitsAndStillAnswers() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        staking.slash(OPERATOR, 1000, REPORTER);
        uint256 ticketId = unstakeAll(OPERATOR, OPERATOR);
        staking.slash(OPERATOR, 1000, REPORTER);
        vm.warp(block.timestamp + DELAY);
        assertEq(withdraw(OPERATOR, ticketId), 81 * TOKEN, "after both");
    }

    /// @dev An operator with little of its own that reports itself to collect from its delegators.
    function testFuzz_ReportingOneselfNeverPays(uint96 own, uint96 delegated, uint16 bps, uint256 out) external {
        bps = uint16(bound(bps, 1, 10_000));
        uint256 ownStake = bound(own, 1, type(uint96).max);
        uint256 shares = stake(OPERATOR, OPERATOR, ownStake);
        stake(OPERATOR, ALICE, bound(delegated, 1, type(uint96).max));
        if (out % 3 != 0) unstake(OPERATOR, OPERATOR, bound(out, 1e6, shares));
        staking.slash(OPERATOR, bps, OPERATOR);
        uint256 left = staking.stakeOf(OPERATOR, OPERATOR);
        (, uint256 unbonding) = staking.ticket(1);
        assertLe(left + unbonding + token.balanceOf(OPERATOR), ownStake, "gained");
    }

    function testOperatorThatLeftEarnsNothingFromItsDelegators() external {
        stake(OPERATOR, OPERATOR, 100 * TOKEN);
        stake(OPERATOR, ALICE, 1000 * TOKEN);
        uint256 ticketId = unstakeAll(OPERATOR, OPERATOR);
        vm.warp(block.timestamp + DELAY);
        withdraw(OPERATOR, ticketId);
        assertEq(staking.slash(OPERATOR, 5000, REPORTER), 500 * TOKEN, "taken");
        assertEq(token.balanceOf(REPORTER), 0, "reporter");
        assertEq(token.balanceOf(BURNED), 500 * TOKEN, "burned");
    }
}
