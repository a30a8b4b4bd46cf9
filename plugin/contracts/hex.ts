/** Bytes as hex digits after 0x: addresses (20 bytes), ids and hashes (32). The type that viem takes; ethers takes any text. */
export type Hex = `0x${string}`;

/** `text` as what it is. @throws TypeError when it is no bytes in hex digits after 0x */
export function hex(text: string): Hex {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text))
    throw new TypeError(`${text} is not bytes in hex digits after 0x.`);
  return text as Hex;
}
