/** The tuned lens at the end of a run: it needs all problems' states, and the model for what the head says. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { putFile } from "../../disk/atomic-file.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { Fingerprint } from "../../records/fingerprint.js";
import type { OkRecord } from "../../records/record.js";
import { readRecords } from "../../records/record-line.js";
import { TUNED_LENS_FILE } from "./tuned/tuned-file.js";
import { tunedLens } from "./tuned/tuned-lens.js";

interface TunedSetup {
  readonly dir: string;
  readonly fingerprint: Pick<Fingerprint, "seed" | "studies">;
}

/** Whether a run that asks for it has none yet. */
export function lacksTunedLens({ dir, fingerprint }: TunedSetup): boolean {
  return fingerprint.studies.includes("lens") && !existsSync(join(dir, TUNED_LENS_FILE));
}

/** Writes `tuned_lens.json` from the folder's records, when the study `lens` was asked for and all of them are there; not when the signal is aborted meanwhile. */
export async function writeTunedLens(
  model: CodiModel,
  { dir, fingerprint }: TunedSetup,
  { notice, signal }: { readonly notice: (text: string) => void; readonly signal?: AbortSignal },
): Promise<void> {
  const path = join(dir, "records.jsonl");
  if (!fingerprint.studies.includes("lens") || !existsSync(path)) return;
  const { records } = readRecords(readFileSync(path), path);
  // A folder that is not sealed may hold a record and its repeat; the later one counts.
  const baselines = new Map(
    records
      .filter((record): record is OkRecord => record.status === "ok" && record.study === "baseline")
      .map((record) => [record.key, record]),
  );
  const how = { seed: fingerprint.seed, ...(signal === undefined ? {} : { signal }) };
  const made = await tunedLens(model, [...baselines.values()], how).catch((error: unknown) => {
    if (signal?.aborted) return null;
    throw error;
  });
  if (made === null) return;
  if (made.kind === "undefined") notice(`lens: no tuned lens: ${made.reason}`);
  putFile(join(dir, TUNED_LENS_FILE), `${JSON.stringify(made)}\n`);
}
