/** A run beside its control model's: counted by hand, by Wilson and Newcombe; what a headline may still say. */
// @needs build

import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type ClaimControl, claimsBeside, pairedNumbers } from "../../src/analysis/control/claims.js";
import { besideTable } from "../../src/analysis/control/tables.js";
import { analyse, analyzeRun, loadRun, type Summary } from "../../src/analysis/index.js";
import { show } from "../../src/exhibits/number-text.js";
import { table } from "../../src/exhibits/table.js";
import { newcombePaired, wilson } from "../../src/statistics/proportion-interval.js";
import type { Finding, ProblemUnit } from "../../src/studies/finding.js";
import { type MadeRun, madeFolder, madeRecords } from "../support/records.js";

const OWN: MadeRun = { problems: 40, baselineCorrect: (p) => p >= 2, broken: (p, k) => k === 0 && p < 22 };

/** A run's folder with its control's below it. */
function besides(control: MadeRun, own: MadeRun = OWN): string {
  const dir = madeFolder(madeRecords(own));
  cpSync(madeFolder(madeRecords(control)), join(dir, "control"), { recursive: true });
  return dir;
}

function headlineOf({ control }: Summary): NonNullable<Summary["control"]>["headlines"][string] | undefined {
  return control?.headlines["token-ablation"];
}

