/**
 * The name of a Rust function as its source has it: `bad::main` for `_ZN3bad4main17h0123456789abcdefE` or `_RNvCs123_3bad4main`.
 * Any other name, and what it does not understand, stays as it is. For messages only.
 */
export function demangle(name: string): string {
  // Nobody's function has so long a name, and a stranger's module must not cost time here.
  return name.length > 1_000 ? name : (legacy(name) ?? v0(name) ?? name);
}

/** Characters that the old scheme writes out, in dollar signs. */
const escapes: ReadonlyMap<string, string> = new Map([
  ["SP", "@"],
  ["BP", "*"],
  ["RF", "&"],
  ["LT", "<"],
  ["GT", ">"],
  ["LP", "("],
  ["RP", ")"],
  ["C", ","],
]);

/** The character that is written as `$code$`; undefined where it is none: anybody can write any code into a module's names. */
function escaped(code: string): string | undefined {
  const digits = /^u([0-9a-f]{1,6})$/.exec(code)?.[1];
  if (digits === undefined) return escapes.get(code);
  const point = parseInt(digits, 16);
  const isCharacter = point <= 0x10_ffff && !(point >= 0xd800 && point <= 0xdfff);
  return isCharacter ? String.fromCodePoint(point) : undefined;
}

/** `_ZN`, then parts that each follow their length, the last a hash, then `E`. */
function legacy(name: string): string | undefined {
  const [, encoded] = /^_?_ZN(.*)E(\.\w+)*$/.exec(name) ?? [];
  if (encoded === undefined) return undefined;
  const parts: string[] = [];
  for (let at = 0; at < encoded.length;) {
    const [digits] = /^[1-9]\d*/.exec(encoded.slice(at)) ?? [];
    if (digits === undefined) return undefined;
    at += digits.length;
    const part = encoded.slice(at, at + Number(digits));
    if (part.length < Number(digits)) return undefined;
    parts.push(part);
    at += part.length;
  }
  if (/^h[0-9a-f]{16}$/.test(parts.at(-1) ?? "")) parts.pop();
  if (parts.length === 0) return undefined;
  return parts
    .map((part) =>
      part
        .replace(/^_(?=\$)/, "")
        .replaceAll("..", "::")
        .replace(/\$(\w+)\$/g, (escape, code: string) => escaped(code) ?? escape),
    )
    .join("::");
}

/**
 * The scheme of RFC 2603, as far as it names crates, modules, functions and closures. Names with implementations or
 * compressed paths in them stay as they are.
 */
function v0(name: string): string | undefined {
  let rest = /^_?_R(?!\d)(.*)$/.exec(name)?.[1] ?? "";
  const take = (pattern: RegExp): string | undefined => {
    const [found] = pattern.exec(rest) ?? [];
    if (found !== undefined) rest = rest.slice(found.length);
    return found;
  };
  const identifier = (): string | undefined => {
    take(/^s[0-9a-zA-Z]*_/); // tells apart what has the same name
    const digits = take(/^(0|[1-9]\d*)/);
    if (digits === undefined) return undefined;
    take(/^_/);
    const length = Number(digits);
    const text = rest.slice(0, length);
    if (text.length < length) return undefined;
    rest = rest.slice(length);
    return text === "" ? "{closure}" : text;
  };
  const path = (): string | undefined => {
    const tag = take(/^(C|N[a-zA-Z])/);
    if (tag === undefined) return undefined;
    if (tag === "C") return identifier();
    const outer = path();
    const own = outer === undefined ? undefined : identifier();
    return own === undefined ? undefined : `${outer}::${own}`;
  };
  take(/^I/); // a function with generic arguments, which follow its path
  return path();
}
