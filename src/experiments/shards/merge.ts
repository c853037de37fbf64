/** Puts a run together from its shards: into the run's own folder, above theirs. Killed at any moment, it can be done again. */

import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { BadInputError, RunFolderError } from "../../base/errors.js";
import type { Fingerprint } from "../../records/fingerprint.js";
import type { ExperimentRecord } from "../../records/record.js";
import { shardText } from "../../records/shard.js";
import { RunStore, readManifest } from "../../records/store.js";
import { madeFiles } from "../jobs/after-run.js";
import { type EndedRun, endRun, type LastHooks, studyFilesOf } from "./end-run.js";
import { listOf } from "./lists.js";
import { mergedManifest } from "./merged-manifest.js";
import { type FoundShard, readShards, recordsIn } from "./read-shards.js";
import { type OwnRun, type Reconciled, reconcile } from "./reconcile.js";

/** How shards are merged. */
export interface MergeOptions {
  /** Take over a folder whose process on another machine is dead. */
  readonly takeOver?: boolean;
  /** Leave out what the run's folder itself holds, and empty it first; the shards stay. */
  readonly fresh?: boolean;
  /** Put together what there is, where shards are missing. */
  readonly partial?: boolean;
  /** The model for what is made of all records; default: as the shards were given it. */
  readonly model?: string;
  readonly base?: string;
  /** Load it even where memory seems too small. */
  readonly force?: boolean;
  /** Studies of the run from outside the package; default: where the shards had them. */
  readonly studyFiles?: readonly string[];
  /** The same of a protocol of one's own. */
  readonly protocolFile?: string;
}

/** What merging came to. */
export interface MergeOutcome {
  readonly dir: string;
  /** `partial`: with items that failed; `incomplete`: without some shards. */
  readonly status: "complete" | "partial" | "incomplete";
  readonly counts: {
    readonly problems: number;
    readonly records: number;
    readonly failed: number;
    readonly shards: number;
    /** Records that were not in the folder before. */
    readonly merged: number;
  };
  /** Studies from outside the package that the run was computed with, as far as their files are here. */
  readonly studyFiles: readonly string[];
}

/**
 * @param dir the run's folder, that of the shards' folders.
 * @throws RunFolderError where shards are missing, incomplete, of another run or cut, or disagree; BadInputError where there are none, or
 *   the model cannot be had that some study needs at the end; EnvironmentError where the disk is full.
 */
export async function merge(dir: string, options: MergeOptions, hooks: LastHooks): Promise<MergeOutcome> {
  const { studyFiles } = options;
  const own = ownRun(dir, options);
  const { shards, damaged } = readShards(dir);
  const [first, ...others] = shards;
  if (first === undefined && own !== null && own.manifest.status !== "started" && damaged.length === 0)
    return outcomeOf(own, { dir, shards: 0, merged: 0, studyFiles: studyFiles ?? [] });
  if (first === undefined && damaged.length === 0) throw noShards(dir);
  const found = reconcile(shards, own);
  const faults = [...damaged, ...found.faults];
  if (faults.length > 0 || first === undefined)
    throw new RunFolderError(
      `The shards in ${dir} are not one run: ${faults.join("; ")}`,
      "move away the folders that do not belong here, or compute them again as the others were; --new leaves out what the run's own folder holds",
    );
  if (found.lacking.length > 0 && options.partial !== true) throw notWhole(dir, { found, first });
  for (const notice of [...found.lacking, ...found.notices]) hooks.notice(notice);
  return keep(dir, { found, shards: [first, ...others], own }, { options, hooks });
}

interface Found {
  readonly found: Reconciled;
  readonly shards: readonly [FoundShard, ...FoundShard[]];
  readonly own: OwnRun | null;
}

