/** Knockouts in words. */

import { signed, span } from "../number-text.js";
import type { Estimate } from "../statistics/estimate.js";
import type { AttentionPrediction } from "./attention-predictions.js";
import type { Compared, KnockoutEffect } from "./knockouts.js";
import type { StudyCondition } from "./study-types.js";

const SAID = {
  attention: (condition: string) => `In the baseline the reader attends most to what is cut under “${condition}”:`,
  reader: (condition: string) => `What the reader itself hands on changes most under “${condition}”: by`,
  later: (condition: string) => `What the latents after the reader hand on changes most under “${condition}”: by`,
} as const;
const UNITS = { attention: "of its attention", reader: "of its norm", later: "of its norm" } as const;

/** @returns what stands out of as many positions at random, or of all where there is no control; empty where nothing was recorded. */
export function knockoutSentence(
  conditions: readonly StudyCondition[],
  predictions: readonly AttentionPrediction[],
): string {
  const all = conditions.flatMap(({ condition, isControl, knockout }) =>
    isControl || knockout === undefined ? [] : [{ condition, knockout }],
  );
  const said = (["attention", "reader", "later"] as const).flatMap((which) => mostOf(all, which));
  if (said.length === 0) return "";
  return ` ${said.join(" ")} Each is picked out of ${all.length} conditions by what it has beyond its control.${predictionSentence(predictions)}`;
}

function mostOf(
  all: readonly { readonly condition: string; readonly knockout: KnockoutEffect }[],
  which: keyof typeof SAID,
): string[] {
  const known = all.filter(({ knockout }) => knockout[which].own.kind === "value");
  const compared = known.filter(({ knockout }) => knockout[which].beyond.kind === "value");
  const size = ({ own, beyond }: Compared): number => value(compared.length > 0 ? beyond : own);
  const [most] = [...(compared.length > 0 ? compared : known)].sort(
    (a, b) => size(b.knockout[which]) - size(a.knockout[which]),
  );
  if (most === undefined) return [];
  const { own, beyond } = most.knockout[which];
  if (own.kind !== "value") return [];
  const beside = beyond.kind === "value" ? `, ${figureOf(beyond)} beyond its control` : "";
  return [`${SAID[which](most.condition)} ${figureOf(own)} ${UNITS[which]}${beside} (n = ${own.n}).`];
}

function predictionSentence(predictions: readonly AttentionPrediction[]): string {
  const said = predictions.map(({ effect, r, holm: p }) =>
    r.kind === "value"
      ? `with the ${effect} r = ${figureOf(r)}${p.kind === "value" ? `, p ${p.p < 0.001 ? "< 0.001" : `= ${p.p.toFixed(3)}`}` : ` (p not defined: ${p.reason})`}`
      : `with the ${effect} r is not defined (${r.reason})`,
  );
  return said.length === 0
    ? ""
    : ` Whether the problems whose reader attends more to the same span lose more by its cut: ${said.join("; ")} (within conditions; permutation of problems, Holm-adjusted over the ${said.length}; exploratory).`;
}

function value(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : Number.NEGATIVE_INFINITY;
}

function figureOf(estimate: Extract<Estimate, { kind: "value" }>): string {
  const { value: mid, low, high } = estimate;
  return low === null || high === null ? signed(mid) : `${signed(mid)} ${span(low, high)}`;
}
