/** What the conditions of a knockout study change in what the latents hand on. */

import { signed, span } from "../figures/common.js";
import { meanEstimate } from "../statistics/mean-estimate.js";
import type { Estimate } from "../summary-types.js";
import type { StudyCondition, StudyRow } from "./study-types.js";

/** Mean over problems of the relative change of a latent's state after the last block, ‖after − before‖ / ‖before‖. */
export interface LatentEffect {
  /** Of the latent that reads; where BOT reads, of latent 0, which gets what BOT hands on. */
  readonly reader: Estimate;
  /** Mean over the latents after that one. */
  readonly later: Estimate;
}

/** A condition, and the control of the same reader. */
export interface ComparedEffect {
  readonly condition: StudyCondition;
  readonly effect: LatentEffect;
  /** Null for a control itself, and where none cuts as many positions. */
  readonly control: LatentEffect | null;
}

/** @param rows of one condition. @returns undefined where nothing of the kind was recorded. */
export function latentEffect(rows: readonly StudyRow[], seed: number): LatentEffect | undefined {
  const reader = readerOf(rows[0]?.factors["from"]);
  const changes = rows.flatMap(({ latentChange }) => (latentChange === undefined ? [] : [latentChange]));
  if (reader === null || changes.length === 0) return undefined;
  const known = (values: readonly (number | null)[]): number[] => values.flatMap((value) => value ?? []);
  const means = changes.flatMap((change) => {
    const later = known(change.slice(reader + 1));
    return later.length === 0 ? [] : [later.reduce((sum, value) => sum + value, 0) / later.length];
  });
  return {
    reader: meanEstimate(known(changes.map((change) => change[reader] ?? null)), seed),
    later: meanEstimate(means, seed),
  };
}

/** The latent whose state a reader's change shows in; null for EOT and the answer, which come after all latents. */
function readerOf(from: number | string | undefined): number | null {
  if (from === "bot") return 0;
  const latent = /^latent\.(\d+)$/.exec(String(from));
  return latent === null ? null : Number(latent[1]);
}

/** @returns each condition that has an effect on latents beside its control's. */
export function comparedEffects(conditions: readonly StudyCondition[]): ComparedEffect[] {
  return conditions.flatMap((condition) =>
    condition.latentEffect === undefined
      ? []
      : [
          {
            condition,
            effect: condition.latentEffect,
            control: controlOf(condition, conditions)?.latentEffect ?? null,
          },
        ],
  );
}

/** Of the same reader, and of as many positions: where spans differ in length, a control stands for one of them. */
function controlOf({ factors, isControl }: StudyCondition, all: readonly StudyCondition[]): StudyCondition | undefined {
  if (isControl) return undefined;
  const { from, span: cut } = factors;
  return all.find(
    (each) =>
      each.isControl &&
      each.factors["from"] === from &&
      (cut === undefined || cut === (each.factors["instead"] ?? "all numbers")),
  );
}

/** @returns a sentence on what a latent, and those after it, change most by; empty where nothing was recorded. */
export function latentEffectSentence(conditions: readonly StudyCondition[]): string {
  const all = comparedEffects(conditions).filter(({ condition }) => !condition.isControl);
  const compared = all.filter(({ control }) => control !== null);
  const effects = compared.length > 0 ? compared : all;
  const said = (["reader", "later"] as const).flatMap((which) => {
    const [most] = [...effects].sort((a, b) => value(b.effect[which]) - value(a.effect[which]));
    if (most === undefined || most.effect[which].kind !== "value") return [];
    const { n } = most.effect[which];
    const control = most.control?.[which];
    const beside = control?.kind === "value" ? `; control: ${figureOf(control)}` : "";
    const what = which === "reader" ? "What the reader itself hands on" : "What the latents after the reader hand on";
    return `${what} changes most under “${most.condition.condition}”: by ${figureOf(most.effect[which])} of its norm (n = ${n}${beside}).`;
  });
  return said.length === 0
    ? ""
    : ` ${said.join(" ")} Picked out of ${effects.length} conditions${compared.length > 0 ? " that have a control of as many positions" : ""}.`;
}

function value(estimate: Estimate): number {
  return estimate.kind === "value" ? estimate.value : -1;
}

function figureOf(estimate: Estimate): string {
  if (estimate.kind !== "value") return "not known";
  const { value: mean, low, high } = estimate;
  return low === null || high === null ? signed(mean) : `${signed(mean)} ${span(low, high)}`;
}
