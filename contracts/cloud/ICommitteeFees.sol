// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title Fees that wait for a committee, and credits that wait for their owners.
interface ICommitteeFees {
    /// @notice Fees of `cloudId`'s committee of `epoch` were shared out, `share` wei to each of `size` members.
    event Distributed(bytes32 indexed cloudId, uint64 indexed epoch, uint256 size, uint256 share);
    /// @notice `owner` took its credit, paid to `to`.
    event Withdrawn(address indexed owner, address indexed to, uint256 amount);

    /// @dev There is no contract at `committees`.
    error FeesNotAContract(address committees);
    /// @dev `amount` wei cannot be shared between `size` members.
    error FeesNothingToDistribute(bytes32 cloudId, uint64 epoch, uint256 amount, uint256 size);
    /// @dev `owner` has no credit to withdraw.
    error FeesNoCredit(address owner);
    /// @dev Credits are not paid to the zero address.
    error FeesZeroRecipient();
    /// @dev `to` did not take `amount` wei.
    error FeesTransferFailed(address to, uint256 amount);

    /// @notice Wei that `owner` may withdraw.
    function creditOf(address owner) external view returns (uint256);

    /// @notice Wei that the committee of `epoch` has earned and `distribute` has not shared out yet.
    function accruedOf(bytes32 cloudId, uint64 epoch) external view returns (uint256);

    /// @notice Shares what the committee of `epoch` has earned equally between its members: as staking rewards where
    /// there is a staking contract, otherwise as their credits. Wei that cannot be divided stay for the next time.
    function distribute(bytes32 cloudId, uint64 epoch) external;

    /// @notice Pays the caller's whole credit to `to`.
    function withdraw(address to) external;
}
