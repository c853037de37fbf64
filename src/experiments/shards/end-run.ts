/** What a run's end needs beside the records, where they were computed as shards: the files that studies make of all of them. */

import { existsSync } from "node:fs";
import { BadInputError, EnvironmentError, RunFolderError } from "../../base/errors.js";
import { openCheckpointFolder } from "../../model/checkpoint/open-folder.js";
import { builtIn } from "../../model/latent/protocols/names.js";
import { ENGINE_NAMES } from "../../model/tensor/engine-names.js";
import { engineText } from "../../records/engine-text.js";
import { differences, type Fingerprint } from "../../records/fingerprint.js";
import type { Manifest, ShardManifest } from "../../records/manifest.js";
import { loadStudyFiles, type OutsideStudy } from "../../studies/from-file.js";
import type { StudyContext } from "../../studies/study.js";
import { lacksFile } from "../jobs/after-run.js";
import { loadSameProtocol, type ProtocolFile } from "../plan/protocol-file.js";
import type { Worker } from "../work/worker.js";

/** A run whose records are all there. */
export interface EndedRun {
  readonly dir: string;
  readonly manifest: Manifest;
  /** What one of its shards says. */
  readonly shard: ShardManifest;
}

/** Where its model and studies are, if not where the shards had them. */
export interface EndOptions {
  readonly model?: string;
  readonly base?: string;
  readonly force?: boolean;
  readonly studyFiles?: readonly string[];
  readonly protocolFile?: string;
}

/** How merging talks, and what computes at its end. */
export interface LastHooks {
  readonly notice: (text: string) => void;
  /** Made only where something is to be computed. */
  readonly worker: () => Worker;
}

/** Writes the files that the run's studies make of all records, where one is not there yet. Loads the model for that alone. */
export async function endRun(run: EndedRun, options: EndOptions, hooks: LastHooks): Promise<void> {
  const fingerprint = run.manifest.fingerprint as unknown as Fingerprint;
  const context = contextOf(run.manifest, fingerprint);
  const files = studyFilesOf(run.shard, options);
  checkThere(files, { what: "study", option: "--study" });
  const own = protocolFileOf(run, options, fingerprint);
  // Studies may ask what the protocol is like.
  if (own !== null && files.length > 0) await loadSameProtocol(own);
  const outside = files.length === 0 ? [] : await loadStudyFiles(files, context);
  checkStudies(outside, fingerprint);
  if (!lacksFile({ dir: run.dir, fingerprint, outside })) return;
  if (own !== null) checkThere([own.path], { what: "protocol", option: "--protocol" });
  const { studyFiles: hashes = [] } = fingerprint;
  const source = await sameModel(run, options, fingerprint);
  const worker = hooks.worker();
  try {
    await startSame(worker, run.manifest, fingerprint);
    await worker.load({
      ...source,
      engine: "auto",
      force: options.force ?? false,
      profile: false,
      ...(own === null ? { protocol: builtIn(run.manifest.model.protocol) } : { protocolFile: own }),
      ...(files.length === 0 ? {} : { outside: { files, context, hashes } }),
    });
    await worker.afterRun({ dir: run.dir, fingerprint: { seed: fingerprint.seed, studies: fingerprint.studies } });
  } finally {
    worker.close();
  }
}

function contextOf({ model, settings }: Manifest, { ablations }: Fingerprint): StudyContext {
  return {
    ...(ablations === undefined ? {} : { ablations }),
    layer: settings.ablateLayer,
    depth: model.layers,
    latents: model.latents,
    protocol: model.protocol,
  };
}

/** Files of studies from outside the package: those that were named, else where a shard had them. */
export function studyFilesOf({ studyFiles: had }: ShardManifest, { studyFiles = [] }: EndOptions): readonly string[] {
  return had.length === 0 || studyFiles.length === 0 ? had : studyFiles;
}

/** The run's own protocol: the file that was named, else where a shard had it; null for one of the package's. */
function protocolFileOf(
  { shard }: EndedRun,
  { protocolFile: path = shard.protocolFile }: EndOptions,
  { protocolSha256: sha256 }: Fingerprint,
): ProtocolFile | null {
  if (sha256 === undefined) return null;
  if (path === undefined)
    throw new BadInputError("The run has a protocol from outside the package", "name its file with --protocol");
  return { path, sha256 };
}

function checkThere(
  files: readonly string[],
  { what, option }: { readonly what: string; readonly option: string },
): void {
  const missing = files.find((file) => !existsSync(file));
  if (missing !== undefined)
    throw new BadInputError(
      `The run has a ${what} from outside the package, and ${missing} is not there`,
      `name it with ${option}`,
    );
}

function checkStudies(outside: readonly OutsideStudy[], { studyFiles = [] }: Fingerprint): void {
  const found = outside.map(({ sha256 }) => sha256).sort();
  if (found.join() === studyFiles.join()) return;
  throw new RunFolderError(
    "The studies from outside the package are not those that the shards were computed with",
    "restore their files, or name the right ones with --study",
  );
}

/** The model that the shards had. @throws BadInputError where it is not there, or is another one. */
async function sameModel(
  { shard }: EndedRun,
  options: EndOptions,
  fingerprint: Fingerprint,
): Promise<{ readonly model: string; readonly base?: string }> {
  const { model = shard.model, base = options.model === undefined ? shard.base : undefined } = options;
  if (!existsSync(model))
    throw new BadInputError(
      `A study of the run makes a file of all records, for which the model is needed, and ${model} is not there`,
      "name it with --model",
    );
  const checkpoint = await openCheckpointFolder(model, { base });
  await checkpoint.close();
  const differing = differences(fingerprint, { ...fingerprint, ...(await checkpoint.hashes()) });
  if (differing.length > 0)
    throw new BadInputError(
      `${model} is not the model that the shards were computed with: ${differing.join("; ")}`,
      "name that one with --model",
    );
  return { model, ...(base === undefined ? {} : { base }) };
}

/** Starts the engine with which the shards were computed. @throws EnvironmentError where this machine has another one. */
async function startSame(
  worker: Worker,
  { settings }: Manifest,
  { engine, engineVersion, adapter }: Fingerprint,
): Promise<void> {
  const { threads } = settings;
  const choice = ENGINE_NAMES.find((each) => each === engine) ?? "native";
  const here = await worker.start({ choice, ...(typeof threads === "number" ? { threads } : {}) });
  if (here.name === engine && here.version === engineVersion && here.adapter === adapter) return;
  throw new EnvironmentError(
    `The shards were computed with the engine ${engineText({ name: engine, version: engineVersion, adapter })}, and this machine has ${engineText(here)}`,
    "merge on a machine with that engine",
  );
}
