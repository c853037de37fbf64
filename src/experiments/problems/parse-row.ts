/** A row in a known form as a problem, or why it is none. */

import type { GoldAnswer } from "../../model/latent/answer/kind.js";
import { equationSteps } from "./equation-steps.js";
import type { Form } from "./form.js";
import { sentencesOf, stratumOf, unmarkedSteps } from "./level.js";
import { type Problem, STRATA, type Stratum } from "./problem.js";
import { isRow, type Row } from "./row.js";
import { listedSteps, markedSteps, type Steps } from "./steps.js";

/** Why a row is no problem, and what to do about it. */
export interface BadRow {
  readonly reason: string;
  readonly hint: string;
}

/** What a row is checked against. */
export interface RowContext {
  readonly form: Form;
  /** Place in the file, which names a row that has no id. */
  readonly line: number;
  readonly seen: ReadonlySet<string>;
  /** What the protocol reads of an answer. */
  readonly readGold: (answer: string | number | boolean) => GoldAnswer;
  /** Why a question is not usable with the model, or null. */
  readonly check: (question: string) => string | null;
}

const GOLD_HINT = "give the number alone (18, -0.5, 1,200) where the answer ends, after #### where that stands";

/** @returns the problem, or what is wrong with the row. */
export function parseRow(row: Row, { form, line, seen, readGold, check }: RowContext): Problem | BadRow {
  const question = questionOf(row, form);
  if (typeof question !== "string") return question;
  if (question.trim() === "") return bad("the question is empty");
  const id = idOf(row, form) ?? `line-${line}`;
  if (seen.has(id)) return bad(`the id "${id}" stands twice`, "give each row an id of its own");
  const unusable = check(question);
  if (unusable !== null) return bad(unusable, "shorten the question, lower --max-new-tokens, or leave the row out");
  const counterfactual = counterfactualOf(row, question, check);
  if (isRow(counterfactual)) return counterfactual;
  const answer = answerOf(row, form);
  if (isRow(answer)) return answer;
  const gold = readGold(answer);
  if (gold.kind === "unreadable")
    return bad(`the answer ${JSON.stringify(answer).slice(0, 60)} ${gold.reason}`, GOLD_HINT);
  const solution = solutionOf(row, form);
  if ("reason" in solution) return solution;
  const difficulty = difficultyOf(row, solution.count);
  if (typeof difficulty !== "string") return difficulty;
  const { equations, values } = solution.steps;
  return {
    id,
    question,
    expected: gold.value,
    difficulty,
    ...(values.length === 0 ? {} : { steps: values, equations }),
    ...(counterfactual === undefined ? {} : { counterfactual }),
  };
}

function bad(reason: string, hint = "correct the row"): BadRow {
  return { reason, hint };
}

function missing(field: string): BadRow {
  return bad(`field "${field}" is missing`, `give the row a field "${field}", or name another with --field`);
}

function unusable(field: string, value: unknown, wanted: string): BadRow {
  const found = value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;
  return bad(`field "${field}" is not usable: found ${found}, wanted ${wanted}`);
}

/** The parts of a question joined by a blank; choices listed below it as in the data that the reference is trained on. */
function questionOf(row: Row, { question: fields, answer }: Form): string | BadRow {
  const parts: string[] = [];
  for (const field of fields) {
    const value = row[field];
    if (value === undefined) return missing(field);
    if (typeof value === "string") parts.push(value);
    else {
      const listed = isRow(value) && typeof value["stem"] === "string" ? choicesOf(value["choices"]) : choicesOf(value);
      if (listed === null) return unusable(field, value, "text");
      if (isRow(value) && typeof value["stem"] === "string") parts.push(value["stem"]);
      parts.push(listed);
    }
  }
  const [first = "", ...rest] = parts;
  return answer === "answerKey" && rest.length > 0
    ? [`Question: ${first}`, "Choices:", ...rest].join("\n")
    : parts.join(" ");
}

