// SPDX-License-Identifier: MIT
// The names `Vm` and `vm` are those that every writer of Solidity tests knows.
// solhint-disable interface-starts-with-i, const-name-snakecase
pragma solidity ^0.8.24;

/// @notice The cheat codes of Hardhat's Solidity tests that this suite uses.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
    function warp(uint256 timestamp) external;
    function roll(uint256 blockNumber) external;
    function setBlockhash(uint256 blockNumber, bytes32 blockHash) external;
    function chainId(uint256 id) external;
    function fee(uint256 baseFee) external;
    function prevrandao(bytes32 value) external;
    function deal(address who, uint256 balance) external;
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectEmit() external;
    function assume(bool condition) external pure;
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function label(address who, string calldata name) external;
    function etch(address who, bytes calldata code) external;
}

/// @title Base of every Solidity test.
/// @dev A few lines of our own: the packages on npm that carry forge-std are years old and pull in more of the same.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error AssertionFailed(string what, uint256 got, uint256 expected);

    address[] private _targets;

    /// @notice Read by the invariant runner: the contracts whose functions it calls at random.
    function targetContracts() external view returns (address[] memory) {
        return _targets;
    }

    function targetContract(address target) internal {
        _targets.push(target);
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert AssertionFailed(what, 0, 1);
    }

    function assertEq(uint256 got, uint256 expected, string memory what) internal pure {
        if (got != expected) revert AssertionFailed(what, got, expected);
    }

    function assertEq(address got, address expected, string memory what) internal pure {
        assertEq(uint256(uint160(got)), uint256(uint160(expected)), what);
    }

    function assertEq(bytes32 got, bytes32 expected, string memory what) internal pure {
        assertEq(uint256(got), uint256(expected), what);
    }

    function assertEq(bytes memory got, bytes memory expected, string memory what) internal pure {
        assertEq(keccak256(got), keccak256(expected), what);
    }

    function assertLe(uint256 got, uint256 bound_, string memory what) internal pure {
        if (got > bound_) revert AssertionFailed(what, got, bound_);
    }

    function assertGe(uint256 got, uint256 bound_, string memory what) internal pure {
        if (got < bound_) revert AssertionFailed(what, got, bound_);
    }

    /// @notice Maps a fuzzed number into [low, high].
    function bound(uint256 x, uint256 low, uint256 high) internal pure returns (uint256) {
        unchecked {
            // high - low + 1 wraps to 0 only for the whole range, where x is already inside.
            uint256 span = high - low + 1;
            return span == 0 ? x : low + (x % span);
        }
    }
}
