/** The embedded model and some of its questions, for tests. */

import { readFileSync } from "node:fs";
import { CodiModel } from "../../src/index.js";

const rows = readFileSync(new URL("../../weights/tiny-codi/problems_100.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);

interface Row {
  readonly question: string;
  readonly answer: string;
  readonly reference: {
    readonly answer_ids: readonly number[];
    readonly zeroed_layer8: readonly (readonly number[])[];
  };
}

/** All embedded problems. */
export const problems: readonly { readonly question: string; readonly expected: number }[] = rows.map(
  ({ question, answer }) => ({ question, expected: Number(answer.split("####")[1]) }),
);

/** What PyTorch answers to some of them, and with the output of block 8 zeroed at each latent. */
export const references = [80, 40].flatMap((i) =>
  rows.slice(i, i + 1).map(({ question: asked, reference }) => ({
    question: asked,
    answer: reference.answer_ids,
    zeroed: reference.zeroed_layer8,
  })),
);

/** Questions of different lengths. */
export const questions: readonly string[] = [0, 30, 60, 75, 80, 91, 99].map((i) => rows[i]?.question ?? "");

/** The longest of them. */
export const question: string = questions[4] ?? "";

/** Loads the embedded model. */
export function loadTiny(protocol?: "codi" | "seed"): Promise<CodiModel> {
  return CodiModel.load("weights/tiny-codi", protocol === undefined ? {} : { protocol });
}
