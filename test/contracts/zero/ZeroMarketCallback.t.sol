// SPDX-License-Identifier: MIT
// solhint-disable one-contract-per-file
pragma solidity ^0.8.24;

import {IZeroMarket, ProofRequest} from "../../../contracts/zero/IZeroMarket.sol";
import {IZeroVerifier} from "../../../contracts/zero/IZeroVerifier.sol";
import {ZeroConsumer} from "../../../contracts/zero/ZeroConsumer.sol";
import {ZeroMarket} from "../../../contracts/zero/ZeroMarket.sol";
import {Test} from "../Test.sol";

/// @dev Takes every proof: what is tested is what comes after.
contract TrustingVerifier is IZeroVerifier {
    function verify(bytes32, bytes calldata, bytes calldata, bytes calldata) external view {}

    function selector() external pure returns (bytes4) {
        return 0x01020304;
    }

    function accepts(bytes4 selector_) external pure returns (bool) {
        return selector_ == 0x01020304;
    }
}

/// @dev Keeps how much gas its callback had.
contract GasMeter is ZeroConsumer {
    uint256 public gasSeen;

    constructor(IZeroMarket market) ZeroConsumer(market, 0x01020304) {}

    function _onProof(bytes32, bytes32, bytes32, bytes calldata) internal override {
        gasSeen = gasleft();
    }
}

/// @title What a callback gets, by what the requester is. Requests are made in `setUp` so that the requester is cold.
contract ZeroMarketCallbackTest is Test {
    address private constant PROVER = address(0xA11CE);
    address private constant WALLET = address(0x7702);
    address private constant ACCOUNT = address(0xE0A);
    uint32 private constant CALLBACK_GAS = 200_000;
    bytes private constant PROOF = hex"01020304";

    ZeroMarket private _market;
    ProofRequest private _ofWallet;
    ProofRequest private _ofAccount;

    function setUp() public {
        vm.warp(1_000_000);
        vm.roll(100);
        _market = new ZeroMarket(new TrustingVerifier(), 1);
        GasMeter meter = new GasMeter(_market);
        // An account that delegates to the meter's code, as EIP-7702 writes it down.
        vm.etch(WALLET, abi.encodePacked(hex"ef0100", address(meter)));
        _ofWallet = _ask(WALLET);
        _ofAccount = _ask(ACCOUNT);
        vm.roll(101);
    }

    /// A delegated account costs two accesses, one for itself and one for the code it delegates to.
    function testADelegatedAccountCannotBeStarvedEither() external {
        uint256 most = _gasSeen(5_000_000);
        assertGe(most, CALLBACK_GAS - 6_000, "gas given to the callback");
        (uint256 low, uint256 high) = (CALLBACK_GAS, 5_000_000);
        while (high - low > 1) {
            uint256 middle = (low + high) / 2;
            if (_gasSeen(middle) == 0) low = middle;
            else high = middle;
        }
        assertEq(_gasSeen(high), most, "gas given to the callback by a prover with the least gas");
    }

    function testACallbackToNobodyDidNotSucceed() external {
        ProofRequest memory asked = _ofAccount;
        bytes32 id = _market.idOf(asked);
        vm.expectEmit();
        emit ZeroMarket.RequestFulfilled(id, PROVER, "journal");
        vm.expectEmit();
        emit ZeroMarket.CallbackRun(id, false);
        vm.prank(PROVER);
        _market.fulfil(asked, "input", "journal", PROOF, 0);
    }

    /// @dev Undone by its own revert, so that the requester is cold again.
    function fulfilAndRevert(uint256 gasLimit) external {
        ProofRequest memory asked = _ofWallet;
        vm.prank(PROVER);
        (bool ok, ) = address(_market).call{gas: gasLimit}(
            abi.encodeCall(_market.fulfil, (asked, "input", "journal", PROOF, 0))
        );
        bytes memory seen = abi.encode(ok ? GasMeter(WALLET).gasSeen() : 0);
        assembly ("memory-safe") {
            revert(add(seen, 0x20), mload(seen))
        }
    }

    /// @dev Gas in the callback of a fulfilment with `gasLimit`; 0 when that was refused.
    function _gasSeen(uint256 gasLimit) private returns (uint256) {
        (, bytes memory seen) = address(this).call(abi.encodeCall(this.fulfilAndRevert, (gasLimit)));
        return abi.decode(seen, (uint256));
    }

    function _ask(address requester) private returns (ProofRequest memory asked) {
        uint40 deadline = uint40(block.timestamp + 1 hours);
        vm.prank(requester);
        bytes32 id = _market.request("program", 0x01020304, "input", deadline, CALLBACK_GAS);
        asked = ProofRequest("program", 0x01020304, requester, 0, 0, deadline, CALLBACK_GAS, keccak256("input"));
        vm.prank(PROVER);
        _market.commit(_market.commitmentOf(id, PROVER, keccak256("journal"), keccak256(PROOF), 0));
    }
}
