/** The models of the study: random weights, whose answers never agree, and tiny-codi blown up, which answers. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Context, problemQuestions } from "../context.mjs";
import { SHAPE_1B, SHAPE_TINY } from "../make/random-checkpoint.mjs";
import type { StudyModel } from "./study-loops.mjs";

const EMBEDDED = fileURLToPath(new URL("../../weights/tiny-codi", import.meta.url));
const PROBLEMS = join(EMBEDDED, "problems_100.jsonl");

/** Both; of a model that was given by `--model`, that one alone. */
export async function studyModels(context: Context): Promise<StudyModel[]> {
  const random = randomModel(context);
  if (context.arguments.model !== null) return [random];
  return [random, { ...embeddedModel(context), label: "tiny-codi blown up", folder: await context.blownUp() }];
}

/** Random weights, or the given model. */
export function randomModel(context: Context): StudyModel {
  const { quick, problems, wholeProblems, model } = context.arguments;
  return {
    label: model === null ? "random weights" : "given model",
    folder: context.model(),
    layers: (quick ? SHAPE_TINY : SHAPE_1B).layers,
    questions: problemQuestions(problems),
    whole: { questions: problemQuestions(wholeProblems), expected: Array.from({ length: wholeProblems }, (_, i) => i) },
    median: medianOf(problemQuestions(13)),
    more: true,
  };
}

/** The embedded model in its own shape, asked some of its own problems. */
export function embeddedModel({ arguments: { problems, wholeProblems } }: Context): StudyModel {
  const own = readFileSync(PROBLEMS, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly question: string; readonly answer: string });
  // The file goes from easy to hard; some of it are some of each.
  const some = (count: number): typeof own =>
    Array.from({ length: count }, (_, i) => own[Math.floor((i * own.length) / count) % own.length]).flatMap(
      (each) => each ?? [],
    );
  const [few, whole] = [some(problems), some(wholeProblems)];
  return {
    label: "tiny-codi",
    folder: EMBEDDED,
    layers: 16,
    questions: few.map(({ question }) => question),
    whole: {
      questions: whole.map(({ question }) => question),
      expected: whole.map(({ answer }) => Number(answer.split("#### ")[1])),
    },
    median: medianOf(own.map(({ question }) => question)),
    more: false,
  };
}

function medianOf(questions: readonly string[]): string {
  return [...questions].sort((a, b) => a.length - b.length)[Math.floor(questions.length / 2)] ?? "";
}
