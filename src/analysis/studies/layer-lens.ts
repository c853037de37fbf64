/** What every layer holds of the solution's steps: the head's ranking (logit lens), and what a linear probe reads out of the states. */

import type { LayerLens } from "../../experiments/record.js";
import { gramOf, heldOutR2 } from "../statistics/kernel-ridge.js";
import { foldsOf } from "../statistics/linear-probe.js";
import { wilson } from "../statistics/proportion-interval.js";
import { randomSource, shuffle } from "../statistics/random.js";
import type { Estimate } from "../summary-types.js";
import { chanceOf, numberIn } from "./lens.js";

/** One problem's reading, and the values of its steps. */
export interface LayerLensRow {
  readonly steps: readonly number[];
  readonly lens: LayerLens;
}

/** One layer, position and step. */
export interface LayerLensCell {
  readonly layer: string;
  readonly position: string;
  /** `step 1` … */
  readonly target: string;
  /** Problems whose step is one token, and those in which that token is the head's first choice. */
  readonly n: number;
  readonly first: number;
  readonly rate: Estimate;
  readonly medianRank: number | null;
  /** Nats. */
  readonly medianLogProb: number | null;
  /** Share of hits on other problems' values; null with fewer than two. */
  readonly chance: number | null;
}

/** A linear read-out of a step's value. */
export interface LayerProbe {
  readonly layer: string;
  readonly position: string;
  readonly target: string;
  readonly n: number;
  /** Held-out, against the training mean; null where it is not defined. */
  readonly r2: number | null;
  /** The same with shuffled labels: mean and largest of the shuffles. */
  readonly control: { readonly mean: number; readonly most: number } | null;
}

/** Layers by positions by steps. */
export interface LayerLensSummary {
  readonly layers: readonly string[];
  readonly positions: readonly string[];
  readonly problems: number;
  readonly cells: readonly LayerLensCell[];
  readonly probes: readonly LayerProbe[];
}

/** Folds of whole problems; the penalty is `PENALTY` times the training features' mean sum of squares. */
export const FOLDS = 5;
/** See `FOLDS`. */
export const PENALTY = 0.1;
/** Times that labels are shuffled. */
export const SHUFFLES = 5;
// Fewer than four problems a fold say nothing.
const FEWEST = 4 * FOLDS;

/** @returns null where no problem has a reading and marked steps. */
export function layerLensSummary(given: readonly LayerLensRow[], seed: number): LayerLensSummary | null {
  const rows = given.filter(({ steps }) => steps.length > 0);
  const [one] = rows;
  if (one === undefined) return null;
  const { layers, positions, stateLayers } = one.lens;
  const most = Math.max(...rows.map(({ steps }) => steps.length));
  const steps = Array.from({ length: most }, (_, step) => step);
  return {
    layers,
    positions,
    problems: rows.length,
    cells: layers.flatMap((_, layer) =>
      positions.flatMap((_, position) => steps.map((step) => cellOf(rows, layer, position, step))),
    ),
    probes: stateLayers.flatMap((_, layer) => positions.flatMap((_, p) => probesOf(rows, layer, p, most, seed))),
  };
}

function cellOf(rows: readonly LayerLensRow[], layer: number, position: number, step: number): LayerLensCell {
  const read = rows.flatMap(({ steps, lens }) => {
    const found = lens.steps[step];
    const value = steps[step];
    if (found === null || found === undefined || value === undefined) return [];
    const said = numberIn(lens.first[layer]?.[position] ?? "");
    const rank = found.ranks[layer]?.[position] ?? Number.NaN;
    return [{ value, said, rank, logProb: found.logProbs[layer]?.[position] ?? Number.NaN }];
  });
  const first = read.filter(({ rank }) => rank === 1).length;
  const { layers = [], positions = [] } = rows[0]?.lens ?? {};
  return {
    layer: layers[layer] ?? "",
    position: positions[position] ?? "",
    target: `step ${step + 1}`,
    n: read.length,
    first,
    rate: wilson(first, read.length),
    medianRank: median(read.map(({ rank }) => rank)),
    medianLogProb: median(read.map(({ logProb }) => logProb)),
    chance: chanceOf(
      read.map(({ said }) => said),
      read.map(({ value }) => value),
    ),
  };
}

