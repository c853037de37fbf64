/** Graphs beside drawings: choose a node and see its edges, as far as they are strong enough. */

import type { Graph, GraphEdge } from "../../exhibits/graph.js";
import { button, dropDown, element, renew, setOptions, setShare } from "./dom.js";

/** Steps of the slider, from the weakest edge to the strongest; each is as large a factor. */
const STEPS = 100;
const MOST_ROWS = 40;

/** Puts what answers below each drawing that has a graph. */
export function liveGraphs(): void {
  for (const block of document.querySelectorAll<HTMLElement>("script[data-graph]")) {
    const graph = JSON.parse(block.textContent ?? "") as Graph;
    if (graph.edges.length > 0) block.before(explorerOf(graph));
  }
}

function explorerOf(graph: Graph): HTMLElement {
  const sizes = graph.edges.map(([, , weight]) => Math.abs(weight));
  const [most = 1, least = 1] = [sizes[0], sizes.at(-1)];
  const thresholdAt = (step: number): number => least * (most / least) ** (step / STEPS);
  let node = graph.edges[0]?.[1] ?? 0;
  const slider = element("input", { type: "range", id: "graph-threshold", min: 0, max: STEPS, value: 0, step: 1 });
  const said = element("output", { for: slider.id });
  const shown = element("div", { class: "ends" });
  const component = dropDown("Component", (chosen) => choose(Number(chosen)));
  const choose = (chosen: number): void => {
    node = chosen;
    show();
  };
  const show = (): void => {
    const threshold = thresholdAt(Number(slider.value));
    // What was rounded on its way is still as strong as the threshold that it sets.
    const edges = graph.edges.filter(([, , weight]) => Math.abs(weight) >= threshold * (1 - 1e-9));
    said.textContent = `${threshold.toPrecision(2)} ${graph.unit}: ${edges.length} of ${graph.edges.length} edges`;
    const used = new Set([node, ...edges.flatMap((edge) => edge.slice(0, 2))]);
    const options = [...used]
      .sort((a, b) => a - b)
      .map((place) => ({
        value: String(place),
        text: graph.nodes[place]?.name ?? "",
        group: graph.nodes[place]?.group ?? "",
      }));
    setOptions(component.select, options, String(node));
    const sides = [
      { title: "reads from", own: edges.filter(([, to]) => to === node), end: 0 },
      { title: "is read by", own: edges.filter(([from]) => from === node), end: 1 },
    ] as const;
    renew(
      shown,
      sides.map(({ title, own, end }) => sideOf(graph, { title, own, end, most, choose })),
    );
  };
  slider.addEventListener("input", show);
  show();
  return element(
    "div",
    { class: "graph", role: "group", "aria-label": graph.about },
    element(
      "div",
      { class: "bar" },
      component.whole,
      element(
        "span",
        { class: "choice" },
        element("label", { for: slider.id }, "Scores of at least"),
        " ",
        slider,
        " ",
        said,
      ),
    ),
    shown,
  );
}

interface Side {
  readonly title: string;
  readonly own: readonly GraphEdge[];
  /** Which end of the edges is named. */
  readonly end: 0 | 1;
  readonly most: number;
  readonly choose: (node: number) => void;
}

function sideOf({ nodes }: Graph, { title, own, end, most, choose }: Side): HTMLElement {
  const rows = own.slice(0, MOST_ROWS).map((edge) => {
    const [, , weight] = edge;
    const name = nodes[edge[end]]?.name ?? "";
    const cell = element("span", { class: "token" }, `${weight < 0 ? "\u2212" : ""}${Math.abs(weight).toPrecision(3)}`);
    setShare(cell, Math.sqrt(Math.abs(weight) / most));
    return element(
      "li",
      {},
      button(name, () => choose(edge[end]), { "data-keep": `${title} ${name}` }),
      " ",
      cell,
    );
  });
  const rest = own.length - rows.length;
  return element(
    "div",
    {},
    element("h4", {}, own.length === 0 ? `${title}: no edge as strong` : title),
    element("ol", {}, ...rows),
    ...(rest > 0 ? [element("p", { class: "meta" }, `and ${rest} weaker`)] : []),
  );
}
