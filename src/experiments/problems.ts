/** Problems to solve: GSM8K's JSONL, the original study's JSON, and the embedded set. Bad rows are named by line. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseNumber } from "../model/codi/answer.js";
import { BadInputError } from "../model/errors.js";

/** The strata of the study. */
export const LEVELS = ["2-step", "3-step", "4-step", "5+step"] as const;
/** Difficulty by number of solution steps. */
export type Level = (typeof LEVELS)[number];

/** One problem. */
export interface Problem {
  readonly id: string;
  readonly question: string;
  readonly expected: number;
  /** A level, or `1-step`, which no stratum takes. */
  readonly difficulty: Level | "1-step";
  /** Values of the solution's steps (`<<48/2=24>>`) in order; none where the file does not mark them. */
  readonly steps?: readonly number[];
  /** The marked steps as they stand: `48/2=24`. */
  readonly equations?: readonly string[];
  /** A question of the same token length whose run is patched into this one's; left out, one is made. */
  readonly counterfactual?: string;
}

/** What a data file held. */
export interface ProblemSet {
  readonly problems: readonly Problem[];
  /** Rows left out under `skip`, with their reason. */
  readonly skipped: readonly { readonly line: number; readonly reason: string }[];
  /** SHA-256 of the file. */
  readonly sha256: string;
}

const rowSchema = z.looseObject({
  id: z.union([z.string(), z.number()]).optional(),
  gsm8k_id: z.union([z.string(), z.number()]).optional(),
  question: z.string(),
  answer: z.union([z.string(), z.number()]),
  difficulty: z.enum(["1-step", ...LEVELS]).optional(),
  counterfactual: z.string().optional(),
});

/**
 * Reads a data file.
 *
 * @param onBadRow `fail` stops at the first bad row; `skip` leaves it out and counts it.
 * @param check why a question is not usable with this model (too long), or null.
 * @throws BadInputError naming file, line and what is wrong.
 */
export async function loadProblems(
  file: string,
  onBadRow: "fail" | "skip",
  check: (question: string) => string | null = () => null,
): Promise<ProblemSet> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new BadInputError(
      `Cannot read data file "${file}": ${error.code ?? error.message}`,
      "give a GSM8K JSONL file or the original study's JSON",
    );
  });
  const { rows, unit } = splitRows(bytes, file);
  const problems: Problem[] = [];
  const skipped: { line: number; reason: string }[] = [];
  const seen = new Set<string>();
  for (const row of rows) {
    const { line } = row;
    const parsed = "bad" in row ? { reason: row.bad } : parseRow(row.value, line, seen, check);
    if ("reason" in parsed) {
      if (onBadRow === "fail")
        throw new BadInputError(
          `${file}, ${unit} ${line}: ${parsed.reason}`,
          "correct the row, or pass --on-bad-row skip",
        );
      skipped.push({ line, reason: parsed.reason });
    } else {
      seen.add(parsed.id);
      problems.push(parsed);
    }
  }
  if (problems.length === 0)
    throw new BadInputError(`${file} holds no usable problem`, "give a GSM8K JSONL file or the original study's JSON");
  return { problems, skipped, sha256: createHash("sha256").update(bytes).digest("hex") };
}

type Row =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly bad: "it is not UTF-8" | "it is not JSON" };

interface Rows {
  readonly rows: readonly Row[];
  /** What `line` counts: lines of a JSONL file, entries of a JSON array, from 1. */
  readonly unit: "line" | "entry";
}

function splitRows(bytes: Uint8Array, file: string): Rows {
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const plain = mark ? bytes.subarray(3) : bytes;
  const first = plain.find((byte) => !BLANKS.has(byte));
  if (first === 0x5b) return { rows: arrayRows(plain, file), unit: "entry" };
  const rows: Row[] = [];
  for (let start = 0, line = 1; start < plain.length; line++) {
    const newline = plain.indexOf(0x0a, start);
    const end = newline === -1 ? plain.length : newline;
    const content = plain.subarray(start, end);
    if (content.some((byte) => !BLANKS.has(byte))) rows.push(lineRow(content, line));
    start = end + 1;
  }
  return { rows, unit: "line" };
}

