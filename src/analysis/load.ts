/** Reads a run folder: our records, or the original study's two JSON files. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ExperimentRecord, OkRecord, PatchedRecord } from "../experiments/record.js";
import { readRecords } from "../experiments/record-line.js";
import { type StudyStory, storySchema } from "../experiments/story.js";
import { isMain } from "../experiments/studies/names.js";
import { readTunedLens } from "../experiments/tuned-lens/tuned-file.js";
import { BadInputError, firstIssue, RunFolderError } from "../model/errors.js";
import type { PatchRow } from "./studies/patching.js";
import type { LensRow, StudyRow } from "./studies/study-types.js";
import type { AnalysisRow, ProblemView, RunData } from "./summary-types.js";

/** @throws BadInputError when the folder holds neither; RunFolderError naming the line of a damaged record. */
export function loadRun(dir: string): RunData & { readonly records: readonly ExperimentRecord[] } {
  if (existsSync(join(dir, "records.jsonl"))) return fromRecords(dir);
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

const manifestSchema = z.looseObject({
  fingerprint: z.looseObject({ studies: z.array(z.string()).optional() }).optional(),
  model: z.looseObject({ name: z.string(), latents: z.int().optional(), dtype: z.string().optional() }),
  data: z.looseObject({ problems: z.int(), file: z.string().optional() }).optional(),
  studies: z.array(storySchema).optional(),
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
    engine: z.looseObject({ name: z.string(), version: z.string() }).optional(),
  }),
});

