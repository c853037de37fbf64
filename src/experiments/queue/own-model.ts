/** What a worker has itself, beside what a run asks for: a worker computes for a run only where all of it is the same. */

import { BadInputError, type CodiLensError, EnvironmentError } from "../../base/errors.js";
import { packageVersion } from "../../disk/package-version.js";
import { openCheckpointFolder } from "../../model/checkpoint/open-folder.js";
import type { EngineInfo } from "../../model/tensor/engine.js";
import { type Hold, heldAs } from "../../model/tensor/hold-names.js";
import { engineText } from "../../records/engine-text.js";
import { openProgram } from "../../studies/outside/program.js";
import { protocolFile } from "../plan/protocol-file.js";
import type { ModelSource } from "../work/worker.js";
import type { QueueRun } from "./run-message.js";

/** Where the worker's files are. */
export interface OwnFiles {
  readonly model: string;
  readonly base?: string;
  readonly force: boolean;
  readonly hold?: Hold;
  /** Absolute paths of studies outside the package. */
  readonly studyFiles: readonly string[];
  /** The same of a protocol of one's own. */
  readonly protocolFile?: string;
}

/** What tells that they are the run's. */
export interface OwnHashes {
  readonly weightsSha256: string;
  readonly tokenizerSha256: string;
  readonly configSha256: string;
  readonly studyFiles: readonly string[];
  readonly protocolSha256?: string;
}

/** Reads the files, and runs none of a study's or a protocol's code. @throws BadInputError where there is no model, study or protocol. */
export async function ownHashes({ model, base, studyFiles, protocolFile: file }: OwnFiles): Promise<OwnHashes> {
  const checkpoint = await openCheckpointFolder(model, { base });
  await checkpoint.close();
  const { weightsSha256, tokenizerSha256, configSha256 } = await checkpoint.hashes();
  const studies = studyFiles.map((path) => openProgram(path).sha256).sort();
  const protocol = file === undefined ? {} : { protocolSha256: protocolFile(file).sha256 };
  return { weightsSha256, tokenizerSha256, configSha256, studyFiles: studies, ...protocol };
}

const FILES = {
  weightsSha256: "weights",
  tokenizerSha256: "tokenizer",
  configSha256: "configuration",
  studyFiles: "study files",
  protocolSha256: "protocol file",
} as const;

/** Where what differs is given; anything else is the model's. */
const GIVEN: Readonly<Partial<Record<keyof typeof FILES, string>>> = {
  studyFiles: "give the run's own study files by --study",
  protocolSha256: "give the run's own protocol file by --protocol",
};

/** Why nothing may be computed for a run with these files, or null. */
export function refusalOf(run: QueueRun, own: OwnHashes): CodiLensError | null {
  const version = packageVersion();
  if (run.version !== version)
    return new EnvironmentError(
      `Run ${run.id} is of another version: CodiLens ${run.version} there, ${version} here`,
      `install codilens@${run.version} here`,
    );
  const names = Object.keys(FILES) as (keyof typeof FILES)[];
  const differing = names.filter((name) => `${own[name]}` !== `${run[name]}`);
  if (differing.length === 0) return null;
  const what = differing.map((name) => `${FILES[name]}: ${short(run[name])} there, ${short(own[name])} here`);
  return new BadInputError(
    `Run ${run.id} is of another model, study or protocol: ${what.join("; ")} (SHA-256)`,
    [...new Set(differing.map((name) => GIVEN[name] ?? "give the run's own model by --model and --base"))].join(
      ", and ",
    ),
  );
}

/** Why the engine that started here is not the run's, or null. */
export function engineRefusal(run: QueueRun, mine: EngineInfo): CodiLensError | null {
  const { engine } = run;
  const { name, version, adapter } = mine;
  if (engine.name === name && engine.version === version && engine.adapter === adapter) return null;
  return new EnvironmentError(
    `Run ${run.id} is computed with another engine: ${engineText(engine)} there, ${engineText(mine)} here`,
    "install the same engine here: codilens setup",
  );
}

/** The model as the run has it. */
export function sourceOf(files: OwnFiles, run: QueueRun): ModelSource {
  const { model, base, force, hold, studyFiles, protocolFile: path } = files;
  const { context, engine, modelProtocol, modelLatents, protocolSha256, strict } = run;
  return {
    ...{ model, force, engine: engine.name, profile: false },
    ...(base === undefined ? {} : { base }),
    ...heldAs({ hold }),
    ...(strict ? { strict } : {}),
    ...(modelProtocol === null ? {} : { protocol: modelProtocol }),
    ...(path === undefined || protocolSha256 === undefined ? {} : { protocolFile: { path, sha256: protocolSha256 } }),
    ...(modelLatents === undefined ? {} : { latents: modelLatents }),
    ...(studyFiles.length === 0 ? {} : { outside: { files: studyFiles, context, hashes: run.studyFiles } }),
  };
}

function short(value: string | readonly string[] | undefined): string {
  const all = value === undefined ? [] : typeof value === "string" ? [value] : value;
  return all.length === 0 ? "none" : all.map((each) => each.slice(0, 12)).join(",");
}
