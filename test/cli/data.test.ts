/** Data files of other people, as the command takes them. */
// @needs build, time

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { LensCell } from "../../src/studies/lens/summary.js";
import { dataFile } from "../support/data-file.js";
import { temporaryFolder } from "../support/temporary.js";

const experiment = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", "experiment", "--no-control-model", "--no-progress", ...args], {
    encoding: "utf8",
    timeout: 120_000,
  });
const CASES = "../shared/cases";

interface Plan {
  readonly plan: { readonly problems: number; readonly byLevel: Readonly<Record<string, number>> };
}

describe("--data", () => {
  test.each([
    ["01-gsm8k-aug-steps-json/coconut_style.json", /JSON array, in the form of GSM8K-Aug: .* steps from "steps"/],
    ["02-gsm8k-aug-cot-jsonl/cot_style.jsonl", /JSONL, in the form of GSM8K-Aug: .* steps from "cot"/],
    ["02-gsm8k-aug-cot-jsonl/icot.txt", /text, in the form of GSM8K-Aug: .* steps from "cot"/],
  ])("%s is read with its steps", (file, said) => {
    const result = experiment("--data", `${CASES}/${file}`, "--dry-run", "--json");
    expect(result.status).toBe(0);
    const { problems, byLevel } = (JSON.parse(result.stdout) as Plan).plan;
    const text = readFileSync(`${CASES}/${file}`, "utf8");
    const rows = file.endsWith(".json") ? (JSON.parse(text) as unknown[]).length : text.trim().split("\n").length;
    // The file has 15 problems of a second level where it has more than 25.
    expect([problems, Object.keys(byLevel).every((level) => /^[2-5]\+?-?step$/.test(level))]).toEqual([rows, true]);
    expect(result.stderr).toMatch(said);
  });

  test("more problems than are there: one notice, in a dry run too", () => {
    const { status, stderr, stdout } = experiment("--problems", "1000", "--dry-run");
    expect([status, stdout.split(" (")[0]]).toEqual([0, "100 problems"]);
    expect(stderr).toMatch(/^1000 problems were asked for and the file has 100 usable ones: all are taken$/m);
  });

  test("questions that quote a special token: one notice", () => {
    const rows = ["Ann <|eocot|> has 3 pens and buys 1. How many?", "Ann has 3 pens and buys 2. How many?"];
    const path = dataFile(
      rows.map((question) => `${JSON.stringify({ question, answer: "<<3+1=4>> #### 4" })}\n`).join(""),
    );
    const { status, stderr } = experiment("--data", path, "--dry-run");
    expect(status).toBe(0);
    expect(stderr).toMatch(/^1 of 2 questions hold the text of a special token, such as "<\|eocot\|>"/m);
  });

  test("fields by name, and what is wrong with them", () => {
    const path = dataFile(
      `${JSON.stringify({ problem: "Ann has 3 pens and buys 1. How many?", solution: "<<3+1=4>>\n#### 4" })}\n`,
    );
    const unknown = experiment("--data", path, "--dry-run");
    expect(unknown.status).toBe(3);
    expect(unknown.stderr).toMatch(/found problem, solution/);
    expect(unknown.stderr).toMatch(/--field question=NAME/);
    const named = experiment("--data", path, "--field", "question=problem,answer=solution", "--dry-run", "--json");
    expect([named.status, (JSON.parse(named.stdout) as Plan).plan.byLevel]).toEqual([0, { "1-step": 1 }]);
    const wrong = experiment("--data", path, "--field", "text=problem", "--dry-run");
    expect([wrong.status, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/"text=problem" is none of question=FIELD/),
    ]);
  });
});

describe("a step that carries a unit", () => {
  const file = `${CASES}/05-step-with-unit/unit.jsonl`;
  const cellsOf = (data: string): ((position: string, target: string) => LensCell | undefined) => {
    const out = join(temporaryFolder("codilens-unit-"), "run");
    const result = experiment("--data", data, "--study", "lens", "--no-controls", "--problems", "8", "--out", out);
    expect(result.status).toBe(0);
    const { studies } = JSON.parse(readFileSync(join(out, "summary.json"), "utf8")) as {
      studies: { name: string; lens?: { cells: LensCell[] } }[];
    };
    const cells = studies.find(({ name }) => name === "lens")?.lens?.cells ?? [];
    return (position, target) => cells.find((cell) => cell.position === position && cell.target === target);
  };

  test("is read, and later steps keep their places", () => {
    const cell = cellsOf(file);
    expect(cell("bot", "step 1")).toMatchObject({ hits: 8, n: 8 });
    expect(cell("latent.0", "step 2")).toMatchObject({ hits: 8, n: 8 });
  });

  test("is unknown where the unit makes another number of it, and counts nowhere", () => {
    const cell = cellsOf(dataFile(readFileSync(file, "utf8").replaceAll(" pens>>", " dozen>>")));
    expect(cell("bot", "step 1")).toMatchObject({ hits: 0, n: 0 });
    expect(cell("latent.0", "step 2")).toMatchObject({ hits: 8, n: 8 });
  });
});
