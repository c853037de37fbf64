/** The original study's result files. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { ORIGINAL_PROTOCOL } from "../../model/latent/protocols/names.js";
import type { AnalysisRow, RunData } from "../summary-types.js";
import { attentionTo } from "./rows.js";

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

/** @throws BadInputError for files of another form. */
export function fromOriginal(dir: string, ablationFile: string, attentionFile: string): RunData {
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
    asked: [],
    studyRecords: [],
    baselines: [],
    file: () => null,
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
    protocol: ORIGINAL_PROTOCOL,
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
