// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LivenessChallenges} from "../../../contracts/committee/LivenessChallenges.sol";

/// @notice Puts up bonds and takes no money.
contract RefusingChallenger {
    function challenge(LivenessChallenges challenges, bytes32 cloudId) external payable {
        challenges.challengeCommittee{value: msg.value}(cloudId);
    }
}
