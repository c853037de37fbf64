/** Which components wrote to which, in words. */

import { counted, FEWEST_TO_SAY, show, showSmall, small, TOO_FEW } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { CircuitSize, CircuitsSummary } from "./circuit-summary.js";
import { ENOUGH } from "./enough.js";
import { type EdgesSummary, LEAST } from "./summary.js";

/** The strongest edge, what goes through the projection, and what circuits keep. */
export function edgesSentence(summary: EdgesSummary): string {
  const { pairs, dropped, edgesEach, strongest, projection, carrying, circuits } = summary;
  const lost = dropped.reduce((sum, { count }) => sum + count, 0);
  const why = dropped.map(({ reason, count }) => `${count}: ${reason}`).join("; ");
  const basis = `${counted(pairs, "pair")} of a question and the same with one number changed${lost === 0 ? "" : `; ${counted(lost, "problem")} dropped (${why})`}.`;
  const [first] = strongest;
  if (pairs === 0) return `No edge was scored. ${basis}`;
  if (first === undefined) return `No edge moves the logit difference: no mean score reaches ${LEAST}. ${basis}`;
  const start = `Of ${edgesEach} edges a pair, the one from ${first.from} to ${first.to} has the largest mean score`;
  if (pairs < FEWEST_TO_SAY) return `${start}: ${TOO_FEW} (n = ${pairs}). ${basis}`;
  return [
    `${start}, ${show(first.score)} of the change of the logit difference (picked, so exploratory).`,
    ...throughSentences(projection, carrying),
    ...(circuits === null ? [] : circuitSentences(circuits)),
    basis,
  ].join(" ");
}

function throughSentences(
  { read, written }: EdgesSummary["projection"],
  { differs, same }: EdgesSummary["carrying"],
): string[] {
  if (sizeOf(read) === 0 && sizeOf(written) === 0) return ["No edge goes through a projection."];
  return [
    `Edges that a projection reads have ${showSmall(read)} of the sum of all sizes, and edges that carry what it wrote ${showSmall(written)}.`,
    ...(differs.kind === "value" && same.kind === "value"
      ? [
          `What it reads at a position sums up to ${showSmall(differs)} where the head's first choice there differs between the two runs, and to ${showSmall(same)} where it is the same.`,
        ]
      : []),
  ];
}

function circuitSentences({ pairs, draws, sizes, tenths }: CircuitsSummary): string[] {
  const enough = smallestEnough(sizes);
  const last = sizes.at(-1);
  const shown = enough ?? last;
  if (shown === undefined) return [];
  const what = `the strongest ${shown.edges} (${percent(shown.share)})`;
  return [
    `With the other run's values on all other edges, ${what} keep ${show(shown.kept)} of the logit difference, and as many drawn at random ${showSmall(shown.random)} (${draws} sets, at most ${small(shown.randomMost)}; n = ${counted(pairs, "pair")}).`,
    `Without these edges the others keep ${showSmall(shown.without)}, and without as many random ones ${show(shown.withoutRandom)}.`,
    ...(tenths === null
      ? []
      : [
          `Of the tenths of a pair's smallest circuit that keeps ${ENOUGH}, ${show(tenths.needed)} of ten change what it keeps by 0.01 or more when they are taken away (n = ${tenths.pairs}).`,
        ]),
  ];
}

/** The first size whose circuits keep enough in the mean. */
export function smallestEnough(sizes: readonly CircuitSize[]): CircuitSize | undefined {
  return sizes.find(({ kept }) => sizeOf(kept) >= ENOUGH);
}

/** Below every number where there is none. */
export function sizeOf(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : Number.NEGATIVE_INFINITY;
}

/** `0.4 %`, `25 %`. */
export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}
