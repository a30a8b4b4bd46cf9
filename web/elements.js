// What pages are made of. What programs, chains and nodes say is shown as text only: nothing here ever becomes markup.

export const byId = (id) => document.getElementById(id);

/** An element with a class, and text or elements in it. */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null).map((child) => child ?? ""));
  return made;
}

export const short = (hex) => (hex.length > 20 ? `${hex.slice(0, 10)}…${hex.slice(-6)}` : hex);
export const grouped = (digits) => String(digits).replace(/\B(?=(\d{3})+$)/g, "\u2009");
export const plural = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;
/** Wei as ether, exactly; small amounts as wei. */
export function ether(wei) {
  if (wei.length <= 9) return `${grouped(wei)} wei`;
  const digits = wei.padStart(19, "0");
  return `${digits.slice(0, -18)}.${digits.slice(-18)}`.replace(/\.?0+$/, "") + " ETH";
}
export const timeOf = (time) =>
  time === null ? null : element("time", "quiet", new Date(time).toLocaleTimeString());

/** A long hexadecimal text, shortened, whole when pointed at. */
export function hex(value) {
  const made = element("span", "mono", short(value));
  made.title = value;
  return made;
}

/** A block in a list: what it holds, with `end` beside it, and `more` of it after its state. */
export function blockItem({ height, epoch, stateRoot, events, requests }, end, more = "") {
  const others = events.filter((event) => !event.startsWith("request "));
  const what = [
    ...(requests > 0 ? [plural(requests, "request")] : []),
    ...(others.length > 4 ? [plural(others.length, "other event")] : others),
  ];
  return element(
    "li",
    "",
    element(
      "div",
      "top",
      element("strong", "", `Block ${height}`),
      element("span", "", what.join(", ") || "answers only"),
      end,
    ),
    element("div", "quiet", "state ", hex(stateRoot), ` · epoch ${epoch}${more}`),
  );
}

/** Bytes as the text they are, or as hexadecimal where they are none. */
export function readable(bytes) {
  const pairs = bytes.slice(2).match(/../g) ?? [];
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(
      Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16)),
    );
    // Control characters are what tells bytes from text.
    return /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text) ? bytes : text.trimEnd();
  } catch {
    return bytes;
  }
}

export function describe(list, entries) {
  list.replaceChildren(
    ...entries.flatMap(([term, value]) => [element("dt", "", term), element("dd", "", value)]),
  );
}

export async function get(path) {
  const response = await fetch(path);
  const value = await response.json();
  if (!response.ok) throw new Error(value.error);
  return value;
}

export function connection(state, text) {
  byId("connection").className = state;
  byId("connection").textContent = text;
}
