import { expect } from "chai";

import { failureOf, type ProviderFailure } from "../../../plugin/chain/provider-failure.ts";

const WORDS: Record<ProviderFailure, readonly string[]> = {
  "too much": [
    "query returned more than 10000 results",
    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
    "eth_getLogs is limited to a 10,000 range",
    "block range is too wide",
    "exceed maximum block range: 50000",
    "Max range: 800",
    "query timeout exceeded",
  ],
  "too often": [
    "429 Too Many Requests",
    "HTTP error 429",
    "project ID request rate exceeded",
    "Your app has exceeded its compute units per second capacity",
    "daily request count exceeded, request rate limited",
  ],
  unreachable: [
    "connect ECONNREFUSED 127.0.0.1:8545",
    "fetch failed",
    "socket hang up",
    "getaddrinfo ENOTFOUND rpc.example",
    "502 Bad Gateway",
    "503 Service Unavailable",
    "Cannot connect to the network localhost.",
    "read ECONNRESET",
  ],
  refused: [
    "block range extends beyond current head block",
    "execution reverted",
    "nonce too low",
    "unknown block",
    "the method eth_getBlockReceipts does not exist/is not available",
  ],
};

describe("plugin/chain/provider-failure", () => {
  for (const [failure, messages] of Object.entries(WORDS)) {
    it(`knows what is ${failure}, in the words of nodes and services`, () => {
      for (const message of messages) expect(failureOf(new Error(message)), message).to.equal(failure);
    });
  }

  it("looks at codes and causes too", () => {
    expect(failureOf(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" }))).to.equal("unreachable");
    const cause = Object.assign(new Error(""), { code: "UND_ERR_CONNECT_TIMEOUT" });
    expect(failureOf(new TypeError("failed", { cause }))).to.equal("unreachable");
    // What Infura calls a limit exceeded is a range that is too much.
    expect(
      failureOf(Object.assign(new Error("query returned more than 10000 results"), { code: -32005 })),
    ).to.equal("too much");
  });
});
