/** Reads an unsigned LEB128 integer of at most 32 bits. */
function readUnsigned(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
  throw new Error(`The WebAssembly module is damaged: no integer ends at byte ${at}.`);
}

/**
 * The module without its custom sections, except `name`: debugging information is large and holds paths, but function
 * names tell where a program trapped and where its time goes.
 * @throws Error when `module` is not a WebAssembly module
 */
export function stripCustomSections(module: Uint8Array): Uint8Array {
  const magic = Buffer.from(module.subarray(0, 8)).toString("hex");
  if (magic !== "0061736d01000000")
    throw new Error(`A WebAssembly module of version 1 does not begin with 0x${magic}.`);
  const kept = [module.subarray(0, 8)];
  for (let at = 8; at < module.length;) {
    const [size, body] = readUnsigned(module, at + 1);
    const end = body + size;
    if (end > module.length)
      throw new Error(`The WebAssembly module is damaged: a section of ${size} bytes is cut off.`);
    const isCustom = module[at] === 0;
    if (!isCustom || customName(module.subarray(body, end)) === "name") kept.push(module.subarray(at, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(kept));
}

function customName(section: Uint8Array): string {
  const [length, at] = readUnsigned(section, 0);
  return Buffer.from(section.subarray(at, at + length)).toString();
}
