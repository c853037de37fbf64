/** A planned run with the runs and vectors that it reads: what `model.run` takes. */

import type { RunOptions, RunResult, SiteName } from "../../browser.js";
import type { SavedDirection, ValueTarget } from "./edit.js";
import { siteOf } from "./targets.js";
import type { PlannedRun } from "./to-run.js";

/** Answers a question without edits, with these sites kept. What it gives may be kept for later. */
export type CaptureOf = (question: string, sites: readonly SiteName[]) => Promise<RunResult>;

/** What edits add to a run's options. */
export type EditOptions = Required<Pick<RunOptions, "interventions" | "sources" | "values" | "reference" | "seed">>;

/** @throws what the runs throw. */
export async function runOptions(planned: PlannedRun, captureOf: CaptureOf): Promise<EditOptions> {
  const { interventions, reference, seed } = planned;
  const sources: Record<string, RunResult[]> = {};
  for (const [name, { question, capture }] of Object.entries(planned.sources))
    sources[name] = [await captureOf(question, capture)];
  const values: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (const [name, saved] of Object.entries(planned.directions)) {
    const data = await directionNumbers(saved, captureOf);
    values[name] = { shape: [data.length], data };
  }
  return { interventions, sources, values, reference, seed };
}

/** A saved direction's numbers. */
export async function directionNumbers(saved: SavedDirection, captureOf: CaptureOf): Promise<Float32Array> {
  if (saved.kind === "vector") return Float32Array.from(saved.numbers);
  const { target, question, minus } = saved;
  const [a, b] = [await captureOf(question, [siteOf(target)]), await captureOf(minus, [siteOf(target)])];
  const subtracted = valueAt(b, target);
  return valueAt(a, target).map((x, i) => x - (subtracted[i] ?? 0));
}

/** The numbers that a run has at a target. */
export function valueAt(
  { captures, layout }: Pick<RunResult, "captures" | "layout">,
  target: ValueTarget,
): Float32Array {
  const { shape, data } = captures.get(siteOf(target));
  const width = shape.at(-1) ?? 0;
  const heads = target.kind === "head" ? (shape.at(-2) ?? 1) : 1;
  const place = layout.names.indexOf(`latent.${target.latent}`) * heads + (target.kind === "head" ? target.head : 0);
  return data.slice(place * width, (place + 1) * width);
}
