/** Reads a run folder: our records, or the original study's two JSON files. */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { BadInputError, RunFolderError } from "../base/errors.js";
import { addDescription, describedSchema } from "../model/latent/protocols/described.js";
import { DEFAULT_PROTOCOL } from "../model/latent/protocols/names.js";
import { CONTROL_FOLDER } from "../records/control-folder.js";
import { engineText } from "../records/engine-text.js";
import { type ExperimentRecord, isOk, type OkRecord } from "../records/record.js";
import { type ReadRecords, readRecords } from "../records/record-line.js";
import type { RunFile } from "../studies/finding.js";
import { isMain } from "../studies/stories.js";
import { type StudyStory, storySchema } from "../studies/story.js";
import { settingsNotice } from "./control/settings.js";
import { fromOriginal } from "./main/load-original.js";
import { inOrder, rowOf, studyRowOf, viewOf } from "./main/rows.js";
import { readingNotices } from "./reading-notices.js";
import type { RunData } from "./summary-types.js";

/**
 * @throws BadInputError when the folder holds neither; RunFolderError naming the line of a damaged record.
 * @example
 * ```ts
 * const { records } = loadRun(dir);
 * records.filter(({ condition }) => condition.name === "baseline").length; // → 4
 * ```
 */
export function loadRun(dir: string): RunData & { readonly records: readonly ExperimentRecord[] } {
  const file = join(dir, "records.jsonl");
  if (existsSync(file)) return fromRecords(dir, readRecords(readFileSync(file), file));
  const names = existsSync(dir) ? readdirSync(dir) : [];
  const suffixes = names
    .flatMap((name) => /^token_ablation_results(\w*)\.json$/.exec(name)?.[1] ?? [])
    .filter((suffix) => names.includes(`attention_weights${suffix}.json`))
    .sort();
  const [suffix] = suffixes;
  if (suffix === undefined) {
    throw new BadInputError(
      `${dir} holds neither records.jsonl nor token_ablation_results_*.json with attention_weights_*.json of the same ending`,
      "give a folder of `codilens experiment` or of the original study",
    );
  }
  if (suffixes.length > 1) {
    throw new BadInputError(
      `${dir} holds results of ${suffixes.length} runs: token_ablation_results${suffixes.join(".json, token_ablation_results")}.json`,
      "leave the two files of one run in the folder",
    );
  }
  const files = [`token_ablation_results${suffix}.json`, `attention_weights${suffix}.json`] as const;
  return { ...fromOriginal(dir, ...files), records: [] };
}

/** The same of records that this process has just written or read, in the folder's order. */
export function loadKept(
  dir: string,
  records: readonly ExperimentRecord[],
): RunData & { readonly records: readonly ExperimentRecord[] } {
  return fromRecords(dir, { records, torn: false });
}

const assumedSchema = z.looseObject({
  what: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]),
  why: z.string(),
});

const manifestSchema = z.looseObject({
  fingerprint: z.looseObject({ studies: z.array(z.string()).optional() }).optional(),
  model: z.looseObject({
    name: z.string(),
    latents: z.int().optional(),
    dtype: z.string().optional(),
    assumed: z.array(assumedSchema).optional(),
    /** Of a run by a protocol of one's own. */
    ownProtocol: describedSchema.optional(),
  }),
  data: z
    .looseObject({
      problems: z.int(),
      file: z.string().optional(),
      reading: z.looseObject({ said: z.string() }).optional(),
    })
    .optional(),
  studies: z.array(storySchema).optional(),
  leftOut: z.array(z.looseObject({ study: z.string(), condition: z.string(), reason: z.string() })).optional(),
  settings: z.looseObject({
    ablateLayer: z.number(),
    seed: z.number(),
    testMode: z.boolean(),
    layers: z.array(z.number()),
    maxNewTokens: z.number().optional(),
  }),
  stamp: z.looseObject({
    command: z.string(),
    version: z.string(),
    node: z.string().optional(),
    engine: z.looseObject({ name: z.string(), version: z.string(), adapter: z.string().optional() }).optional(),
  }),
});

