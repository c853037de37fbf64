/** What each position of a run is, for labels: its name, and its token's text where it is known. */

import type { RunResult } from "../../model/latent/run-types.js";

type TextOf = (id: number) => string;

/** A run holds ids; the model that made it knows their texts. */
const textOfIds = new WeakMap<object, TextOf>();

/** Remembers who knows the texts of a run's tokens. */
export function knowTexts(run: RunResult, textOf: TextOf): void {
  textOfIds.set(run, textOf);
}

/** One position. */
export interface PositionLabel {
  /** `question.3`, `latent.0` */
  readonly name: string;
  /** The token's text; null where the position has none, as a latent, or where it is not known. */
  readonly text: string | null;
}

/** @returns a label for each position, in order. */
export function labelsOf(run: RunResult): PositionLabel[] {
  const textOf = textOfIds.get(run);
  const { question } = run.layout.parts;
  const { tokens } = run.answer;
  return run.layout.positions.map(({ part, index }, place) => {
    const name = run.layout.names[place] ?? "";
    if (part === "answer") return { name, text: tokens[index]?.text ?? null };
    const id = part === "question" && index < question ? run.promptIds[index] : undefined;
    return { name, text: id === undefined || textOf === undefined ? null : textOf(id) };
  });
}

/** `pens`, or the position's name where it has no text of its own. */
export function shortLabel({ name, text }: PositionLabel): string {
  return text === null || text.trim() === "" ? name : text.trim();
}

/** `question.3 “pens”`. */
export function longLabel({ name, text }: PositionLabel): string {
  return text === null ? name : `${name} “${text.trim() === "" ? text : text.trim()}”`;
}
