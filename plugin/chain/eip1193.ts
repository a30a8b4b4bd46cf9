/** An EIP-1193 provider. */
export interface Eip1193 {
  request(args: { method: string; params?: unknown[] }): Promise<unknown>;
  /** What it is made of, for who wants to ask each by itself; only in providers that are made of several. */
  readonly endpoints?: readonly Eip1193[];
}