describe("a run with a control model", () => {
  // Of 38 right ones 20 break; of the control's 36 right ones 2 do.
  const control: MadeRun = { problems: 40, baselineCorrect: (p) => p >= 4, broken: (p, k) => k === 0 && p < 6 };
  const dir = besides(control);
  const { summary, main } = analyse(loadRun(dir));

  test("has the control's number and the difference beside each of a headline's", () => {
    const [first] = headlineOf(summary)?.rows ?? [];
    expect(first).toMatchObject({ label: "latent 0", own: wilson(20, 38), control: wilson(2, 36) });
    expect(first?.difference).toMatchObject({ kind: "value", value: 20 / 38 - 2 / 36, n: 40 });
    expect(headlineOf(summary)?.sentence).toMatch(/^Zeroing latent 0 breaks 20 of 38 \(/);
    expect(headlineOf(summary)?.matched).toMatch(
      /^Control model made: 0\.06 \[0\.02, 0\.18\]; difference: 0\.47 \[0\.\d\d, 0\.\d\d\], n = 40\.$/,
    );
  });

  test("says so where no difference to the control is shown", () => {
    const alike = analyse(loadRun(besides(OWN))).summary;
    expect(headlineOf(alike)?.sentence).toMatch(
      /^No difference to the control model is shown: zeroing latent 0 breaks/,
    );
    // The same answers to the same problems: nothing is left of the difference.
    expect(headlineOf(alike)?.rows[0]?.difference).toMatchObject({ value: 0 });
  });

  test("says so where the control has more of it", () => {
    // Of the control's 36 right ones 34 break.
    const more: MadeRun = { ...control, broken: (p, k) => k === 0 && p < 38 };
    const { sentence } = headlineOf(analyse(loadRun(besides(more))).summary) ?? {};
    expect(sentence).toMatch(/^The control model has more of it: zeroing latent 0 breaks 20 of 38/);
  });

  test("has the control's column in every table, row by row", () => {
    const tables = main.flatMap(({ exhibits }) =>
      exhibits.flatMap((each) => (each.kind === "table" ? [each.table] : [])),
    );
    const byLatent = tables.find(({ name }) => name === "By latent");
    expect(byLatent?.header.at(-1)).toBe("rate [95 %], control model");
    expect(byLatent?.rows.map((row) => row.at(-1))).toEqual([2, 0, 0, 0, 0, 0].map((k) => show(wilson(k, 36))));
    const compared = tables.filter(({ name }) => !name.startsWith("Beside the control model"));
    expect(compared.filter(({ header }) => !header.at(-1)?.endsWith(", control model"))).toEqual([]);
  });

  test("writes both into page and files, seals its own alone, and says nothing of a control where there is none", async () => {
    const written = await analyzeRun(dir);
    expect(written.control?.baseline).toMatchObject({ n: 40, correct: 36 });
    const page = readFileSync(join(dir, "report.html"), "utf8");
    expect(page).toContain("Control model made: 0.06 [0.02,\u00a00.18]");
    expect(page).toContain('<rect class="matched"');
    expect(readFileSync(join(dir, "tables", "control_model.csv"), "utf8")).toContain("token-ablation,latent 0,0.526");
    expect(readFileSync(join(dir, "SHA256SUMS"), "utf8")).not.toContain("control/");
    expect(existsSync(join(dir, "control", "report.html"))).toBe(false);
    expect(analyse(loadRun(madeFolder(madeRecords(OWN)))).summary).not.toHaveProperty("control");
  });
});

test("claimsBeside() knows a claim that is the stronger, the smaller its number", () => {
  const found = (right: number): ClaimControl["control"] => {
    const own = wilson(right, 16);
    const rows = [{ label: "0 readable", own, control: null }];
    const headline = { sentence: "Right answers fall", unit: "", rows, rank: 1, about: "0 readable", claimsLess: true };
    const units = (): ProblemUnit[] =>
      Array.from({ length: 16 }, (_, i) => ({ problemId: `p${i}`, sum: Number(i < right), n: 1 }));
    const { data, summary } = analyse(loadRun(madeFolder(madeRecords(OWN))));
    const [finding] = [{ name: "budget", headline, units }] as unknown as Finding[];
    return { data, summary, findings: finding === undefined ? [] : [finding] };
  };
  const sentence = (own: number, control: number): string | undefined =>
    claimsBeside(found(own), { control: found(control), name: "made", seed: 1 }).get("budget")?.headline.sentence;
  expect(sentence(1, 12)).toBe("Right answers fall");
  expect(sentence(12, 1)).toBe("The control model has more of it: right answers fall");
  expect(sentence(8, 8)).toBe("No difference to the control model is shown: right answers fall");
});

describe("pairedNumbers()", () => {
  const units = (values: readonly number[]): { problemId: string; sum: number; n: number }[] =>
    values.map((sum, i) => ({ problemId: `p${i}`, sum, n: 1 }));

  test("takes Newcombe's paired interval of shares, over the problems of both", () => {
    const mine = units([1, 1, 1, 1, 0, 0, 1, 1, 1, 1]);
    const theirs = [...units([0, 0, 1, 0, 0, 1, 0, 1, 0]), { problemId: "another", sum: 1, n: 1 }];
    const { control, difference } = pairedNumbers(mine, theirs, { seed: 1 });
    expect(control).toEqual(wilson(3, 9));
    expect(difference).toEqual(newcombePaired({ both: 2, firstOnly: 5, secondOnly: 1, neither: 1 }));
  });

  test("resamples numbers that are no shares", () => {
    const { control, difference } = pairedNumbers(units([2.5, 3, 3.5, 4]), units([0.5, 1, 1.5, 2]), { seed: 1 });
    expect(control).toMatchObject({ kind: "value", value: 1.25, n: 4 });
    expect(difference).toMatchObject({ kind: "value", value: 2, low: 2, high: 2 });
  });
});

test("besideTable() finds rows by their first cell, in turn, and says where the control has none", () => {
  const header = ["position", "target", "share [95 %]"];
  const own = table("t", {
    header,
    rows: [
      ["bot", "1", "a"],
      ["bot", "2", "b"],
      ["end", "1", "c"],
    ],
  });
  const theirs = table("t", {
    header,
    rows: [
      ["bot", "1", "x"],
      ["bot", "2", "y"],
    ],
  });
  const beside = besideTable(own, theirs);
  expect(beside.header).toEqual([...header, "share [95 %], control model"]);
  expect(beside.rows.map((row) => row.at(-1))).toEqual(["x", "y", "–"]);
  expect(besideTable(own, undefined)).toBe(own);
});
