/** The tables of the study `edges`, and their numbers. */

import { integer, interval, number, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import { show, showSmall, small } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { CircuitsSummary } from "./circuit-summary.js";
import { percent } from "./sentence.js";
import { type EdgesSummary, LEAST } from "./summary.js";

/** The strongest edges. */
export function edgesTable({ strongest }: EdgesSummary): TableData {
  return table("Edges with the largest mean scores", {
    header: ["from", "to", "read at", "score"],
    rows: strongest.map(({ from, to, place, score }) => [from, to, place, showSmall(score)]),
  });
}

/** Every edge that is strong enough. */
export function edgesFile({ edges }: EdgesSummary): TableFile {
  return {
    file: "edges",
    about: `Every edge between components whose mean score is at least ${LEAST}, up or down, the strongest first: a row an edge.`,
    columns: [
      text("from", "the component that wrote, and where"),
      text("to", "the component that read it, and where"),
      text("place", "where in the sequence it was read"),
      integer("n", "pairs of problems that have the place"),
      number("score", "mean score: 1 moves the logit difference all the way to the counterfactual's"),
    ],
    rows: edges.map(({ from, to, place, pairs, score }) => [from, to, place, pairs, Number(score.toPrecision(8))]),
  };
}

/** A row a size of circuits. */
export function circuitsTable({ sizes, pairs }: CircuitsSummary): TableData {
  return table("Circuits: what the strongest edges keep of the logit difference", {
    header: [
      "edges",
      "share",
      "keep",
      "random keep",
      "random, most",
      "ahead of random",
      "others keep",
      "without random",
    ],
    rows: sizes.map((each) => [
      ...[String(each.edges), percent(each.share), show(each.kept), showSmall(each.random), small(each.randomMost)],
      ...[`${each.ahead} of ${pairs}`, showSmall(each.without), show(each.withoutRandom)],
    ]),
  });
}

/** A row a size and level; `all` for every level. */
export function circuitsFile({ sizes, pairs }: CircuitsSummary): TableFile {
  return {
    file: "edges_circuits",
    about: "What circuits of the strongest edges keep of the logit difference: a row a size and level.",
    columns: [
      integer("edges", "edges of the circuit, mean over pairs"),
      number("share", "edges / all edges"),
      text("level", "level of the problems, or all"),
      ...interval("kept", "logit difference that the circuit keeps: 1 all, 0 that of the counterfactual"),
      ...interval("random", "the same of as many edges drawn at random; of all levels only"),
      number("random_most", "the random set that keeps most"),
      integer("ahead", "pairs whose circuit keeps more than each of its random sets"),
      integer("n", "pairs"),
      ...interval("without", "what all other edges keep without the circuit's"),
      ...interval("without_random", "the same without as many random edges"),
    ],
    rows: sizes.flatMap((each) => [
      [
        ...[
          each.edges,
          each.share,
          "all",
          ...cells(each.kept),
          ...cells(each.random),
          each.randomMost,
          each.ahead,
          pairs,
        ],
        ...[...cells(each.without), ...cells(each.withoutRandom)],
      ],
      ...each.levels.map(({ level, kept }) => [
        ...[each.edges, each.share, level, ...cells(kept), ...NONE, null, null, kept.kind === "value" ? kept.n : null],
        ...[...NONE, ...NONE],
      ]),
    ]),
  };
}

const NONE = cells({ kind: "undefined", reason: "" }).map(() => null);

/** What is lost without each tenth of a circuit's edges. */
export function tenthsTable({ lost }: NonNullable<CircuitsSummary["tenths"]>): TableData {
  return table("Minimality: what a circuit loses without a tenth of its edges", {
    header: ["tenth, the strongest first", "lost"],
    rows: lost.map((each, tenth) => [String(tenth + 1), show(each)]),
  });
}