function probesOf(
  rows: readonly LayerLensRow[],
  layer: number,
  position: number,
  most: number,
  seed: number,
): LayerProbe[] {
  const { width = 0, positions = [], stateLayers = [] } = rows[0]?.lens ?? {};
  const values = new Float64Array(rows.length * width);
  const offset = (layer * positions.length + position) * width;
  for (const [row, { lens }] of rows.entries())
    values.set(statesOf(lens).subarray(offset, offset + width), row * width);
  const features = { rows: rows.length, width, values };
  const gram = gramOf(features);
  const fold = foldsOf(rows.length, FOLDS, seed);
  return Array.from({ length: most }, (_, step): LayerProbe => {
    const known = rows.flatMap(({ steps }, row) => (steps[step] === undefined ? [] : [row]));
    const where = { layer: stateLayers[layer] ?? "", position: positions[position] ?? "", target: `step ${step + 1}` };
    if (known.length < FEWEST) return { ...where, n: known.length, r2: null, control: null };
    const labels = Float64Array.from(rows, ({ steps }) => steps[step] ?? 0);
    const shuffled = Array.from({ length: SHUFFLES }, (_, time) => exchanged(labels, known, seed + 1 + time));
    const options = { rows: known, fold, folds: FOLDS, penalty: PENALTY };
    const [r2 = null, ...controls] = heldOutR2(features, gram, [labels, ...shuffled], options);
    const fair = controls.filter((each) => each !== null);
    const mean = fair.reduce((sum, each) => sum + each, 0) / fair.length;
    return { ...where, n: known.length, r2, control: fair.length === 0 ? null : { mean, most: Math.max(...fair) } };
  });
}

function exchanged(labels: Float64Array, known: readonly number[], seed: number): Float64Array {
  const order = Int32Array.from(known);
  shuffle(order, randomSource(seed));
  const result = labels.slice();
  for (const [place, row] of known.entries()) result[row] = labels[order[place] ?? 0] ?? 0;
  return result;
}

const decoded = new WeakMap<LayerLens, Float32Array>();

function statesOf(lens: LayerLens): Float32Array {
  const known = decoded.get(lens);
  if (known !== undefined) return known;
  const made = new Float32Array(Uint8Array.from(Buffer.from(lens.states, "base64")).buffer);
  decoded.set(lens, made);
  return made;
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

/** Where each step is named, from which layer on, and where it is read out best. */
export function layerLensSentence({ layers, cells, probes }: LayerLensSummary): string {
  const targets = [...new Set(cells.map(({ target }) => target))];
  const named = targets.flatMap((target) => {
    const mine = cells.filter((cell) => cell.target === target && cell.n >= FEWEST);
    const last = mine.filter(({ layer }) => layer === layers.at(-1));
    const [top] = [...last].sort((a, b) => b.first / b.n - a.first / a.n);
    if (top === undefined) return [];
    const column = mine.filter(({ position }) => position === top.position);
    const late = column.findLastIndex(({ first, n }) => 2 * first < n);
    const from = column[late + 1];
    const since =
      from === undefined ? "in fewer than half at the end" : `in at least half from ${layerName(from.layer)} on`;
    return [`${target} at ${top.position} (${since}; ${top.first} of ${top.n} at the end)`];
  });
  const read = targets.flatMap((target) => {
    const mine = probes.filter((probe) => probe.target === target && probe.r2 !== null);
    const [top] = [...mine].sort((a, b) => (b.r2 ?? 0) - (a.r2 ?? 0));
    if (top === undefined) return [];
    const control = top.control === null ? "" : `, shuffled labels ${top.control.mean.toFixed(2)}`;
    return [`${target} at ${top.position}, ${layerName(top.layer)} (R² ${(top.r2 ?? 0).toFixed(2)}${control})`];
  });
  const lens = named.length === 0 ? "" : ` By layer, the head's first choice is ${named.join(", ")}.`;
  const probe =
    read.length === 0
      ? ` Probes need at least ${FEWEST} problems with the step.`
      : ` A linear probe reads best (picked out of all layers and positions; held-out) ${read.join("; ")}.`;
  return lens + probe;
}

/** `embed` and `7` in words. */
export function layerName(layer: string): string {
  return layer === "embed" ? "the embedding" : `block ${layer}`;
}
