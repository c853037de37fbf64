/** What is said of KL at the answer's first token. */
// @needs nothing

import { expect, test } from "vitest";
import { tablesOf } from "../../src/analysis/exhibits.js";
import type { TableData } from "../../src/exhibits/table.js";
import type { FirstTokenRow } from "../../src/studies/corruption/first-token.js";
import { found, foundStudies } from "../support/found.js";

function tableOf(rows: readonly FirstTokenRow[]): TableData | undefined {
  return found(rows).flatMap(({ exhibits }) => tablesOf(exhibits))[0]?.table;
}

function rowsOf(
  condition: string,
  kl: readonly number[],
  isSame: (problem: number) => boolean = () => true,
): FirstTokenRow[] {
  return kl.map((first, problem) => ({
    study: "corruption",
    condition,
    factors: { kind: "zero", latent: 0 },
    problemId: `${problem}`,
    baselineCorrect: true,
    correct: true,
    deltaLogProb: -1,
    kl: 2.5,
    first: { kl: first, isSame: isSame(problem), text: "The", probability: 0.9 },
  }));
}

test("the largest mean over problems, beside the one at the number, and how many answers begin alike", () => {
  const rows = [...rowsOf("a", [1e-6, 3e-6]), ...rowsOf("b", [0, 1e-6])];
  const [summary] = foundStudies(rows, { seed: 0 });
  expect(summary?.conditions.map(({ klAtFirst }) => klAtFirst)).toMatchObject([
    { kind: "value", value: 2e-6, n: 2 },
    { kind: "value", value: 5e-7, n: 2 },
  ]);
  expect(summary?.sentence).toContain(
    "its mean over problems is there at most 2.0e−6 nats (at the number 2.50), under “a”. Every one of 4 runs begins as its baseline does, with “The”, to which the baseline gives a probability of 0.900 on average",
  );
  const some = foundStudies([...rowsOf("a", [0.5, 0.7], (problem) => problem === 0)], { seed: 0 });
  expect(some[0]?.sentence).toContain("at most 0.60 nats");
  expect(some[0]?.sentence).toContain("1 of 2 runs begin as their baseline does");
});

test("small numbers stand in the table as powers of ten, with intervals; runs without them have no such column", () => {
  const made = tableOf(rowsOf("a", [1e-6, 1e-6, 1e-6, 1e-6]));
  expect(made?.header.at(-1)).toBe("KL at the first token (original study's), nats");
  expect(made?.rows[0]?.at(-1)).toBe("1.0e−6, n = 4: too few to say");
  const bare = rowsOf("a", [1e-6, 1e-6]).map(({ first: _, ...row }) => row);
  const [old] = foundStudies(bare, { seed: 0 });
  expect(old?.sentence).not.toContain("first token");
  expect(tableOf(bare)?.header).not.toContain(made?.header.at(-1));
});
