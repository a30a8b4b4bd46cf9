// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Committee, ICommittees, Prices} from "../../../contracts/committee/ICommittees.sol";

/// @title Committees whose "signature" is a hash that only this contract knows how to make: for tests of what happens
/// after a signature was accepted or refused. Whoever tests signatures uses the real registry.
contract SpokenCommittees is ICommittees {
    mapping(bytes32 cloudId => uint64 epoch) public currentEpoch;
    mapping(bytes32 cloudId => Prices) private _prices;
    mapping(bytes32 cloudId => mapping(uint64 epoch => Committee)) private _committees;
    mapping(bytes32 cloudId => mapping(uint64 epoch => address[])) private _members;

    function activate(bytes32 cloudId, uint256 fee, address[] calldata operators, uint64 validUntil) external {
        uint64 epoch = ++currentEpoch[cloudId];
        _prices[cloudId].perRequest = uint96(fee);
        uint16 size = uint16(operators.length);
        _committees[cloudId][epoch] = Committee(epoch, 0, validUntil, size, size, "", keccak256(abi.encode(operators)));
        _members[cloudId][epoch] = operators;
    }

    function sign(bytes32 cloudId, uint64 epoch, bytes32 digest) public pure returns (bytes memory) {
        return abi.encode(keccak256(abi.encode("spoken", cloudId, epoch, digest)));
    }

    function requireSigned(bytes32 cloudId, uint64 epoch, bytes32 digest, bytes calldata signature) external view {
        Committee memory c = committee(cloudId, epoch);
        if (block.timestamp >= c.validUntil) {
            revert CommitteesEpochNotValid(cloudId, epoch, c.validFrom, c.validUntil, uint64(block.timestamp));
        }
        if (keccak256(signature) != keccak256(sign(cloudId, epoch, digest))) {
            revert CommitteesBadSignature(cloudId, epoch, digest);
        }
    }

    function setPrices(bytes32 cloudId, Prices calldata prices_) external {
        _prices[cloudId] = prices_;
    }

    function prices(bytes32 cloudId) external view returns (Prices memory) {
        return _prices[cloudId];
    }

    function liveEpoch(bytes32 cloudId) external view returns (uint64) {
        uint64 epoch = currentEpoch[cloudId];
        return block.timestamp < _committees[cloudId][epoch].validUntil ? epoch : 0;
    }

    function members(bytes32 cloudId, uint64 epoch) external view returns (address[] memory) {
        committee(cloudId, epoch);
        return _members[cloudId][epoch];
    }

    function committee(bytes32 cloudId, uint64 epoch) public view returns (Committee memory) {
        if (epoch == 0 || epoch > currentEpoch[cloudId]) revert CommitteesUnknownEpoch(cloudId, epoch);
        return _committees[cloudId][epoch];
    }
}
