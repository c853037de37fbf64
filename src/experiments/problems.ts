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
});

/**
 * Reads a data file.
 *
 * @param onBadRow `fail` stops at the first bad row; `skip` leaves it out and counts it.
 * @throws BadInputError naming file, line and what is wrong.
 */
export async function loadProblems(file: string, onBadRow: "fail" | "skip"): Promise<ProblemSet> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new BadInputError(
      `Cannot read data file "${file}": ${error.code ?? error.message}`,
      "give a GSM8K JSONL file or the original study's JSON",
    );
  });
  const rows = splitRows(new TextDecoder("utf-8").decode(bytes), file);
  const problems: Problem[] = [];
  const skipped: { line: number; reason: string }[] = [];
  const seen = new Set<string>();
  for (const { line, value } of rows) {
    const parsed = parseRow(value, line, seen);
    if ("reason" in parsed) {
      if (onBadRow === "fail")
        throw new BadInputError(
          `${file}, line ${line}: ${parsed.reason}`,
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

interface Row {
  readonly line: number;
  readonly value: unknown;
}

function splitRows(text: string, file: string): Row[] {
  const plain = text.replace(/^\uFEFF/, "");
  if (plain.trimStart().startsWith("[")) return arrayRows(plain, file);
  return plain.split(/\r?\n/).flatMap((content, index) => {
    if (content.trim() === "") return [];
    try {
      return [{ line: index + 1, value: JSON.parse(content) as unknown }];
    } catch {
      return [{ line: index + 1, value: undefined }];
    }
  });
}

function arrayRows(text: string, file: string): Row[] {
  try {
    return (JSON.parse(text) as unknown[]).map((value, index) => ({ line: index + 1, value }));
  } catch (error) {
    throw new BadInputError(
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      "correct the file",
    );
  }
}

function parseRow(value: unknown, line: number, seen: ReadonlySet<string>): Problem | { reason: string } {
  if (value === undefined) return { reason: "it is not JSON" };
  const checked = rowSchema.safeParse(value);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    return { reason: `field "${issue?.path.join(".") ?? ""}": ${issue?.message ?? "not usable"}` };
  }
  const { id, gsm8k_id: gsm8kId, question, answer, difficulty } = checked.data;
  const name = String(id ?? gsm8kId ?? `line-${line}`);
  if (question.trim() === "") return { reason: "the question is empty" };
  if (seen.has(name)) return { reason: `the id "${name}" stands twice` };
  const expected = expectedNumber(answer);
  if (expected === null)
    return { reason: `the answer ${JSON.stringify(answer).slice(0, 60)} ends in no usable number` };
  return { id: name, question, expected, difficulty: difficulty ?? levelOf(String(answer)) };
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