function fromRecords(dir: string): RunData & { records: readonly ExperimentRecord[] } {
  const { records: lines, torn } = readRecords(readFileSync(join(dir, "records.jsonl")), join(dir, "records.jsonl"));
  // A run that was stopped and not sealed may hold a record and its repeat; as on resuming, the later one counts.
  const records = [...new Map(lines.map((record) => [record.key, record])).values()];
  const manifest = readManifest(dir);
  const ok = records.filter((record): record is OkRecord => record.status === "ok");
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
  return {
    source: "records",
    records: records.filter(isMain),
    studyRows: ok
      .filter((record) => !isMain(record))
      .flatMap((record) => studyRowOf(record, baselines.get(record.problem.id))),
    lensRows: manifest.fingerprint?.studies?.includes("lens") === true ? [...baselines.values()].map(lensRowOf) : [],
    layerLensRows: [...baselines.values()]
      .sort((a, b) => a.problem.index - b.problem.index)
      .flatMap(({ problem, layerLens: lens }) => (lens === undefined ? [] : [{ steps: problem.steps ?? [], lens }])),
    tunedLens: readTunedLens(dir),
    patchRows: records.flatMap((record) => (record.status === "patched" ? [patchRowOf(record)] : [])),
    residualRows: [...baselines.values()].flatMap(({ problem, residual }) =>
      residual === undefined ? [] : [{ problemId: problem.id, residual }],
    ),
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
    protocol: records[0]?.protocol ?? "codi",
    ablateLayer: settings.ablateLayer,
    seed: settings.seed,
    testMode: settings.testMode,
    model: model.name,
    command: stamp.command,
    setting: {
      dataFile: manifest.data?.file ?? null,
      dtype: model.dtype ?? null,
      maxNewTokens: settings.maxNewTokens ?? null,
    },
    versions: {
      CodiLens: stamp.version,
      ...(stamp.node === undefined ? {} : { Node: stamp.node }),
      ...(stamp.engine === undefined ? {} : { engine: `${stamp.engine.name} ${stamp.engine.version}` }),
    },
    notices: [
      ...(torn ? ["the last record was torn by an interruption and is left out"] : []),
      ...missingNotice(records, manifest.data?.problems),
    ],
  };
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

function lensRowOf({ lens, problem }: OkRecord): LensRow {
  return { said: lens ?? [], steps: problem.steps ?? [] };
}

function patchRowOf({ problem, condition, pair, map }: PatchedRecord): PatchRow {
  return { problemId: problem.id, factors: condition.factors ?? {}, pair, map };
}

function studyRowOf(record: OkRecord, baseline: OkRecord | undefined): StudyRow[] {
  const { interventions, latents } = record.condition;
  // It had nothing to act on in this question.
  if (baseline === undefined || (interventions.length === 0 && latents === undefined)) return [];
  return [
    {
      study: record.study,
      condition: record.condition.name,
      factors: record.condition.factors ?? {},
      problemId: record.problem.id,
      baselineCorrect: baseline.answer.correct,
      correct: record.answer.correct,
      deltaLogProb: record.measures.deltaExpectedLogProb,
      kl: record.measures.klAtNumber,
      ...(record.latentChange === undefined ? {} : { latentChange: record.latentChange }),
    },
  ];
}

function rowOf(record: OkRecord, baseline: OkRecord | undefined): AnalysisRow[] {
  const { latent } = record.condition;
  if (latent === null || baseline === undefined) return [];
  const baselineCorrect = baseline.answer.correct;
  const stillCorrect = record.answer.correct;
  const attention = new Map(
    Object.entries(baseline.attention).map(([key, { eot, number }]) => [
      layerOf(key),
      {
        eot: attentionTo(eot.headMean, latent, `${record.problem.id}, ${key}`),
        number: number?.headMean[latent] ?? null,
      },
    ]),
  );
  return [
    {
      problemId: record.problem.id,
      difficulty: record.problem.difficulty,
      latent,
      baselineCorrect,
      stillCorrect,
      importance: baselineCorrect && !stillCorrect ? 1 : 0,
      deltaLogProb: record.measures.deltaExpectedLogProb,
      kl: record.measures.klAtNumber,
      attention,
      ...flowTo(baseline, latent),
    },
  ];
}

function flowTo({ attention, rollout }: OkRecord, latent: number): Pick<AnalysisRow, "flow"> {
  if (rollout === undefined) return {};
  return {
    flow: new Map(
      Object.entries(rollout).map(([key, shares]) => {
        const { eot, number } = attention[key]?.flow ?? {};
        return [
          layerOf(key),
          { eot: eot?.[latent] ?? null, number: number?.[latent] ?? null, rollout: shares[latent] ?? null },
        ];
      }),
    ),
  };
}

function attentionTo(values: readonly number[], latent: number, where: string): number {
  const value = values[latent];
  if (value === undefined)
    throw new BadInputError(
      `${where}: attention to ${values.length} latents, but latent ${latent} was ablated`,
      "the attention and the ablations must be of the same run",
    );
  return value;
}

/** @param all the problem's records, the baseline among them. */
function viewOf(baseline: OkRecord, all: readonly OkRecord[]): ProblemView {
  const { problem, answer, lens } = baseline;
  const ablated = all
    .filter((record) => isMain(record) && record.condition.latent !== null)
    .map((record) => ({
      latent: record.condition.latent ?? 0,
      answer: record.answer.text,
      correct: record.answer.correct,
    }))
    .sort((a, b) => a.latent - b.latent);
  const changed = all
    .filter((record) => !isMain(record) && record.answer.text !== answer.text)
    .map(({ study, condition, answer: { text, correct } }) => ({
      study,
      condition: condition.name,
      answer: text,
      correct,
    }));
  return {
    id: problem.id,
    difficulty: problem.difficulty,
    question: problem.question,
    expected: problem.expected,
    baseline: answer.text,
    baselineCorrect: answer.correct,
    expectedLogProb: baseline.measures.expectedLogProb,
    lens,
    ablated,
    changed,
    tokens: baseline.questionTokens ?? null,
    attention: new Map(
      Object.entries(baseline.attention).map(([key, { eot, number, reading }]) => [
        layerOf(key),
        { eot: eot.heads, number: number?.heads ?? null, reading: reading ?? null },
      ]),
    ),
  };
}

const id = z.union([z.string(), z.number()]).transform(String);
const ablationSchema = z.array(
  z.union([
    z.looseObject({
      problem_id: id,
      difficulty: z.string(),
      expected_answer: z.number(),
      baseline: z.looseObject({ output: z.string(), correct: z.boolean() }),
      token_ablations: z.array(
        z.looseObject({ token_pos: z.int().nonnegative(), ablated_output: z.string(), still_correct: z.boolean() }),
      ),
    }),
    z.looseObject({ problem_id: id, error: z.string() }),
  ]),
);
const attentionSchema = z.array(
  z.looseObject({
    problem_id: id,
    attention_by_layer: z
      .record(z.string().regex(/^layer_\d+$/), z.looseObject({ continuous_token_attention: z.array(z.number()) }))
      .optional(),
  }),
);

function fromOriginal(dir: string, ablationFile: string, attentionFile: string): RunData {
  const ablations = readJson(join(dir, ablationFile), ablationSchema);
  const attention = new Map(
    readJson(join(dir, attentionFile), attentionSchema).map((entry) => [
      entry.problem_id,
      entry.attention_by_layer ?? {},
    ]),
  );
  // A problem that failed half-way holds an error beside what was done before it; the original study leaves it out whole.
  const usable = ablations.flatMap((entry) =>
    !("error" in entry) && "baseline" in entry && "token_ablations" in entry
      ? [entry as Extract<(typeof ablations)[number], { token_ablations: unknown }>]
      : [],
  );
  const layers = [
    ...new Set([...attention.values()].flatMap((byLayer) => Object.keys(byLayer).map((key) => Number(key.slice(6))))),
  ].sort((a, b) => a - b);
  const rows = usable.flatMap((entry): AnalysisRow[] =>
    entry.token_ablations.map((ablation) => ({
      problemId: entry.problem_id,
      difficulty: entry.difficulty,
      latent: ablation.token_pos,
      baselineCorrect: entry.baseline.correct,
      stillCorrect: ablation.still_correct,
      importance: entry.baseline.correct && !ablation.still_correct ? 1 : 0,
      deltaLogProb: null,
      kl: null,
      attention: new Map(
        Object.entries(attention.get(entry.problem_id) ?? {}).map(([key, value]) => [
          Number(key.slice(6)),
          {
            eot: attentionTo(value.continuous_token_attention, ablation.token_pos, `${entry.problem_id}, ${key}`),
            number: null,
          },
        ]),
      ),
    })),
  );
  return {
    source: "original",
    rows,
    studyRows: [],
    lensRows: [],
    stories: [],
    problems: usable.map((entry) => ({
      id: entry.problem_id,
      difficulty: entry.difficulty,
      question: null,
      expected: entry.expected_answer,
      baseline: entry.baseline.output,
      baselineCorrect: entry.baseline.correct,
      expectedLogProb: null,
      lens: null,
      ablated: entry.token_ablations.map((each) => ({
        latent: each.token_pos,
        answer: each.ablated_output,
        correct: each.still_correct,
      })),
      changed: [],
      tokens: null,
      attention: new Map(),
    })),
    layers,
    latents: 1 + rows.reduce((most, row) => Math.max(most, row.latent), -1),
    failed: ablations.flatMap((entry) =>
      "error" in entry ? [{ problemId: entry.problem_id, condition: "all", message: String(entry.error) }] : [],
    ),
    protocol: "seed",
    ablateLayer: null,
    seed: 42,
    testMode: /_test\.json$/.test(ablationFile),
    model: null,
    command: null,
    versions: {},
    notices: ["read from the original study's files, which say nothing of the protocol: its own loop is assumed"],
  };
}

function readJson<T>(path: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new BadInputError(
      `${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      "correct the file",
    );
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new BadInputError(`${path}: ${firstIssue(checked.error)}`, "the format is that of the original study");
}

/** 8 of `layer_8`. */
function layerOf(key: string): number {
  return Number(key.slice("layer_".length));
}
