/** Counterfactuals, the maps' cells, and what patching must find and must not find on the embedded model. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import { loadProblems } from "../../src/experiments/problems/load.js";
import type { Problem } from "../../src/experiments/problems/problem.js";
import { RECORD_SCHEMA, recordSchema } from "../../src/records/record.js";
import { candidatesOf } from "../../src/studies/patching/counterfactuals.js";
import { cellsOf, PATCH_MAPS, type PatchMap, windowsOf } from "../../src/studies/patching/grid.js";
import { type Dropped, type Pair, pairDrafts, pairsOf } from "../../src/studies/patching/pairs.js";
import { identityError, patchPair } from "../../src/studies/patching/patch-maps.js";
import { patchingSentence } from "../../src/studies/patching/sentence.js";
import { type PatchRow, patchingSummary } from "../../src/studies/patching/summary.js";
import { keptPair } from "../support/kept-pair.js";
import { loadTiny } from "../support/tiny.js";

const rules = { seed: 1, largest: 60, promptOf: (text: string) => [...text].map(() => 0), most: 99 };
const problem = (question: string, more: Partial<Problem> = {}): Problem => ({
  id: "p",
  question,
  expected: 0,
  difficulty: "2-step",
  ...more,
});

describe("candidatesOf()", () => {
  test("changes one number by at most 3, at the same length, and keeps every step from 0 to the largest number", () => {
    const question = "Tom has 9 pens. Tom sells 5. Tom sells 3. How many?";
    const made = candidatesOf(problem(question, { equations: ["9-5=4", "4-3=1"] }), rules);
    // 9 → 8 leaves 0 and is kept, 7 and 6 would leave less; 5 → 6 likewise; 10 to 12 have another length; 3 → 4.
    const changes = ["has 8", "sells 6", "sells 4. Tom sells 3", "sells 3. Tom sells 3", "sells 2. Tom sells 3"];
    const last = ["sells 5. Tom sells 4", "sells 5. Tom sells 2"];
    for (const change of [...changes, ...last]) expect(made.some((text) => text.includes(change))).toBe(true);
    expect(made.length).toBe(changes.length + last.length);
  });

  test("follows the changed number, not an equal one or an equal earlier result", () => {
    const question = "Ann has 4 pens and 4 cups. Ann gives away 8.";
    // 4 + 4 = 8, 8 - 8 = 0: any smaller 4 would leave less than 0, and so would a larger 8.
    const made = candidatesOf(problem(question, { equations: ["4+4=8", "8-8=0"] }), { ...rules, largest: 9 });
    expect(made.sort()).toEqual(
      [
        "Ann has 5 pens and 4 cups. Ann gives away 8.",
        "Ann has 4 pens and 5 cups. Ann gives away 8.",
        "Ann has 4 pens and 4 cups. Ann gives away 7.",
        "Ann has 4 pens and 4 cups. Ann gives away 6.",
        "Ann has 4 pens and 4 cups. Ann gives away 5.",
      ].sort(),
    );
  });

  test("leaves decimals, thousands, ordinals and per cent alone, and takes a given counterfactual as it is", () => {
    expect(candidatesOf(problem("1.5 of 3,000 on the 3rd at 5%?"), rules)).toEqual([]);
    expect(candidatesOf(problem("2 cups?", { counterfactual: "20 cups and more?" }), rules)).toEqual([
      "20 cups and more?",
    ]);
    expect(candidatesOf(problem("5 and 7?"), rules)).toEqual(candidatesOf(problem("5 and 7?"), rules));
  });
});

describe("cellsOf()", () => {
  const shape = { depth: 18, heads: 2, latents: 2, changed: [3, 4], lastQuestion: 6, before: 4 };
  const resid = PATCH_MAPS[0] as PatchMap;

  test("names every position, and windows hold every block once", () => {
    expect(windowsOf(18).flatMap(({ layers }) => layers)).toEqual(Array.from({ length: 18 }, (_, i) => i));
    expect(windowsOf(18).map(({ name }) => name)).toContain("15–17");
    const cells = cellsOf(resid, shape, "other");
    const at = (row: string): string[] =>
      cells.filter((cell) => cell.row === row && cell.column === "17")[0]?.condition.interventions[0]?.addresses ?? [];
    expect(at("number")).toEqual(["question.3", "question.4"]);
    expect(at("question after it")).toEqual(["question.5", "question.6"]);
    expect(at("bot and latents")).toEqual(["bot", "latent"]);
    expect(at("answer")).toEqual(["answer.4"]);
    expect(cells.length).toBe(18 * 8);
    expect(cellsOf({ ...resid, site: "attn" }, shape, "other").length).toBe(windowsOf(18).length * 7);
    expect(cellsOf({ ...resid, site: "head", at: "latents" }, shape, "other").length).toBe(windowsOf(18).length * 2);
  });
});

describe("on the embedded model", () => {
  const loaded = loadTiny();
  const FILE = "weights/tiny-codi/problems_100.jsonl";
  afterAll(async () => (await loaded).dispose());
  const run = { maxNewTokens: 12 };
  const pool = async (): Promise<readonly Problem[]> => (await loadProblems(FILE, { onBadRow: "fail" })).problems;
  const pairsFor = async (problems: readonly Problem[]): Promise<(Pair | Dropped)[]> => {
    const model = await loaded;
    const draftOf = pairDrafts(await pool(), { seed: 42, promptOf: (question) => model.promptIds(question) });
    return pairsOf(
      model,
      problems.map((each) => ({ problem: each, draft: draftOf(each) })),
      run,
    );
  };

  test("a single latent moves the answer only where its value differs between the two runs; all of them together do", async () => {
    const model = await loaded;
    const all = await pool();
    // Changed late enough that the first steps stay the same, and the first number changed.
    const of = (id: string, from: string, to: string): Problem => {
      const found = all.find((each) => each.id === id) as Problem;
      return { ...found, counterfactual: found.question.replace(from, to) };
    };
    const late = of("5+step-0", "", "");
    const base = late.question;
    const number = [...base.matchAll(/\d+/g)].at(-1);
    const changed = `${base.slice(0, number?.index)}${Number(number?.[0]) === 2 ? 3 : 2}${base.slice((number?.index ?? 0) + (number?.[0].length ?? 0))}`;
    const problems = [{ ...late, counterfactual: changed }, of("2-step-2", "8", "9")];
    const pairs = (await pairsFor(problems)) as Pair[];
    expect(pairs.map(({ kind }) => kind)).toEqual(["kept", "kept"]);
    const maps = [PATCH_MAPS[0] as PatchMap, PATCH_MAPS.at(-1) as PatchMap];
    let same = 0;
    let strongest = 0;
    for (const pair of pairs) {
      const patched = await patchPair(model, pair, { maps, ...run });
      const [outcome, identity] = patched.maps;
      if (outcome === undefined || !("map" in outcome) || outcome.map === null) throw new Error("no map");
      expect(identity).toHaveProperty("map");
      const { rows, differences, numbers } = outcome.map;
      const { clean, counterfactual } = patched.pair.differences;
      const effects = (row: string): number[] =>
        (differences[rows.indexOf(row)] ?? []).map((value) => (value - clean) / (counterfactual - clean));
      for (const [place, said] of patched.pair.lens.clean.entries()) {
        const row = place === 0 ? "bot" : `latent.${place - 1}`;
        strongest = Math.max(strongest, ...effects(row));
        if (said !== patched.pair.lens.counterfactual[place]) continue;
        same += 1;
        for (const effect of effects(row)) expect(Math.abs(effect)).toBeLessThan(0.02);
        expect(new Set(numbers[rows.indexOf(row)])).toEqual(new Set([patched.pair.numbers.clean]));
      }
      // The number is chosen there: after the last block nothing else is read.
      expect(effects("answer").at(-1)).toBeCloseTo(1, 3);
      expect(numbers[rows.indexOf("answer")]?.at(-1)).toBe(patched.pair.numbers.counterfactual);
      strongest = Math.max(strongest, ...effects("bot and latents"));
    }
    expect(same).toBeGreaterThan(2);
    expect(strongest).toBeGreaterThan(0.5);
  });

  test("what says nothing is dropped with its reason", async () => {
    const found = await pairsFor([
      problem("Tom has 8 marbles. Tom sells 3. How many marbles does Tom have now?", {
        counterfactual: "Tom has 8 marbles. Tom sells 3 more. How many marbles does Tom have now?",
      }),
      problem("Tom has 8 marbles. Tom sells 3. How many marbles does Tom have now?", {
        counterfactual: "Ann has 8 marbles. Ann sells 3. How many marbles does Ann have now?",
      }),
      problem("How many marbles does Tom have now?"),
    ]);
    expect(found.map((each) => (each.kind === "dropped" ? each.reason : each.kind))).toEqual([
      "the counterfactual has another token length, so positions would not align",
      "the model gives both questions the same answer",
      expect.stringMatching(/no number/),
    ]);
  });
});

describe("identityError()", () => {
  const own = { difference: 8, number: 5 };
  const told = (difference: number, number: number | null): string | undefined =>
    identityError({ difference, number, where: "patching resid, 0–1" }, own)?.message;

  test("float32 noise passes; another difference, another answer, or none is an error that says where", () => {
    expect(told(8.0004, 5)).toBeUndefined();
    expect(told(8.01, 5)).toMatch(/patching resid, 0–1 made the logit difference 8\.01 from 8 and the answer 5 from 5/);
    expect(told(8, 6)).toMatch(/the answer 6 from 5/);
    expect(told(8, null)).toMatch(/the answer no number from 5/);
  });
});

describe("patchingSummary()", () => {
  const row = (id: string, clean: number, patched: number, number: number, control?: string): PatchRow => ({
    problemId: id,
    factors: { direction: "noising", site: "resid", ...(control === undefined ? {} : { control }) },
    pair: keptPair({
      lens: { clean: ["1", "5"], counterfactual: ["1", "6"] },
      differences: { clean, counterfactual: -4 },
    }),
    map: {
      rows: ["bot", "latent.0"],
      columns: ["0"],
      differences: [[clean], [patched]],
      numbers: [[5], [number]],
      unrelated: null,
    },
  });

  test("effects run from the base's difference to the source's, and an answer has moved when it is the source's", () => {
    const summary = patchingSummary(
      [
        row("a", 4, -4, 6),
        row("b", 6, 1, 5),
        { ...row("c", 4, 4, 5), pair: { status: "dropped", reason: "why" }, map: null },
      ],
      1,
    );
    expect(summary).toMatchObject({ pairs: 2, dropped: [{ reason: "why", count: 1 }] });
    // (-4 - 4) / -8 = 1 and (1 - 6) / -10 = 0.5.
    expect(summary?.maps[0]?.cells[1]).toMatchObject({ effect: { value: 0.75 }, moved: { count: 1, n: 2 } });
    expect(summary?.carrying).toMatchObject({ differs: { value: 0.75 }, same: { value: 0 } });
    const sentence = patchingSentence(summary as NonNullable<typeof summary>);
    expect(sentence).toContain("1 of 2 answers to the counterfactual's, mean effect 0.75");
    expect(sentence).toContain(
      "2 pairs of a question and the same with one number changed; 1 problem dropped (1: why).",
    );
    expect(patchingSummary([], 1)).toBeNull();
  });

  test("denoising counts from the counterfactual's difference to the clean one", () => {
    const one = row("a", 4, 2, 5);
    const summary = patchingSummary([{ ...one, factors: { direction: "denoising", site: "resid" } }], 1);
    // (2 + 4) / (4 + 4)
    expect(summary?.maps[0]?.cells[1]).toMatchObject({ effect: { value: 0.75 }, moved: { count: 1, n: 1 } });
  });
});

test("a patched record without its pair is no record", () => {
  expect(recordSchema.safeParse({ schema: RECORD_SCHEMA, status: "patched" }).success).toBe(false);
});
