// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Urn} from "../../../contracts/committee/Urn.sol";
import {Test} from "../Test.sol";

contract UrnTest is Test {
    function testFuzz_DrawsEveryBallOnceAndNothingElse(uint256 seed, uint256 count) external {
        count = bound(count, 1, 70);
        uint256[] memory weights = new uint256[](count);
        uint256 left = 0;
        uint256 heavy = 0;
        for (uint256 i = 0; i < count; ++i) {
            weights[i] = uint256(keccak256(abi.encode(seed, "weight", i))) % 5; // a fifth of them weigh nothing
            left += weights[i];
            if (weights[i] > 0) ++heavy;
        }
        uint256[] memory urn = Urn.fill(weights);
        bool[] memory drawn = new bool[](count);
        for (uint256 i = 0; i < heavy; ++i) {
            assertEq(urn[1], left, "sum of what is left");
            uint256 index = Urn.draw(urn, uint256(keccak256(abi.encode(seed, i))));
            assertTrue(!drawn[index], "never twice");
            assertTrue(weights[index] > 0, "never a ball without weight");
            drawn[index] = true;
            left -= weights[index];
        }
        assertEq(urn[1], 0, "empty");
        vm.expectRevert(Urn.UrnEmpty.selector);
        this.draw(urn, seed);
    }

    /// A draw from a full urn lands where a plain walk along the weights lands.
    function testFuzz_MatchesALinearScan(uint256[] memory weights, uint256 r) external pure {
        uint256 total = 0;
        for (uint256 i = 0; i < weights.length; ++i) {
            weights[i] >>= 128;
            total += weights[i];
        }
        if (total == 0) return;
        uint256 expected = 0;
        for (uint256 x = r % total; x >= weights[expected]; ++expected) x -= weights[expected];
        assertEq(Urn.draw(Urn.fill(weights), r), expected, "index");
    }

    /// 4,000 draws of the first ball: each share within 5 standard deviations of its weight's (fixed seed).
    function test_FirstDrawIsProportionalToWeight() external pure {
        uint256[] memory weights = new uint256[](5);
        for (uint256 i = 0; i < 5; ++i) weights[i] = (i + 1) * 1e18;
        uint256[] memory hits = new uint256[](5);
        uint256 draws = 4000;
        for (uint256 i = 0; i < draws; ++i) ++hits[Urn.draw(Urn.fill(weights), uint256(keccak256(abi.encode(i))))];
        for (uint256 i = 0; i < 5; ++i) {
            uint256 expected = (draws * (i + 1)) / 15;
            uint256 off = hits[i] > expected ? hits[i] - expected : expected - hits[i];
            // 5 standard deviations: off^2 <= 25 n p (1 - p)
            assertLe(off * off, (25 * draws * (i + 1) * (14 - i)) / 225 + 1, "share of draws");
        }
    }

    function draw(uint256[] memory urn, uint256 r) external pure returns (uint256) {
        return Urn.draw(urn, r);
    }
}
