// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @title What the registry, the gateway and the slashing contract ask of staking.
interface IStaking {
    /// @notice Stake bonded behind `operator` that counts for selection (its own and delegated, not unbonding), in
    /// token units; 0 while jailed. What is delegated beyond a multiple of its own does not count.
    function activeStake(address operator) external view returns (uint256);

    /// @notice Whether `operator` is jailed.
    function isJailed(address operator) external view returns (bool);

    /// @notice Everything behind `operator` answers for it until `until` (Unix time): stake unbonded from now on is
    /// released no earlier. Only the registry.
    function hold(address operator, uint64 until) external;

    /// @notice Takes `bps` / 10,000 of everything behind `operator`, unbonding stake included, jails it, and pays the
    /// reporter's part. The operator's own stake goes first; delegators lose what it does not cover. Only the slashing contract.
    /// @return taken token units taken in all
    function slash(address operator, uint16 bps, address reporter) external returns (uint256 taken);

    /// @notice Shares `msg.value` equally between `operators` as rewards; each keeps its commission and the rest goes
    /// to its delegators by share.
    function addRewards(address[] calldata operators) external payable;
}
