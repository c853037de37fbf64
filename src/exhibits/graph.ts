/** A directed graph with weights: what a page lets its reader walk through, node by node, and a file holds. */

/** One node. */
export interface GraphNode {
  readonly name: string;
  /** Nodes of one group are listed together. */
  readonly group: string;
}

/** From one node's place in the list to another's, and the weight: the strongest first. */
export type GraphEdge = readonly [from: number, to: number, weight: number];

/** A graph beside a drawing. */
export interface Graph {
  /** What nodes and edges are: a sentence. */
  readonly about: string;
  /** What a weight is, in words that follow its number. */
  readonly unit: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/**
 * The strongest edges, and the nodes that they join.
 *
 * @example
 * ```ts
 * const nodes = ["a", "b", "c"].map((name) => ({ name, group: "all" }));
 * const graph = { about: "Three.", unit: "of all", nodes, edges: [[2, 1, 0.5], [0, 1, 0.1]] as const };
 * strongestOf(graph, 1).nodes.map(({ name }) => name); // → [ 'c', 'b' ]
 * ```
 */
export function strongestOf(graph: Graph, most: number): Graph {
  const edges = graph.edges.slice(0, most);
  const used = [...new Set(edges.flatMap((edge) => edge.slice(0, 2)))];
  const places = new Map(used.map((node, place) => [node, place]));
  return {
    ...graph,
    nodes: used.flatMap((node) => graph.nodes[node] ?? []),
    edges: edges.map(([from, to, weight]): GraphEdge => [places.get(from) ?? 0, places.get(to) ?? 0, weight]),
  };
}
