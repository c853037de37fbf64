/** What a study wrote itself, read back and checked: in a record, below `kept`, and in a file of the run's folder. */

import type { z } from "zod";
import { firstIssue, RunFolderError } from "../../base/errors.js";
import type { RunFile } from "../finding.js";
import { fieldOf, type StudyRecord } from "./rows.js";

/** How a study's part of a record is read. */
export interface KeptPart<T> {
  /** The study's name. */
  readonly study: string;
  readonly schema: z.ZodType<T>;
  /** What it is called where it is damaged: `derivatives`. */
  readonly what: string;
}

/** @returns what a record holds of a study; undefined where it holds nothing. @throws RunFolderError where that is damaged. */
export function keptOf<T>(record: StudyRecord, { study, schema, what }: KeptPart<T>): T | undefined {
  const kept = fieldOf<Readonly<Record<string, unknown>>>(record, "kept")?.[study];
  if (kept === undefined) return undefined;
  const checked = schema.safeParse(kept);
  if (checked.success) return checked.data;
  throw new RunFolderError(
    `${record.study === study ? `“${record.condition.name}”` : "The baseline"} of problem "${record.problem.id}" has damaged ${what} (kept.${study}): ${firstIssue(checked.error)}`,
    "run the experiment's command again in a new folder",
  );
}

/** @returns what a file of a run holds; null where there is none. @throws RunFolderError when it is damaged. */
export function fileContent<T>(file: RunFile | null, schema: z.ZodType<T>): T | null {
  if (file === null) return null;
  const { path, text } = file;
  const hint = "delete it and run the experiment's command again";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RunFolderError(`${path} is damaged: it is not JSON`, hint, { cause: error });
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new RunFolderError(`${path} is damaged: ${firstIssue(checked.error)}`, hint);
}
