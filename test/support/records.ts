/** Records made by hand, for tests of the analysis. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "../../src/records/fingerprint.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { recordLine } from "../../src/records/record-line.js";
import { temporaryFolder } from "./temporary.js";

/** How a set of records is made. */
export interface MadeRun {
  readonly problems: number;
  readonly baselineCorrect?: (problem: number) => boolean;
  readonly broken?: (problem: number, latent: number) => boolean;
  readonly attention?: (problem: number, latent: number, layer: number) => number;
  readonly question?: (problem: number) => string;
}

const LAYERS = [4, 8, 14];

/** One problem's seven records. */
export function madeRecords(run: MadeRun): ExperimentRecord[] {
  return Array.from({ length: run.problems }, (_, problem) =>
    [null, 0, 1, 2, 3, 4, 5].map((latent) => madeRecord(run, problem, latent)),
  ).flat();
}

/** A condition of a study beside the main one. */
export interface MadeCondition {
  readonly study: string;
  readonly name: string;
  readonly interventions: readonly string[];
}

/** One record. @param under null without intervention; a number zeroes that latent. */
export function madeRecord(run: MadeRun, problem: number, under: number | null | MadeCondition): ExperimentRecord {
  if (typeof under === "object" && under !== null) {
    const { study, name, interventions } = under;
    const plain = madeRecord(run, problem, null);
    return {
      ...plain,
      key: hashOf({ problem, under }),
      study,
      condition: { name, interventions: [...interventions], latent: null, factors: {} },
    };
  }
  const latent = under;
  const right = run.baselineCorrect?.(problem) ?? true;
  const correct = latent === null ? right : right && !(run.broken?.(problem, latent) ?? false);
  const row = (layer: number): number[] => [0, 1, 2, 3, 4, 5].map((k) => run.attention?.(problem, k, layer) ?? 0.1);
  const levels = ["2-step", "3-step", "4-step", "5+step"];
  return {
    schema: 1,
    key: hashOf({ problem, latent }),
    study: latent === null ? "baseline" : "token-ablation",
    protocol: "codi",
    problem: {
      id: `p${problem}`,
      index: problem,
      difficulty: levels[problem % 4] ?? "2-step",
      question: run.question?.(problem) ?? `question ${problem}`,
      expected: 7,
    },
    condition: { name: latent === null ? "baseline" : `zero latent.${latent} at layer 8`, interventions: [], latent },
    status: "ok",
    answer: {
      text: correct ? "The answer is: 7" : "The answer is: 8",
      tokens: [],
      finish: "eos",
      predicted: correct ? 7 : 8,
      noNumberReason: null,
      correct,
    },
    measures: {
      expectedLogProb: -1,
      deltaExpectedLogProb: latent === null ? null : -0.5,
      klAtNumber: latent === null ? null : 0.25,
      attentionL2: null,
      marginAtNumber: 1,
      flip: null,
    },
    attention: Object.fromEntries(
      LAYERS.map((layer) => [`layer_${layer}`, { eot: { headMean: row(layer), heads: [row(layer)] }, number: null }]),
    ),
    lens: latent === null ? ["7"] : null,
  };
}

/** Writes a run folder with records and manifest; returns it. @param options `studies` are those that the manifest says were asked for. */
export function madeFolder(
  records: readonly ExperimentRecord[],
  name = "run",
  { studies }: { readonly studies?: readonly string[] } = {},
): string {
  const dir = join(temporaryFolder("codilens-made-"), name);
  mkdirSync(dir);
  writeFileSync(join(dir, "records.jsonl"), records.map(recordLine).join(""));
  const manifest = {
    schema: 1,
    status: "complete",
    fingerprint: studies === undefined ? {} : { studies },
    model: { name: "made", protocol: "codi", layers: 16, latents: 6 },
    settings: { layers: LAYERS, ablateLayer: 8, seed: 42, testMode: false, maxNewTokens: 64 },
    stamp: { command: "codilens experiment", version: "0.1.0", startedAt: "" },
  };
  writeFileSync(join(dir, "manifest.json"), JSON.stringify(manifest));
  return dir;
}
