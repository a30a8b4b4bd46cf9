import {
  blockItem,
  byId,
  connection,
  describe,
  element,
  ether,
  get,
  grouped,
  hex,
  readable,
  short,
  timeOf,
} from "./elements.js";

function nodeItem({ index, height, state, reason }) {
  const ill = state !== "running";
  return element(
    "li",
    ill ? "ill" : "",
    element("strong", "", `Node ${index}`),
    element("small", ill ? "ill-state" : "", `${state} · block ${height}`),
    reason ? element("p", "detail quiet", reason) : null,
  );
}

function stuckItem({ skip, requestId, nodes, reason }) {
  return element(
    "li",
    "detail bad",
    `${nodes.length === 1 ? "Node" : "Nodes"} ${nodes.join(", ")} cannot run program `,
    hex(skip.programId),
    requestId === null ? " on event " : " on request ",
    hex(requestId ?? skip.eventId),
    `: ${reason}. To go on without it, POST to api/skips: `,
    element("code", "", JSON.stringify(skip)),
  );
}

function requestItem(request) {
  const { program, programId, outcome, output, log, reason, requestId, height, fuelUsed, time } = request;
  const { input, requester, fee, callback, refusedCalls } = request;
  const [asked, answer] = [readable(input), readable(output)];
  const failed = callback?.status === "failed";
  return element(
    "li",
    "",
    element(
      "div",
      "top",
      element("strong", "", program ?? short(programId)),
      element("span", outcome === "Success" ? "good" : "bad", outcome),
      callback === null || callback.status === "none"
        ? null
        : element("span", failed ? "bad" : "good", failed ? "callback failed" : "called back"),
      element("span", "end", hex(requestId), " ", timeOf(time)),
    ),
    element(
      "div",
      "quiet",
      `block ${height} · ${grouped(fuelUsed)} fuel · fee ${ether(fee)} · from `,
      hex(requester),
    ),
    failed ? element("p", "detail bad", `Callback: ${callback.reason ?? "it failed"}`) : null,
    reason ? element("p", "detail bad", reason) : null,
    ...[...new Set(refusedCalls)].map((refusal) =>
      element("p", "detail bad", `A call is not made: ${refusal}`),
    ),
    asked ? element("pre", "input quiet", asked) : null,
    answer ? element("pre", "output", answer) : null,
    log ? element("pre", "log quiet", log.trimEnd()) : null,
  );
}

function servedBlockItem(block) {
  const { signers, deliveries, time } = block;
  const gas = deliveries.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n);
  const signed = signers === null ? "signed earlier" : `signed by ${signers.join(", ")}`;
  return blockItem(
    block,
    element("span", "end signers", signed, " ", timeOf(time)),
    gas > 0n ? ` · delivered for ${grouped(gas)} gas` : "",
  );
}

function showStatus(status) {
  const { committee, nodes, chains, programs, misbehaviours, trouble, stuck } = status;
  byId("height").textContent = grouped(status.height);
  byId("epoch").textContent = committee.epoch;
  byId("quorum").textContent = `${committee.threshold} of ${committee.size}`;
  byId("trouble").hidden = trouble === null;
  byId("trouble").textContent = trouble === null ? "" : `The cloud cannot serve: ${trouble}`;
  byId("stuck").replaceChildren(...stuck.map(stuckItem));
  byId("nodes").replaceChildren(...nodes.map(nodeItem));
  byId("misbehaviours").replaceChildren(
    ...misbehaviours
      .slice(-5)
      .reverse()
      .map(({ kind, node, height }) => element("li", "", `Node ${node}: ${kind} at block ${height}`)),
  );
  const until = new Date(committee.validUntil * 1000).toLocaleDateString();
  describe(byId("about"), [
    ["Cloud", element("span", "mono", status.cloudId)],
    ["Committee", `epoch ${committee.epoch}, until ${until}`],
    ["Group key", element("span", "", hex(committee.groupKey), ` ${status.suite}`)],
    ...chains.flatMap(({ chainId, home, gateway, rpc }) => [
      [`Chain ${chainId}`, home ? "home" : "through a mirror"],
      ["Gateway", element("span", "mono", gateway)],
      ...(rpc === null ? [] : [["JSON-RPC", element("span", "mono", rpc)]]),
    ]),
  ]);
  describe(
    byId("programs"),
    programs.map(({ id, name, callCredits }) => [
      name,
      element(
        "span",
        "mono",
        id,
        ...callCredits.map(({ chainId, wei }) => ` ${ether(wei)} for calls to chain ${chainId}`),
      ),
    ]),
  );
}

let drawing = false;
let again = false;

/** Draws everything anew; what comes meanwhile is drawn after. */
async function draw() {
  again = true;
  if (drawing) return;
  drawing = true;
  while (again) {
    again = false;
    try {
      const [status, blocks, requests] = await Promise.all([
        get("api/status"),
        get("api/blocks"),
        get("api/requests"),
      ]);
      showStatus(status);
      byId("served").textContent = requests.length < 200 ? String(requests.length) : "200+";
      byId("no-requests").hidden = requests.length > 0;
      byId("no-blocks").hidden = blocks.length > 0;
      byId("requests").replaceChildren(...requests.slice(0, 50).map(requestItem));
      byId("blocks").replaceChildren(...blocks.slice(0, 50).map(servedBlockItem));
      connection("live", "live");
    } catch {
      connection("lost", "the node does not answer");
    }
  }
  drawing = false;
}

void draw();
const news = new EventSource("api/news");
news.onopen = draw;
news.onmessage = draw;
news.onerror = () => connection("lost", "the node does not answer");
// Nodes and trouble change without blocks, too.
setInterval(draw, 5_000);
