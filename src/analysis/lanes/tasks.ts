/** What is computed beside the main thread, by name: plain data in, plain data out. The same data give the same result on any thread. */

import type { FigureSpec } from "../../exhibits/figure.js";
import { type PackedTable, parquetOf } from "../../exhibits/packed-table.js";
import type { RenderedFigure } from "../draw/render.js";
import { type LayerInput, type LayerSummary, layerSummary } from "../main/correlations.js";
import { type MeasureInput, measureSummary } from "../main/measures.js";
import type { MeasureSummary } from "../summary-types.js";

/** What each kind of task is given. */
export interface Given {
  readonly figure: FigureSpec;
  readonly table: PackedTable;
  readonly layer: LayerInput;
  readonly measure: MeasureInput;
}

/** What comes of it. */
export interface Made {
  readonly figure: RenderedFigure;
  readonly table: Uint8Array;
  readonly layer: LayerSummary;
  readonly measure: MeasureSummary;
}

/** Kinds of tasks. */
export type Kind = keyof Given;

/** What the main thread leaves to the others: each thread that draws has to load what draws. */
const LEFT_TO_THREADS: ReadonlySet<Kind> = new Set<Kind>(["figure"]);

/** Whether a task of this kind is for threads beside the main one, where there are any. */
export function isLeftToThreads(kind: Kind): boolean {
  return LEFT_TO_THREADS.has(kind);
}

type Task<K extends Kind> = (given: Given[K], onNext: () => void) => Promise<Made[K]> | Made[K];

const TASKS: { readonly [K in Kind]: Task<K> } = {
  // Vega and the canvas are loaded by the thread that draws, and only there.
  figure: async (spec, onDrawn) => (await import("../draw/render.js")).renderFigure(spec, { onDrawn }),
  table: parquetOf,
  layer: layerSummary,
  measure: measureSummary,
};

/** Computes one task. @param onNext called where the following task may begin before this one is done. */
export async function compute<K extends Kind>(
  kind: K,
  given: Given[K],
  { onNext = () => undefined }: { readonly onNext?: () => void } = {},
): Promise<Made[K]> {
  return TASKS[kind](given, onNext);
}
