/** What knockouts take away, and what they change in the latents' states, each beside as many positions at random. */

import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { mean } from "../../statistics/pearson.js";
import type { StudyCondition } from "../finding.js";
import { byCondition, fieldOf, type StudyRecord, type StudyRow } from "./rows.js";

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

/** A row, with what studies of knockouts keep in its record. */
export interface KnockoutRow extends StudyRow {
  /** By latent, relative change of its state after the last block. */
  readonly latentChange?: readonly (number | null)[];
  /** By block, share of the reader's attention in the baseline that is cut. */
  readonly cutAttention?: readonly number[];
}

type KnockoutFields = Pick<KnockoutRow, "latentChange" | "cutAttention">;

/** A condition, with what its knockout takes away and changes, where it was recorded. */
export interface KnockoutCondition extends StudyCondition {
  readonly knockout?: KnockoutEffect;
}

/** @returns what a record keeps of a knockout. */
export function knockoutOf(record: StudyRecord): KnockoutFields {
  const latentChange = fieldOf<readonly (number | null)[]>(record, "latentChange");
  const cutAttention = fieldOf<readonly number[]>(record, "cutAttention");
  return {
    ...(latentChange === undefined ? {} : { latentChange }),
    ...(cutAttention === undefined ? {} : { cutAttention }),
  };
}

/** @param rows of one study. @returns by condition; none where nothing of the kind was recorded. */
export function knockoutEffects(rows: readonly KnockoutRow[], seed: number): Map<string, KnockoutEffect> {
  const groups = byCondition(rows);
  const firsts = [...groups.values()].flatMap(([first]) => first ?? []);
  return new Map(
    [...groups].flatMap(([condition, mine]) => {
      const [first] = mine;
      const isRecorded = mine.some(({ cutAttention, latentChange }) => cutAttention ?? latentChange);
      if (first === undefined || !isRecorded) return [];
      const control = groups.get(controlOf(first, firsts)?.condition ?? "") ?? [];
      const compare = (of: Quantity): Compared => compared({ own: mine, control, seed }, of);
      const [attention, reader, later] = [compare(cutShare), compare(readerChange), compare(laterChange)];
      const isKnown = [attention, reader, later].some(({ own }) => own.kind === "value");
      return isKnown ? [[condition, { attention, top: topBlock(mine, seed), reader, later }] as const] : [];
    }),
  );
}

/** One problem's quantity; null where there is none. */
export type Quantity = (row: KnockoutRow) => number | null;

/** Share of attention that is cut, mean over blocks. */
export function cutShare({ cutAttention }: KnockoutRow): number | null {
  return cutAttention === undefined || cutAttention.length === 0 ? null : mean(cutAttention);
}

/** Change of the reader's state. */
export function readerChange({ factors, latentChange }: KnockoutRow): number | null {
  return latentChange?.[readerOf(factors["from"]) ?? -1] ?? null;
}

function laterChange({ factors, latentChange }: KnockoutRow): number | null {
  const reader = readerOf(factors["from"]);
  const later = reader === null ? [] : (latentChange ?? []).slice(reader + 1).flatMap((change) => change ?? []);
  return later.length === 0 ? null : mean(later);
}

interface Pair {
  readonly own: readonly KnockoutRow[];
  readonly control: readonly KnockoutRow[];
  readonly seed: number;
}

function compared({ own, control, seed }: Pair, of: Quantity): Compared {
  const known = (some: readonly KnockoutRow[]): number[] => some.flatMap((row) => of(row) ?? []);
  const besides = new Map(control.map((row) => [row.problemId, of(row)]));
  const beyond = own.flatMap((row) => {
    const [mine, beside] = [of(row), besides.get(row.problemId) ?? null];
    return mine === null || beside === null ? [] : [mine - beside];
  });
  return {
    own: meanEstimate(known(own), seed),
    control: meanEstimate(known(control), seed),
    beyond: meanEstimate(beyond, seed),
  };
}

function topBlock(rows: readonly KnockoutRow[], seed: number): KnockoutEffect["top"] {
  const profiles = rows.flatMap(({ cutAttention }) => (cutAttention === undefined ? [] : [cutAttention]));
  const [first] = profiles;
  if (first === undefined || first.length === 0) return null;
  const byBlock = first.map((_, block) => profiles.map((shares) => shares[block] ?? 0));
  const means = byBlock.map(mean);
  const block = means.indexOf(Math.max(...means));
  return { block, share: meanEstimate(byBlock[block] ?? [], seed) };
}

/** Where spans differ in length, a control stands for one of them: it says for which, or (in older runs) for all numbers. */
function controlOf({ factors }: KnockoutRow, all: readonly KnockoutRow[]): KnockoutRow | undefined {
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
