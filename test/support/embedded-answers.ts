/** The embedded model's answers beside PyTorch's: clean, read by the head at BOT and each latent, and with a block zeroed. */

import { readFileSync } from "node:fs";
import { type CodiModel, parseIntervention } from "../../src/index.js";

interface EmbeddedRow {
  readonly question: string;
  readonly reference: { answer_ids: number[]; lens: string[]; zeroed_layer8: number[][] };
}

/** What was found, and what the reference has there. */
export interface Beside<T> {
  readonly found: readonly T[];
  readonly wanted: readonly T[];
}

const rows = readFileSync(new URL("../../weights/tiny-codi/problems_100.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as EmbeddedRow);

/** How many problems there are. */
export const PROBLEMS = rows.length;

/** The answers to the first problems, and the head's choices at BOT and each latent. @param count default: all. */
export async function cleanAnswers(
  model: CodiModel,
  count: number = PROBLEMS,
): Promise<{ readonly answers: Beside<readonly number[]>; readonly choices: Beside<readonly (string | undefined)[]> }> {
  const asked = rows.slice(0, count);
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

/** All 600 answers with block 8 zeroed at a latent. */
export async function zeroedAnswers(model: CodiModel): Promise<Beside<readonly (readonly number[])[]>> {
  const conditions = [0, 1, 2, 3, 4, 5].map((k) => ({
    name: `zero ${k}`,
    interventions: [parseIntervention(`zero:blocks.8.hook_resid_post@latent.${k}`)],
  }));
  const results = await model.runConditions(questionsOf(rows), conditions, { maxNewTokens: 12 });
  return {
    found: results.map((row) => row.map(({ answer }) => answer.ids)),
    wanted: rows.map(({ reference }) => reference.zeroed_layer8),
  };
}

function questionsOf(asked: readonly EmbeddedRow[]): string[] {
  return asked.map(({ question }) => question);
}
