// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {IThresholdVerifier} from "../../../contracts/bls/IThresholdVerifier.sol";
import {CloudParams} from "../../../contracts/committee/Clouds.sol";
import {Prices} from "../../../contracts/committee/ICommittees.sol";
import {CommitteeRegistry, Phase} from "../../../contracts/committee/CommitteeRegistry.sol";
import {Digests} from "../../../contracts/committee/Digests.sol";
import {NexusStaking} from "../../../contracts/staking/NexusStaking.sol";
import {StakeToken, StakingTest} from "../staking/StakingTest.sol";
import {HashVerifier} from "./HashVerifier.sol";
import {Secp256k1} from "./Secp256k1.sol";

/// @dev Real staking behind a full list of candidates, and the largest committee. What is measured runs in a test of its
/// own after `setUp`, so that every slot is cold.
abstract contract LargestCloud is StakingTest {
    /// The gas limit of a transaction by EIP-7825, less what its start and calldata cost.
    uint256 internal constant TRANSACTION_GAS = 2 ** 24 - 30_000;
    uint256 internal constant CANDIDATES = 512;
    uint16 internal constant SIZE = 128;

    CommitteeRegistry internal registry;
    bytes32 internal cloudId;

    function setUp() public virtual override {
        vm.warp(1_800_000_000);
        vm.roll(1000);
        token = new StakeToken();
        staking = new NexusStaking(token, parameters());
        IThresholdVerifier[] memory verifiers = new IThresholdVerifier[](2);
        verifiers[0] = new HashVerifier();
        registry = new CommitteeRegistry(staking, verifiers, 0);
        staking.wire(address(registry), address(this));
        cloudId = registry.createCloud(
            CloudParams({
                size: SIZE,
                threshold: 86,
                scheme: 0,
                epochLength: 30 days,
                confirmationWindow: 1 hours,
                minStake: 100 * TOKEN,
                prices: Prices(5, 6, 7)
            })
        );
        for (uint256 i = 0; i < CANDIDATES; ++i) _stand(candidate(i), 1 + i);
    }

    function _stand(address operator, uint256 secret) private {
        vm.prank(operator);
        staking.register(1000);
        stake(operator, operator, 100 * TOKEN);
        stake(operator, ALICE, 1);
        (uint256 x, uint256 y) = Secp256k1.publicKey(secret);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, Digests.identity(address(registry), operator));
        vm.startPrank(operator);
        registry.registerNode(abi.encode(x, y), abi.encodePacked(r, s, v));
        registry.joinCloud(cloudId);
        vm.stopPrank();
    }

    function candidate(uint256 i) internal pure returns (address) {
        return address(uint160(0x10000 + i));
    }
}

contract LargestOpeningTest is LargestCloud {
    function test_FitsATransaction() external {
        uint256 before = gasleft();
        registry.openEpoch(cloudId);
        uint256 used = before - gasleft();
        assertTrue(used < TRANSACTION_GAS, "gas");
    }
}

/// @title As many as may drop out after the opening do so, by one unit of their self-bond.
contract LargestSelectionTest is LargestCloud {
    function setUp() public override {
        super.setUp();
        registry.openEpoch(cloudId);
        for (uint256 i = 0; i < CANDIDATES - SIZE; ++i) unstake(candidate(i), candidate(i), 1e6);
        vm.roll(block.number + 5);
    }

    function test_FitsATransactionThoughManyDropOut() external {
        uint256 before = gasleft();
        registry.selectCommittee(cloudId);
        uint256 used = before - gasleft();
        assertTrue(registry.pendingEpoch(cloudId).phase == Phase.Selected, "selected");
        assertTrue(used < TRANSACTION_GAS, "gas");
    }
}
