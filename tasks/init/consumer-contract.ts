/** A contract that asks for runs of a program and keeps the last answer. @param contract its name */
export function consumerContract(contract: string): string {
  return `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {INexusGateway} from "hardhat-nexus/contracts/cloud/INexusGateway.sol";
import {NexusConsumer} from "hardhat-nexus/contracts/cloud/NexusConsumer.sol";
import {Outcome} from "hardhat-nexus/contracts/committee/Digests.sol";

/// @notice Asks a Nexus cloud to run a program, and keeps the last answer.
contract ${contract} is NexusConsumer {
    event Answered(bytes32 indexed requestId, string answer);
    event Failed(bytes32 indexed requestId, Outcome outcome);

    /// @dev Gas for \`_onResult\`: enough for an answer of about 100 bytes. It is part of the fee.
    uint32 private constant CALLBACK_GAS = 200_000;

    bytes32 public immutable cloudId;
    bytes32 public immutable programId;

    string public answer;

    constructor(INexusGateway gateway_, bytes32 cloudId_, bytes32 programId_) NexusConsumer(gateway_) {
        cloudId = cloudId_;
        programId = programId_;
    }

    /// @notice Asks for a run on \`input\`; send \`fee(input)\` along. The answer arrives in a later transaction.
    function ask(string calldata input) external payable returns (bytes32 requestId) {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        return _request(cloudId, programId, bytes(input), CALLBACK_GAS, deadline, msg.value);
    }

    /// @notice What \`ask\` costs at the present base fee.
    function fee(string calldata input) external view returns (uint256) {
        return _quote(cloudId, bytes(input).length, CALLBACK_GAS);
    }

    function _onResult(bytes32 requestId, Outcome outcome, bytes calldata output) internal override {
        if (outcome != Outcome.Success) {
            emit Failed(requestId, outcome);
            return;
        }
        answer = string(output);
        emit Answered(requestId, answer);
    }
}
`;
}
