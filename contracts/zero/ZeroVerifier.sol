// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IBlsErrors} from "../bls/IBlsErrors.sol";
import {Bn254} from "../bls/Bn254.sol";
import {Precompile} from "../bls/Precompile.sol";
import {IZeroVerifier} from "./IZeroVerifier.sol";

/// @notice A point of G1: x, y. Nowhere in this file may it be the point at infinity.
struct G1Point {
    uint256 x;
    uint256 y;
}

/// @notice A point of G2, imaginary parts first (EIP-197).
struct G2Point {
    uint256 xIm;
    uint256 xRe;
    uint256 yIm;
    uint256 yRe;
}

/// @notice What a verifier trusts: Groth16's verifying key of the circuit, and the KZG key of the commitments.
/// @param alpha [α], of Groth16
/// @param beta [β]₂
/// @param delta [δ]₂. Groth16's γ is 1, as in every key that snarkjs makes
/// @param inputs what the public inputs 1, π, β and λ are multiplied with
/// @param tau [τ]₂, of KZG
struct ZeroVerifyingKey {
    G1Point alpha;
    G2Point beta;
    G2Point delta;
    G1Point[4] inputs;
    G2Point tau;
}

/// @title Verifies Nexus Zero proofs: docs/zero/protocol.md, sections 4 and 8 to 10.
/// @notice What a proof costs: five pairings, and 13 + M multiplications in G1 for the M slabs of its trace, whatever the program did.
/// Nothing in this contract can be changed.
/// @dev A proof is its selector (4 bytes), then words of 32 bytes. Each error names the first word it is about by its index, from 0
/// behind the selector:
///
/// | words                | what                                                                                  |
/// | -------------------- | ------------------------------------------------------------------------------------- |
/// | 0                    | header                                                                                |
/// | 1, 2, 3              | commitment of the program, its constants                                              |
/// | 4 …                  | commitments of the M slabs                                                            |
/// | 4 + 2M …             | commitments C_h, C_q, C_g, C_S, C_D, W, W'                                            |
/// | 18 + 2M …            | σ, ε, π                                                                               |
/// | 21 + 2M …            | scalars of the slabs, the program, C_h, C_q, C_g, C_S, C_D, W, W' and the generator   |
/// | 30 + 3M … 37 + 3M    | Groth16's A (G1), B (G2), C (G1)                                                      |
contract ZeroVerifier is IZeroVerifier, IBlsErrors {
    /// @dev Order of the curve, and so the field of the proof's elements.
    uint256 private constant R = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001;
    /// @dev The base field, of coordinates.
    uint256 private constant Q = Bn254.P;

    address private constant MULTIPLY = address(0x07);
    // Caps: the price today is 6,000, 150, and 45,000 + 34,000 per pair (EIP-1108).
    uint256 private constant MULTIPLY_CAP = 12_000;
    uint256 private constant ADD_CAP = 500;
    uint256 private constant PAIRING_1_CAP = 2 * 79_000;
    uint256 private constant PAIRING_5_CAP = 2 * 215_000;

    bytes32 private constant PROGRAM_TAG = keccak256("Nexus Zero program v1");
    bytes32 private constant PROOF_TAG = keccak256("Nexus Zero proof v1");

    /// @dev The lowest bits of the header hold M. The rest of it is for the circuit, which takes the whole word as a public value.
    uint256 private constant SLABS_MASK = 31;
    uint256 private constant MAXIMUM_SLABS = 16;
    /// @dev Words of a proof, beside three for every slab.
    uint256 private constant FIXED_WORDS = 38;
    /// @dev C_h, C_q, C_g, C_S, C_D, W and W'.
    uint256 private constant OPENING_POINTS = 7;

    // The generator of G2.
    uint256 private constant G2_X_IM = 0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2;
    uint256 private constant G2_X_RE = 0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed;
    uint256 private constant G2_Y_IM = 0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b;
    uint256 private constant G2_Y_RE = 0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa;

    uint256 private immutable _alphaX;
    uint256 private immutable _alphaY;
    uint256 private immutable _betaXIm;
    uint256 private immutable _betaXRe;
    uint256 private immutable _betaYIm;
    uint256 private immutable _betaYRe;
    uint256 private immutable _deltaXIm;
    uint256 private immutable _deltaXRe;
    uint256 private immutable _deltaYIm;
    uint256 private immutable _deltaYRe;
    uint256 private immutable _input0X;
    uint256 private immutable _input0Y;
    uint256 private immutable _input1X;
    uint256 private immutable _input1Y;
    uint256 private immutable _input2X;
    uint256 private immutable _input2Y;
    uint256 private immutable _input3X;
    uint256 private immutable _input3Y;
    uint256 private immutable _tauXIm;
    uint256 private immutable _tauXRe;
    uint256 private immutable _tauYIm;
    uint256 private immutable _tauYRe;

    /// @inheritdoc IZeroVerifier
    bytes4 public immutable override selector;

    /// @dev Point number `point` of the key (α, β, δ, the four of the inputs, τ, from 0) is no point of its group, or infinity; or it is the
    /// generator or its negative where everybody must be ignorant of its logarithm.
    error ZeroVerifierBadKey(uint256 point);
    /// @dev A proof of `length` bytes; its header asks for `expected`, or no proof has fewer.
    error ZeroVerifierWrongLength(uint256 length, uint256 expected);
    /// @dev A proof for this verifier begins with `expected`; this one begins with `got`.
    error ZeroVerifierWrongSelector(bytes4 got, bytes4 expected);
    /// @dev The header says `slabs`; there are 1 to `most`.
    error ZeroVerifierBadSlabCount(uint256 slabs, uint256 most);
    /// @dev `value` is not below the order of the field that word `word` is in.
    error ZeroVerifierNotCanonical(uint256 word, uint256 value);
    /// @dev The point that begins at `word` is the point at infinity.
    error ZeroVerifierInfinity(uint256 word);
    /// @dev The point that begins at `word` does not satisfy the curve's equation.
    error ZeroVerifierNotOnCurve(uint256 word);
    /// @dev The point of G2 that begins at `word` is on the curve, but outside the subgroup of prime order.
    error ZeroVerifierNotInSubgroup(uint256 word);
    /// @dev The proof is about program `got`, and not about `expected`.
    error ZeroVerifierWrongProgram(bytes32 got, bytes32 expected);
    /// @dev The equation does not hold: another input or journal than the prover's, or no proof at all.
    error ZeroVerifierNotProven();

    /// @param key of a circuit that states what docs/zero/protocol.md does; whoever knows its secrets can prove anything
    constructor(ZeroVerifyingKey memory key) {
        _requireG1(key.alpha, 0);
        // 1 and -1 are what α, β, δ and τ are before somebody contributes to a ceremony, and whoever knows one of them can forge.
        if (key.alpha.x == 1) revert ZeroVerifierBadKey(0);
        _requireG2(key.beta, 1);
        _requireG2(key.delta, 2);
        for (uint256 i; i < 4; ++i) _requireG1(key.inputs[i], 3 + i);
        _requireG2(key.tau, 7);
        (_alphaX, _alphaY) = (key.alpha.x, key.alpha.y);
        (_betaXIm, _betaXRe, _betaYIm, _betaYRe) = (key.beta.xIm, key.beta.xRe, key.beta.yIm, key.beta.yRe);
        (_deltaXIm, _deltaXRe, _deltaYIm, _deltaYRe) = (key.delta.xIm, key.delta.xRe, key.delta.yIm, key.delta.yRe);
        (_input0X, _input0Y) = (key.inputs[0].x, key.inputs[0].y);
        (_input1X, _input1Y) = (key.inputs[1].x, key.inputs[1].y);
        (_input2X, _input2Y) = (key.inputs[2].x, key.inputs[2].y);
        (_input3X, _input3Y) = (key.inputs[3].x, key.inputs[3].y);
        (_tauXIm, _tauXRe, _tauYIm, _tauYRe) = (key.tau.xIm, key.tau.xRe, key.tau.yIm, key.tau.yRe);
        selector = bytes4(keccak256(abi.encode(keccak256("Nexus Zero v1"), key)));
    }

    /// @inheritdoc IZeroVerifier
    function accepts(bytes4 selector_) external view override returns (bool) {
        return selector_ == selector;
    }

    /// @inheritdoc IZeroVerifier
    function verify(
        bytes32 programId,
        bytes calldata input,
        bytes calldata journal,
        bytes calldata proof
    ) public view virtual override {
        (bytes calldata words, uint256 slabs) = _requireFormat(proof);
        _requireProgram(programId, words);
        uint256 seed = _challenge(
            abi.encodePacked(
                PROOF_TAG,
                bytes32(selector),
                programId,
                keccak256(input),
                keccak256(journal),
                _word(words, 0),
                _slice(words, 4, 2 * slabs)
            )
        );
        uint256 rho = _challenge(abi.encodePacked(seed, uint256(1)));
        uint256[42] memory values = _publicValues(
            [seed, rho, _horner(input, rho), _horner(journal, rho)],
            words,
            slabs
        );
        _requireEquation(values, words, slabs);
    }

    /// @dev Length, selector, ranges and curve equations: all that makes a proof one of a single encoding.
    /// @return words the proof behind its selector
    /// @return slabs M
    function _requireFormat(bytes calldata proof) private view returns (bytes calldata words, uint256 slabs) {
        uint256 expected = 4 + 32 * (FIXED_WORDS + 3);
        if (proof.length < expected) revert ZeroVerifierWrongLength(proof.length, expected);
        if (bytes4(proof[:4]) != selector) revert ZeroVerifierWrongSelector(bytes4(proof[:4]), selector);
        words = proof[4:];
        uint256 header = _word(words, 0);
        if (header >= R) revert ZeroVerifierNotCanonical(0, header);
        slabs = header & SLABS_MASK;
        if (slabs == 0 || slabs > MAXIMUM_SLABS) revert ZeroVerifierBadSlabCount(slabs, MAXIMUM_SLABS);
        expected = 4 + 32 * (FIXED_WORDS + 3 * slabs);
        if (proof.length != expected) revert ZeroVerifierWrongLength(proof.length, expected);

        _requirePoints(words, 1, 1);
        _requireBelow(words, 3, 1, R);
        _requirePoints(words, 4, slabs + OPENING_POINTS);
        _requireBelow(words, 18 + 2 * slabs, 3 + slabs + 9, R);
        uint256 groth16 = 30 + 3 * slabs;
        _requirePoints(words, groth16, 1);
        _requireBelow(words, groth16 + 2, 4, Q);
        _requirePoints(words, groth16 + 6, 1);
        // The pairing checks the rest of what B must be.
        if (
            _word(words, groth16 + 2) |
                _word(words, groth16 + 3) |
                _word(words, groth16 + 4) |
                _word(words, groth16 + 5) ==
            0
        ) {
            revert ZeroVerifierInfinity(groth16 + 2);
        }
    }

    /// @dev Identity 0 is nobody's, so a broken proof system could be shown by no proof about it. It is made that of one program here, which
    /// never ends: a single `mov`, with nothing behind it. Its table has a 1 in the first cell, for the opcode, and zeros, so its
    /// commitment is the generator; all of its constants are 0.
    function _requireProgram(bytes32 programId, bytes calldata words) private pure {
        if (programId == 0 && _word(words, 1) == 1 && _word(words, 2) == 2 && _word(words, 3) == 0) return;
        bytes32 got = keccak256(abi.encodePacked(PROGRAM_TAG, _slice(words, 1, 3)));
        if (got != programId) revert ZeroVerifierWrongProgram(got, programId);
    }

    /// @dev Section 4 of the protocol from line 10 on, and the order of the public values in section 10.
    /// @param first s, ρ, h_x, h_y
    /// @return values ω, W', π, then the 38 public values: what β is the hash of
    function _publicValues(
        uint256[4] memory first,
        bytes calldata words,
        uint256 slabs
    ) private pure returns (uint256[42] memory values) {
        uint256 behind = 4 + 2 * slabs;
        uint256 sigma = _word(words, behind + 14);
        uint256 epsilon = _word(words, behind + 15);
        values[4] = first[0];
        values[5] = first[1];
        values[6] = first[2];
        values[7] = first[3];
        values[8] = _word(words, 0);
        values[9] = _word(words, 3);
        values[10] = sigma;
        uint256 alpha = _challenge(abi.encodePacked(first[0], sigma, _slice(words, behind, 2)));
        uint256 gamma = _challenge(abi.encodePacked(alpha, _slice(words, behind + 2, 4)));
        uint256 zeta = _challenge(abi.encodePacked(gamma, _slice(words, behind + 6, 4)));
        uint256 delta = _challenge(abi.encodePacked(zeta, epsilon));
        values[11] = alpha;
        values[12] = gamma;
        values[13] = zeta;
        values[14] = epsilon;
        values[15] = delta;
        values[0] = values[16] = _challenge(abi.encodePacked(delta, _slice(words, behind + 10, 2)));
        values[1] = _word(words, behind + 12);
        values[2] = _word(words, behind + 13);
        values[3] = _word(words, behind + 16);
        // The scalars: of slabs that there are, zero for the others, then of the rest. The ranges are inside of `values`, which
        // has 42 words, as there are at most 16 slabs, and inside of `words`, whose length was checked.
        assembly ("memory-safe") {
            let from := add(words.offset, shl(5, add(behind, 17)))
            calldatacopy(add(values, mul(17, 0x20)), from, shl(5, slabs))
            calldatacopy(add(values, mul(33, 0x20)), add(from, shl(5, slabs)), mul(9, 0x20))
        }
    }

    /// @dev Sections 8 and 10: Groth16's equation and κ times KZG's, as one product of pairings. With γ = 1 the public inputs
    /// are paired with the generator of G2, as is KZG's combination L of the commitments, so both are one pairing:
    /// e(-A, B) · e(α, β) · e(inputs + κ L, 1) · e(C, δ) · e(-κ W', τ) = 1.
    function _requireEquation(uint256[42] memory values, bytes calldata words, uint256 slabs) private view {
        uint256 groth16 = 30 + 3 * slabs;
        uint256[5] memory sum;
        (sum[0], sum[1]) = (_input0X, _input0Y);
        _addMultiple(sum, _input1X, _input1Y, values[3]);
        uint256 kappa;
        {
            (uint256 beta, uint256 lambda) = _fold(values);
            kappa = _challenge(abi.encodePacked(beta, lambda, _slice(words, groth16, 8)));
            _addMultiple(sum, _input2X, _input2Y, beta);
            _addMultiple(sum, _input3X, _input3Y, lambda);
        }
        {
            uint256 scalars = 21 + 2 * slabs;
            _addMultiples(sum, words, 4, slabs, scalars, kappa);
            _addMultiples(sum, words, 1, 1, scalars + slabs, kappa);
            _addMultiples(sum, words, 4 + 2 * slabs, OPENING_POINTS, scalars + slabs + 1, kappa);
            _addMultiple(sum, 1, 2, mulmod(_word(words, scalars + slabs + 8), kappa, R));
        }
        uint256[30] memory pairs;
        uint256[5] memory quotient;
        _addMultiple(quotient, values[1], values[2], kappa);
        // A and B, then C, are in the proof as the precompile wants them.
        assembly ("memory-safe") {
            calldatacopy(pairs, add(words.offset, shl(5, groth16)), 0xc0)
            calldatacopy(add(pairs, 0x240), add(words.offset, shl(5, add(groth16, 6))), 0x40)
        }
        // No point of the curve has y = 0: its order is odd.
        pairs[1] = Q - pairs[1];
        (pairs[6], pairs[7]) = (_alphaX, _alphaY);
        (pairs[8], pairs[9], pairs[10], pairs[11]) = (_betaXIm, _betaXRe, _betaYIm, _betaYRe);
        (pairs[12], pairs[13]) = (sum[0], sum[1]);
        (pairs[14], pairs[15], pairs[16], pairs[17]) = (G2_X_IM, G2_X_RE, G2_Y_IM, G2_Y_RE);
        (pairs[20], pairs[21], pairs[22], pairs[23]) = (_deltaXIm, _deltaXRe, _deltaYIm, _deltaYRe);
        (pairs[24], pairs[25]) = (quotient[0], quotient[1] == 0 ? 0 : Q - quotient[1]);
        (pairs[26], pairs[27], pairs[28], pairs[29]) = (_tauXIm, _tauXRe, _tauYIm, _tauYRe);
        (bool accepted, bool one) = _pairing(_pointer(pairs), 30 * 0x20, PAIRING_5_CAP);
        // Every other point was checked, here or by the constructor.
        if (!accepted) _refuseG2(groth16 + 2, [pairs[2], pairs[3], pairs[4], pairs[5]]);
        if (!one) revert ZeroVerifierNotProven();
    }

    /// @dev β and λ_pub = Σ β^i pv_i, by Horner's rule.
    function _fold(uint256[42] memory values) private pure returns (uint256 beta, uint256 lambda) {
        // Reads the 42 words of `values`; what is added is below R < 2^254, so that no sum overflows, and mulmod takes
        // operands of any size.
        assembly ("memory-safe") {
            beta := mod(keccak256(values, 0x540), R)
            let first := add(values, 0x80)
            for {
                let at := add(values, 0x520)
            } iszero(lt(at, first)) {
                at := sub(at, 0x20)
            } {
                lambda := add(mulmod(lambda, beta, R), mload(at))
            }
            lambda := mod(lambda, R)
        }
    }

    /// @dev Section 9: length + Σ ρ^(1 + i) word_i over words of 8 bytes, little-endian, the last one filled with zeros.
    function _horner(bytes calldata data, uint256 rho) private pure returns (uint256 result) {
        // Takes 32 bytes at once, from the last to the first, and swaps the bytes inside of its four words. What is added is below
        // 2^64, so that no sum overflows, and mulmod takes operands of any size.
        assembly ("memory-safe") {
            let at := add(data.offset, and(add(data.length, 31), not(31)))
            // What follows the data in the calldata is not part of it.
            let unused := shl(3, and(sub(0, data.length), 31))
            for {} gt(at, data.offset) {} {
                at := sub(at, 0x20)
                let chunk := shl(unused, shr(unused, calldataload(at)))
                unused := 0
                let mask := 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff
                chunk := or(and(shr(8, chunk), mask), shl(8, and(chunk, mask)))
                mask := 0x0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff0000ffff
                chunk := or(and(shr(16, chunk), mask), shl(16, and(chunk, mask)))
                mask := 0x00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff
                chunk := or(and(shr(32, chunk), mask), shl(32, and(chunk, mask)))
                mask := 0xffffffffffffffff
                result := add(mulmod(result, rho, R), and(chunk, mask))
                result := add(mulmod(result, rho, R), and(shr(64, chunk), mask))
                result := add(mulmod(result, rho, R), and(shr(128, chunk), mask))
                result := add(mulmod(result, rho, R), shr(192, chunk))
            }
            result := addmod(mulmod(result, rho, R), data.length, R)
        }
    }

    function _challenge(bytes memory absorbed) private pure returns (uint256) {
        return uint256(keccak256(absorbed)) % R;
    }

    /// @dev Adds to `sum` κ times the scalars from word `scalar` on, times the `count` points from word `point` on.
    function _addMultiples(
        uint256[5] memory sum,
        bytes calldata words,
        uint256 point,
        uint256 count,
        uint256 scalar,
        uint256 kappa
    ) private view {
        // Indices of words are below 100.
        unchecked {
            for (uint256 end = scalar + count; scalar < end; ++scalar) {
                uint256 weighted = mulmod(_word(words, scalar), kappa, R);
                _addMultiple(sum, _word(words, point), _word(words, point + 1), weighted);
                point += 2;
            }
        }
    }

    /// @dev Adds a multiple of (x, y), which is on the curve, to the point that `sum` begins with.
    /// @param sum its other three words are a precompile's input and output
    function _addMultiple(uint256[5] memory sum, uint256 x, uint256 y, uint256 scalar) private view {
        uint256 begin = _pointer(sum);
        assembly ("memory-safe") {
            mstore(add(sum, 0x40), x)
            mstore(add(sum, 0x60), y)
            mstore(add(sum, 0x80), scalar)
        }
        // Memory ends far below 2^256.
        unchecked {
            Precompile.run(MULTIPLY, MULTIPLY_CAP, begin + 0x40, 0x60, begin + 0x40, 0x40);
        }
        Precompile.run(Bn254.ADD, ADD_CAP, begin, 0x80, begin, 0x40);
    }

    /// @dev Whether the product of the pairings in memory is 1, if the precompile accepts all points.
    function _pairing(uint256 input, uint256 length, uint256 cap) private view returns (bool accepted, bool one) {
        accepted = Precompile.tryRun(Bn254.PAIRING, cap, input, length, 0, 0x20);
        // The answer is in scratch space.
        assembly ("memory-safe") {
            one := and(accepted, eq(mload(0), 1))
        }
    }

    /// @dev The `count` words from `first` on are below `order`.
    function _requireBelow(bytes calldata words, uint256 first, uint256 count, uint256 order) private pure {
        // Indices of words are below 100.
        unchecked {
            for (uint256 word = first; word < first + count; ++word) {
                uint256 value = _word(words, word);
                if (value >= order) revert ZeroVerifierNotCanonical(word, value);
            }
        }
    }

    /// @dev The `count` points of G1 from word `first` on are points, and none is infinity. G1 is all of the curve.
    function _requirePoints(bytes calldata words, uint256 first, uint256 count) private pure {
        // As in _requireBelow.
        unchecked {
            uint256 end = first + 2 * count;
            for (uint256 word = first; word < end; word += 2) {
                uint256 x = _word(words, word);
                uint256 y = _word(words, word + 1);
                if (x >= Q) revert ZeroVerifierNotCanonical(word, x);
                if (y >= Q) revert ZeroVerifierNotCanonical(word + 1, y);
                if (!Bn254.isOnCurveG1(x, y)) {
                    if (x | y == 0) revert ZeroVerifierInfinity(word);
                    revert ZeroVerifierNotOnCurve(word);
                }
            }
        }
    }

    /// @dev Says what is wrong with a point of G2 whose coordinates are below q, and which the precompile refused.
    function _refuseG2(uint256 word, uint256[4] memory point) private pure {
        if (!Bn254.isOnCurveG2(point)) revert ZeroVerifierNotOnCurve(word);
        revert ZeroVerifierNotInSubgroup(word);
    }

    function _requireG1(G1Point memory point, uint256 index) private pure {
        // Infinity is not on the curve y² = x³ + 3.
        if (point.x >= Q || point.y >= Q || !Bn254.isOnCurveG1(point.x, point.y)) revert ZeroVerifierBadKey(index);
    }

    function _requireG2(G2Point memory point, uint256 index) private view {
        if (point.xIm | point.xRe | point.yIm | point.yRe == 0) revert ZeroVerifierBadKey(index);
        if (point.xIm == G2_X_IM && point.xRe == G2_X_RE) revert ZeroVerifierBadKey(index);
        // The precompile refuses what is not canonical, not on the curve or outside the subgroup.
        uint256[6] memory pair = [1, 2, point.xIm, point.xRe, point.yIm, point.yRe];
        (bool accepted, ) = _pairing(_pointer(pair), 0xc0, PAIRING_1_CAP);
        if (!accepted) revert ZeroVerifierBadKey(index);
    }

    /// @dev Word number `index` of the proof, whose length was checked.
    function _word(bytes calldata words, uint256 index) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := calldataload(add(words.offset, shl(5, index)))
        }
    }

    /// @dev The `count` words of the proof from `first` on; its length was checked.
    function _slice(bytes calldata words, uint256 first, uint256 count) private pure returns (bytes calldata slice) {
        assembly ("memory-safe") {
            slice.offset := add(words.offset, shl(5, first))
            slice.length := shl(5, count)
        }
    }

    /// @dev Where in memory an array is.
    function _pointer(uint256[5] memory array) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := array
        }
    }

    function _pointer(uint256[6] memory array) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := array
        }
    }

    function _pointer(uint256[30] memory array) private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := array
        }
    }
}
