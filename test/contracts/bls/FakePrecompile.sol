// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Stands at a precompile's place: uses a given amount of gas, then answers or refuses with a given number of bytes, all ones.
contract FakePrecompile {
    uint256 private immutable _length;
    uint256 private immutable _gas;
    bool private immutable _refuses;

    constructor(uint256 length, uint256 gas_, bool refuses) {
        (_length, _gas, _refuses) = (length, gas_, refuses);
    }

    // Any call is one of the precompile.
    // solhint-disable-next-line no-complex-fallback
    fallback() external {
        (uint256 length, uint256 end, bool refuses) = (_length, gasleft(), _refuses);
        uint256 wanted = _gas;
        while (end - gasleft() < wanted) {}
        // Ends here, so what is in memory does not matter any more.
        assembly {
            for {
                let at := 0
            } lt(at, length) {
                at := add(at, 0x20)
            } {
                mstore(at, not(0))
            }
            if refuses {
                revert(0, length)
            }
            return(0, length)
        }
    }
}
