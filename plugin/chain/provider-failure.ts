/**
 * Why a provider did not answer, told from its words, for JSON-RPC has no codes that nodes and services agree on.
 *
 * - `too much`: a range of blocks is too wide for it, or holds too much; fewer blocks at once will do.
 * - `too often`: a limit of calls; the same call will do later.
 * - `unreachable`: a network, gateway or node that is down; later, or elsewhere.
 * - `refused`: it looked at the call and said no, as it will again.
 */
export type ProviderFailure = "too much" | "too often" | "unreachable" | "refused";

/** Which kind of failure a provider's error is. */
export function failureOf(error: unknown): ProviderFailure {
  const { message, code, cause } = error as Error & { code?: unknown };
  const words = [message, String(code ?? ""), causeOf(cause)].join(" ");
  if (BEHIND.test(words)) return "refused";
  if (TOO_OFTEN.test(words)) return "too often";
  if (UNREACHABLE.test(words)) return "unreachable";
  return TOO_MUCH.test(words) ? "too much" : "refused";
}

/** `fetch` says "fetch failed" and hides what failed in the cause. */
function causeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "";
  return `${cause.message} ${String((cause as NodeJS.ErrnoException).code ?? "")}`;
}

const TOO_OFTEN =
  /\b429\b|rate.?limit|too many requests|request rate|(per|units per) second|request count exceeded|quota/i;

/** It has not come as far as the range, which fewer blocks would not change. */
const BEHIND = /beyond (the )?current head/i;

const UNREACHABLE = new RegExp(
  [
    "ECONN(REFUSED|RESET|ABORTED)|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EPIPE|UND_ERR",
    "fetch failed|socket hang up|network error|connection (was )?(refused|closed|reset|terminated)|other side closed",
    "\\b50[234]\\b|bad gateway|service unavailable|gateway time-?out|(request|headers|body) time-?out|request timed out",
    "cannot connect to the network|no backends? available|node is (syncing|not available)",
  ].join("|"),
  "i",
);

const TOO_MUCH = new RegExp(
  [
    "more than [\\d,]+ (results|logs)|too many (results|logs)|(result|response)s? (size|set)|response is too (big|large)",
    "block range|blocks? (distance|count)|max(imum)? range|range (is )?too (wide|large)|too wide|limited to an? [\\d,]+",
    "query time(d )?out|query timeout exceeded",
  ].join("|"),
  "i",
);
