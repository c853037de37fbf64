/**
 * Step rates of earlier runs, one small file a machine and model shape in the user's cache. Only estimates of time come of them. Several
 * readings are kept and read together, so that no disturbed minute holds: of steps the fastest counts, of whole runs the median.
 */

import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { putFile, sweepTemporaries } from "../../disk/atomic-file.js";
import { userCache } from "../../disk/user-cache.js";
import type { DecoderConfig } from "../../model/decoder/config.js";
import type { StepRate } from "../../model/latent/plan/rates.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import { hashOf } from "../../records/fingerprint.js";
import { makeFolders } from "../../records/store.js";

/** What a rate depends on. */
export interface RateSubject {
  readonly config: DecoderConfig;
  readonly engine: EngineInfo;
  readonly threads?: number | undefined;
}

/** Rates and where they come from. */
export interface KnownRates {
  /** The fastest of the readings, by the number of rows. */
  readonly steps: readonly StepRate[];
  /** Readings that they come from. */
  readonly readings: number;
  /** Day of the latest reading, ISO. */
  readonly measured: string;
  readonly path: string;
  /** Seconds of a run over what its steps add up to, the median of the last runs; null where no run has ended yet. */
  readonly factor: number | null;
}

/** Readings and runs that count; older ones are dropped. */
const MOST_KEPT = 5;
const FEWEST_READINGS = 3;
const MOST_DAYS = 30;

const milliseconds = z.number().positive();
const readingSchema = z.strictObject({
  measured: z.iso.date(),
  steps: z
    .array(z.strictObject({ rows: z.int().positive(), forwardMs: milliseconds, headMs: milliseconds }))
    .min(1)
    .refine((steps) => steps.every(({ rows }, i) => rows > (steps[i - 1]?.rows ?? 0)), "rows must grow"),
});
const fileSchema = z.strictObject({
  schema: z.literal(3),
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  shape: z.record(z.string(), z.number()),
  readings: z.array(readingSchema).min(1).max(MOST_KEPT),
  factors: z.array(z.number().positive()).max(MOST_KEPT),
});
type RateFile = Pick<z.infer<typeof fileSchema>, "readings" | "factors">;

/** @returns null where nothing was measured, or the file is not as this version writes it. */
export function readRates(subject: RateSubject, root = userCache()): KnownRates | null {
  const path = pathOf(subject, root);
  const file = readFile(path);
  return file === null ? null : together(file, path);
}

/** Whether another reading would make the rates surer. */
export function isWorthReading(known: KnownRates | null, now = Date.now()): boolean {
  return (
    known === null || known.readings < FEWEST_READINGS || now - Date.parse(known.measured) > MOST_DAYS * 86_400_000
  );
}

/** Adds a reading for later runs. @returns the rates with it. `path` is empty where nothing could be written. */
export function keepReading(subject: RateSubject, steps: readonly StepRate[], root = userCache()): KnownRates {
  const { readings, factors } = readFile(pathOf(subject, root)) ?? { readings: [], factors: [] };
  const reading = { measured: new Date().toISOString().slice(0, 10), steps: [...steps] };
  return write(subject, { readings: [...readings, reading].slice(-MOST_KEPT), factors }, root);
}

/** Notes how a run went beside what its steps add up to; nothing happens where the rates themselves are not kept. */
export function keepFactor(subject: RateSubject, factor: number, root = userCache()): void {
  const known = readFile(pathOf(subject, root));
  if (known !== null && Number.isFinite(factor) && factor > 0)
    write(subject, { ...known, factors: [...known.factors, factor].slice(-MOST_KEPT) }, root);
}

function readFile(path: string): RateFile | null {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return null;
  }
}

/** What disturbs a machine makes it slower, never faster. */
function together({ readings, factors }: RateFile, path: string): KnownRates {
  const all = readings.flatMap(({ steps }) => steps);
  const counts = [...new Set(all.map(({ rows }) => rows))].sort((a, b) => a - b);
  const steps = counts.map((rows): StepRate => {
    const same = all.filter((step) => step.rows === rows);
    return {
      rows,
      forwardMs: Math.min(...same.map(({ forwardMs }) => forwardMs)),
      headMs: Math.min(...same.map(({ headMs }) => headMs)),
    };
  });
  const sorted = [...factors].sort((a, b) => a - b);
  const factor = sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
  return { steps, readings: readings.length, measured: readings.at(-1)?.measured ?? "", path, factor };
}

function write(subject: RateSubject, file: RateFile, root: string): KnownRates {
  const path = pathOf(subject, root);
  try {
    makeFolders(dirname(path));
    sweepTemporaries(dirname(path));
    putFile(path, `${JSON.stringify({ schema: 3, ...described(subject), ...file }, null, 2)}\n`);
    return together(file, path);
  } catch {
    return together(file, "");
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
    ...(engine.adapter === undefined ? {} : { adapter: engine.adapter }),
  };
  return { machine, shape: { layers, dModel, dMlp, heads, kvHeads, dHead, vocabSize } };
}
