/** A sweep in a run folder: what makes it the same sweep, and its manifest. */

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { packageVersion } from "../../disk/package-version.js";
import { ASKED } from "../../model/checkpoint/latents-known.js";
import { modelName } from "../../model/checkpoint/model-names.js";
import type { NamedValue } from "../../model/hooks/bound.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { AnyProtocol } from "../../model/latent/protocols/names.js";
import { ownText } from "../../model/latent/protocols/own.js";
import { type Fingerprint, hashOf } from "../../records/fingerprint.js";
import { MANIFEST_SCHEMA, type Manifest } from "../../records/manifest.js";
import { RECORD_SCHEMA } from "../../records/record.js";
import { BASELINE } from "../../studies/baseline/study.js";
import type { SweepKeys } from "./collect.js";
import { folderKeeper, type Keeper } from "./keeper.js";
import { hashOfFunction, measureTexts, nameOf } from "./measures.js";
import type { PlannedCell } from "./plan.js";
import type { PreparedSweep } from "./prepare.js";

/** @throws RunFolderError where the folder is of another sweep, in use or damaged. */
export async function openFolder(
  dir: string,
  { model, sweep }: { readonly model: CodiModel; readonly sweep: PreparedSweep },
): Promise<{ readonly keys: SweepKeys; readonly keeper: Keeper }> {
  const fingerprint = await fingerprintOf(model, sweep);
  const keys = keysOf(sweep, fingerprint);
  const keeper = folderKeeper({
    ...{ dir, fingerprint, order: keys.flat() },
    manifest: (status, seconds) => manifestOf(model, sweep, { fingerprint, status, seconds }),
    notice: () => undefined,
  });
  return { keys, keeper };
}

/** Keys of the records, `[problem]`: the baseline's, then those of the cells. @param fingerprint null: of a sweep in memory. */
export function keysOf({ plan, cells }: PreparedSweep, fingerprint: Fingerprint | null): SweepKeys {
  const conditions = [BASELINE, ...cells.map(({ condition }) => condition)];
  if (fingerprint === null)
    return plan.problems.map((_, problem) => conditions.map((__, column) => `${problem} ${column}`));
  const { problems: _, ...settings } = fingerprint;
  // What is done everywhere is hashed once.
  const run = hashOf({ ...settings, protocol: plan.settings.protocol });
  const hashes = conditions.map((condition) => hashOf(condition));
  return plan.problems.map((problem) => {
    const of = hashOf(problem);
    return hashes.map((condition) => hashOf({ run, condition, problem: of }));
  });
}

async function fingerprintOf(model: CodiModel, { plan, cells, measures, values }: PreparedSweep): Promise<Fingerprint> {
  const { settings, problems } = plan;
  return {
    ...(await model.hashes()),
    dataSha256: hashOf(problems),
    problems: problems.map(({ id }) => id),
    protocol: settings.protocol,
    ...protocolHash(settings.protocol),
    ...(model.because.latents === ASKED ? { latents: model.codi.numLatents } : {}),
    dtype: "float32",
    engine: model.engine.name,
    engineVersion: model.engine.version,
    layers: settings.layers,
    ablateLayer: settings.ablateLayer,
    studies: settings.studies,
    cells: hashOf({ cells: cells.map(contentOf), values: valueHashes(values) }),
    measures: measureTexts(measures),
    seed: settings.seed,
    maxNewTokens: settings.maxNewTokens,
    testMode: false,
    recordSchema: RECORD_SCHEMA,
  };
}

/** What a cell does, with the texts of its functions. */
function contentOf({ condition, planned }: PlannedCell): object {
  return { condition, functions: (planned.hooks ?? []).map(({ apply }) => hashOfFunction(apply)) };
}

function valueHashes(values: Readonly<Record<string, NamedValue>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, { shape, data }]) => [
      name,
      createHash("sha256")
        .update(JSON.stringify(shape))
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest("hex"),
    ]),
  );
}

function manifestOf(
  model: CodiModel,
  { plan, study, axes, measures }: PreparedSweep,
  run: { readonly fingerprint: Fingerprint; readonly status: Manifest["status"]; readonly seconds: number | null },
): Manifest {
  const { settings, problems } = plan;
  const { layers, ablateLayer, seed, maxNewTokens, rows } = settings;
  const { batchProblems } = plan.layout;
  const script = process.argv[1];
  return {
    schema: MANIFEST_SCHEMA,
    status: run.status,
    fingerprint: { ...run.fingerprint },
    model: {
      name: modelName(model.name),
      protocol: model.protocol,
      layers: model.config.layers,
      heads: model.config.heads,
      latents: model.codi.numLatents,
    },
    data: { file: "problems of a script", problems: problems.length, skipped: [], shortfall: [] },
    settings: {
      layers: [...layers],
      ablateLayer,
      seed,
      testMode: false,
      maxNewTokens,
      rowsPerBatch: rows,
      batchProblems,
    },
    studies: [
      {
        name: study.name,
        question: study.question,
        ...(study.figure === undefined ? {} : { figure: study.figure }),
      },
    ],
    sweep: {
      axes: axes.map(({ name, values }) => ({ name, values: [...values] })),
      measures: measures.map(nameOf),
    },
    stamp: {
      command: `model.sweep${script === undefined ? "" : ` in ${basename(script)}`}`,
      version: packageVersion(),
      node: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      engine: { ...model.engine },
      startedAt: new Date().toISOString(),
      seconds: run.seconds,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
  };
}

/** A protocol of one's own by its text: another of the same name is another sweep. */
function protocolHash(protocol: AnyProtocol): Pick<Fingerprint, "protocolSha256"> {
  const text = ownText(protocol);
  return text === null ? {} : { protocolSha256: hashOf(text) };
}
