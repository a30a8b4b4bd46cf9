// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Bn254} from "../../../contracts/bls/Bn254.sol";
import {Bn254Verifier} from "../../../contracts/bls/Bn254Verifier.sol";
import {Test} from "../Test.sol";

contract Bn254Test is Test {
    uint256 private constant P = Bn254.P;

    Bn254Verifier private verifier;

    function setUp() external {
        verifier = new Bn254Verifier();
    }

    function testFuzz_MapsAsRfc9380Writes(uint256 u) external view {
        u = bound(u, 0, P - 1);
        _requireSame(u);
        _requireSame(P - 1 - u);
    }

    function test_MapsTheExceptionalElements() external view {
        _requireSame((P + 1) / 2);
        _requireSame((P - 1) / 2);
    }

    function testFuzz_HashesOntoTheCurve(bytes memory message, bytes32 tag) external view {
        (uint256 x, uint256 y) = Bn254.hashToG1(message, abi.encodePacked(tag));
        assertTrue(x < P && y < P, "coordinates are canonical");
        assertTrue(Bn254.isOnCurveG1(x, y), "hash is on the curve");
    }

    function testFuzz_AForeignPointIsNoSignature(bytes32 digest, bytes memory other) external view {
        (uint256 x, uint256 y) = Bn254.hashToG1(other, "some other tag");
        assertTrue(!verifier.verify(digest, abi.encode(x, y), _g2()), "a hash in another domain does not verify");
    }

    function testFuzz_TheHashItselfVerifiesUnderTheGeneratorOnly(bytes32 digest, bytes32 another) external view {
        // The secret of the generator is 1.
        (uint256 x, uint256 y) = Bn254.hashToG1(
            abi.encodePacked(digest),
            "NEXUS-V1-SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_"
        );
        assertTrue(verifier.verify(digest, abi.encode(x, y), _g2()), "secret 1 signs");
        assertTrue(digest == another || !verifier.verify(another, abi.encode(x, y), _g2()), "and signs one digest");
        assertTrue(!verifier.verifyPossession(digest, abi.encode(x, y), _g2()), "in one domain");
    }

    function testFuzz_GarbageReverts(bytes32 digest, bytes calldata signature, bytes calldata publicKey) external {
        vm.expectRevert();
        verifier.verify(digest, signature, publicKey);
    }

    /// @dev The map as RFC 9380, section 6.6.1, writes it down, with inversions and tests of squares.
    function _requireSame(uint256 u) private view {
        uint256 c1 = 4;
        uint256 c2 = P - (P + 1) / 2;
        uint256 c3 = _power(P - 12, (P + 1) / 4);
        if (c3 & 1 == 1) c3 = P - c3;
        uint256 c4 = mulmod(P - 16, _power(3, P - 2), P);
        uint256 tv1 = mulmod(mulmod(u, u, P), c1, P);
        uint256 tv2 = addmod(1, tv1, P);
        tv1 = addmod(1, P - tv1, P);
        uint256 tv3 = _power(mulmod(tv1, tv2, P), P - 2);
        uint256 tv4 = mulmod(mulmod(mulmod(u, tv1, P), tv3, P), c3, P);
        uint256 x = addmod(c2, P - tv4, P);
        if (!_isSquare(_g(x))) {
            x = addmod(c2, tv4, P);
            if (!_isSquare(_g(x))) {
                x = mulmod(mulmod(tv2, tv2, P), tv3, P);
                x = addmod(mulmod(mulmod(x, x, P), c4, P), 1, P);
            }
        }
        uint256 y = _power(_g(x), (P + 1) / 4);
        if (u & 1 != y & 1) y = P - y;

        (uint256 gotX, uint256 gotY) = Bn254.mapToG1(u);
        assertEq(gotX, x, "x");
        assertEq(gotY, y, "y");
    }

    function _g(uint256 x) private pure returns (uint256) {
        return addmod(mulmod(mulmod(x, x, P), x, P), 3, P);
    }

    function _isSquare(uint256 x) private pure returns (bool) {
        return _power(x, (P - 1) / 2) <= 1;
    }

    function _power(uint256 base, uint256 exponent) private pure returns (uint256 result) {
        result = 1;
        for (; exponent != 0; exponent >>= 1) {
            if (exponent & 1 == 1) result = mulmod(result, base, P);
            base = mulmod(base, base, P);
        }
    }

    function _g2() private pure returns (bytes memory) {
        return
            abi.encode(
                0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2,
                0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed,
                0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b,
                0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa
            );
    }
}
