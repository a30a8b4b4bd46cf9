// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Roster} from "../../../contracts/committee/Roster.sol";
import {StoredBytes} from "../../../contracts/committee/StoredBytes.sol";
import {Test} from "../Test.sol";

contract RosterTest is Test {
    function testFuzz_BytesComeBack(bytes memory data, uint256 start, uint256 length) external {
        address pointer = StoredBytes.write(data);
        assertEq(StoredBytes.read(pointer), data, "all");
        start = bound(start, 0, data.length);
        length = bound(length, 0, data.length - start);
        bytes memory part = new bytes(length);
        for (uint256 i = 0; i < length; ++i) part[i] = data[start + i];
        assertEq(StoredBytes.read(pointer, start, length), part, "part");
        // Calling the data does nothing, whatever it holds.
        (bool ok, bytes memory out) = pointer.call(data);
        assertTrue(ok && out.length == 0 && pointer.code.length == data.length + 1, "inert");
    }

    function test_LongestBytes() external {
        assertEq(StoredBytes.read(StoredBytes.write(new bytes(24_575))).length, 24_575, "longest");
        vm.expectRevert(abi.encodeWithSelector(StoredBytes.StoredBytesTooLong.selector, 24_576));
        this.write(24_576);
    }

    function testFuzz_MembersComeBack(address[] memory members, uint256 index) external {
        address pointer = Roster.writeMembers(members);
        assertEq(pointer.code.length, 1 + 20 * members.length, "20 bytes each");
        assertEq(abi.encode(Roster.readMembers(pointer, members.length)), abi.encode(members), "members");
        index = bound(index, 0, members.length);
        address expected = index < members.length ? members[index] : address(0);
        assertEq(Roster.memberAt(pointer, index), expected, "member");
    }

    function testFuzz_SnapshotsComeBack(address[] memory operators, uint256 seed) external {
        uint256[] memory stakes = new uint256[](operators.length);
        for (uint256 i = 0; i < stakes.length; ++i) stakes[i] = uint256(keccak256(abi.encode(seed, i))) >> 128;
        (address[] memory gotOperators, uint256[] memory gotStakes) = Roster.readSnapshot(
            Roster.writeSnapshot(operators, stakes)
        );
        assertEq(abi.encode(gotOperators), abi.encode(operators), "operators");
        assertEq(abi.encode(gotStakes), abi.encode(stakes), "stakes");
    }

    function write(uint256 length) external {
        StoredBytes.write(new bytes(length));
    }
}
