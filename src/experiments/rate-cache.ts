/** Step rates of earlier runs, one small file a machine and model shape in the user's cache. Losing it costs a measurement and nothing else. */

import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { StepRate } from "../model/codi/step-rates.js";
import type { LlamaConfig } from "../model/llama/config.js";
import type { EngineInfo } from "../model/tensor/backend.js";
import { putFile } from "./atomic-file.js";
import { hashOf } from "./fingerprint.js";
import { makeFolders } from "./store.js";
import { userCache } from "./user-cache.js";

/** What a rate depends on. */
export interface RateSubject {
  readonly config: LlamaConfig;
  readonly engine: EngineInfo;
  readonly threads?: number | undefined;
}

/** Rates and where they come from. */
export interface KnownRates {
  readonly steps: readonly StepRate[];
  /** Day of the measurement, ISO. */
  readonly measured: string;
  readonly path: string;
  /** Seconds of the latest run over what its steps add up to; null where no run has ended yet. */
  readonly factor: number | null;
}

const milliseconds = z.number().positive();
const fileSchema = z.strictObject({
  schema: z.literal(2),
  measured: z.iso.date(),
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  shape: z.record(z.string(), z.number()),
  steps: z
    .array(z.strictObject({ rows: z.int().positive(), forwardMs: milliseconds, headMs: milliseconds }))
    .min(1)
    .refine((steps) => steps.every(({ rows }, i) => rows > (steps[i - 1]?.rows ?? 0)), "rows must grow"),
  factor: z.number().positive().optional(),
});

/** @returns null where nothing was measured, or the file is not as this version writes it. */
export function readRates(subject: RateSubject, root = userCache()): KnownRates | null {
  const path = pathOf(subject, root);
  try {
    const { steps, measured, factor = null } = fileSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    return { steps, measured, path, factor };
  } catch {
    return null;
  }
}

/**
 * Keeps rates for later runs; where another process was first, its rates hold, so that all runs here lay out their batches alike.
 *
 * @returns what holds from now on. `path` is empty where nothing could be written.
 */
export function keepRates(subject: RateSubject, steps: readonly StepRate[], root = userCache()): KnownRates {
  const others = readRates(subject, root);
  if (others !== null) return others;
  return write(subject, { steps, measured: new Date().toISOString().slice(0, 10), factor: null }, root);
}

/** Notes how a run went beside what its steps add up to; nothing happens where the rates themselves are not kept. */
export function keepFactor(subject: RateSubject, factor: number, root = userCache()): void {
  const known = readRates(subject, root);
  if (known !== null && Number.isFinite(factor) && factor > 0) write(subject, { ...known, factor }, root);
}

function write(subject: RateSubject, known: Omit<KnownRates, "path">, root: string): KnownRates {
  const { steps, measured, factor } = known;
  const path = pathOf(subject, root);
  const file = { schema: 2, measured, ...described(subject), steps, ...(factor === null ? {} : { factor }) };
  try {
    makeFolders(dirname(path));
    putFile(path, `${JSON.stringify(file, null, 2)}\n`);
    return { steps, measured, factor, path };
  } catch {
    return { steps, measured, factor, path: "" };
  }
}

/** Where the rates of a machine and a shape are kept. */
export function pathOf(subject: RateSubject, root = userCache()): string {
  return join(root, "step-rates", `${hashOf(described(subject)).slice(0, 16)}.json`);
}

function described({ config, engine, threads }: RateSubject): { machine: object; shape: object } {
  const { layers, dModel, dMlp, heads, kvHeads, dHead, vocabSize } = config;
  const machine = {
    processor: cpus()[0]?.model ?? "unknown",
    threads: Number(process.env["TF_NUM_INTRAOP_THREADS"] ?? threads ?? availableParallelism()),
    engine: engine.name,
    engineVersion: engine.version,
    device: engine.device,
  };
  return { machine, shape: { layers, dModel, dMlp, heads, kvHeads, dHead, vocabSize } };
}
