// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice A cloud's committee for one epoch, as contracts need it.
/// @param epoch counts from 1; 0 means there is none
/// @param validFrom first second (Unix time) at which its signatures are accepted
/// @param validUntil first second at which they no longer are
/// @param size number of members, n
/// @param threshold number of members whose partial signatures make a signature, t
/// @param groupKey BLS public key in G2, encoded as the cloud's suite says
/// @param membersHash keccak256(abi.encode(address[] operators)), in committee order; a member's share index is its
/// position + 1
struct Committee {
    uint64 epoch;
    uint64 validFrom;
    uint64 validUntil;
    uint16 size;
    uint16 threshold;
    bytes groupKey;
    bytes32 membersHash;
}

/// @notice What a cloud asks for its work, in wei; one word of storage.
/// @param perRequest for a request by itself
/// @param perFuel for a unit of fuel that the run may use
/// @param perByte for a byte of input, and for a byte of output that the run may make
struct Prices {
    uint96 perRequest;
    uint80 perFuel;
    uint80 perByte;
}

/// @title Where a contract learns who speaks for a cloud.
/// @notice Implemented by `CommitteeRegistry` on the cloud's home chain and by `CommitteeMirror` on every other chain.
interface ICommittees {
    /// @dev `epoch` of `cloudId` was never activated here.
    error CommitteesUnknownEpoch(bytes32 cloudId, uint64 epoch);
    /// @dev The epoch is not valid at the present time `now_`.
    error CommitteesEpochNotValid(bytes32 cloudId, uint64 epoch, uint64 validFrom, uint64 validUntil, uint64 now_);
    /// @dev The signature is well formed but not one of the group key over `digest`.
    error CommitteesBadSignature(bytes32 cloudId, uint64 epoch, bytes32 digest);

    /// @notice A committee that has become active, live or past. Reverts with `CommitteesUnknownEpoch` otherwise.
    function committee(bytes32 cloudId, uint64 epoch) external view returns (Committee memory);

    /// @notice The newest active epoch of a cloud; 0 when it never had one.
    function currentEpoch(bytes32 cloudId) external view returns (uint64);

    /// @notice The epoch whose committee is in office now; 0 when nobody is: there never was a committee, or the time of
    /// the newest one has run out. Who takes money for a cloud's work asks this first.
    function liveEpoch(bytes32 cloudId) external view returns (uint64);

    /// @notice Operators of an active epoch's committee, in committee order.
    function members(bytes32 cloudId, uint64 epoch) external view returns (address[] memory);

    /// @notice What this cloud asks for its work on this chain. Gas comes on top.
    function prices(bytes32 cloudId) external view returns (Prices memory);

    /// @notice Reverts unless `signature` is the group signature of `digest` by a committee valid now.
    /// @dev `digest` must already bind chain, contract, cloud and epoch: use `Digests`.
    function requireSigned(bytes32 cloudId, uint64 epoch, bytes32 digest, bytes calldata signature) external view;
}
