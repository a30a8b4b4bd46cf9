// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Bls12381} from "../../../contracts/bls/Bls12381.sol";
import {Bn254} from "../../../contracts/bls/Bn254.sol";
import {ExpandMessage} from "../../../contracts/bls/ExpandMessage.sol";

/// @notice Shows the BLS libraries to the tests, with any tag, so that vectors of other implementations fit.
contract BlsHarness {
    function xmdKeccak256(bytes memory message, bytes memory tag, uint256 length) external pure returns (bytes memory) {
        return ExpandMessage.xmdKeccak256(message, tag, length);
    }

    function xmdSha256(bytes memory message, bytes memory tag, uint256 length) external view returns (bytes memory) {
        return ExpandMessage.xmdSha256(message, tag, length);
    }

    function bn254HashToG1(bytes memory message, bytes memory tag) external view returns (uint256 x, uint256 y) {
        return Bn254.hashToG1(message, tag);
    }

    function bn254HashToField(bytes memory uniform) external pure returns (uint256 u0, uint256 u1) {
        return Bn254.hashToField(uniform);
    }

    function bn254MapToG1(uint256 u) external view returns (uint256 x, uint256 y) {
        return Bn254.mapToG1(u);
    }

    function bn254Add(uint256 x0, uint256 y0, uint256 x1, uint256 y1) external view returns (uint256 x, uint256 y) {
        return Bn254.add(x0, y0, x1, y1);
    }

    function bls12381HashToG1(bytes memory message, bytes memory tag) external view returns (bytes memory) {
        return Bls12381.hashToG1(message, tag);
    }

    function bn254Verify(
        bytes memory message,
        bytes memory tag,
        bytes calldata signature,
        bytes calldata publicKey
    ) external view returns (bool accepted, bool one) {
        (uint256 x, uint256 y) = Bn254.hashToG1(message, tag);
        return Bn254.pairing(signature, x, y, publicKey);
    }

    function bls12381Verify(
        bytes memory message,
        bytes memory tag,
        bytes calldata signature,
        bytes calldata publicKey
    ) external view returns (bool accepted, bool one) {
        return Bls12381.pairing(signature, Bls12381.hashToG1(message, tag), publicKey);
    }
}
