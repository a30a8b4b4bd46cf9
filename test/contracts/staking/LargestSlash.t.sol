// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";
import {Digests, Header} from "../../../contracts/committee/Digests.sol";
import {Committee} from "../../../contracts/committee/ICommittees.sol";
import {EquivocationSlashing} from "../../../contracts/staking/EquivocationSlashing.sol";
import {GradedSlashing} from "../../../contracts/staking/GradedSlashing.sol";
import {NexusStaking} from "../../../contracts/staking/NexusStaking.sol";
import {Conflict} from "../../../contracts/staking/SignatureSlashing.sol";
import {HashVerifier} from "../committee/HashVerifier.sol";
import {CommitteeRegistryHarness} from "./CommitteeRegistryHarness.sol";
import {StakeToken, StakingTest} from "./StakingTest.sol";

/// @dev A registry of one committee, the largest there may be.
contract LargestCommitteeHarness is CommitteeRegistryHarness {
    HashVerifier private immutable _verifier = new HashVerifier();
    address[] private _members;

    function add(address operator) external {
        _members.push(operator);
    }

    function committee(bytes32, uint64 epoch) external pure override returns (Committee memory) {
        return Committee(epoch, 0, 1, 128, 86, abi.encode("group"), 0);
    }

    function members(bytes32, uint64) external view override returns (address[] memory) {
        return _members;
    }

    function cloudVerifier(bytes32) external view override returns (IThresholdVerifier) {
        return _verifier;
    }
}

/// @dev What is measured runs in a test of its own after `setUp`, so that every slot is cold.
contract LargestSlashTest is StakingTest {
    /// The gas limit of a transaction by EIP-7825, less what its start and calldata cost, and two checks of a BLS signature.
    uint256 private constant TRANSACTION_GAS = 2 ** 24 - 30_000 - 1_000_000;
    uint16 private constant SIZE = 128;
    bytes32 private constant CLOUD = "cloud";

    EquivocationSlashing private _slashing;
    HashVerifier private _signer;

    /// Members with everything that a slash has to write: both kinds of stake, their own and others', in and on the way out, and rewards.
    function setUp() public override {
        vm.warp(1_800_000_000);
        token = new StakeToken();
        staking = new NexusStaking(token, parameters());
        LargestCommitteeHarness registry = new LargestCommitteeHarness();
        _slashing = new EquivocationSlashing(staking, registry, 500);
        staking.wire(address(registry), address(_slashing));
        for (uint256 i = 0; i < SIZE; ++i) {
            address operator = address(uint160(0x10000 + i));
            vm.prank(operator);
            staking.register(1000);
            stake(operator, operator, 200 * TOKEN);
            stake(operator, ALICE, 300 * TOKEN);
            unstake(operator, operator, staking.sharesOf(operator, operator) / 3);
            unstake(operator, ALICE, staking.sharesOf(operator, ALICE) / 3);
            reward(operator, 1 ether + i);
            registry.add(operator);
            registry.select(staking, CLOUD, 1, operator, uint64(block.timestamp + 30 days));
        }
        _signer = new HashVerifier();
    }

    function test_FitsTwoTransactions() external {
        Conflict memory c;
        c.chainId = 1;
        c.first = Header(7, "root", "results", "calls");
        c.second = Header(7, "root", "other results", "calls");
        c.firstSignature = _signer.sign(abi.encode("group"), Digests.headerOn(1, address(0), CLOUD, 1, c.first));
        c.secondSignature = _signer.sign(abi.encode("group"), Digests.headerOn(1, address(0), CLOUD, 1, c.second));
        uint256 all = token.balanceOf(address(staking));
        uint256 taken = _report(c, SIZE / 2);
        assertTrue(taken >= (all - taken) - SIZE && taken <= (all - taken) + SIZE, "half");
        taken += _report(c, SIZE / 2);
        assertTrue(taken > all - SIZE, "everything");
        vm.expectRevert(abi.encodeWithSelector(GradedSlashing.SlashingCommitteePunished.selector, CLOUD, 1));
        _slashing.reportHeaders(CLOUD, 1, c, SIZE / 2);
    }

    function _report(Conflict memory c, uint256 most) private returns (uint256 taken) {
        vm.prank(REPORTER);
        uint256 before = gasleft();
        taken = _slashing.reportHeaders(CLOUD, 1, c, most);
        uint256 used = before - gasleft();
        assertTrue(used < TRANSACTION_GAS, "gas");
    }
}
