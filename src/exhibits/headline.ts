/** A finding in one sentence, with the few numbers that it rests on: what a card of the report and a line of the terminal show. */

import type { BootstrapInterval } from "../statistics/clustered-bootstrap.js";
import type { Estimate } from "../statistics/estimate.js";
import { FEWEST_TO_SAY, show, signed, TOO_FEW } from "./number-text.js";

/** One row of a card's small figure. */
export interface HeadlineRow {
  readonly label: string;
  readonly own: Estimate;
  /** What the control gives there; null where it has none. */
  readonly control: Estimate | null;
  /** By which `Finding.units` knows its number; default the label. */
  readonly key?: string;
  /** The same of the control model, where one was run beside. */
  readonly matched?: Estimate | null;
}

/** What a card is made of. */
export interface Headline {
  /** At most 25 words, with effect, interval, n and control. */
  readonly sentence: string;
  /** What the rows' numbers are: `share of answers broken`. */
  readonly unit: string;
  readonly rows: readonly HeadlineRow[];
  /** Cards with small numbers are taken first where there are more findings than cards. */
  readonly rank: number;
  /** Is the claim the stronger, the smaller the number? Default: the further from 0. */
  readonly claimsLess?: boolean;
  /** Key of the row that the sentence is about; none where it claims nothing of the latents. */
  readonly about?: string;
  /** What the control model has there, and the difference with its interval; where one was run beside. */
  readonly matched?: string;
}

/** A longer sentence is not read in a card. */
export const MOST_WORDS = 25;
const MOST_ROWS = 6;

/** @returns the first wording that is short enough; the last one, cut, where none is. */
export function shortSentence(wordings: readonly string[]): string {
  const short = wordings.find((each) => wordsOf(each) <= MOST_WORDS);
  return short ?? `${(wordings.at(-1) ?? "").split(" ").slice(0, MOST_WORDS).join(" ")}…`;
}

/** Words as a reader counts them: what stands between two blanks. */
export function wordsOf(sentence: string): number {
  return sentence.trim().split(/\s+/).length;
}

/** The rows that a card has room for. */
export function firstRows(rows: readonly HeadlineRow[]): readonly HeadlineRow[] {
  return rows.slice(0, MOST_ROWS);
}

/** `6 of 24 (0.25 [0.12, 0.45])`; `3 of 5 (too few to say)`. */
export function rateText({
  count,
  n,
  rate,
}: {
  readonly count: number;
  readonly n: number;
  readonly rate: Estimate;
}): string {
  return `${count} of ${n} (${shareText(rate)})`;
}

/** `7 (0.29 [0.15, 0.49])`, beside a count of the same n. */
export function besideText({ count, rate }: { readonly count: number; readonly rate: Estimate }): string {
  return `${count} (${shareText(rate)})`;
}

/** A share beside the counts, which say it and n of few problems already: `0.25 [0.12, 0.45]`, `too few to say`. */
export function shareText(rate: Estimate): string {
  return rate.kind === "value" && rate.n < FEWEST_TO_SAY ? TOO_FEW : show(rate);
}

/** A bootstrap's interval as an estimate over its problems. */
export function ofClusters(interval: BootstrapInterval): Estimate {
  if (interval.kind === "undefined") return interval;
  const { value, low, high, clusters: n } = interval;
  return { kind: "value", value, low, high, n };
}

/** Its value alone, or why there is none. */
export function valueText(estimate: Estimate): string {
  return estimate.kind === "value" ? signed(estimate.value) : show(estimate);
}
