/** The embedded models' answers beside PyTorch's: clean, read by the head at BOT and each latent, and with a block zeroed. */

import { readFileSync } from "node:fs";
import { type CodiModel, parseIntervention } from "../../src/index.js";

interface EmbeddedRow {
  readonly question: string;
  /** `zeroed_layer8`: with block 8 zeroed at each latent. */
  readonly reference: { answer_ids: number[]; lens: string[] } & Readonly<Record<`zeroed_layer${number}`, number[][]>>;
}

/** A model that comes with the package. */
export type EmbeddedName = "tiny-codi" | "tiny-pause" | "tiny-coconut" | "tiny-coconut-pause";

/** Which problems of which model. */
export interface Asked {
  /** Default: all. */
  readonly count?: number;
  /** Default: tiny-codi. */
  readonly name?: EmbeddedName;
}

/** The block that the reference zeroed. */
const ZEROED = { "tiny-codi": 8, "tiny-pause": 8, "tiny-coconut": 3, "tiny-coconut-pause": 3 } as const;

/** What was found, and what the reference has there. */
export interface Beside<T> {
  readonly found: readonly T[];
  readonly wanted: readonly T[];
}

/** How many problems each has. */
export const PROBLEMS = 100;

function rowsOf({ name = "tiny-codi", count = PROBLEMS }: Asked): EmbeddedRow[] {
  return readFileSync(new URL(`../../weights/${name}/problems_100.jsonl`, import.meta.url), "utf8")
    .trim()
    .split("\n")
    .slice(0, count)
    .map((line) => JSON.parse(line) as EmbeddedRow);
}

/** The answers to the first problems, and the head's choices at BOT and each latent. */
export async function cleanAnswers(
  model: CodiModel,
  which: Asked = {},
): Promise<{ readonly answers: Beside<readonly number[]>; readonly choices: Beside<readonly (string | undefined)[]> }> {
  const asked = rowsOf(which);
  const results = await model.runBatch(questionsOf(asked), { lens: true });
  return {
    answers: {
      found: results.map(({ answer }) => answer.ids),
      wanted: asked.map(({ reference }) => reference.answer_ids),
    },
    choices: {
      found: results.map(({ lens }) => lens.map(({ top }) => top[0]?.text)),
      wanted: asked.map(({ reference }) => reference.lens),
    },
  };
}

/** Six answers to each problem, with a block zeroed at a latent. */
export async function zeroedAnswers(
  model: CodiModel,
  which: Asked = {},
): Promise<Beside<readonly (readonly number[])[]>> {
  const rows = rowsOf(which);
  const block = ZEROED[which.name ?? "tiny-codi"];
  const conditions = [0, 1, 2, 3, 4, 5].map((k) => ({
    name: `zero ${k}`,
    interventions: [parseIntervention(`zero:blocks.${block}.hook_resid_post@latent.${k}`)],
  }));
  const results = await model.runConditions(questionsOf(rows), conditions, { maxNewTokens: 12 });
  return {
    found: results.map((row) => row.map(({ answer }) => answer.ids)),
    wanted: rows.map(({ reference }) => reference[`zeroed_layer${block}`] ?? []),
  };
}

function questionsOf(asked: readonly EmbeddedRow[]): string[] {
  return asked.map(({ question }) => question);
}
