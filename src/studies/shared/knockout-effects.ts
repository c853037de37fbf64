/** What knockouts take away, and what they change in what the latents hand on, each beside as many positions at random. */

import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { mean } from "../../statistics/pearson.js";
import type { StudyRow } from "./rows.js";

/** One quantity of a knockout, mean over problems, with intervals over them. */
export interface Compared {
  readonly own: Estimate;
  /** Of the control of the same reader and as many positions. */
  readonly control: Estimate;
  /** Own less control, in the same problem. */
  readonly beyond: Estimate;
}

/** One knockout. What was not recorded, or has no control, is undefined. */
export interface KnockoutEffect {
  /** Share of the reader's attention in the baseline that goes to what is cut; mean over blocks and heads. */
  readonly attention: Compared;
  /** The block where that share is largest, picked out of all; null where it was not recorded. */
  readonly top: { readonly block: number; readonly share: Estimate } | null;
  /** Relative change of the reader's state after the last block, ‖after − before‖ / ‖before‖; where BOT reads latent 0's, which gets what BOT hands on. */
  readonly reader: Compared;
  /** The same of the latents after that one, their mean. */
  readonly later: Compared;
}

/** @param rows of one study. @returns by condition; none where nothing of the kind was recorded. */
export function knockoutEffects(rows: readonly StudyRow[], seed: number): Map<string, KnockoutEffect> {
  const byCondition = new Map<string, StudyRow[]>();
  for (const row of rows) byCondition.set(row.condition, [...(byCondition.get(row.condition) ?? []), row]);
  const firsts = [...byCondition.values()].flatMap(([first]) => first ?? []);
  return new Map(
    [...byCondition].flatMap(([condition, mine]) => {
      const [first] = mine;
      const isRecorded = mine.some(({ cutAttention, latentChange }) => cutAttention ?? latentChange);
      if (first === undefined || !isRecorded) return [];
      const control = byCondition.get(controlOf(first, firsts)?.condition ?? "") ?? [];
      const compare = (of: Quantity): Compared => compared(mine, control, of, seed);
      const [attention, reader, later] = [compare(cutShare), compare(readerChange), compare(laterChange)];
      const isKnown = [attention, reader, later].some(({ own }) => own.kind === "value");
      return isKnown ? [[condition, { attention, top: topBlock(mine, seed), reader, later }] as const] : [];
    }),
  );
}

/** One problem's quantity; null where there is none. */
export type Quantity = (row: StudyRow) => number | null;

/** Share of attention that is cut, mean over blocks. */
export function cutShare({ cutAttention }: StudyRow): number | null {
  return cutAttention === undefined || cutAttention.length === 0 ? null : mean(cutAttention);
}

/** Change of what the reader hands on. */
export function readerChange({ factors, latentChange }: StudyRow): number | null {
  return latentChange?.[readerOf(factors["from"]) ?? -1] ?? null;
}

function laterChange({ factors, latentChange }: StudyRow): number | null {
  const reader = readerOf(factors["from"]);
  const later = reader === null ? [] : (latentChange ?? []).slice(reader + 1).flatMap((change) => change ?? []);
  return later.length === 0 ? null : mean(later);
}

function compared(rows: readonly StudyRow[], controls: readonly StudyRow[], of: Quantity, seed: number): Compared {
  const known = (some: readonly StudyRow[]): number[] => some.flatMap((row) => of(row) ?? []);
  const besides = new Map(controls.map((row) => [row.problemId, of(row)]));
  const beyond = rows.flatMap((row) => {
    const [own, beside] = [of(row), besides.get(row.problemId) ?? null];
    return own === null || beside === null ? [] : [own - beside];
  });
  return {
    own: meanEstimate(known(rows), seed),
    control: meanEstimate(known(controls), seed),
    beyond: meanEstimate(beyond, seed),
  };
}

function topBlock(rows: readonly StudyRow[], seed: number): KnockoutEffect["top"] {
  const profiles = rows.flatMap(({ cutAttention }) => (cutAttention === undefined ? [] : [cutAttention]));
  const [first] = profiles;
  if (first === undefined || first.length === 0) return null;
  const byBlock = first.map((_, block) => profiles.map((shares) => shares[block] ?? 0));
  const means = byBlock.map(mean);
  const block = means.indexOf(Math.max(...means));
  return { block, share: meanEstimate(byBlock[block] ?? [], seed) };
}

/** Where spans differ in length, a control stands for one of them: it says for which, or (in older runs) for all numbers. */
function controlOf({ factors }: StudyRow, all: readonly StudyRow[]): StudyRow | undefined {
  if (factors["control"] !== undefined) return undefined;
  const { from, span: cut } = factors;
  return all.find(
    (each) =>
      each.factors["control"] !== undefined &&
      each.factors["from"] === from &&
      (cut === undefined || cut === (each.factors["instead"] ?? "all numbers")),
  );
}

/** The latent whose state a reader's change shows in; null for EOT and the answer, which come after all latents. */
function readerOf(from: number | string | undefined): number | null {
  if (from === "bot") return 0;
  const latent = /^latent\.(\d+)$/.exec(String(from));
  return latent === null ? null : Number(latent[1]);
}
