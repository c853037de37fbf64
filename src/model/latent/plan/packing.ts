/** Packs questions into batches: as many rows as pay, as few padded cells as can be, within a memory budget. */

import type { DecoderConfig } from "../../decoder/config.js";
import { blockWeights } from "./forward-cost.js";

/** How large a batch may be. */
export interface PackLimits {
  /** Rows of the latents and the answer. */
  readonly rows: number;
  /** Cells of the prompts, padding included. */
  readonly cells: number;
}

/** Memory for what passes through the blocks and for the keys of one batch, beside the weights. */
const BATCH_BYTES = 512 * 2 ** 20;
// Who holds large weights has some more for keys: a forward of few rows reads all of them.
const KEYS_OF_WEIGHTS = 1 / 4;
/** Positions after the prompt that keys are kept of for all rows at once; rows that go on for longer do so in turns. */
const POSITIONS_AT_ONCE = 32;
/**
 * Rows a batch may have. On every processor that was measured a row of 256 costs less than one of 128, and hardly more than one of more;
 * where a row takes much memory, that decides. Not measured on the machine itself: the rows change the last digits of what is computed.
 */
export const DEFAULT_ROWS = 256;

/** @param rows rows that are wanted at once. @returns that, or less where the memory of a batch asks for it. */
export function limitsFor(config: DecoderConfig, rows: number, positionsAfterPrompt: number): PackLimits {
  const { dModel, dMlp } = config;
  const positions = Math.min(positionsAfterPrompt, POSITIONS_AT_ONCE);
  const rowBytes = GROWING * keyBytes(config) * positions + 4 * (4 * dMlp + 8 * dModel);
  const prompts = Math.floor(keysBudget(config) / 4 / (GROWING * keyBytes(config)));
  return {
    rows: Math.max(1, Math.min(rows, Math.floor((keysBudget(config) * 3) / 4 / rowBytes))),
    cells: Math.max(mostCellsFor(config), prompts),
  };
}

/** Keys, rows times positions after the prompt, that may grow at once. */
export function mostKeysFor(config: DecoderConfig): number {
  return Math.max(1, Math.floor((keysBudget(config) * 3) / 4 / (GROWING * keyBytes(config))));
}

/**
 * Cells, rows times columns, that pass through the blocks at once.
 *
 * @param features of the largest autoencoder of the run, whose values stand beside all that.
 */
export function mostCellsFor(config: DecoderConfig, features = 0): number {
  const { dModel, dMlp, dHead, heads } = config;
  // A cell holds its keys for the whole run, and while it passes: gate, up, their product, and some copies of the residual stream.
  const cellBytes = keyBytes(config) + 4 * (4 * dMlp + 8 * dModel + 4 * heads * dHead + FEATURE_COPIES * features);
  return Math.max(1, Math.floor(BATCH_BYTES / 2 / cellBytes));
}

/** Features before and after the activation, before and after what is written, and their difference. */
const FEATURE_COPIES = 6;

// What grows is copied.
const GROWING = 2;

/** Bytes for the keys of one batch. */
function keysBudget(config: DecoderConfig): number {
  const weights = 4 * (config.layers * blockWeights(config) + config.vocabSize * config.dModel);
  return Math.max(BATCH_BYTES, weights * KEYS_OF_WEIGHTS);
}

/** Bytes of one position's keys and values. */
function keyBytes({ layers, kvHeads, dHead }: DecoderConfig): number {
  return 4 * layers * 2 * kvHeads * dHead;
}

/**
 * Questions of like length go together, the shortest first, so that long ones make nobody wait and little is padded. Batches are as large
 * as each other, and an even number of them where there are several, so that two workers end together.
 *
 * @param lengths prompt tokens of each question.
 * @param rowsEach rows that a question becomes at most.
 * @returns numbers of the questions, batch by batch; a function of its arguments alone.
 */
export function pack(lengths: readonly number[], rowsEach: number, { rows, cells }: PackLimits): number[][] {
  const order = lengths.map((_, question) => question).sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b);
  const most = Math.max(1, Math.floor(rows / rowsEach));
  const least = Math.ceil(order.length / most);
  const each = Math.ceil(order.length / (least > 1 ? 2 * Math.ceil(least / 2) : 1));
  const batches: number[][] = [];
  for (const question of order) {
    const batch = batches.at(-1);
    // Sorted: the new one is the longest, and all are padded to it.
    const fits = batch !== undefined && batch.length < each && (batch.length + 1) * (lengths[question] ?? 0) <= cells;
    if (fits) batch.push(question);
    else batches.push([question]);
  }
  return batches;
}
