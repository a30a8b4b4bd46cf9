/**
 * Why a node did not take a transaction, told from its words.
 *
 * - `outrun`: its nonce is used, or a transaction with that nonce waits already and this one does not pay enough more.
 * - `too little gas`: more gas will do, such as where the price of data on the chain below is part of it and has risen.
 * - `too much gas`: more than a transaction, or a block, may ask for.
 * - `unfunded`: the account cannot pay for all of the gas.
 * - `refused`: anything else.
 */
export type SendFailure = "outrun" | "too little gas" | "too much gas" | "unfunded" | "refused";

/** Which of these a node says with `message`. */
export function sendFailureOf(message: string): SendFailure {
  for (const [failure, words] of WORDS) if (words.test(message)) return failure;
  return "refused";
}

/** As geth and Reth, Besu, Erigon, Nethermind, Nitro, Hardhat and Parity's heirs word it. The first that fits counts. */
const WORDS: readonly (readonly [SendFailure, RegExp])[] = [
  [
    "outrun",
    new RegExp(
      [
        "underpriced|already known|nonce too low|nonce is too low",
        "known transaction",
        "could not replace existing|existing tx with same hash",
        "OldNonce|AlreadyKnown|ReplacementNotAllowed|OwnNonceAlreadyUsed",
        "already imported|gas price too low to replace",
      ].join("|"),
      "i",
    ),
  ],
  [
    "unfunded",
    /insufficient (funds|balance)|InsufficientFunds|upfront cost exceeds|doesn't have enough funds|exceeds (account )?balance/i,
  ],
  [
    "too much gas",
    /exceeds (the )?(block|transaction) gas (limit|cap)|gas limit (is )?too high|GasLimitExceeded|exceeds .*gas limit cap|gas limit .*exceeds/i,
  ],
  [
    "too little gas",
    /intrinsic gas|gas (limit )?(is )?too low|out of gas|not enough gas|requires at least \d+ gas|GasLimitTooLow/i,
  ],
];
