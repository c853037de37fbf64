/** The files that studies make of all records at the end of a run. */

import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { range } from "../../base/range.js";
import { putFile } from "../../disk/atomic-file.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { ExperimentRecord, OkRecord } from "../../records/record.js";
import { readRecords } from "../../records/record-line.js";
import { STUDIES } from "../../studies/index.js";
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

/**
 * Files that studies of the run make and that are not there yet.
 *
 * @param how `isShared`: of a file that several workers can make in parts, those parts as long as any is lacking.
 */
export function lackingFiles(setup: AfterRunSetup, { isShared }: { readonly isShared: boolean }): string[] {
  const lacks = (file: string): boolean => !existsSync(join(setup.dir, file));
  return makersOf(setup).flatMap((maker) => {
    if (!lacks(maker.file)) return [];
    const parts = isShared ? partsOf(maker).filter(lacks) : [];
    return parts.length > 0 ? parts : [maker.file];
  });
}

/** All files that studies of the package can have made in a folder, of any run: none of them outlives its records. */
export function madeFiles(): string[] {
  return STUDIES.flatMap(({ afterRun }) => (afterRun === undefined ? [] : [...partsOf(afterRun), afterRun.file]));
}

function partsOf({ file, inParts }: AfterRun): string[] {
  return range(inParts?.count ?? 0).map((place) => `${file}.${place}`);
}

/** Whether a study of the run makes a file that is not there yet. */
export function lacksFile(setup: AfterRunSetup): boolean {
  return lackingFiles(setup, { isShared: false }).length > 0;
}

/**
 * Writes what the studies make of the folder's records; nothing where the signal is aborted meanwhile.
 *
 * @param setup `files`: those that are wanted, parts by their own names; default: all of them whole.
 */
export async function writeFiles(
  model: CodiModel,
  setup: AfterRunSetup & { readonly files?: readonly string[] },
  { notice, signal }: Pick<AfterRunContext, "notice" | "signal">,
): Promise<void> {
  const path = join(setup.dir, "records.jsonl");
  const makers = makersOf(setup);
  const wanted = new Set(setup.files ?? makers.map(({ file }) => file));
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
  for (const maker of makers) {
    const own = records.filter((record) => record.study === maker.study && record.status !== "failed");
    const mine = { ...context, own: ordered(new Map(own.map((record) => [record.key, record]))) };
    for (const [file, make] of makingOf(maker, { dir: setup.dir, context: mine })) {
      if (!wanted.has(file)) continue;
      const made = await make().catch((error: unknown) => {
        if (signal.aborted) return null;
        throw error;
      });
      if (made === null) return;
      putFile(join(setup.dir, file), `${JSON.stringify(made)}\n`);
    }
    if (wanted.has(maker.file)) for (const part of partsOf(maker)) rmSync(join(setup.dir, part), { force: true });
  }
}

/** What makes each file of a study: its parts, and the whole, of them where they are there. */
function makingOf(
  maker: AfterRun,
  { dir, context }: { readonly dir: string; readonly context: AfterRunContext },
): (readonly [file: string, make: () => Promise<object>])[] {
  const { file, make, inParts } = maker;
  if (inParts === undefined) return [[file, () => make(context)]];
  const parts = partsOf(maker);
  const paths = parts.map((part) => join(dir, part));
  const whole = async (): Promise<object> =>
    paths.every((path) => existsSync(path))
      ? inParts.join(
          paths.map((path) => JSON.parse(readFileSync(path, "utf8")) as object),
          context,
        )
      : make(context);
  return [...parts.map((part, place) => [part, () => inParts.make(context, place)] as const), [file, whole]];
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
