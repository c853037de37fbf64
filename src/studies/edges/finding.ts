/** The analysis side of the study `edges`. */

import { type Exhibit, figureExhibit, tableExhibit } from "../../exhibits/exhibit.js";
import { basisOf, type FindingMaker, findingData, type ShownRun } from "../finding.js";
import { testedSentence } from "../shared/tested.js";
import type { CircuitsSummary } from "./circuit-summary.js";
import { ENOUGH } from "./enough.js";
import { circuitsFigure, edgesFigure } from "./figures.js";
import { edgesGraph } from "./graph-exhibit.js";
import { edgesHeadline } from "./headline.js";
import { edgesSentence } from "./sentence.js";
import { type EdgesSummary, edgesSummary, LEAST } from "./summary.js";
import { circuitsFile, circuitsTable, edgesFile, edgesTable, tenthsTable } from "./table.js";

/** Scores of edges, and what circuits of the strongest keep. */
export const edgesFinding: FindingMaker = ({ story, records, run }) => {
  const edges = edgesSummary(records, run.seed);
  if (edges === null) return null;
  const { name, question, caveat = null } = story;
  const { edges: _, ...numbers } = edges;
  return {
    name,
    question,
    sentence: edgesSentence(edges),
    headline: edgesHeadline(edges),
    caveat,
    tested: testedSentence([]),
    method: methodOf(edges),
    data: findingData({ edges: numbers }),
    // Without a pair there is nothing to draw.
    exhibits: edges.pairs === 0 ? [] : [...graphExhibits(edges, { question, run }), ...circuitExhibits(edges, run)],
  };
};

function graphExhibits(
  edges: EdgesSummary,
  { question, run }: { readonly question: string; readonly run: ShownRun },
): Exhibit[] {
  return [
    figureExhibit({
      key: "",
      title: question,
      spec: edgesFigure(edges, { question, run }),
      caption: `${basisOf(run)}. Edges between components at one place, scored on ${edges.pairs} pairs as (what the source writes in the counterfactual's run − in the question's) · the mean gradient of the logit difference by what the target reads. A score of 1 moves it all the way to the counterfactual's. The largest means are drawn, and the strongest edges of each projection. Edges of at least ${LEAST} are in tables/edges.csv and figures/study_edges.json; no test.`,
      graph: edgesGraph(edges),
    }),
    tableExhibit({
      key: "",
      table: edgesTable(edges),
      folded: "The strongest edges (weaker ones are in tables/edges.csv)",
      shown:
        "Mean score over pairs with 95 % bootstrap intervals: 1 moves the logit difference all the way to the counterfactual's.",
      files: [edgesFile(edges)],
    }),
  ];
}

const KEPT = "How few edges keep the answer?";

function circuitExhibits({ circuits }: EdgesSummary, run: ShownRun): Exhibit[] {
  if (circuits === null) return [];
  const { tenths } = circuits;
  return [
    figureExhibit({
      key: "circuits",
      title: KEPT,
      spec: circuitsFigure(circuits, { question: KEPT, run }),
      caption: `${basisOf(run)}. Circuits of each pair's strongest edges were run on ${circuits.pairs} pairs, with the counterfactual's values on every other edge, beside ${circuits.draws} sets of as many edges drawn at random. By level in tables/edges_circuits.csv; no test.`,
    }),
    tableExhibit({
      key: "circuits",
      table: circuitsTable(circuits),
      folded: "What circuits keep (by level in tables/edges_circuits.csv)",
      shown:
        "Share of the question's logit difference that is kept with the counterfactual's values on all other edges, with 95 % bootstrap intervals over pairs; ahead: pairs whose circuit keeps more than each of its random sets; others: all edges but the circuit's.",
      files: [circuitsFile(circuits)],
    }),
    ...(tenths === null ? [] : [tenthsExhibit(tenths)]),
  ];
}

function tenthsExhibit(tenths: NonNullable<CircuitsSummary["tenths"]>): Exhibit {
  return tableExhibit({
    key: "minimality",
    table: tenthsTable(tenths),
    folded: "What circuits lose without a tenth of their edges",
    shown: `Of the smallest circuit of each pair that keeps ${ENOUGH} (n = ${tenths.pairs}), without one tenth of its edges after the other, the strongest first: what is kept less, with 95 % bootstrap intervals over pairs.`,
  });
}

function methodOf({ pairs, dropped, edgesEach, circuits }: EdgesSummary): string {
  if (pairs === 0) return "No question had a pair, so no edge was scored.";
  const lost = dropped.reduce((sum, each) => sum + each.count, 0);
  const scored = `Edges between components (embedding, heads, MLPs, projection) were scored by edge attribution patching with integrated gradients over eight inputs [@hanna2024], through all latents, ${edgesEach} a pair on ${pairs} pairs${lost === 0 ? "" : ` (${lost} dropped)`}.`;
  if (circuits === null) return scored;
  return `${scored} On ${circuits.pairs} of them circuits of the strongest edges were run with the counterfactual's values on all other edges, beside ${circuits.draws} random sets of each size.`;
}
