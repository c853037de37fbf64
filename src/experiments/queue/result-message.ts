/** The records of a job as a message: compressed, in pieces of a bounded size, and checked against what was asked before they are taken. */

import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import { z } from "zod";
import { firstIssue } from "../../base/errors.js";
import { type ExperimentRecord, recordSchema } from "../../records/record.js";
import type { Job } from "../jobs/job.js";
import { QUEUE_PROTOCOL, sha256Text } from "./job-message.js";
import { MessageRefused } from "./refusal.js";

/** Bytes of one piece, of all pieces, and of the records as JSON, at most. */
export const RESULT_BYTES = { piece: 512 * 2 ** 10, packed: 64 * 2 ** 20, records: 128 * 2 ** 20 } as const;
/** Bytes of what is said of a result. */
export const MOST_NOTE_BYTES = 1_024;

const noteSchema = z.strictObject({
  protocol: z.literal(QUEUE_PROTOCOL),
  job: sha256Text,
  /** Who computed it. */
  worker: z.string().min(1).max(100),
  pieces: z
    .int()
    .positive()
    .max(Math.ceil(RESULT_BYTES.packed / RESULT_BYTES.piece)),
  bytes: z.int().positive().max(RESULT_BYTES.packed),
  /** Of all pieces. */
  sha256: sha256Text,
});

/** What is said of a result. */
export type ResultNote = z.infer<typeof noteSchema>;

/** A result as it is sent. */
export interface PackedResult {
  readonly note: ResultNote;
  readonly pieces: readonly Buffer[];
}

const [compress, decompress] = [promisify(brotliCompress), promisify(brotliDecompress)];
// Level 5 takes about a thousandth of the time that the records took to compute.
const LEVEL = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };

/** @throws RangeError where the records are more than a message may hold. */
export async function packResult(
  records: readonly ExperimentRecord[],
  { job, worker }: Pick<ResultNote, "job" | "worker">,
): Promise<PackedResult> {
  const body = await compress(JSON.stringify(records), LEVEL);
  const { length: bytes } = body;
  if (bytes > RESULT_BYTES.packed)
    throw new RangeError(`A job's records have ${bytes} bytes, and a queue takes ${RESULT_BYTES.packed}`);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; at += RESULT_BYTES.piece) pieces.push(body.subarray(at, at + RESULT_BYTES.piece));
  const note = { protocol: QUEUE_PROTOCOL, job, worker, pieces: pieces.length, bytes, sha256: sha256Of(body) } as const;
  return { note, pieces };
}

/** @param job whose result it should be. @throws MessageRefused. */
export function noteOf(message: string, job: string): ResultNote {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    throw new MessageRefused("what is said of it is no JSON");
  }
  const checked = noteSchema.safeParse(value);
  if (!checked.success) throw new MessageRefused(firstIssue(checked.error));
  if (checked.data.job !== job) throw new MessageRefused("it is of another job");
  return checked.data;
}

/** @returns the records, which are those that the job keeps. @throws MessageRefused naming the first thing that is wrong. */
export async function recordsOf({ note, pieces }: PackedResult, job: Job): Promise<ExperimentRecord[]> {
  const body = Buffer.concat(pieces);
  if (body.length !== note.bytes || sha256Of(body) !== note.sha256)
    throw new MessageRefused("its checksum does not fit");
  const records = await parsedRecords(body);
  const wanted = new Map(
    job.problems.flatMap((each) => each.keys.flatMap((key, at) => itemOf(job, key, { each, at }))),
  );
  for (const record of records) {
    const item = wanted.get(record.key);
    if (item === undefined) throw new MessageRefused(`it has a record that was not asked for, or twice: ${record.key}`);
    wanted.delete(record.key);
    const { problem, condition, study } = record;
    const isSame =
      problem.index === item.each.index &&
      problem.id === item.each.problem.id &&
      problem.question === item.each.problem.question &&
      condition.name === item.condition.name &&
      study === item.condition.study;
    if (!isSame) throw new MessageRefused(`a record is of another item than its key: ${record.key}`);
  }
  if (wanted.size > 0)
    throw new MessageRefused(`${wanted.size} of its ${wanted.size + records.length} records are missing`);
  return records;
}

function itemOf<E>(
  { conditions }: Job,
  key: string | null,
  { each, at }: { readonly each: E; readonly at: number },
): [string, { readonly each: E; readonly condition: Job["conditions"][number] }][] {
  const condition = conditions[at];
  return key === null || condition === undefined ? [] : [[key, { each, condition }]];
}

async function parsedRecords(body: Buffer): Promise<ExperimentRecord[]> {
  let value: unknown;
  try {
    value = JSON.parse((await decompress(body, { maxOutputLength: RESULT_BYTES.records })).toString("utf8"));
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new MessageRefused(
      isLarge ? `it unpacks to more than ${RESULT_BYTES.records} bytes` : "it cannot be unpacked",
    );
  }
  if (!Array.isArray(value)) throw new MessageRefused("it is no list of records");
  return value.map((each: unknown, at) => {
    const checked = recordSchema.safeParse(each);
    if (!checked.success) throw new MessageRefused(`record ${at}: ${firstIssue(checked.error)}`);
    return checked.data;
  });
}

function sha256Of(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex");
}
