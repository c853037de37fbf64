/** What the head would say at BOT and after each latent, against the values of the solution's steps. */

import { counted } from "../../exhibits/number-text.js";
import type { Estimate } from "../../statistics/estimate.js";
import { wilson } from "../../statistics/proportion-interval.js";

/** What one problem's baseline says. */
export interface LensRow {
  /** Text of the head's first choice at BOT, then after each latent. */
  readonly said: readonly string[];
  /** Values of the solution's steps; null keeps the place of one whose value is unknown. */
  readonly steps: readonly (number | null)[];
  /** The expected number; null where the expected answer is none. */
  readonly answer: number | null;
}

/** How often a position names a value. */
export interface LensCell {
  readonly position: string;
  /** `step 1` …, or `answer`. */
  readonly target: string;
  readonly hits: number;
  /** Problems that have such a step with a known value. */
  readonly n: number;
  readonly rate: Estimate;
  /** Share of hits on the labels of other problems; null with fewer than two. */
  readonly chance: number | null;
}

/** Positions by targets. */
export interface LensMap {
  readonly cells: readonly LensCell[];
  readonly problems: number;
}

/** @returns null where no record has both a lens and marked steps. */
export function lensMap(rows: readonly LensRow[]): LensMap | null {
  const usable = rows.filter(({ said, steps }) => said.length > 0 && hasValue(steps));
  if (usable.length === 0) return null;
  const positions = Math.max(...usable.map(({ said }) => said.length));
  const most = Math.max(...usable.map(({ steps }) => stepsUpToLastKnown(steps)));
  const targets = [...Array.from({ length: most }, (_, i) => `step ${i + 1}`), "answer"];
  const labelOf = (row: LensRow, target: number): number | undefined =>
    (target === most ? row.answer : row.steps[target]) ?? undefined;
  const cells = Array.from({ length: positions }, (_, place) =>
    targets.map((target, column): LensCell => {
      const known = usable.filter((row) => labelOf(row, column) !== undefined && row.said[place] !== undefined);
      const labels = known.map((row) => labelOf(row, column));
      const said = known.map((row) => numberIn(row.said[place] ?? ""));
      const hits = said.filter((value, i) => value === labels[i]).length;
      return {
        position: place === 0 ? "bot" : `latent.${place - 1}`,
        target,
        hits,
        n: known.length,
        rate: wilson(hits, known.length),
        chance: chanceOf(said, labels),
      };
    }),
  ).flat();
  return { cells, problems: usable.length };
}

/** Whether a row's position names its target, cell by cell; null where the row has no such label. */
export function isNamed(
  { said, steps, answer }: LensRow,
  { position, target }: Pick<LensCell, "position" | "target">,
): boolean | null {
  if (!hasValue(steps)) return null;
  const text = said[position === "bot" ? 0 : 1 + Number(position.replace("latent.", ""))];
  const label = target === "answer" ? answer : steps[Number(target.replace("step ", "")) - 1];
  return text === undefined || label === null || label === undefined ? null : numberIn(text) === label;
}

/** Has any step a value that is known? */
export function hasValue(steps: readonly (number | null)[]): boolean {
  return steps.some((step) => step !== null);
}

/** How many steps there are to look for: those after the last known one are in no study. */
export function stepsUpToLastKnown(steps: readonly (number | null)[]): number {
  return steps.findLastIndex((step) => step !== null) + 1;
}

/** The control: how often it would be right about another problem's label, over all pairs of different problems. */
export function chanceOf(said: readonly (number | null)[], labels: readonly (number | undefined)[]): number | null {
  const n = labels.length;
  if (n < 2) return null;
  const counts = new Map<number | undefined, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const matches = said.reduce<number>((sum, value, i) => {
    const all = value === null ? 0 : (counts.get(value) ?? 0);
    return sum + all - (value === labels[i] ? 1 : 0);
  }, 0);
  return matches / (n * (n - 1));
}

/** @returns null where the text is no plain number. */
export function numberIn(text: string): number | null {
  const plain = text.trim();
  return /^-?\d+(?:\.\d+)?$/.test(plain) ? Number(plain) : null;
}

/** What each position names most often, in words. */
export function lensSentence({ cells, problems }: LensMap): string {
  const positions = [...new Set(cells.map(({ position }) => position))];
  const best = positions.map((position) => {
    const mine = cells.filter((cell) => cell.position === position && cell.n > 0);
    const most = Math.max(0, ...mine.map(({ hits, n }) => hits / n));
    if (most === 0) return `${position} no marked value`;
    const top = mine.filter(({ hits, n }) => hits / n === most);
    const named = top.map(
      ({ target, hits, n }) => `the ${target === "answer" ? "answer" : `value of ${target}`} (${hits} of ${n})`,
    );
    return `${position} ${named.join(" as often as ")}`;
  });
  const chances = cells.flatMap(({ chance }) => chance ?? []);
  const control =
    chances.length === 0
      ? "with one problem there is no other's value to compare with"
      : `another problem's value is hit in at most ${(100 * Math.max(...chances)).toFixed(0)} % (the control)`;
  const isNone = cells.every(({ hits }) => hits === 0);
  const named = isNone
    ? "The head's first choice names no marked value at any position"
    : `What the head's first choice names most often is at ${best.join(", at ")}`;
  return `${named}. n = ${counted(problems, "problem")} with marked steps; ${control}.`;
}