function fromRecords(
  dir: string,
  { records: lines, torn }: Pick<ReadRecords, "records" | "torn">,
): RunData & { records: readonly ExperimentRecord[] } {
  // A run that was stopped and not sealed may hold a record and its repeat; as on resuming, the later one counts.
  const records = [...new Map(lines.map((record) => [record.key, record])).values()];
  const manifest = readManifest(dir);
  if (manifest?.model.ownProtocol !== undefined) addDescription(manifest.model.ownProtocol);
  const ok = records.filter(isOk);
  const protocols = new Set(records.map(({ protocol }) => protocol));
  if (records.length === 0 || protocols.size !== 1)
    throw new RunFolderError(
      `${dir} holds ${records.length} records of ${protocols.size} protocols`,
      "give the folder of one finished run",
    );
  const baselines = new Map(
    ok.filter(({ study }) => study === "baseline").map((record) => [record.problem.id, record]),
  );
  const byProblem = new Map<string, OkRecord[]>();
  for (const record of ok) {
    const { id } = record.problem;
    const mine = byProblem.get(id);
    if (mine === undefined) byProblem.set(id, [record]);
    else mine.push(record);
  }
  const { settings, stamp, model } = manifest;
  const control = controlIn(dir);
  return {
    ...(control === null ? {} : { control }),
    source: "records",
    records: records.filter(isMain),
    asked: manifest.fingerprint?.studies ?? [],
    studyRecords: [
      ...inOrder(ok.filter((record) => !isMain(record))),
      ...records.filter(({ status }) => status === "patched"),
    ],
    baselines: [...baselines.values()],
    file: (name) => fileIn(dir, name),
    studyRows: inOrder(ok.filter((record) => !isMain(record))).flatMap((record) =>
      studyRowOf(record, baselines.get(record.problem.id)),
    ),
    leftOut: manifest.leftOut ?? [],
    stories: (manifest.studies ?? []) as readonly StudyStory[],
    rows: ok.filter(isMain).flatMap((record) => rowOf(record, baselines.get(record.problem.id))),
    problems: [...baselines.values()]
      .sort((a, b) => a.problem.index - b.problem.index)
      .map((baseline) => viewOf(baseline, byProblem.get(baseline.problem.id) ?? [])),
    layers: settings.layers,
    latents: model.latents ?? 1 + records.reduce((most, { condition }) => Math.max(most, condition.latent ?? -1), -1),
    failed: records.flatMap((record) =>
      record.status === "failed"
        ? [{ problemId: record.problem.id, condition: record.condition.name, message: record.error.message }]
        : [],
    ),
    protocol: records[0]?.protocol ?? DEFAULT_PROTOCOL,
    ablateLayer: settings.ablateLayer,
    seed: settings.seed,
    testMode: settings.testMode,
    model: model.name,
    command: stamp.command,
    setting: {
      dataFile: manifest.data?.file ?? null,
      ...(manifest.data?.reading === undefined ? {} : { dataReading: manifest.data.reading.said }),
      dtype: model.dtype ?? null,
      maxNewTokens: settings.maxNewTokens ?? null,
      ...(model.assumed === undefined ? {} : { assumed: model.assumed }),
    },
    versions: {
      CodiLens: stamp.version,
      ...(stamp.node === undefined ? {} : { Node: stamp.node }),
      ...(stamp.engine === undefined ? {} : { engine: engineText(stamp.engine) }),
    },
    notices: [
      ...(torn ? ["the last record was torn by an interruption and is left out"] : []),
      ...missingNotice(records, manifest.data?.problems),
      ...readingNotices(ok),
      ...(control === null
        ? []
        : settingsNotice(manifest.fingerprint, readManifest(join(dir, CONTROL_FOLDER)).fingerprint)),
    ],
  };
}

/** Null where no control model was run, or nothing of it is kept yet. */
function controlIn(dir: string): RunData | null {
  const file = join(dir, CONTROL_FOLDER, "records.jsonl");
  return existsSync(file) && statSync(file).size > 0 ? loadRun(join(dir, CONTROL_FOLDER)) : null;
}

function fileIn(dir: string, name: string): RunFile | null {
  const path = join(dir, name);
  return existsSync(path) ? { path, text: readFileSync(path, "utf8") } : null;
}

/** Says how many runs a stopped experiment lacks; nothing of what is missing counts as right or wrong. */
function missingNotice(records: readonly ExperimentRecord[], planned: number | undefined): string[] {
  const problems = planned ?? new Set(records.map(({ problem }) => problem.id)).size;
  const conditions = new Set(records.map(({ condition }) => condition.name)).size;
  const missing = problems * conditions - records.length;
  return missing > 0
    ? [
        `${missing} of ${problems * conditions} runs are missing: the experiment did not finish; rates are of those there`,
      ]
    : [];
}

function readManifest(dir: string): z.infer<typeof manifestSchema> {
  const path = join(dir, "manifest.json");
  if (!existsSync(path))
    throw new RunFolderError(`${dir} holds records but no manifest.json`, "restore it, or run the experiment again");
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new RunFolderError(`${path} is damaged`, "restore it, or run the experiment again", { cause: error });
  }
}