async function keep(
  dir: string,
  { found, shards, own }: Found,
  { options, hooks }: { readonly options: MergeOptions; readonly hooks: LastHooks },
): Promise<MergeOutcome> {
  const [first] = shards;
  const fingerprint = (own?.manifest ?? first.manifest).fingerprint as unknown as Fingerprint;
  const store = RunStore.open({
    dir,
    fingerprint,
    takeOver: options.takeOver ?? false,
    fresh: options.fresh ?? false,
    made: madeFiles(),
    notice: hooks.notice,
  });
  try {
    const fresh = found.records.filter(({ key }) => !store.has(key));
    const isWhole = found.lacking.length === 0;
    const status = !isWhole ? "started" : store.failed + failedOf(fresh) > 0 ? "partial" : "complete";
    const run: EndedRun = { dir, manifest: own?.manifest ?? first.manifest, shard: first.shard };
    const isEnded = own?.manifest.status === status && status !== "started" && fresh.length === 0;
    if (!isEnded) {
      // The manifest first: records without one are nobody's.
      store.writeManifest(mergedManifest(shards, "started"));
      store.append(fresh);
      store.seal(found.records.map(({ key }) => key));
    }
    if (isWhole) await endRun(run, options, hooks);
    if (!isEnded) store.writeManifest(mergedManifest(shards, status));
    return outcomeOf(
      { manifest: first.manifest, records: found.records },
      {
        dir,
        shards: new Set(shards.map(({ shard }) => shard.index)).size,
        merged: fresh.length,
        isWhole,
        studyFiles: studyFilesOf(first.shard, options).filter((file) => existsSync(file)),
      },
    );
  } finally {
    store.close();
  }
}

function failedOf(records: readonly ExperimentRecord[]): number {
  return records.filter(({ status }) => status === "failed").length;
}

function outcomeOf(
  { manifest, records }: Pick<OwnRun, "manifest" | "records">,
  {
    dir,
    shards,
    merged,
    studyFiles,
    isWhole = true,
  }: {
    readonly dir: string;
    readonly shards: number;
    readonly merged: number;
    readonly studyFiles: readonly string[];
    readonly isWhole?: boolean;
  },
): MergeOutcome {
  const failed = failedOf(records);
  return {
    dir,
    status: !isWhole ? "incomplete" : failed > 0 ? "partial" : "complete",
    counts: { problems: manifest.data.problems, records: records.length, failed, shards, merged },
    studyFiles,
  };
}

/** The run that the folder itself holds. */
function ownRun(dir: string, { fresh }: Pick<MergeOptions, "fresh">): OwnRun | null {
  if (!existsSync(dir)) throw new BadInputError(`${dir} is not there`, "give the folder that --out named");
  const manifest = readManifest(dir);
  if (manifest?.shard !== undefined)
    throw new BadInputError(
      `${dir} is one shard, ${shardText(manifest.shard)}: merging takes the folder of all of them`,
      `give ${dirname(resolve(dir))}`,
    );
  return manifest === null || fresh ? null : { name: basename(resolve(dir)), manifest, records: recordsIn(dir) };
}

function noShards(dir: string): BadInputError {
  return new BadInputError(
    `${dir} holds no shards: no folder in it is named shard-INDEX-of-COUNT and has a manifest`,
    "give the folder that --out named when the shards were computed, or results/NAME without it",
  );
}

function notWhole(
  dir: string,
  { found, first }: { readonly found: Reconciled; readonly first: FoundShard },
): RunFolderError {
  const { command } = first.manifest.stamp;
  const { count } = first.shard;
  const [next = 0, ...others] = found.toCompute;
  const more = others.length === 0 ? "" : `, and likewise ${listOf(others, " to ")}`;
  const again = command.startsWith("codilens ")
    ? `${command} --shard ${shardText({ index: next, count })}${more}`
    : `runExperiment() with shard: { index: ${next}, count: ${count} }${more}`;
  return new RunFolderError(
    `The run in ${dir} is not whole: ${found.lacking.join("; ")}`,
    `compute what is missing: ${again} (Slurm: the same script with --array=${listOf(found.toCompute, "-").replaceAll(" ", "")}); --partial merges what there is`,
  );
}
