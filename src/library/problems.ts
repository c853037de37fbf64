/** Problems for a script: of a model by its name, of a data file, or written down. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { BadInputError, UsageError } from "../base/errors.js";
import { perLevel, sampleProblems } from "../experiments/plan/sampling.js";
import type { FieldNames } from "../experiments/problems/form.js";
import { type LoadOptions, loadProblems as loadFile, readProblems } from "../experiments/problems/load.js";
import type { Problem, ProblemSet } from "../experiments/problems/problem.js";
import { embeddedFolder } from "../model/checkpoint/model-names.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";

/** A problem as a script writes it down. */
export interface WrittenProblem {
  readonly question: string;
  /** A number, a letter or a truth value; a text may end with `#### 18`. */
  readonly answer: string | number | boolean;
  /** Default: its place in the list. */
  readonly id?: string;
}

/** How many problems are taken, and how they are read. */
export interface ProblemOptions {
  /** So many, drawn evenly over the difficulties; default: all, in the file's order. */
  readonly n?: number;
  /** Of the draw; the same seed draws the same problems as `experiment --problems N --seed S`. Default 42. */
  readonly seed?: number;
  /** Fields of the rows by name, where their form is none that is known. */
  readonly fields?: FieldNames;
  /** What is done with a row that holds no problem; default `fail`. */
  readonly onBadRow?: "fail" | "skip";
  /** Whose reading of the answers counts; default: that of CODI's reference. */
  readonly protocol?: AnyProtocol;
}

const DEFAULT_SEED = 42;

/**
 * Reads problems, and draws some of them as the command line does.
 *
 * @param source a model that brings problems (`tiny-codi`), a data file's path, or a list of questions with their answers.
 * @returns the problems, level by level where `n` is given.
 * @throws BadInputError naming the file, the row and what is wrong with it; UsageError where `n` is no number of problems.
 * @example
 * ```ts
 * const some = await loadProblems("tiny-codi", { n: 8, seed: 1 });
 * some.length // → 8
 * await loadProblems([{ question: "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?", answer: 7 }]);
 * ```
 */
export async function loadProblems(
  source: string | readonly WrittenProblem[],
  { n, seed = DEFAULT_SEED, fields, onBadRow = "fail", protocol }: ProblemOptions = {},
): Promise<Problem[]> {
  if (n !== undefined && (!Number.isInteger(n) || n < 1))
    throw new UsageError(`n is ${n}, wanted a whole number of at least 1`, "leave it out to take all problems");
  const { problems } = await problemSet(source, {
    onBadRow,
    ...(fields === undefined ? {} : { fields }),
    ...(protocol === undefined ? {} : { protocol }),
  });
  if (n === undefined) return [...problems];
  return [...sampleProblems(problems, perLevel(problems, { total: n, testMode: false }), seed).problems];
}

function problemSet(source: string | readonly WrittenProblem[], options: LoadOptions): Promise<ProblemSet> {
  // By the same reader, so that a list is read as a file with the same rows.
  if (typeof source !== "string")
    return readProblems(new TextEncoder().encode(JSON.stringify(source)), "the list of problems", options);
  return loadFile(dataFileOf(source), options);
}

/** The file of a model that brings problems, by its name; any other name is a file's. */
export function dataFileOf(source: string): string {
  const folder = embeddedFolder(source);
  return folder === null ? source : problemsOf(source, folder);
}

/** The data file that a model brings. @throws BadInputError where it brings none. */
function problemsOf(name: string, folder: string): string {
  const file = readdirSync(folder).find((each) => /^problems\w*\.jsonl$/.test(each));
  if (file !== undefined) return join(folder, file);
  throw new BadInputError(`The model ${name} brings no problems of its own`, "give the path of a data file");
}
