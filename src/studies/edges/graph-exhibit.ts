/** The mean edges as a graph: the projection to a latent is one node, which reads at the position before and writes at the latent. */

import type { Graph, GraphEdge, GraphNode } from "../../exhibits/graph.js";
import type { EdgesSummary } from "./summary.js";

const DIGITS = 4;

/** Nodes in the order of the places, and the edges of the summary, the strongest first. */
export function edgesGraph({ edges, pairs }: Pick<EdgesSummary, "edges" | "pairs">): Graph {
  const nodes: GraphNode[] = [];
  const places = new Map<string, number>();
  const placeOf = (name: string): number => {
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, nodes.length);
    // `head 3.1 at bot`, `projection to latent.0`.
    nodes.push({ name, group: name.replace(/^.*? (?:at|to) /, "") });
    return nodes.length - 1;
  };
  return {
    about: `Components of the model at places of the sequence, and what one wrote into another: mean over ${pairs} pairs of questions.`,
    unit: "of the change of the logit difference",
    edges: edges.map(
      ({ from, to, score }): GraphEdge => [placeOf(from), placeOf(to), Number(score.toPrecision(DIGITS))],
    ),
    nodes,
  };
}
