/** The headlines of a run beside its control model's: the same numbers there, and the difference over the problems of both. */

import { firstRows, type Headline, type HeadlineRow, ofClusters, shareText } from "../../exhibits/headline.js";
import { show } from "../../exhibits/number-text.js";
import { sideOf } from "../../exhibits/side.js";
import { clusteredBootstrap, ofSums } from "../../statistics/clustered-bootstrap.js";
import type { Estimate } from "../../statistics/estimate.js";
import { compareOutcomes, compareRatios } from "../../statistics/paired-runs.js";
import { wilson } from "../../statistics/proportion-interval.js";
import type { Finding, ProblemUnit } from "../../studies/finding.js";
import { unitOf } from "../../studies/shared/units.js";
import { MAIN_STORIES } from "../../studies/stories.js";
import { attentionHeadline, importanceHeadline } from "../main/headlines.js";
import type { Analysis, ControlRow } from "../summary-types.js";

/** A headline, and what each problem adds to its numbers. */
interface Claim {
  readonly name: string;
  readonly headline: Headline | null;
  readonly units: Finding["units"];
}

/** A headline with its control's numbers. */
export interface BesideClaim {
  readonly headline: Headline;
  readonly rows: readonly ControlRow[];
}

/** What a run is compared with. */
export interface ClaimControl {
  readonly control: Pick<Analysis, "data" | "summary" | "findings">;
  /** Name of the control's model. */
  readonly name: string;
  /** Of the bootstrap. */
  readonly seed: number;
}

/** @returns by the finding's name; a finding without a headline is in it not. */
export function claimsBeside(
  own: ClaimControl["control"],
  { control, ...made }: ClaimControl,
): ReadonlyMap<string, BesideClaim> {
  const theirs = new Map(claimsOf(control).map((claim) => [claim.name, claim]));
  return new Map(
    claimsOf(own).flatMap(({ name, headline, units }) =>
      headline === null ? [] : [[name, beside({ headline, units }, { other: theirs.get(name), ...made })] as const],
    ),
  );
}

function claimsOf({ data, summary, findings }: ClaimControl["control"]): Claim[] {
  const units: Finding["units"] = (key) =>
    data.rows
      .filter(({ latent }) => key === `latent ${latent}`)
      .map((row) => unitOf({ ...row, correct: row.stillCorrect }, "broken"));
  const main: Claim[] = [
    { name: MAIN_STORIES.importance.name, headline: importanceHeadline(summary), units },
    // A correlation is no ratio of sums over problems.
    { name: MAIN_STORIES.attention.name, headline: attentionHeadline(summary), units: undefined },
  ];
  return [
    ...(summary.latents.length === 0 ? [] : main),
    ...findings.map((each) => ({ name: each.name, headline: each.headline ?? null, units: each.units })),
  ];
}

interface Other extends Omit<ClaimControl, "control"> {
  readonly other: Claim | undefined;
}

function beside(own: Omit<Claim, "name"> & { readonly headline: Headline }, made: Other): BesideClaim {
  const { headline } = own;
  const found = headline.rows.map((row) => ({ row, ...numbersAt(keyOf(row), { own, ...made, label: row.label }) }));
  const rows = found.map(({ row: { label, own: mine }, control, difference }) => ({
    label,
    own: mine,
    control,
    difference,
  }));
  const drawn = firstRows(found.map(({ row, control }) => ({ ...row, matched: control })));
  if (headline.about === undefined) return { headline: { ...headline, rows: drawn }, rows };
  const about = headline.rows.find((row) => keyOf(row) === headline.about);
  const numbers = numbersAt(headline.about, { own, ...made, label: about?.label ?? headline.about });
  return {
    headline: {
      ...headline,
      rows: drawn,
      sentence: qualified(headline, numbers),
      matched: said(numbers, made.name),
    },
    rows,
  };
}

function keyOf({ key, label }: HeadlineRow): string {
  return key ?? label;
}

type Numbers = Pick<ControlRow, "control" | "difference">;

