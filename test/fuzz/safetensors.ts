/** Our safetensors reader against the reference's verdict: never more lenient, the same listing, stricter only where a class says so. */

import { createHash } from "node:crypto";
import { openSafetensors } from "../../src/model/checkpoint/safetensors.js";
import { filesFromBytes } from "../../src/model/checkpoint/source.js";
import type { Reference, Verdict } from "./reference.js";
import { asFinding, type Finding, type Part, type PartResult, refusalFault, Table } from "./report.js";
import { attribute } from "./safetensors-classes.js";
import { safetensorsCase } from "./safetensors-mutate.js";

/** Ours in the form in which `verdict.py` answers: a digest of names, types, shapes, bytes and metadata; null for a refusal. */
export interface Ours {
  readonly digest: string | null;
  readonly error: unknown;
}

export async function readOurs(bytes: Uint8Array): Promise<Ours> {
  try {
    const file = await openSafetensors(await filesFromBytes("case", { file: bytes }).open("file"));
    const hash = createHash("sha256");
    const sorted = [...file.tensors.values()].sort((a, b) => byBytes(a.name, b.name));
    for (const { name, dtype, shape, begin, end } of sorted) {
      hash.update([name, dtype, shape.join(","), end - begin, ""].join("\0"));
      hash.update(bytes.subarray(begin, end));
    }
    hash.update("\u0001metadata");
    for (const key of Object.keys(file.metadata).sort(byBytes)) hash.update(`${key}\0${file.metadata[key]}\0`);
    return { digest: hash.digest("hex").slice(0, 16), error: null };
  } catch (error) {
    return { digest: null, error };
  }
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** What the reference said of a file: a digest or the beginning of one, or null for a refusal. */
export type Expected = string | null;

/** Looks at one file. @returns what is wrong, or null; counts in the table. */
export async function judge(bytes: Uint8Array, expected: Expected, table: Table): Promise<string | null> {
  const ours = await readOurs(bytes);
  const wrong = ours.error === null ? null : refusalFault(ours.error);
  if (wrong !== null) return wrong;
  if (expected === null) {
    table.count(ours.digest === null ? "both refuse" : "ours accepts, the reference refuses");
    return ours.digest === null ? null : "we accept what the reference refuses";
  }
  if (ours.digest !== null) {
    table.count("both accept");
    return ours.digest.startsWith(expected) ? null : "we list other tensors than the reference";
  }
  table.count("ours refuses, the reference accepts");
  return judgeStricter(bytes, expected, table);
}

/** We are stricter: the file must have a feature of a class, and without it both must read it alike. */
async function judgeStricter(bytes: Uint8Array, expected: string, table: Table): Promise<string | null> {
  const found = attribute(bytes);
  if (found === null) return "we refuse what the reference accepts, and no class says why";
  const repaired = await readOurs(found.repaired);
  if (repaired.digest === null)
    return `we refuse it also without: ${found.classes.join(", ")} (${String(repaired.error)})`;
  if (found.sameListing && !repaired.digest.startsWith(expected))
    return `without ${found.classes.join(", ")} we list other tensors`;
  for (const name of found.classes) table.difference(name);
  return null;
}

const BATCH = 1000;

/** Runs until there were enough cases or the time is over. */
export async function fuzzSafetensors({ seed, cases, until, reference }: Part): Promise<PartResult> {
  const table = new Table();
  const findings: Finding[] = [];
  if (reference === null)
    throw new RangeError("The safetensors part needs --python; without it the stored verdicts are replayed");
  for (let from = 0; from < cases && Date.now() < until; from += BATCH) {
    const files = Array.from({ length: Math.min(BATCH, cases - from) }, (_, i) => safetensorsCase(seed, from + i));
    const verdicts = await askReference(reference, files);
    for (const [i, bytes] of files.entries()) {
      const verdict = verdicts[i] as Verdict;
      if (verdict.kind === "crashed") table.count("the reference crashed");
      const what = await judge(bytes, expectedOf(verdict), table);
      if (what !== null) findings.push(asFinding("safetensors", from + i, what, bytes, `reference-${verdict.kind}`));
    }
  }
  return { table, findings };
}

/** Verdicts of the reference on files. */
export function askReference(reference: Reference, files: readonly Uint8Array[]): Promise<Verdict[]> {
  return reference.ask(files.map((bytes) => ({ reader: "s", bytes })));
}

/** The digest of an accepted file, null for any other verdict. */
export function expectedOf({ kind, payload }: Verdict): Expected {
  return kind === "ok" ? payload.toString("hex") : null;
}
