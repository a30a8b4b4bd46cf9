// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DevelopmentChain} from "../../contracts/DevelopmentChain.sol";
import {Test} from "./Test.sol";

contract DevelopmentChainTest is Test {
    address private constant MARK = 0x511162d5A214f64808BbD8aD1111ba3Bb3166803;
    bytes private constant CODE = hex"ef4e65787573";

    function requireHere() external view {
        DevelopmentChain.requireHere();
    }

    function test_KnowsDevelopmentChainsByTheirId() public {
        vm.chainId(31337);
        this.requireHere();
        vm.chainId(1337);
        this.requireHere();
    }

    function testFuzz_RefusesEveryOtherChain(uint64 chainId) public {
        vm.assume(chainId != 31337 && chainId != 1337);
        vm.chainId(chainId);
        vm.expectRevert(abi.encodeWithSelector(DevelopmentChain.DevelopmentChainOnly.selector, uint256(chainId)));
        this.requireHere();
    }

    function testFuzz_TakesAChainThatItsNodeMarked(uint64 chainId) public {
        vm.chainId(chainId);
        vm.etch(MARK, CODE);
        this.requireHere();
    }

    /// @dev Ether, other code, and the right code elsewhere are no mark.
    function test_TakesNothingElseForTheMark() public {
        vm.chainId(1);
        vm.deal(MARK, 1 ether);
        _refused();
        vm.etch(address(0x5111), CODE);
        vm.etch(address(this), address(this).code);
        _refused();
        bytes[4] memory others = [bytes(hex"ef"), hex"ef4e6578757300", hex"4e65787573", hex"fe4e65787573"];
        for (uint256 i = 0; i < others.length; i++) {
            vm.etch(MARK, others[i]);
            _refused();
        }
    }

    /// @dev EIP-3541: creation code that returns the mark's code creates nothing, while the same with another first byte does.
    function test_NoTransactionCanDeployTheMark() public {
        assertEq(_create(CODE), address(0), "the mark");
        assertTrue(_create(hex"fe4e65787573") != address(0), "the same with 0xfe");
    }

    function _refused() private {
        vm.expectRevert(abi.encodeWithSelector(DevelopmentChain.DevelopmentChainOnly.selector, uint256(1)));
        this.requireHere();
    }

    /// @return created The contract with this code of 6 bytes; zero when there can be none.
    function _create(bytes memory code) private returns (address created) {
        // PUSH6 code, PUSH0, MSTORE, PUSH1 6, PUSH1 26, RETURN
        bytes memory creation = abi.encodePacked(hex"65", code, hex"5f526006601af3");
        assembly ("memory-safe") {
            created := create(0, add(creation, 0x20), mload(creation))
        }
    }
}
