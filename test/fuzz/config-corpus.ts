/** The stored results of the reference on changed JSON files, so that they are compared without Python too. */

import { createHash } from "node:crypto";
import type { Expected, Result } from "./config.js";
import type { ConfigCase } from "./config-mutate.js";
import { hashOf } from "./corpus.js";

/** `test/fixtures/fuzz/config.json`. */
export interface ConfigCorpus {
  readonly script: string;
  readonly versions: string;
  readonly seed: number;
  readonly cases: number;
  /** SHA-256 over all cases: another one means that the mutator was changed, and the script must be run again. */
  readonly files: string;
  /** What the reference computed, each result once; of token ids and texts a digest. */
  readonly results: readonly Result[];
  /** For each case that was asked: its number → place in `results`, null for a refusal. */
  readonly verdicts: Readonly<Record<string, number | null>>;
}

/** @param answers by number of the case. */
export function configCorpusOf(
  seed: number,
  cases: readonly ConfigCase[],
  answers: ReadonlyMap<number, Expected>,
): Omit<ConfigCorpus, "script" | "versions"> {
  const places = new Map<string, number>();
  const verdicts: Record<string, number | null> = {};
  for (const [i, answer] of answers) {
    if (answer === undefined) continue;
    const text = answer === null ? null : JSON.stringify(shortened(answer));
    if (text !== null && !places.has(text)) places.set(text, places.size);
    verdicts[i] = text === null ? null : (places.get(text) ?? null);
  }
  const results = [...places.keys()].map((text) => JSON.parse(text) as Result);
  return { seed, cases: cases.length, files: hashOf(cases.map(({ bytes }) => bytes)), results, verdicts };
}

function shortened(result: Result): Result {
  if (result.ids !== undefined) return { texts: digestOfTexts(result) };
  const round = (values: readonly number[] | undefined): number[] =>
    (values ?? []).map((n) => Number(n.toPrecision(8)));
  return { ...result, logProbs: round(result.logProbs), margins: round(result.margins) };
}

/** SHA-256 of token ids and texts, its beginning. */
export function digestOfTexts({ ids, decoded, plain }: Result): string {
  return createHash("sha256")
    .update(JSON.stringify([ids, decoded, plain]))
    .digest("hex")
    .slice(0, 16);
}

/** The stored verdict on a case; undefined where none was asked for. */
export function storedVerdict({ verdicts, results }: ConfigCorpus, index: number): Expected {
  const place = verdicts[String(index)];
  return typeof place === "number" ? results[place] : place;
}