const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d]);

function lineRow(content: Uint8Array, line: number): Row {
  let text: string;
  try {
    text = decodeStrictly(content);
  } catch {
    return { line, bad: "it is not UTF-8" };
  }
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, bad: "it is not JSON" };
  }
}

function arrayRows(bytes: Uint8Array, file: string): Row[] {
  try {
    return (JSON.parse(decodeStrictly(bytes)) as unknown[]).map((value, index) => ({ line: index + 1, value }));
  } catch (error) {
    throw new BadInputError(
      `${file} is not JSON in UTF-8: ${error instanceof Error ? error.message : String(error)}`,
      "correct the file",
    );
  }
}

// Other encodings would otherwise turn into other questions without a word.
function decodeStrictly(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function parseRow(
  value: unknown,
  line: number,
  seen: ReadonlySet<string>,
  check: (question: string) => string | null,
): Problem | { reason: string } {
  const checked = rowSchema.safeParse(value);
  if (!checked.success) {
    const field = checked.error.issues[0]?.path.join(".") ?? "";
    if (field === "") return { reason: "it is not an object with question and answer" };
    const missing = (value as Record<string, unknown>)[field] === undefined;
    return {
      reason: `field "${field}" ${missing ? "is missing" : `is not usable: ${checked.error.issues[0]?.message}`}`,
    };
  }
  const { id, gsm8k_id: gsm8kId, question, answer, difficulty, counterfactual } = checked.data;
  const name = String(id ?? gsm8kId ?? `line-${line}`);
  if (question.trim() === "") return { reason: "the question is empty" };
  if (seen.has(name)) return { reason: `the id "${name}" stands twice` };
  const unusable = check(question);
  if (unusable !== null) return { reason: unusable };
  if (counterfactual !== undefined) {
    if (counterfactual.trim() === "") return { reason: "the counterfactual is empty" };
    if (counterfactual === question) return { reason: "the counterfactual is the question itself" };
    const why = check(counterfactual);
    if (why !== null) return { reason: `of the counterfactual, ${why}` };
  }
  const expected = expectedNumber(answer);
  if (expected === null)
    return { reason: `the answer ${JSON.stringify(answer).slice(0, 60)} ends in no usable number` };
  const steps = [...String(answer).matchAll(/<<[^<>]*=\s*(-?[\d.,]+)\s*>>/g)].map(([, number = ""]) =>
    parseNumber(number),
  );
  const equations = [...String(answer).matchAll(/<<([^<>]*)>>/g)].map(([, text = ""]) => text);
  const known = steps.every((step) => step !== null) ? (steps as number[]) : [];
  return {
    id: name,
    question,
    expected,
    difficulty: difficulty ?? levelOf(String(answer)),
    ...(known.length === 0 ? {} : { steps: known }),
    ...(equations.length === 0 ? {} : { equations }),
    ...(counterfactual === undefined ? {} : { counterfactual }),
  };
}

function expectedNumber(answer: string | number): number | null {
  if (typeof answer === "number") return Number.isFinite(answer) ? answer : null;
  const after = /####\s*(.+?)\s*$/.exec(answer)?.[1];
  return parseNumber(after ?? answer);
}

/** Number of `<<…>>` steps; of solution lines where there are none. */
function levelOf(answer: string): Level | "1-step" {
  const marked = answer.match(/<<[^<>]*>>/g)?.length ?? 0;
  const lines = answer.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("####")).length;
  const steps = marked > 0 ? marked : lines;
  if (steps <= 1) return "1-step";
  return steps >= 5 ? "5+step" : (`${steps}-step` as Level);
}
