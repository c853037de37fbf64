/** The files that studies make of all records at the end of a run. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { putFile } from "../../disk/atomic-file.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { ExperimentRecord, OkRecord } from "../../records/record.js";
import { readRecords } from "../../records/record-line.js";
import type { AfterRun, AfterRunContext } from "../../studies/read-context.js";
import type { Study } from "../../studies/study.js";
import { studiesOfRun } from "./run-options.js";

/** What they depend on of a run; a `Setup` has it all. */
export interface AfterRunSetup {
  readonly dir: string;
  readonly fingerprint: { readonly studies: readonly string[]; readonly seed: number };
  /** Studies from outside the package. */
  readonly outside: readonly { readonly study: Study }[];
}

/** Files that studies of the run make and that are not there yet. */
export function lackingFiles(setup: AfterRunSetup): string[] {
  return makersOf(setup).flatMap(({ file }) => (existsSync(join(setup.dir, file)) ? [] : [file]));
}

/** Whether a study of the run makes a file that is not there yet. */
export function lacksFile(setup: AfterRunSetup): boolean {
  return lackingFiles(setup).length > 0;
}

/**
 * Writes what the studies make of the folder's records; nothing where the signal is aborted meanwhile.
 *
 * @param setup `files`: those that are wanted; default: all of them.
 */
export async function writeFiles(
  model: CodiModel,
  setup: AfterRunSetup & { readonly files?: readonly string[] },
  { notice, signal }: Pick<AfterRunContext, "notice" | "signal">,
): Promise<void> {
  const path = join(setup.dir, "records.jsonl");
  const makers = makersOf(setup).filter(({ file }) => setup.files === undefined || setup.files.includes(file));
  if (makers.length === 0 || !existsSync(path)) return;
  const { records } = readRecords(readFileSync(path), path);
  // A folder that is not sealed may hold a record and its repeat; the later one counts.
  const baselines = new Map(
    records
      .filter((record): record is OkRecord => record.status === "ok" && record.study === "baseline")
      .map((record) => [record.key, record]),
  );
  // In the run's order, in whichever order they were computed.
  const inOrder = ordered(baselines);
  const context = { model, baselines: inOrder, seed: setup.fingerprint.seed, notice, signal };
  for (const { study, file, make } of makers) {
    const own = records.filter((record) => record.study === study && record.status !== "failed");
    const mine = ordered(new Map(own.map((record) => [record.key, record])));
    const made = await make({ ...context, own: mine }).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (made === null) return;
    putFile(join(setup.dir, file), `${JSON.stringify(made)}\n`);
  }
}

function ordered<T extends ExperimentRecord>(byKey: ReadonlyMap<string, T>): T[] {
  return [...byKey.values()].sort((a, b) => a.problem.index - b.problem.index);
}

function makersOf(setup: AfterRunSetup): (AfterRun & { readonly study: string })[] {
  const { fingerprint, outside } = setup;
  const mine = outside.map(({ study }) => study);
  return studiesOfRun(fingerprint, mine).flatMap(({ name, afterRun }) =>
    afterRun === undefined ? [] : [{ ...afterRun, study: name }],
  );
}
