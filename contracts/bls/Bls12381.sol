// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ExpandMessage} from "./ExpandMessage.sol";
import {Precompile} from "./Precompile.sol";

/// @title BLS12-381 through the precompiles of EIP-2537: hash-to-curve and the checks of points.
/// @notice A number of the base field has 64 bytes, big endian, of which 16 leading ones are 0. A point of G1 is x ‖ y,
/// 128 bytes; a point of G2 is x_re ‖ x_im ‖ y_re ‖ y_im, 256 bytes.
library Bls12381 {
    address internal constant MODEXP = address(0x05);
    address internal constant G1ADD = address(0x0b);
    address internal constant G1MSM = address(0x0c);
    address internal constant G2ADD = address(0x0d);
    address internal constant G2MSM = address(0x0e);
    address internal constant PAIRING = address(0x0f);
    address internal constant MAP_FP_TO_G1 = address(0x10);

    // Caps: twice the prices of EIP-2537, and of EIP-7883 for the reduction.
    uint256 private constant MODEXP_CAP = 2 * 500;
    uint256 private constant G1ADD_CAP = 2 * 375;
    uint256 private constant G1MSM_CAP = 2 * 12_000;
    uint256 private constant G2ADD_CAP = 2 * 600;
    uint256 private constant G2MSM_CAP = 2 * 22_500;
    uint256 private constant MAP_CAP = 2 * 5_500;
    uint256 private constant PAIRING_2_CAP = 2 * 102_900;

    // The prime of the base field, in two words.
    uint256 private constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 private constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    /// @notice RFC 9380 hash_to_curve, `BLS12381G1_XMD:SHA-256_SSWU_RO_`.
    /// @return point 128 bytes
    function hashToG1(bytes memory message, bytes memory tag) internal view returns (bytes memory point) {
        // Two numbers of L = 64 bytes. Clearing the cofactor of both images, as the precompile does, is clearing that of
        // their sum.
        bytes memory uniform = ExpandMessage.xmdSha256(message, tag, 128);
        point = new bytes(256);
        (uint256 source, uint256 target) = (_data(uniform), _data(point));
        // Inside the two allocations.
        unchecked {
            _reduceAndMap(source, target);
            _reduceAndMap(source + 64, target + 128);
        }
        Precompile.run(G1ADD, G1ADD_CAP, target, 256, target, 128);
        assembly ("memory-safe") {
            mstore(point, 128)
        }
    }

    /// @notice Whether e(signature, -g2) · e(hash, publicKey) = 1, for the generator g2.
    /// @param signature 128 bytes
    /// @param hash 128 bytes
    /// @param publicKey 256 bytes
    /// @return accepted false when a point is not canonical, not on the curve or not in its subgroup
    /// @return one whether the product is 1; false when not `accepted`
    function pairing(
        bytes calldata signature,
        bytes memory hash,
        bytes calldata publicKey
    ) internal view returns (bool accepted, bool one) {
        uint256 buffer;
        // Behind everything allocated, and free again after the call.
        assembly ("memory-safe") {
            buffer := mload(0x40)
            calldatacopy(buffer, signature.offset, 0x80)
            mstore(add(buffer, 0x080), 0x00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051)
            mstore(add(buffer, 0x0a0), 0xc6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8)
            mstore(add(buffer, 0x0c0), 0x0000000000000000000000000000000013e02b6052719f607dacd3a088274f65)
            mstore(add(buffer, 0x0e0), 0x596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e)
            mstore(add(buffer, 0x100), 0x000000000000000000000000000000000d1b3cc2c7027888be51d9ef691d77bc)
            mstore(add(buffer, 0x120), 0xb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa)
            mstore(add(buffer, 0x140), 0x0000000000000000000000000000000013fa4d4a0ad8b1ce186ed5061789213d)
            mstore(add(buffer, 0x160), 0x993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed)
            mcopy(add(buffer, 0x180), add(hash, 0x20), 0x80)
            calldatacopy(add(buffer, 0x200), publicKey.offset, 0x100)
        }
        accepted = Precompile.tryRun(PAIRING, PAIRING_2_CAP, buffer, 0x300, 0, 0x20);
        // The answer is in scratch space.
        assembly ("memory-safe") {
            one := and(accepted, eq(mload(0), 1))
        }
    }

    /// @notice Whether a canonical point of G1 is on the curve, in the subgroup or not.
    function isOnCurveG1(bytes calldata point) internal view returns (bool) {
        return _accepts(G1ADD, G1ADD_CAP, point, 128, 0);
    }

    /// @notice Whether a canonical point of G2 is on the curve, in the subgroup or not.
    function isOnCurveG2(bytes calldata point) internal view returns (bool) {
        return _accepts(G2ADD, G2ADD_CAP, point, 256, 0);
    }

    /// @notice Whether a point of G1 that is on the curve is in the subgroup.
    function isInSubgroupG1(bytes calldata point) internal view returns (bool) {
        return _accepts(G1MSM, G1MSM_CAP, point, 32, 1);
    }

    /// @notice Whether a point of G2 that is on the curve is in the subgroup.
    function isInSubgroupG2(bytes calldata point) internal view returns (bool) {
        return _accepts(G2MSM, G2MSM_CAP, point, 32, 1);
    }

    /// @dev Whether `precompile` takes `point` followed by `operand` in `operandLength` bytes: infinity, for an addition
    /// that checks the curve, or the scalar 1, for a multiplication that must check the subgroup too (EIP-2537).
    function _accepts(
        address precompile,
        uint256 cap,
        bytes calldata point,
        uint256 operandLength,
        uint256 operand
    ) private view returns (bool) {
        uint256 buffer;
        // Behind everything allocated, and free again after the call; bytes beyond the calldata are copied as zeros.
        assembly ("memory-safe") {
            buffer := mload(0x40)
            calldatacopy(buffer, point.offset, point.length)
            let behind := add(buffer, point.length)
            calldatacopy(behind, calldatasize(), operandLength)
            mstore(add(behind, sub(operandLength, 0x20)), operand)
        }
        return Precompile.tryRun(precompile, cap, buffer, point.length + operandLength, buffer, point.length);
    }

    /// @notice Whether a number of the base field is below p.
    function isCanonical(uint256 high, uint256 low) internal pure returns (bool) {
        return high < P_HIGH || (high == P_HIGH && low < P_LOW);
    }

    /// @dev Reduces the 64 bytes at `source` modulo p, where they stand, and puts their image in G1 at `target`.
    function _reduceAndMap(uint256 source, uint256 target) private view {
        uint256 buffer;
        // An exponentiation by 1, laid out behind everything allocated.
        assembly ("memory-safe") {
            buffer := mload(0x40)
            mstore(buffer, 64)
            mstore(add(buffer, 0x20), 1)
            mstore(add(buffer, 0x40), 64)
            mcopy(add(buffer, 0x60), source, 64)
            mstore8(add(buffer, 0xa0), 1)
            mstore(add(buffer, 0xa1), P_HIGH)
            mstore(add(buffer, 0xc1), P_LOW)
        }
        Precompile.run(MODEXP, MODEXP_CAP, buffer, 0xe1, source, 64);
        Precompile.run(MAP_FP_TO_G1, MAP_CAP, source, 64, target, 128);
    }

    /// @dev Where the bytes of `array` begin.
    function _data(bytes memory array) private pure returns (uint256 start) {
        assembly ("memory-safe") {
            start := add(array, 0x20)
        }
    }
}
