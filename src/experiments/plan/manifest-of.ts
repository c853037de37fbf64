/** The manifest of a run from its set-up. */

import { cpus } from "node:os";
import { basename } from "node:path";
import { modelName } from "../../model/checkpoint/model-names.js";
import { descriptionOf } from "../../model/latent/protocols/described.js";
import { heldAs } from "../../model/tensor/hold-names.js";
import type { Manifest, ShardManifest } from "../../records/manifest.js";
import { storiesOf } from "../../studies/from-file.js";
import { readingText } from "./data-notices.js";
import type { Setup } from "./setup.js";

/** How far a run is. */
export interface RunState {
  readonly status: Manifest["status"];
  /** Of the whole run; null while it goes on. */
  readonly seconds: number | null;
  /** Processes that computed. */
  readonly workers: number;
  /** The most memory that each of them had, added up. */
  readonly peakMemoryBytes: number;
  /** How many records this folder has in the end. */
  readonly records: number;
}

/** The manifest of a run as it stands. */
export function manifestOf(setup: Setup, { status, seconds, workers, peakMemoryBytes, records }: RunState): Manifest {
  const { options, fingerprint } = setup;
  const { checkpoint, engine, protocol } = setup.model;
  const { set, sample } = setup.data;
  const { leftOut, outside, controls } = setup.studies;
  const described = descriptionOf(protocol, checkpoint.codi.numLatents);
  return {
    schema: 1,
    status,
    fingerprint: { ...fingerprint },
    model: {
      name: modelName(options.model),
      protocol,
      ...(described === null ? {} : { ownProtocol: described }),
      layers: checkpoint.config.layers,
      heads: checkpoint.config.heads,
      latents: checkpoint.codi.numLatents,
      latentsBecause: checkpoint.because.latents,
      dtype: checkpoint.dtype,
      assumed: checkpoint.assumed.map(({ what, value, why }) => ({ what, value, why })),
    },
    data: {
      file: basename(options.data),
      problems: sample.problems.length,
      usable: set.problems.length,
      reading: { ...set.reading, said: readingText(set.reading) },
      skipped: set.skipped.map((each) => ({ ...each })),
      shortfall: sample.shortfall.map((each) => ({ ...each })),
    },
    settings: {
      layers: [...options.layers],
      ablateLayer: options.ablateLayer,
      seed: options.seed,
      testMode: options.testMode,
      maxNewTokens: fingerprint.maxNewTokens,
      rowsPerBatch: setup.rows,
      batchProblems: setup.batchProblems,
      threads: setup.crew.threads,
    },
    ...(leftOut.length === 0 ? {} : { leftOut: leftOut.map((each) => ({ ...each })) }),
    ...(options.shard === undefined ? {} : { shard: { ...options.shard, records, ...wholeRun(setup) } }),
    studies: storiesOf(fingerprint.studies, outside, controls),
    stamp: {
      command: options.command,
      version: options.version,
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      processor: cpus()[0]?.model ?? "unknown",
      engine: { ...engine },
      // Beside workers and machine, for it changes no record.
      ...heldAs(options),
      startedAt: new Date().toISOString(),
      seconds,
      workers,
      peakMemoryBytes,
    },
  };
}

/** What a shard's folder says of the run that it is a part of. */
function wholeRun({
  options,
  studies,
}: Setup): Pick<ShardManifest, "conditions" | "model" | "base" | "studyFiles" | "protocolFile"> {
  const { model, base, studyFiles = [], protocolFile } = options;
  return {
    conditions: studies.conditions.map(({ study, name }): [string, string] => [study, name]),
    model,
    ...(base === undefined ? {} : { base }),
    studyFiles: [...studyFiles],
    ...(protocolFile === undefined ? {} : { protocolFile }),
  };
}
