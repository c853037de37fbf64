/** Readings of the study `lens`: states of BOT and the latents at every layer of the clean run, and what the head says of them. */

import { positionName } from "../../model/hooks/step.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { RunResult } from "../../model/latent/run-types.js";
import type { Kept } from "../fields.js";
import type { ReadContext } from "../read-context.js";
import { tokensOf } from "../shared/number-tokens.js";
import { type SizedProblem, type Work, type WorkFacts, workOfRows } from "../work.js";
import type { LayerLens } from "./record.js";

const SITES = ["blocks.0.hook_resid_pre", "blocks.*.hook_resid_post"] as const;
// States of the whole run on the disk, as base64.
const MOST_BYTES = 256 * 2 ** 20;

/** Runs the questions once more with every layer's states, and reads them. */
export async function layerLenses({ model, runs, facts }: ReadContext): Promise<(Kept | null)[]> {
  const { layers, dModel } = model.config;
  const positions = 1 + model.codi.numLatents;
  const step = stateStep(layers, facts.problems * positions * dModel * 4 * (4 / 3));
  if (step > 1 && runs.some(({ index }) => index === 0))
    facts.notice(
      `lens: states of every layer would take more than ${MOST_BYTES / 2 ** 20} MiB; every ${step}th layer and the last are kept for the probes`,
    );
  const results = await model.runBatch(
    runs.map(({ problem }) => problem.question),
    { capture: SITES, maxNewTokens: 1, captureBudgetBytes: 2 ** 31 },
  );
  const read: (Kept | null)[] = [];
  for (const [i, result] of results.entries()) {
    const steps = runs[i]?.problem.steps ?? [];
    read.push(result.failure === null ? { fields: { layerLens: await lensOf(model, result, { steps, step }) } } : null);
  }
  return read;
}

/** The question once more, and the head at every layer of BOT and the latents. */
export function lensWork(facts: WorkFacts, { tokens }: SizedProblem): Work[] {
  const { config, numLatents } = facts;
  const heads = (config.layers + 1) * (1 + numLatents);
  return workOfRows(facts, { rows: 1, tokens }).map((each, i) => (i === 0 ? { ...each, heads } : each));
}

/** Of how many layers one is kept. @param bytes of one layer's states of the whole run. */
export function stateStep(layers: number, bytes: number): number {
  const kept = Math.max(1, Math.floor(MOST_BYTES / bytes) - 1);
  return Math.ceil((layers + 1) / kept);
}

async function lensOf(
  model: CodiModel,
  { layout, captures }: RunResult,
  { steps, step }: { readonly steps: readonly (number | null)[]; readonly step: number },
): Promise<LayerLens> {
  const { dModel } = model.config;
  const places = layout.positions.flatMap((position, place) =>
    position.part === "bot" || position.part === "latent" ? [{ name: positionName(position), place }] : [],
  );
  const { sites } = captures;
  const layers = sites.map((site) => (site.endsWith("pre") ? "embed" : (site.split(".")[1] ?? "")));
  const states = new Float32Array(sites.length * places.length * dModel);
  for (const [layer, site] of sites.entries()) {
    const { data } = captures.get(site);
    for (const [p, { place }] of places.entries())
      states.set(data.subarray(place * dModel, (place + 1) * dModel), (layer * places.length + p) * dModel);
  }
  const read = await readGrid(model, { states, layers: layers.length, positions: places.length, values: steps });
  const kept = layers.flatMap((_, layer) => (layer % step === 0 || layer === layers.length - 1 ? [layer] : []));
  const size = places.length * dModel;
  const bytes = Buffer.concat(kept.map((layer) => Buffer.from(states.slice(layer * size, (layer + 1) * size).buffer)));
  return {
    positions: places.map(({ name }) => name),
    layers,
    first: read.first,
    steps: read.steps,
    stateLayers: kept.map((layer) => layers[layer] ?? ""),
    width: dModel,
    states: bytes.toString("base64"),
  };
}

/** States in a grid, and the numbers that are looked for. */
export interface StateGrid {
  /** `[layer, position, dModel]`. */
  readonly states: Float32Array;
  readonly layers: number;
  readonly positions: number;
  /** Null for one that is unknown: it keeps its place. */
  readonly values: readonly (number | null)[];
  /** As `states`: what `kl` compares with. */
  readonly reference?: Float32Array;
}

/** What the head says of a grid, `[layer][position]`. */
export interface GridReading extends Pick<LayerLens, "first" | "steps"> {
  /** Nats; null without a reference. */
  readonly kl: readonly (readonly (number | null)[])[];
}

/** Logit lens of a grid of states: first choice, each value's rank and log-probability, and KL from a reference. */
export async function readGrid(model: CodiModel, grid: StateGrid): Promise<GridReading> {
  const { states, layers, positions, values, reference } = grid;
  const tokens = values.map((value) => tokensOf(model, value));
  const readings = await model.logitLens(states, tokens.flat(), reference);
  const each = <T>(of: (cell: number) => T): T[][] =>
    Array.from({ length: layers }, (_, layer) =>
      Array.from({ length: positions }, (_, p) => of(layer * positions + p)),
    );
  return {
    first: each((cell) => model.tokenizer.decode([readings[cell]?.first ?? 0])),
    steps: tokens.map((own, value) => {
      if (own.length === 0) return null;
      const from = tokens.slice(0, value).reduce((sum, { length }) => sum + length, 0);
      // A number may stand with or without a space before it; the better one counts.
      const best = (all: readonly number[], pick: typeof Math.min): number =>
        pick(...all.slice(from, from + own.length));
      return {
        ranks: each((cell) => best(readings[cell]?.ranks ?? [], Math.min)),
        logProbs: each((cell) => best(readings[cell]?.logProbs ?? [], Math.max)),
      };
    }),
    kl: each((cell) => readings[cell]?.kl ?? null),
  };
}
