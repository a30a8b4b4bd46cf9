/** What a gateway takes; the same as the constants of `NexusGateway.sol`. */
export const gatewayLimits = {
  /** Bytes of a request's input. */
  inputBytes: 65_536,
} as const;
