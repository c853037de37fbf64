/** Knockouts in words. */

import { counted, FEWEST_TO_SAY, show } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import type { Compared, KnockoutCondition, KnockoutEffect } from "./knockout-effects.js";
import type { AttentionPrediction } from "./knockout-predictions.js";

const WHAT = {
  attention: "the share of the reader's attention in the baseline that is cut",
  reader: "the change of the reader's own state after the last block, as a share of its norm,",
  later: "the change of the later latents' states after the last block, as a share of their norm,",
} as const;

/** @returns what stands out of as many positions at random, or of all where there is no control; empty where nothing was recorded. */
export function knockoutSentence(
  conditions: readonly KnockoutCondition[],
  predictions: readonly AttentionPrediction[],
): string {
  const all = conditions.flatMap(({ condition, isControl, knockout }) =>
    isControl || knockout === undefined ? [] : [{ condition, knockout }],
  );
  const said = (["attention", "reader", "later"] as const).flatMap((which) => mostOf(all, which));
  if (said.length === 0) return "";
  return ` ${said.join(" ")}${predictionSentence(predictions)}`;
}

function mostOf(
  all: readonly { readonly condition: string; readonly knockout: KnockoutEffect }[],
  which: keyof typeof WHAT,
): string[] {
  const known = all.filter(({ knockout }) => knockout[which].own.kind === "value");
  const compared = known.filter(({ knockout }) => knockout[which].beyond.kind === "value");
  const wide = compared.length > 0 ? compared : known;
  // What rests on too few problems is not picked before what does not.
  const enough = wide.filter(
    ({
      knockout: {
        [which]: { own },
      },
    }) => own.kind === "value" && own.n >= FEWEST_TO_SAY,
  );
  const among = enough.length > 0 ? enough : wide;
  const size = ({ own, beyond }: Compared): number => value(compared.length > 0 ? beyond : own);
  const [most] = [...among].sort((a, b) => size(b.knockout[which]) - size(a.knockout[which]));
  if (most === undefined) return [];
  const { own, beyond } = most.knockout[which];
  if (own.kind !== "value") return [];
  const isPicked = among.length > 1;
  const count = counted(among.length, "condition");
  const under = `under “${most.condition}”`;
  const ofAll = isPicked ? `Of ${count} ${WHAT[which]}` : `Under “${most.condition}” ${WHAT[which]}`;
  const basis = `(n = ${own.n}; ${isPicked ? "picked, so exploratory" : "exploratory"})`;
  if (known.every(({ knockout }) => value(knockout[which].own) === 0))
    return [isPicked ? `Under each of ${count} ${WHAT[which]} is 0.` : `${ofAll} is 0.`];
  if (beyond.kind !== "value") return [`${ofAll} is ${isPicked ? `largest ${under}: ` : ""}${show(own)} ${basis}.`];
  if (beyond.value <= 0)
    return [
      isPicked
        ? `Under none of ${count} ${WHAT[which]} is larger than in its control.`
        : `${ofAll} is not larger than in its control.`,
    ];
  const crosses = beyond.low !== null && beyond.high !== null && beyond.low <= 0 ? ", an interval with 0 in it" : "";
  return [
    isPicked
      ? `${ofAll} is furthest beyond its control ${under}: ${show(own)}, ${show(beyond)} beyond it${crosses} ${basis}.`
      : `${ofAll} is ${show(own)}, ${show(beyond)} beyond its control${crosses} ${basis}.`,
  ];
}

function predictionSentence(predictions: readonly AttentionPrediction[]): string {
  const said = predictions.map(({ effect, r, holm: p }) =>
    r.kind === "value"
      ? `with the ${effect} r = ${show(r)}${p.kind === "value" ? `, p ${p.p < 0.001 ? "< 0.001" : `= ${p.p.toFixed(3)}`}` : ` (p not defined: ${p.reason})`}`
      : `with the ${effect} r is not defined (${r.reason})`,
  );
  const tested = predictions.filter(({ p }) => p.kind === "value").length;
  return said.length === 0
    ? ""
    : ` Whether the problems whose reader attends more to the same span lose more by its cut: ${said.join("; ")} (within conditions; ${tested === 0 ? "" : `permutation of problems, Holm-adjusted over the ${tested} that could be tested; `}exploratory).`;
}

function value(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : Number.NEGATIVE_INFINITY;
}
