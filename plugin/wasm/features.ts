/**
 * What Nexus does not take, and how a refusal names it.
 *
 * Accepted is WebAssembly 1.0 plus sign extension, saturating float-to-int conversion, multi-value, reference types, bulk memory,
 * mutable globals and extended constant expressions. Threads and relaxed SIMD are not deterministic; the rest is left out
 * because the zkVM proves the same modules and compilers do not need it.
 */

/** The proposal that `opcode` (0xfb…, 0xfd…, 0xfe… prefixes as `prefix << 8`) belongs to; undefined when none does. */
export function proposalOfOpcode(opcode: number): string | undefined {
  const prefix = opcode >= 0x100 ? opcode >>> 8 : opcode;
  switch (prefix) {
    case 0x06:
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0a:
    case 0x18:
    case 0x19:
    case 0x1f:
      return "exception handling";
    case 0x12:
    case 0x13:
      return "tail calls";
    case 0x14:
    case 0x15:
    case 0xd3:
    case 0xd4:
    case 0xd5:
    case 0xd6:
      return "typed function references";
    case 0xfb:
      return "garbage collection";
    case 0xfd:
      return "SIMD";
    case 0xfe:
      return "threads";
    default:
      return undefined;
  }
}

/** The proposal that a value type's or composite type's code belongs to; undefined when none does. */
export function proposalOfType(code: number): string | undefined {
  switch (code) {
    case 0x7b:
      return "SIMD";
    case 0x69:
    case 0x74:
      return "exception handling";
    case 0x63:
    case 0x64:
      return "typed function references";
    case 0x4e:
    case 0x4f:
    case 0x50:
    case 0x5e:
    case 0x5f:
    case 0x6a:
    case 0x6b:
    case 0x6c:
    case 0x6d:
    case 0x6e:
    case 0x71:
    case 0x72:
    case 0x73:
      return "garbage collection";
    default:
      return undefined;
  }
}

/** What the flags of a memory's or table's limits beyond 0 and 1 ask for. */
export function proposalOfLimits(flags: number): string | undefined {
  if (flags > 0x0f) return undefined;
  if (flags & 0x08) return "custom page sizes";
  if (flags & 0x04) return "memory64";
  if (flags & 0x02) return "threads";
  return undefined;
}
