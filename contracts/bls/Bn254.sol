// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ExpandMessage} from "./ExpandMessage.sol";
import {Precompile} from "./Precompile.sol";

/// @title BN254 (alt_bn128): hash-to-curve and the pairing check.
/// @notice G1 is y² = x³ + 3 over F_p and has prime order; points are two numbers, x and y. G2 is a subgroup of a twist
/// over F_p²; points are x_im ‖ x_re ‖ y_im ‖ y_re (EIP-197).
library Bn254 {
    /// @notice The prime of the base field; p ≡ 3 (mod 4).
    uint256 internal constant P = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47;

    address internal constant MODEXP = address(0x05);
    address internal constant ADD = address(0x06);
    address internal constant PAIRING = address(0x08);

    // Caps: the price today is 4,016 (EIP-7883), 150, and 45,000 + 34,000 per pair (EIP-1108).
    uint256 private constant MODEXP_CAP = 10_000;
    uint256 private constant ADD_CAP = 500;
    uint256 private constant PAIRING_1_CAP = 2 * 79_000;
    uint256 private constant PAIRING_2_CAP = 2 * 113_000;

    // The constant 3 / (9 + i) of G2's equation y² = x³ + b.
    uint256 private constant B2_RE = 0x2b149d40ceb8aaae81be18991be06ac3b5b4c5e559dbefa33267e6dc24a138e5;
    uint256 private constant B2_IM = 0x009713b03af0fed4cd2cafadeed8fdf4a74fa084e52d1852e4a2bd0685c315d2;

    /// @dev 2^256 mod p.
    uint256 private constant R = 0xe0a77c19a07df2f666ea36f7879462c0a78eb28f5c70b3dd35d438dc58f0d9d;
    /// @dev (p - 3) / 4.
    uint256 private constant EXPONENT = 0xc19139cb84c680a6e14116da060561765e05aa45a1c72a34f082305b61f3f51;

    // The constants of RFC 9380's svdw map for Z = 1, where g(x) = x³ + 3 and g(Z) = 4.
    /// @dev c2 = -Z / 2.
    uint256 private constant C2 = 0x183227397098d014dc2822db40c0ac2ecbc0b548b438e5469e10460b6c3e7ea3;
    /// @dev c3 = sqrt(-g(Z) · 3Z²) = sqrt(-12), the even root.
    uint256 private constant C3 = 0x16789af3a83522eb353c98fc6b36d713d5d8d1cc5dffffffa;
    /// @dev c4 = -4g(Z) / 3Z² = -16/3.
    uint256 private constant C4 = 0x10216f7ba065e00de81ac1e7808072c9dd2b2385cd7b438469602eb24829a9bd;
    /// @dev sqrt(c4)³ / 4, either root: the sign of y is fixed at the end.
    uint256 private constant K = 0x2042def740cbc01d0fcc5874cb110f16af7b389fc8ad2494b4215a863afdfe2a;
    /// @dev sqrt(g(-1/2)).
    uint256 private constant Y_EXCEPTIONAL = 0x0a6ea289876b139cfe2cd1f08c065a2ab4aad542eaccb013520ea36934e877b4;

    /// @notice RFC 9380 hash_to_curve, `BN254G1_XMD:KECCAK-256_SVDW_RO_`: L = 48, Z = 1, cofactor 1.
    function hashToG1(bytes memory message, bytes memory tag) internal view returns (uint256 x, uint256 y) {
        (uint256 u0, uint256 u1) = hashToField(ExpandMessage.xmdKeccak256(message, tag, 96));
        (uint256 x0, uint256 y0) = mapToG1(u0);
        (uint256 x1, uint256 y1) = mapToG1(u1);
        return add(x0, y0, x1, y1);
    }

    /// @notice The end of RFC 9380 hash_to_field: two numbers of 48 bytes, each modulo p.
    /// @param uniform 96 bytes
    function hashToField(bytes memory uniform) internal pure returns (uint256 u0, uint256 u1) {
        // The three words of `uniform`; mulmod and addmod reduce operands of any size.
        assembly ("memory-safe") {
            let w1 := mload(add(uniform, 0x40))
            let high := shr(128, mload(add(uniform, 0x20)))
            let low := or(shl(128, mload(add(uniform, 0x20))), shr(128, w1))
            u0 := addmod(mulmod(high, R, P), low, P)
            u1 := addmod(mulmod(shr(128, shl(128, w1)), R, P), mload(add(uniform, 0x60)), P)
        }
    }

    /// @notice RFC 9380 map_to_curve, the svdw method of section 6.6.1: the same points, with one exponentiation for
    /// the first candidate and one more for the other two, and no inversion.
    /// @dev Let d = 1 + 4u² and e = 1 - 4u²; d is never 0, because -1 is no square. The candidates are x1 = n1/d and
    /// x2 = n2/d with n = c2·d ∓ c3·u, and x3 = 1 + c4·(d/e)². One of them has a square g(x).
    ///
    /// g(n/d) = v/d³ with v = n³ + 3d³, a square exactly when a = v·d is. With r = a^((p-3)/4), r²·a is 1 for a square
    /// and -1 otherwise (a is not 0: the curve's order is odd, so g has no root). So one power tells whether a is a
    /// square, gives its root r·a, and its inverse ±r², from which 1/d follows; then y = sqrt(a)/d². The second
    /// exponent is a2 = v2·d·e², which is a square exactly when v2·d is, so that 1/e follows too.
    ///
    /// When neither is a square, g(x3) is g(x1)·g(x2)·(w³/4)² with w = sqrt(c4)·d/e (Skałba's identity, which is why the
    /// method works), so y3 is sqrt(v1·v2)/d³ · sqrt(c4)³/4 · (d/e)³, where sqrt(v1·v2)·d is the product of what would
    /// have been the roots of a1 and a2/e², up to sign.
    ///
    /// e = 0 for u = ±1/2; there RFC 9380 inverts 0 to 0, and x = x1 = c2.
    /// @param u below p
    function mapToG1(uint256 u) internal view returns (uint256 x, uint256 y) {
        uint256 t = mulmod(4, mulmod(u, u, P), P);
        // Sums and differences of numbers below p, with p < 2^254, stay below 2^256 and above 0.
        unchecked {
            if (t == 1) {
                (x, y) = (C2, Y_EXCEPTIONAL);
            } else {
                uint256 d = 1 + t;
                uint256 d3 = mulmod(3, mulmod(d, mulmod(d, d, P), P), P);
                uint256 c = mulmod(C2, d, P);
                uint256 s = mulmod(C3, u, P);
                uint256 n = c + P - s;
                uint256 v = mulmod(n, mulmod(n, n, P), P) + d3;
                uint256 a = mulmod(v, d, P);
                uint256 r = _power(a);
                uint256 root = mulmod(r, a, P);
                if (mulmod(r, root, P) == 1) {
                    // 1/d = v/a.
                    a = mulmod(v, mulmod(r, r, P), P);
                    x = mulmod(n, a, P);
                    y = mulmod(root, mulmod(a, a, P), P);
                } else {
                    (x, y) = _laterCandidates(d, P + 1 - t, d3, c + s, root);
                }
            }
            // y is not 0: the curve's order is odd.
            if ((u ^ y) & 1 == 1) y = P - y;
        }
    }

    /// @dev The second candidate of `mapToG1`, or else the third.
    /// @param d 1 + 4u²
    /// @param e 1 - 4u²
    /// @param d3 3d³
    /// @param n numerator of x2
    /// @param root1 what would have been the root of a1
    function _laterCandidates(
        uint256 d,
        uint256 e,
        uint256 d3,
        uint256 n,
        uint256 root1
    ) private view returns (uint256 x, uint256 y) {
        // As in mapToG1.
        unchecked {
            uint256 v = mulmod(n, mulmod(n, n, P), P) + d3;
            uint256 vde = mulmod(mulmod(v, d, P), e, P);
            uint256 r = _power(mulmod(vde, e, P));
            // The root of a2 / e², and 1/a2, each up to sign.
            uint256 root2 = mulmod(r, vde, P);
            r = mulmod(r, r, P);
            if (mulmod(r, mulmod(vde, e, P), P) == 1) {
                // 1/d = v·e²/a2.
                r = mulmod(r, mulmod(v, mulmod(e, e, P), P), P);
                x = mulmod(n, r, P);
                y = mulmod(root2, mulmod(r, r, P), P);
            } else {
                r = P - r;
                // 1/e and 1/d.
                uint256 f = mulmod(r, vde, P);
                r = mulmod(r, mulmod(v, mulmod(e, e, P), P), P);
                x = mulmod(d, f, P);
                x = addmod(1, mulmod(C4, mulmod(x, x, P), P), P);
                y = mulmod(r, mulmod(f, mulmod(f, f, P), P), P);
                y = mulmod(mulmod(mulmod(root1, root2, P), K, P), y, P);
            }
        }
    }

    /// @notice Sum of two points of G1, which must be on the curve.
    function add(uint256 x0, uint256 y0, uint256 x1, uint256 y1) internal view returns (uint256 x, uint256 y) {
        uint256 buffer = _buffer();
        assembly ("memory-safe") {
            mstore(buffer, x0)
            mstore(add(buffer, 0x20), y0)
            mstore(add(buffer, 0x40), x1)
            mstore(add(buffer, 0x60), y1)
        }
        Precompile.run(ADD, ADD_CAP, buffer, 0x80, buffer, 0x40);
        assembly ("memory-safe") {
            x := mload(buffer)
            y := mload(add(buffer, 0x20))
        }
    }

    /// @notice Whether e(signature, -g2) · e(hash, publicKey) = 1, for the generator g2.
    /// @param signature 64 bytes
    /// @param x of the hash
    /// @param y of the hash
    /// @param publicKey 128 bytes
    /// @return accepted false when a point is not canonical, not on the curve or not in its subgroup
    /// @return one whether the product is 1; false when not `accepted`
    function pairing(
        bytes calldata signature,
        uint256 x,
        uint256 y,
        bytes calldata publicKey
    ) internal view returns (bool accepted, bool one) {
        uint256 buffer = _buffer();
        assembly ("memory-safe") {
            calldatacopy(buffer, signature.offset, 0x40)
            mstore(add(buffer, 0x40), 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2)
            mstore(add(buffer, 0x60), 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed)
            mstore(add(buffer, 0x80), 0x275dc4a288d1afb3cbb1ac09187524c7db36395df7be3b99e673b13a075a65ec)
            mstore(add(buffer, 0xa0), 0x1d9befcd05a5323e6da4d435f3b617cdb3af83285c2df711ef39c01571827f9d)
            mstore(add(buffer, 0xc0), x)
            mstore(add(buffer, 0xe0), y)
            calldatacopy(add(buffer, 0x100), publicKey.offset, 0x80)
        }
        accepted = Precompile.tryRun(PAIRING, PAIRING_2_CAP, buffer, 0x180, 0, 0x20);
        // The answer is in scratch space.
        assembly ("memory-safe") {
            one := and(accepted, eq(mload(0), 1))
        }
    }

    /// @notice Whether (x, y), both below p, satisfies y² = x³ + 3.
    function isOnCurveG1(uint256 x, uint256 y) internal pure returns (bool) {
        return mulmod(y, y, P) == addmod(mulmod(x, mulmod(x, x, P), P), 3, P);
    }

    /// @notice Whether a point of G2, x_im, x_re, y_im, y_re, all below p, satisfies y² = x³ + b.
    function isOnCurveG2(uint256[4] memory point) internal pure returns (bool) {
        (uint256 xIm, uint256 xRe) = (point[0], point[1]);
        (uint256 re, uint256 im) = _multiply(xRe, xIm, xRe, xIm);
        (re, im) = _multiply(re, im, xRe, xIm);
        (uint256 squareRe, uint256 squareIm) = _multiply(point[3], point[2], point[3], point[2]);
        return squareRe == addmod(re, B2_RE, P) && squareIm == addmod(im, B2_IM, P);
    }

    /// @notice Whether a point of G2 that is on the curve, and not infinity, is in the subgroup.
    /// @dev The pairing precompile refuses others (EIP-197). It is asked for a real pairing, with the generator of G1,
    /// because implementations differ in whether they look at a point whose partner is infinity.
    /// @param point 128 bytes
    function isInSubgroupG2(bytes calldata point) internal view returns (bool) {
        uint256 buffer = _buffer();
        assembly ("memory-safe") {
            mstore(buffer, 1)
            mstore(add(buffer, 0x20), 2)
            calldatacopy(add(buffer, 0x40), point.offset, 0x80)
        }
        return Precompile.tryRun(PAIRING, PAIRING_1_CAP, buffer, 0xc0, 0, 0x20);
    }

    /// @dev (a + bi)(c + di) with i² = -1.
    function _multiply(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (uint256 re, uint256 im) {
        re = addmod(mulmod(a, c, P), P - mulmod(b, d, P), P);
        im = addmod(mulmod(a, d, P), mulmod(b, c, P), P);
    }

    /// @dev Memory behind everything allocated, for a call's input and output; free again right after.
    function _buffer() private pure returns (uint256 buffer) {
        assembly ("memory-safe") {
            buffer := mload(0x40)
        }
    }

    /// @dev base^((p - 3) / 4) mod p.
    function _power(uint256 base) private view returns (uint256 result) {
        uint256 buffer = _buffer();
        assembly ("memory-safe") {
            mstore(buffer, 0x20)
            mstore(add(buffer, 0x20), 0x20)
            mstore(add(buffer, 0x40), 0x20)
            mstore(add(buffer, 0x60), base)
            mstore(add(buffer, 0x80), EXPONENT)
            mstore(add(buffer, 0xa0), P)
        }
        Precompile.run(MODEXP, MODEXP_CAP, buffer, 0xc0, buffer, 0x20);
        assembly ("memory-safe") {
            result := mload(buffer)
        }
    }
}
