// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBlsErrors} from "../../../contracts/bls/IBlsErrors.sol";
import {Test} from "../Test.sol";
import {FakePrecompile} from "./FakePrecompile.sol";
import {PrecompileHarness} from "./PrecompileHarness.sol";

contract PrecompileTest is Test {
    uint256 private constant CAP = 100_000;

    PrecompileHarness private harness;

    function setUp() external {
        harness = new PrecompileHarness();
    }

    function test_TakesAnAnswerOfExactlyTheLength() external {
        for (uint256 length = 0x20; length <= 0x60; length += 0x20) {
            (bool accepted, bytes32 first) = harness.tryRun(_fake(length, 0, false), CAP, length);
            assertTrue(accepted, "accepted");
            assertEq(uint256(first), type(uint256).max, "the answer");
        }
    }

    function test_RefusesAnswersOfEveryOtherLength() external {
        uint256[7] memory lengths = [uint256(0), 1, 31, 33, 63, 64, 4096];
        for (uint256 i; i < lengths.length; ++i) {
            address fake = _fake(lengths[i], 0, false);
            vm.expectRevert(abi.encodeWithSelector(IBlsErrors.BlsPrecompileMissing.selector, fake));
            harness.tryRun(fake, CAP, 0x20);
        }
    }

    function test_MissesAPrecompileWhereThereIsNoCode() external {
        vm.expectRevert(abi.encodeWithSelector(IBlsErrors.BlsPrecompileMissing.selector, address(0xfff1)));
        harness.tryRun(address(0xfff1), CAP, 0x20);
    }

    function test_ARefusalIsOneWhateverItReturns() external {
        for (uint256 length; length <= 0x40; length += 0x20) {
            address fake = _fake(length, 0, true);
            (bool accepted, ) = harness.tryRun(fake, CAP, 0x20);
            assertTrue(!accepted, "refused");
            vm.expectRevert(abi.encodeWithSelector(IBlsErrors.BlsPrecompileFailed.selector, fake));
            harness.run(fake, CAP);
        }
    }

    function test_APriceAboveTheCapIsARefusalAndCostsNoMore() external {
        address fake = _fake(0x20, 2 * CAP, false);
        uint256 before = gasleft();
        (bool accepted, ) = harness.tryRun{gas: 50 * CAP}(fake, CAP, 0x20);
        assertTrue(!accepted, "refused");
        assertTrue(before - gasleft() < CAP + 20_000, "the rest of the gas is kept");
    }

    /// @dev The fake was made in the same transaction, so that it is as cheap to reach as a precompile. What needs nearly all of the cap is accepted, or there was too little gas to tell; it is never refused.
    function testFuzz_WantOfGasIsNoRefusal(uint256 gas_) external {
        gas_ = bound(gas_, CAP - 5_000, CAP + CAP / 63 + 12_000);
        address fake = _fake(0x20, CAP - 300, false);
        try harness.tryRun{gas: gas_}(fake, CAP, 0x20) returns (bool accepted, bytes32 first) {
            assertTrue(accepted && uint256(first) == type(uint256).max, "accepted");
        } catch (bytes memory reason) {
            assertTrue(reason.length == 0 || bytes4(reason) == IBlsErrors.BlsOutOfGas.selector, "says what is missing");
            assertTrue(gas_ < CAP + CAP / 63 + 10_000, "enough gas is enough");
        }
    }

    function _fake(uint256 length, uint256 gas_, bool refuses) private returns (address) {
        return address(new FakePrecompile(length, gas_, refuses));
    }
}
