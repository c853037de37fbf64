/** Makes the `Step` of each forward: named positions, RoPE positions, key columns. */

import type { Position, Step } from "../../hooks/step.js";
import type { RowPlan } from "./row.js";
import type { Group } from "./row-tree.js";

/** What is fixed for all rows of a run. */
export interface StepFrame {
  readonly rows: readonly RowPlan[];
  readonly hasBot: boolean;
  readonly latents: number;
  readonly eotTokens: number;
  /** Columns of the prefill: the longest prompt. */
  readonly prefillColumns: number;
}

/** Where answer tokens lie among the keys after EOT: tokens that were tried and not kept, and padding, lie between them. */
export interface AnswerKeys {
  /** Columns that were fed before this forward. */
  readonly width: number;
  /** By place in this forward: the columns of the row's own tokens among them. */
  readonly columns: readonly (readonly number[])[];
}

const NONE_YET: AnswerKeys = { width: 0, columns: [] };

/** Cells of a forward after the prompt. */
export interface LaterCells {
  readonly label: string;
  /** By place: the positions that are fed, in order; shorter rows are padded. */
  readonly fed: readonly (readonly Position[])[];
  readonly counts: boolean;
  readonly answerKeys?: AnswerKeys;
}

/** Columns of prompts that one forward is fed. */
export interface PromptColumns {
  /** Default: the first one. */
  readonly from?: number;
  /** Default: to the end of the longest prompt of the run. */
  readonly columns?: number;
}

/** The prefill of the given rows, prompts padded on the right. */
export function prefillStep(
  frame: StepFrame,
  groups: readonly Group[],
  { from = 0, columns = frame.prefillColumns - from }: PromptColumns = {},
): Step {
  const positions = groups.map((group) => {
    const length = promptLength(frame, group.lead);
    return Array.from({ length: columns }, (_, column): Position | null =>
      from + column < length ? promptPosition(frame, length, from + column) : null,
    );
  });
  // Padding repeats the last position: it is masked, and stays below the model's length check of real tokens.
  const tokenPositions = new Int32Array(groups.length * columns);
  for (const [row, group] of groups.entries()) {
    const length = promptLength(frame, group.lead);
    for (let column = 0; column < columns; column++)
      tokenPositions[row * columns + column] = Math.min(from + column, length - 1);
  }
  return makeStep(frame, groups, {
    label: "prefill",
    positions,
    tokenPositions,
    counts: true,
    answerKeys: NONE_YET,
  });
}

/** A forward after the prompt. */
export function laterStep(frame: StepFrame, groups: readonly Group[], cells: LaterCells): Step {
  const width = cells.fed.reduce((most, { length }) => Math.max(most, length), 0);
  const positions = cells.fed.map((own) =>
    Array.from({ length: width }, (_, column): Position | null => own[column] ?? null),
  );
  const tokenPositions = new Int32Array(groups.length * width);
  for (const [row, group] of groups.entries()) {
    const own = cells.fed[row] ?? [];
    const prompt = promptLength(frame, group.lead);
    for (let column = 0; column < width; column++) {
      const position = own[Math.min(column, own.length - 1)];
      tokenPositions[row * width + column] = prompt + (position === undefined ? 0 : offsetAfterPrompt(frame, position));
    }
  }
  const { label, counts, answerKeys = NONE_YET } = cells;
  return makeStep(frame, groups, { label, positions, tokenPositions, counts, answerKeys });
}

function makeStep(
  frame: StepFrame,
  groups: readonly Group[],
  parts: Pick<Step, "label" | "positions" | "tokenPositions" | "counts"> & { readonly answerKeys: AnswerKeys },
): Step {
  const { answerKeys, ...own } = parts;
  const places = new Map(groups.flatMap(({ rows }, place) => rows.map((id) => [id, place] as const)));
  const rowIds = groups.map(({ lead }) => lead);
  const keyColumn = (row: number, position: Position): number | null => {
    const id = rowIds[row] ?? -1;
    if (position.part === "question" || position.part === "bot") return promptColumn(frame, id, position);
    if (!existsAfterPrompt(frame, position)) return null;
    const column = frame.prefillColumns + offsetAfterPrompt(frame, position);
    if (position.part !== "answer") return column;
    const kept = answerKeys.columns[row] ?? [];
    const own = kept[position.index] ?? answerKeys.width + position.index - kept.length;
    return column + own - position.index;
  };
  return {
    ...own,
    rows: groups.length,
    columns: parts.positions[0]?.length ?? 0,
    rowIds,
    members: groups.map(({ rows }) => rows),
    placeOf: (id) => places.get(id) ?? null,
    keyColumn,
  };
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

/** Places after the prompt: latents, then EOT, then the answer. Nothing of them is padding, so this is also the key column. */
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
