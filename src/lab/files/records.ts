/** A run's records, read line by line as they come from the file, so that the file is never held whole. */

import { hexOf } from "../../base/bytes.js";
import { BadInputError } from "../../base/errors.js";
import type { ExperimentRecord } from "../../records/record.js";
import { damagedLine, NO_FIT, recordOf, splitLine } from "../../records/record-text.js";
import type { Edit } from "../edits/edit.js";
import { editsOf } from "./run-edits.js";

/** One condition's run of a problem. */
export interface RunLine {
  readonly study: string;
  readonly condition: string;
  /** Interventions as text. */
  readonly interventions: readonly string[];
  /** The same as edits of the page; null where the page cannot do exactly that. */
  readonly edits: readonly Edit[] | null;
  /** Null where it failed, or was patched cell by cell. */
  readonly answer: string | null;
  readonly isRight: boolean | null;
}

/** A problem with all its runs, the baseline first. */
export interface RunProblem {
  readonly id: string;
  readonly question: string;
  readonly expected: string;
  readonly runs: readonly RunLine[];
}

/** What a run's records hold, for the page. */
export interface RecordsView {
  readonly name: string;
  readonly records: number;
  /** How the run's model was run. */
  readonly protocol: string;
  readonly problems: readonly RunProblem[];
  /** What a reader must know, such as that the last line was torn. */
  readonly notices: readonly string[];
}

/** Options of `readRecordsFile`. */
export interface ReadOptions {
  /** Is given how much of the file was read, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
  readonly signal?: AbortSignal;
}

const HINT = "drop the records.jsonl of a run, or its whole folder";
const MOST_LINE_BYTES = 2 ** 25;
/** Progress is said so often. */
const EACH_BYTES = 2 ** 18;
const MOST_RECORDS = 1_000_000;

/** @throws RunFolderError naming a damaged line, with the sentence of the command line; BadInputError for what is no records file. */
export async function readRecordsFile(
  name: string,
  blob: Blob,
  { onProgress, signal }: ReadOptions = {},
): Promise<RecordsView> {
  const problems = new Map<string, { id: string; question: string; expected: string; runs: Map<string, RunLine> }>();
  let [records, done, said] = [0, 0, 0];
  let protocol = "";
  const hasDigest = globalThis.crypto?.subtle !== undefined;
  const add = async (bytes: Uint8Array): Promise<void> => {
    records += 1;
    const where = `${name}, line ${records}`;
    if (records > MOST_RECORDS) throw new BadInputError(`${name} has more than ${MOST_RECORDS} records`, HINT);
    const { json, checksum } = splitLine(bytes, where);
    if (hasDigest && (await checksumOf(json)) !== checksum) throw damagedLine(where, NO_FIT);
    const record = recordOf(json, where);
    protocol ||= record.protocol;
    const { id, question, expected } = record.problem;
    const mine = problems.get(id) ?? { id, question, expected: String(expected), runs: new Map() };
    // A run that was stopped may hold a record and its repeat; the later one counts.
    mine.runs.set(record.key, lineOf(record));
    problems.set(id, mine);
    done += bytes.length + 1;
    if (done - said < EACH_BYTES && done < blob.size) return;
    said = done;
    onProgress?.(Math.min(1, done / blob.size));
  };
  const torn = await eachLine(blob, { name, add, signal });
  if (records === 0) throw new BadInputError(`${name} holds no record`, HINT);
  return {
    name,
    records,
    protocol,
    problems: [...problems.values()].map(({ runs, ...problem }) => ({
      ...problem,
      runs: baselineFirst([...runs.values()]),
    })),
    notices: [
      ...(torn ? ["The last record was torn by an interruption and is left out."] : []),
      ...(hasDigest ? [] : ["Checksums were not looked at: this browser computes them on secure pages only."]),
    ],
  };
}

interface Lines {
  readonly name: string;
  readonly add: (line: Uint8Array) => Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** @returns whether something follows the last newline. */
async function eachLine(blob: Blob, { name, add, signal }: Lines): Promise<boolean> {
  const reader = blob.stream().getReader();
  let rest: Uint8Array = new Uint8Array();
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      let from = 0;
      for (let end = chunk.value.indexOf(0x0a); end >= 0; end = chunk.value.indexOf(0x0a, from)) {
        signal?.throwIfAborted();
        const piece = chunk.value.subarray(from, end);
        await add(rest.length === 0 ? piece : joined(rest, piece));
        rest = new Uint8Array();
        from = end + 1;
      }
      rest = joined(rest, chunk.value.subarray(from));
      if (rest.length > MOST_LINE_BYTES)
        throw new BadInputError(`${name} has a line of more than ${MOST_LINE_BYTES} bytes`, HINT);
    }
  } finally {
    await reader.cancel();
  }
  return rest.length > 0;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

async function checksumOf(json: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(json));
  return hexOf(digest.slice(0, 8));
}

function lineOf(record: ExperimentRecord): RunLine {
  const { study, condition } = record;
  const answered = record.status === "ok" ? record.answer : null;
  return {
    study,
    condition: condition.name,
    interventions: condition.interventions,
    edits: condition.latents === undefined ? editsOf(condition.interventions) : null,
    answer: answered?.text ?? null,
    isRight: answered?.correct ?? null,
  };
}

function baselineFirst(runs: readonly RunLine[]): RunLine[] {
  const isBaseline = ({ interventions, condition }: RunLine): boolean =>
    interventions.length === 0 && condition === "baseline";
  return [...runs.filter(isBaseline), ...runs.filter((run) => !isBaseline(run))];
}