/** `A: ignore` a line; null where it is no list of choices. @param value labels and texts, as two lists or in pairs. */
function choicesOf(value: unknown): string | null {
  const { label, text } = isRow(value) ? value : { label: null, text: null };
  const pairs: unknown[] =
    Array.isArray(label) && Array.isArray(text)
      ? label.map((each, i) => ({ label: each, text: text[i] }))
      : Array.isArray(value)
        ? value
        : [];
  const lines = pairs.map((each) =>
    isRow(each) && typeof each["label"] === "string" && typeof each["text"] === "string"
      ? `${each["label"]}: ${each["text"]}`
      : null,
  );
  return lines.length === 0 || lines.includes(null) ? null : lines.join("\n");
}

function idOf(row: Row, { ids }: Form): string | undefined {
  const found = ids.map((field) => row[field]).find((value) => typeof value === "string" || typeof value === "number");
  return found === undefined ? undefined : String(found);
}

function counterfactualOf(row: Row, question: string, check: RowContext["check"]): string | undefined | (BadRow & Row) {
  const given = row["counterfactual"];
  if (given === undefined || given === null) return undefined;
  if (typeof given !== "string") return { ...unusable("counterfactual", given, "text") };
  if (given.trim() === "") return { ...bad("the counterfactual is empty") };
  if (given === question) return { ...bad("the counterfactual is the question itself") };
  const why = check(given);
  return why === null ? given : { ...bad(`of the counterfactual, ${why}`) };
}

function answerOf(row: Row, { answer: field }: Form): string | number | boolean | (BadRow & Row) {
  const value = row[field];
  // Equation sets give a list of one solution.
  const only = Array.isArray(value) && value.length === 1 && field === "lSolutions" ? (value[0] as unknown) : value;
  if (only === undefined) return { ...missing(field) };
  if (typeof only !== "string" && typeof only !== "number" && typeof only !== "boolean")
    return { ...unusable(field, value, "a text or a number") };
  return only;
}

/** Steps where they are marked, and how many there are; `count` null where nothing says so. */
interface Solution {
  readonly steps: Steps;
  readonly count: number | null;
}

const NONE: Steps = { equations: [], values: [] };

function solutionOf(row: Row, { steps: field, answer }: Form): Solution | BadRow {
  const value = field === null ? undefined : row[field];
  if (field === null || value === undefined || value === null) return { steps: NONE, count: null };
  if (typeof value === "number" && field !== answer) return { steps: NONE, count: value };
  if (Array.isArray(value)) {
    const equation = value.length === 1 && typeof value[0] === "string" ? equationSteps(value[0]) : null;
    return counted(equation ?? listedSteps(value));
  }
  if (field === answer) return typeof value === "string" ? marked(value, unmarkedSteps) : { steps: NONE, count: null };
  if (typeof value !== "string") return unusable(field, value, "a text or a list");
  const equation = equationSteps(value);
  return equation === null || equation.values.length === 0 ? marked(value, sentencesOf) : counted(equation);
}

function marked(text: string, otherwise: (text: string) => number | null): Solution {
  const steps = markedSteps(text);
  return steps.values.length > 0 ? counted(steps) : { steps: NONE, count: otherwise(text) };
}

function counted(steps: Steps): Solution {
  return { steps, count: steps.values.length };
}

function difficultyOf(row: Row, steps: number | null): Stratum | BadRow {
  const given = row["difficulty"];
  if (given === undefined || given === null) return stratumOf(steps);
  const known = STRATA.find((each) => each === given);
  return known ?? unusableDifficulty(given);
}

function unusableDifficulty(given: unknown): BadRow {
  return bad(
    `field "difficulty" is not usable: found ${JSON.stringify(given).slice(0, 40)}, wanted one of ${STRATA.join(", ")}`,
    "take the field out, and the steps are counted; or write one of these",
  );
}