/** The control's number at a row, and the difference. */
function numbersAt(
  key: string,
  { own, other, seed, label }: Other & { readonly own: Omit<Claim, "name">; readonly label: string },
): Numbers {
  const [mine, theirs] = [own.units?.(key) ?? null, other?.units?.(key) ?? null];
  if (mine !== null && theirs !== null) return pairedNumbers(mine, theirs, { seed });
  const same = other?.headline?.rows.find((row) => row.label === label);
  return {
    control: same?.own ?? { kind: "undefined", reason: "the control model's run does not have it" },
    difference: { kind: "undefined", reason: NOT_PAIRED },
  };
}

const NOT_PAIRED = "it is not estimated here";

/**
 * @returns the control's ratio over the problems that both have, and the first's less the control's: Newcombe's paired interval where each
 * problem is right or wrong once, else whole problems resampled in both runs at once.
 */
export function pairedNumbers(
  mine: readonly ProblemUnit[],
  theirs: readonly ProblemUnit[],
  { seed }: Pick<ClaimControl, "seed">,
): Numbers {
  const held = new Map(theirs.map((unit) => [unit.problemId, unit]));
  const pairs = mine.flatMap((first) => {
    const second = held.get(first.problemId);
    return second === undefined ? [] : [{ first, second }];
  });
  const isShare = pairs.every(({ first, second }) => [first, second].every(({ sum, n }) => isBit(sum) && n === 1));
  return {
    control: ratioOf(
      pairs.map(({ second }) => second),
      seed,
    ),
    difference: isShare
      ? compareOutcomes(pairs.map(({ first, second }) => ({ first: first.sum === 1, second: second.sum === 1 })))
          .difference
      : ofClusters(compareRatios(pairs, { seed })),
  };
}

function ratioOf(units: readonly ProblemUnit[], seed: number): Estimate {
  const total = (of: (unit: ProblemUnit) => number): number => units.reduce((sum, unit) => sum + of(unit), 0);
  if (units.every(({ sum, n }) => isBit(sum) && isBit(n)))
    return wilson(
      total(({ sum }) => sum),
      total(({ n }) => n),
    );
  const sums = Float64Array.from(units.flatMap(({ sum, n }) => [sum, n]));
  const ratio = ofSums(sums, 2, ([sum = 0, n = 0]) => (n === 0 ? null : sum / n));
  return ofClusters(clusteredBootstrap(units.length, ratio, { seed }));
}

function isBit(value: number): boolean {
  return value === 0 || value === 1;
}

/** A sentence claims something of the latents only where the control is shown to differ. */
function qualified({ sentence, claimsLess = false }: Headline, { control, difference }: Numbers): string {
  if (isUnpaired(difference) && control.kind === "value") return sentence;
  if (control.kind === "undefined") return `Not compared with the control model: ${lowered(sentence)}`;
  if (sideOf(difference) === "unshown") return `No difference to the control model is shown: ${lowered(sentence)}`;
  return isLarger(control, difference) !== claimsLess
    ? `The control model has more of it: ${lowered(sentence)}`
    : sentence;
}

/** Is the control's number further from 0 than the run's own? */
function isLarger(control: Estimate, difference: Estimate): boolean {
  if (control.kind !== "value" || difference.kind !== "value") return false;
  return Math.abs(control.value) > Math.abs(control.value + difference.value);
}

function isUnpaired(difference: Estimate): boolean {
  return difference.kind === "undefined" && difference.reason === NOT_PAIRED;
}

function said({ control, difference }: Numbers, name: string): string {
  if (control.kind === "undefined") return `Control model ${name}: ${show(control)}.`;
  if (isUnpaired(difference)) return `Control model ${name}: ${shareText(control)}; no paired difference is estimated.`;
  const n = difference.kind === "value" ? `, n = ${difference.n}` : "";
  return `Control model ${name}: ${shareText(control)}; difference: ${shareText(difference)}${n}.`;
}

function lowered(sentence: string): string {
  return /^[A-Z][a-z]/.test(sentence) ? sentence.slice(0, 1).toLowerCase() + sentence.slice(1) : sentence;
}
