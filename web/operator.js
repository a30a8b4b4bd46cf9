import { blockItem, byId, connection, describe, element, get, grouped, hex } from "./elements.js";

/** Milliseconds between two looks. */
const INTERVAL = 2_000;

function chainItem({ chainId, final, delivered, reading, delivering }) {
  const trouble = [reading, delivering].filter((one) => one !== undefined);
  return element(
    "li",
    trouble.length > 0 ? "ill" : "",
    element("strong", "", `Chain ${chainId}`),
    element(
      "small",
      "",
      final === undefined ? "not read yet" : `final block ${grouped(final)} · has block ${delivered}`,
    ),
    ...trouble.map((reason) => element("p", "detail bad", reason)),
  );
}

function roleOf({ epoch, isMember, hasShare }) {
  if (epoch === "0") return "none";
  if (!isMember) return "follows";
  return hasShare ? "signs" : "no share";
}

function showNode(node) {
  const { name, phase, cloud, height, epoch, consensus, chains, trouble } = node;
  byId("name").textContent = name;
  document.title = `${name} · Nexus node`;
  byId("height").textContent = grouped(height);
  byId("epoch").textContent = epoch;
  byId("role").textContent = roleOf(node);
  byId("trouble").hidden = trouble.length === 0;
  byId("trouble").replaceChildren(...trouble.map((sentence) => element("li", "bad", sentence)));
  byId("no-chains").hidden = chains.length > 0;
  byId("chains").replaceChildren(...chains.map(chainItem));
  describe(byId("about"), [
    ["Cloud", element("span", "mono", cloud)],
    ["Phase", phase],
    ["CometBFT", consensus ? "runs" : "does not run"],
    ["The same as data", "/health, /metrics, /blocks"],
  ]);
}

async function draw() {
  try {
    // A node in trouble says so with a status of its own.
    const [node, blocks] = await Promise.all([
      fetch("health").then((answer) => answer.json()),
      get("blocks"),
    ]);
    showNode(node);
    byId("no-blocks").hidden = blocks.length > 0;
    byId("blocks").replaceChildren(
      ...blocks.map((block) => blockItem(block, element("span", "end", hex(block.blockHash)))),
    );
    connection("live", "live");
  } catch {
    connection("lost", "the node does not answer");
  }
  setTimeout(draw, INTERVAL);
}

void draw();
