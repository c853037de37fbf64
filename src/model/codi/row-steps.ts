/** Makes the `Step` of each forward: named positions, RoPE positions, key columns. */

import type { Position, Step } from "../hooks/step.js";
import type { RowPlan } from "./row-plan.js";

/** What is fixed for all rows of a run. */
export interface StepFrame {
  readonly rows: readonly RowPlan[];
  readonly hasBot: boolean;
  readonly latents: number;
  readonly eotTokens: number;
  /** Columns of the prefill: the longest prompt. */
  readonly prefillColumns: number;
}

/** The prefill of the given rows, prompts padded on the right. */
export function prefillStep(frame: StepFrame, rowIds: readonly number[]): Step {
  const columns = frame.prefillColumns;
  const positions = rowIds.map((id) => {
    const length = promptLength(frame, id);
    return Array.from({ length: columns }, (_, column): Position | null =>
      column < length ? promptPosition(frame, length, column) : null,
    );
  });
  // Padding gets its column as position: it is masked, and stays below the model's length check of real tokens.
  const ropePositions = new Int32Array(rowIds.length * columns);
  for (const [row, id] of rowIds.entries()) {
    const length = promptLength(frame, id);
    for (let column = 0; column < columns; column++)
      ropePositions[row * columns + column] = Math.min(column, length - 1);
  }
  return makeStep(frame, "prefill", rowIds, positions, ropePositions, true);
}

/** A forward after the prompt: `width` columns of one part from `index` on. `lengths[row]` cells are real, the others padding. */
export function laterStep(
  frame: StepFrame,
  rowIds: readonly number[],
  first: Position,
  options: { readonly lengths: readonly number[]; readonly width: number; readonly counts: boolean },
): Step {
  const { lengths, width, counts } = options;
  const positions = rowIds.map((_, row) =>
    Array.from({ length: width }, (_, column): Position | null =>
      column < (lengths[row] ?? 0) ? { part: first.part, index: first.index + column } : null,
    ),
  );
  const offset = offsetAfterPrompt(frame, first);
  const ropePositions = new Int32Array(rowIds.length * width);
  for (const [row, id] of rowIds.entries()) {
    const real = Math.max(1, lengths[row] ?? 0);
    for (let column = 0; column < width; column++)
      ropePositions[row * width + column] = promptLength(frame, id) + offset + Math.min(column, real - 1);
  }
  const label = first.part === "eot" ? "eot" : `${first.part}.${first.index}`;
  return makeStep(frame, label, rowIds, positions, ropePositions, counts);
}

function makeStep(
  frame: StepFrame,
  label: string,
  rowIds: readonly number[],
  positions: readonly (readonly (Position | null)[])[],
  ropePositions: Int32Array,
  counts: boolean,
): Step {
  const columns = positions[0]?.length ?? 0;
  const keyColumn = (row: number, position: Position): number | null => {
    if (position.part === "question" || position.part === "bot")
      return promptColumn(frame, rowIds[row] ?? -1, position);
    return existsAfterPrompt(frame, position) ? frame.prefillColumns + offsetAfterPrompt(frame, position) : null;
  };
  return { rows: rowIds.length, columns, label, rowIds, positions, ropePositions, keyColumn, counts };
}

function promptLength(frame: StepFrame, id: number): number {
  return frame.rows[id]?.promptIds.length ?? 0;
}

function promptPosition(frame: StepFrame, length: number, column: number): Position {
  return frame.hasBot && column === length - 1 ? { part: "bot", index: 0 } : { part: "question", index: column };
}

function promptColumn(frame: StepFrame, id: number, position: Position): number | null {
  const questionLength = promptLength(frame, id) - (frame.hasBot ? 1 : 0);
  if (position.part === "bot") return frame.hasBot ? questionLength : null;
  return position.index < questionLength ? position.index : null;
}

function existsAfterPrompt(frame: StepFrame, { part, index }: Position): boolean {
  if (part === "latent") return index < frame.latents;
  return part === "eot" ? index < frame.eotTokens : true;
}

/** Places after the prompt: latents, then EOT, then the answer. The tail has no padding, so this is also the key column. */
function offsetAfterPrompt(frame: StepFrame, position: Position): number {
  switch (position.part) {
    case "latent":
      return position.index;
    case "eot":
      return frame.latents + position.index;
    default:
      return frame.latents + frame.eotTokens + position.index;
  }
}
