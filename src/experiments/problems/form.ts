/** Which fields of a row hold the question, the answer and the steps: the forms in which data sets are handed on, by their own names. */

import type { Row } from "./row.js";

/** Fields that the user named; the others are found. */
export interface FieldNames {
  /** Several are joined by a blank. */
  readonly question?: readonly string[];
  readonly answer?: string;
  readonly steps?: string;
  readonly id?: string;
}

/** Where a row's parts stand. */
export interface Form {
  readonly name: string;
  readonly question: readonly string[];
  readonly answer: string;
  /** Null where the form has none. */
  readonly steps: string | null;
  /** Fields that may hold an id; the first that is there counts. */
  readonly ids: readonly string[];
  /** The lowest counts where rows differ. */
  readonly rank: number;
}

const form = (
  name: string,
  {
    question,
    ...fields
  }: Partial<Omit<Form, "question">> & { readonly question: string | readonly string[]; readonly answer: string },
): Form => ({
  name,
  question: [question].flat(),
  steps: null,
  ids: ["id", "gsm8k_id"],
  rank: 0,
  ...fields,
});

/** Named after the data set that is handed on so; the first that a row has all fields of counts. */
const FORMS: readonly Form[] = [
  form("CommonsenseQA", { question: ["question", "choices"], answer: "answerKey" }),
  form("CommonsenseQA", { question: "question", answer: "answerKey" }),
  form("SVAMP", { question: "question_concat", answer: "Answer", steps: "Equation", ids: ["ID", "id"] }),
  form("SVAMP", { question: ["Body", "Question"], answer: "Answer", steps: "Equation", ids: ["ID", "id"] }),
  form("MultiArith", { question: "question", answer: "final_ans" }),
  form("MultiArith", { question: "sQuestion", answer: "lSolutions", steps: "lEquations", ids: ["iIndex", "id"] }),
  form("GSM-Hard", { question: "input", answer: "target" }),
  form("GSM-Hard", { question: "instruction", answer: "response" }),
  form("GSM8K-Aug", { question: "question", answer: "answer", steps: "steps" }),
  form("GSM8K-Aug", { question: "question", answer: "answer", steps: "cot" }),
  form("GSM8K", { question: "question", answer: "answer", steps: "answer", ids: ["id", "gsm8k_id", "qid"] }),
].map((each, rank) => ({ ...each, rank }));

/** Fields that belong to the question where they are there; a form that does not take them in would ask half of it. */
const PARTS = ["body", "context", "passage", "choices", "options"];

/** @returns the form of a row; null where none fits. */
export function formOf(row: Row, named: FieldNames = {}): Form | null {
  if (named.question !== undefined || named.answer !== undefined || named.steps !== undefined)
    return namedForm(row, named);
  const found = FORMS.find(
    (each) =>
      [...each.question, each.answer].every((field) => has(row, field)) &&
      (each.steps === null || OPTIONAL.has(each.steps) || has(row, each.steps)) &&
      unusedParts(row, each).length === 0,
  );
  return found === undefined ? null : withId(found, named);
}

/** Steps that a form has where the file has them. */
const OPTIONAL = new Set(["Equation", "lEquations"]);

function namedForm(row: Row, named: FieldNames): Form | null {
  const question = named.question ?? FORMS.find((each) => each.question.every((field) => has(row, field)))?.question;
  const answer = named.answer ?? FORMS.find((each) => has(row, each.answer))?.answer;
  if (question === undefined || answer === undefined || ![...question, answer].every((field) => field in row))
    return null;
  const steps = named.steps ?? ["steps", "cot"].find((field) => has(row, field)) ?? answer;
  return withId(form("--field", { question, answer, steps, rank: steps === answer ? 1 : 0 }), named);
}

function withId(found: Form, { id }: FieldNames): Form {
  return id === undefined ? found : { ...found, ids: [id] };
}

function has(row: Row, field: string): boolean {
  return row[field] !== undefined && row[field] !== null;
}

/** Fields of a question that the form leaves out. */
export function unusedParts(row: Row, { question }: Pick<Form, "question">): string[] {
  return Object.keys(row).filter(
    (field) =>
      PARTS.includes(field.toLowerCase()) &&
      !question.includes(field) &&
      has(row, field) &&
      !question.includes("question_concat"),
  );
}

/** What is looked for, for messages. */
export function fieldsLookedFor(): { readonly question: string; readonly answer: string } {
  const names = (of: (each: Form) => string): string => [...new Set(FORMS.map(of))].join(", ");
  return { question: names((each) => each.question.join(" with ")), answer: names((each) => each.answer) };
}
