// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Which argument of a verification an error is about.
enum BlsInput {
    Signature,
    PublicKey
}

/// @title Everything that the BLS contracts refuse by reverting.
interface IBlsErrors {
    /// @dev `input` has `length` bytes; a point of its group has `expected`.
    error BlsWrongLength(BlsInput input, uint256 length, uint256 expected);
    /// @dev The `index`-th number of `input`, from 0, is not below the prime of the base field.
    error BlsNotCanonical(BlsInput input, uint256 index);
    /// @dev `input` is the point at infinity, which verifies for every message.
    error BlsInfinity(BlsInput input);
    /// @dev `input` does not satisfy the curve's equation.
    error BlsNotOnCurve(BlsInput input);
    /// @dev `input` is on the curve, but outside the subgroup of prime order.
    error BlsNotInSubgroup(BlsInput input);
    /// @dev This chain has nothing at the address of `precompile`. For BLS12-381 it must have those of EIP-2537.
    error BlsPrecompileMissing(address precompile);
    /// @dev `precompile` failed on an input that is known to be good: its price rose above the gas that it is given.
    error BlsPrecompileFailed(address precompile);
    /// @dev `precompile` may have failed only because `available` gas was left for it; up to `needed` is given.
    error BlsOutOfGas(address precompile, uint256 available, uint256 needed);
    /// @dev A domain separation tag of `length` bytes: RFC 9380 takes up to 255.
    error BlsTagTooLong(uint256 length);
    /// @dev `length` bytes asked of `expand_message_xmd`: it gives up to 255 blocks of 32.
    error BlsExpansionTooLong(uint256 length);
}
