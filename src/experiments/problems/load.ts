/** Reads the problems of a data file, and says how it was read. Bad rows are named by their place. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { BadInputError } from "../../base/errors.js";
import { openFilesError } from "../../base/open-files.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import { type AnyProtocol, DEFAULT_PROTOCOL } from "../../model/latent/protocols/names.js";
import { type FieldNames, type Form, fieldsLookedFor, formOf, unusedParts } from "./form.js";
import { type BadRow, parseRow, type RowContext } from "./parse-row.js";
import type { Problem, ProblemSet, Reading } from "./problem.js";
import { fieldList, isRow, type PlacedRow, type Row, type Rows, type WholeKind } from "./row.js";
import { rowsOf } from "./rows.js";

/** How a data file is read. */
export interface LoadOptions {
  /** `fail` stops at the first bad row; `skip` leaves it out and counts it. */
  readonly onBadRow: "fail" | "skip";
  /** Why a question is not usable with this model (too long), or null. */
  readonly check?: (question: string) => string | null;
  /** Fields by name, where the file's are none that are known. */
  readonly fields?: FieldNames;
  /** Whose reading of the answers counts; default `codi`. */
  readonly protocol?: AnyProtocol;
}

/**
 * Reads a data file.
 *
 * @throws BadInputError naming the file, what it is or the row, and what is wrong.
 */
export async function loadProblems(file: string, options: LoadOptions): Promise<ProblemSet> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw openFilesError(error) ?? unreadable(file, error);
  });
  return readProblems(bytes, file, options);
}

/** The same from the bytes of a file. @param file its name, for messages. */
export async function readProblems(
  bytes: Uint8Array,
  file: string,
  { onBadRow, check = () => null, fields = {}, protocol = DEFAULT_PROTOCOL }: LoadOptions,
): Promise<ProblemSet> {
  const split = await rowsOf(bytes, file, (row) => wholeKind(row, fields));
  const form = formOfRows(split.rows, fields);
  const seen = new Set<string>();
  const problems: Problem[] = [];
  const bads: (BadRow & { readonly line: number })[] = [];
  const { readGold } = protocolOf(protocol);
  for (const placed of split.rows) {
    const parsed = parsePlaced(placed, form, { fields, seen, check, readGold });
    if ("reason" in parsed) bads.push({ ...parsed, line: placed.line });
    else {
      seen.add(parsed.id);
      problems.push(parsed);
    }
    // The rows after it are read too: only they say whether leaving it out helps.
    if (bads.length > 0 && onBadRow === "fail" && problems.length > 0) break;
  }
  const [first] = bads;
  if (first !== undefined && (onBadRow === "fail" || problems.length === 0))
    throw refusal(file, split, { ...first, others: problems.length > 0 });
  if (problems.length === 0) throw new BadInputError(`${file} holds no rows`, "give a file with problems in it");
  return {
    problems,
    skipped: bads.map(({ line, reason }) => ({ line, reason })),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    reading: readingOf(split, form, problems),
  };
}

function unreadable(file: string, error: NodeJS.ErrnoException): BadInputError {
  const hints: Readonly<Record<string, string>> = {
    ENOENT: "there is no such file; correct the name",
    EISDIR: "that is a folder; give the file in it (a data set saved as Arrow is first written as parquet or JSONL)",
    EACCES: "allow this user to read it",
  };
  const { code = "" } = error;
  return new BadInputError(
    `Cannot read data file "${file}": ${error.code ?? error.message}`,
    hints[code] ?? "give a data file that can be read",
  );
}

function wholeKind(row: Row, fields: FieldNames): WholeKind {
  const form = formOf(row, fields);
  if (form === null) return "other";
  const question = row[form.question[0] ?? ""];
  return typeof question === "string" || (isRow(question) && "stem" in question) ? "row" : "columns";
}

/** A file is of one form: the first of the known ones that any row has, so that a field which only some rows have is not passed over. */
function formOfRows(rows: readonly PlacedRow[], fields: FieldNames): Form | null {
  const found = rows.flatMap((row) => ("value" in row && isRow(row.value) ? (formOf(row.value, fields) ?? []) : []));
  return found.reduce<Form | null>((best, form) => (best === null || form.rank < best.rank ? form : best), null);
}

function parsePlaced(
  placed: PlacedRow,
  form: Form | null,
  { fields, ...rest }: Omit<RowContext, "form" | "line"> & { readonly fields: FieldNames },
): Problem | BadRow {
  if ("bad" in placed) return { reason: placed.bad, hint: placed.hint };
  const { value, line } = placed;
  if (!isRow(value)) return { reason: "it is not an object with question and answer", hint: "correct the row" };
  if (form === null) return unknownForm(value, fields);
  const left = unusedParts(value, form);
  if (left.length > 0 && form.name !== "--field") return halfQuestion(left);
  return parseRow(value, { ...rest, form, line });
}

function unknownForm(row: Row, fields: FieldNames): BadRow {
  const named = [...(fields.question ?? []), ...[fields.answer, fields.steps].flatMap((each) => each ?? [])];
  const absent = named.filter((field) => !(field in row));
  if (absent.length > 0)
    return {
      reason: `field ${absent.map((field) => `"${field}"`).join(" and ")} is missing; found ${fieldList(row)}`,
      hint: "correct --field",
    };
  const left = unusedParts(row, { question: ["question"] });
  if ("question" in row && "answer" in row && left.length > 0) return halfQuestion(left);
  const looked = fieldsLookedFor();
  const lacks =
    "question" in row
      ? `field "answer" is missing; looked for ${looked.answer}`
      : `no field holds the question and the answer; looked for the question in ${looked.question}, and for the answer in ${looked.answer}`;
  return {
    reason: `${lacks}; found ${fieldList(row)}`,
    hint: "say which fields they are: --field question=NAME,answer=NAME,steps=NAME",
  };
}

function halfQuestion(left: readonly string[]): BadRow {
  return {
    reason: `the question would be asked without its field ${left.map((field) => `"${field}"`).join(" and ")}`,
    hint: `say what the question is: --field question=${left
      .filter((field) => !/choices|options/i.test(field))
      .concat("question")
      .join("+")}`,
  };
}

function refusal(
  file: string,
  { unit, rows }: Rows,
  { line, reason, hint, others }: BadRow & { readonly line: number; readonly others: boolean },
): BadInputError {
  const where = `${file}, ${unit} ${line}: ${reason}`;
  if (others) return new BadInputError(where, `${hint}, or pass --on-bad-row skip to leave bad rows out`);
  return new BadInputError(rows.length > 1 ? `${where}; none of the ${rows.length} rows is usable` : where, hint);
}

function readingOf({ kind }: Rows, form: Form | null, problems: readonly Problem[]): Reading {
  const { name = "", question = [], answer = "", steps = null } = form ?? {};
  return {
    kind,
    form: name === "--field" ? "fields as named" : name,
    question: question.join("+"),
    answer,
    steps: problems.some((each) => each.steps !== undefined) ? steps : null,
  };
}
