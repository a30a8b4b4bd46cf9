import { expect } from "chai";

import { sendFailureOf, type SendFailure } from "../../../../plugin/cloud/chains/send-failure.ts";

const WORDS: Record<SendFailure, readonly string[]> = {
  outrun: [
    "replacement transaction underpriced",
    "already known",
    "nonce too low: next nonce 5, tx nonce 4",
    "Known transaction",
    "Nonce too low",
    "could not replace existing tx",
    "existing tx with same hash",
    "OldNonce",
    "OldNonce, Current nonce: 5, nonce of rejected tx: 4",
    "AlreadyKnown",
    "ReplacementNotAllowed",
    "OwnNonceAlreadyUsed",
    "Transaction with the same hash was already imported.",
    "Transaction nonce is too low. Try incrementing the nonce.",
  ],
  unfunded: [
    "insufficient funds for gas * price + value: address 0x1 have 1 want 2",
    "InsufficientFunds, Account balance: 1, cumulative cost: 2",
    "Upfront cost exceeds account balance",
    "Sender doesn't have enough funds to send tx",
  ],
  "too much gas": [
    "exceeds block gas limit",
    "transaction gas limit too high (cap: 16777216, tx: 20000000)",
    "Transaction gas limit exceeds block gas limit",
    "GasLimitExceeded, Gas limit: 30000000, gas limit of rejected tx: 40000000",
  ],
  "too little gas": [
    "intrinsic gas too low: have 21000, want 30000",
    "Transaction requires at least 30000 gas but got 21000",
    "out of gas",
  ],
  refused: [
    "txpool is full",
    "429 Too Many Requests",
    "execution reverted",
    "invalid sender",
    "connect ECONNREFUSED",
  ],
};

describe("plugin/cloud/chains/send-failure", () => {
  for (const [failure, messages] of Object.entries(WORDS)) {
    it(`knows what is ${failure}, in the words of every client`, () => {
      for (const message of messages) expect(sendFailureOf(message), message).to.equal(failure);
    });
  }
});
