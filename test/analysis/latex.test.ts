/** What is written for a paper: nothing of the data can be a command, numbers are those of the CSV files, and each citation has its entry. */
// @needs build, time

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { compareFolders } from "../../src/analysis/comparison/index.js";
import { analyzeRun } from "../../src/analysis/index.js";
import { bibliographyOf } from "../../src/analysis/latex/bibliography.js";
import { escapeLatex } from "../../src/analysis/latex/escape.js";
import { latexTable } from "../../src/analysis/latex/table.js";
import { table } from "../../src/exhibits/table.js";
import { hashOf } from "../../src/records/fingerprint.js";
import type { ExperimentRecord } from "../../src/records/record.js";
import { type MadeRun, madeFolder, madeRecords } from "../support/records.js";
import { temporaryFolder } from "../support/temporary.js";

const HOSTILE = '\\input{/etc/passwd} 50% & $x_1$ #{a}^~ <b> "q" `c`';

/** Records with a study of three conditions, one of them a control. */
function records(run: MadeRun, study = "my-study", named = "zero"): ExperimentRecord[] {
  return madeRecords(run).flatMap((record): ExperimentRecord[] => {
    if (record.status !== "ok" || record.condition.latent === null || record.condition.latent > 2) return [record];
    const { latent } = record.condition;
    const factors = latent === 2 ? { control: "noise" } : { kind: "zero" };
    const condition = { name: `${named} ${latent}`, interventions: ["zero:…"], latent: null, factors };
    return [record, { ...record, key: hashOf({ study, key: record.key }), study, condition }];
  });
}

const MADE: MadeRun = {
  problems: 24,
  baselineCorrect: (p) => p % 8 !== 0,
  broken: (p, k) => (p * 7 + k * 3) % 5 < k / 2,
  attention: (p, k, layer) => 0.02 * (1 + ((p * 3 + k * 5 + layer) % 7)),
};

function latexOf(dir: string): (name: string) => string {
  return (name) => readFileSync(join(dir, "latex", name), "utf8");
}

/** Rows of the table whose label is given, as texts again; of all its parts. */
function cellsOf(tex: string, label: string): string[][] {
  const starts = [...tex.matchAll(/\\label\{([^}]+)\}/g)].filter(
    ([, found]) => found?.replace(/-part-\d+$/, "") === label,
  );
  const parts = starts.map(({ index }) => {
    const body = tex.slice(tex.lastIndexOf("\\midrule", tex.indexOf("\\bottomrule", index)), tex.length);
    return body
      .slice("\\midrule\n".length, body.indexOf("\\bottomrule"))
      .trim()
      .split("\n")
      .map((line) =>
        line
          .replace(/ \\\\$/, "")
          .split(" & ")
          .map(plain),
      );
  });
  return (parts[0] ?? []).map((first, row) => [
    ...first,
    ...parts.slice(1).flatMap((part) => part[row]?.slice(1) ?? []),
  ]);
}

function plain(cell: string): string {
  return cell.replaceAll("\\ensuremath{-}", "-").replaceAll("\\textless{}", "<").replaceAll("\\textendash{}", "");
}

function csvOf(dir: string, name: string): Record<string, string>[] {
  const [header = [], ...rows] = readFileSync(join(dir, "tables", name), "utf8")
    .trim()
    .split("\r\n")
    .map((line) => [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = ""]) => cell));
  return rows.map((row) => Object.fromEntries(header.map((key, i) => [key, row[i] ?? ""])));
}

function two(text: string | undefined): string {
  const made = Number(text).toFixed(2);
  return made === "-0.00" ? "0.00" : made;
}

const interval = (row: Record<string, string>, name: string): string =>
  row[name] === "" ? "" : `${two(row[name])} [${two(row[`${name}_low`])}, ${two(row[`${name}_high`])}]`;

function pText(text: string | undefined): string {
  if (text === "" || text === undefined) return "";
  return Number(text) < 0.001 ? "< 0.001" : Number(text).toFixed(3);
}

describe("a run", () => {
  const dir = madeFolder(records(MADE), "run_1");
  beforeAll(async () => {
    await analyzeRun(dir, { latex: true });
  }, 60_000);

  test("each number of the table by latent is the CSV's", () => {
    const csv = csvOf(dir, "by_latent.csv");
    expect(csv).toHaveLength(6);
    expect(cellsOf(latexOf(dir)("tables.tex"), "tab:codilens-latents")).toEqual(
      csv.map((row) => [
        row["latent"],
        `${row["broken"]} of ${row["n_right"]}`,
        interval(row, "broken_rate"),
        `${row["mended"]} of ${row["n_wrong"]}`,
        interval(row, "risk_difference"),
        interval(row, "odds_ratio"),
        pText(row["mcnemar_p"]),
        pText(row["mcnemar_p_holm"]),
        interval(row, "delta_log_prob"),
        interval(row, "kl"),
      ]),
    );
  });

  test("so is each of the correlations, of the tests with their adjusted p, and of a study", () => {
    const tex = latexOf(dir)("tables.tex");
    expect(cellsOf(tex, "tab:codilens-correlations")).toEqual(
      csvOf(dir, "correlations.csv").map((row) => [
        row["layer"],
        ...["pooled_r", "within_position_r", "within_problem_r", "two_way_r", "odds_ratio_per_sd"].map((name) =>
          interval(row, name),
        ),
      ]),
    );
    for (const family of ["importance", "attention"])
      expect(cellsOf(tex, `tab:codilens-tests-${family}`)).toEqual(
        csvOf(dir, "tests.csv")
          .filter((row) => row["family"] === family)
          .map((row) => [
            row["hypothesis"],
            row["role"],
            ...["p", "p_holm_planned", "p_holm_all", "p_benjamini_hochberg_all"].map((name) => pText(row[name])),
          ]),
      );
    expect(cellsOf(tex, "tab:codilens-study-my-study")).toEqual(
      csvOf(dir, "studies.csv").map((row) => [
        row["condition"],
        `${row["right"]} of ${row["n"]}`,
        `${row["broken"]} of ${row["n_baseline_right"]}`,
        interval(row, "risk_difference"),
        pText(row["mcnemar_p_holm"]),
        interval(row, "delta_log_prob"),
        interval(row, "kl"),
      ]),
    );
  });

  test("every caption says of how many problems", () => {
    const captions = [...latexOf(dir)("tables.tex").matchAll(/\\caption\{(.*)\}\\label/g)].map(([, text = ""]) => text);
    expect(captions.length).toBeGreaterThan(6);
    for (const caption of captions) expect(caption).toMatch(/n = \d+|\d+ problems/);
  });

  test("methods tell this run's numbers, and which tests are planned", () => {
    const text = latexOf(dir)("methods.tex");
    expect(text).toContain("24 problems, stratified by difficulty (6 2-step, 6 3-step, 6 4-step, 6 5+step)");
    expect(text).toContain("21 of 24 answers were right");
    expect(text).toContain("zeroed at the output of block 8");
    expect(text).toContain("at most 64 tokens");
    expect(text).toContain("seed 42");
    expect(text).toContain("holds 3 planned and 9 exploratory hypotheses");
    expect(text).toMatch(/Exploratory: one family of 2 conditions.*; 1 control, shown and not tested\./);
    expect(text).toContain("CodiLens 0.1.0");
    expect(text).not.toContain("cobbe2021");
  });

  test("each citation has its entry and each entry its citation", () => {
    const read = latexOf(dir);
    const cited = [...`${read("methods.tex")}${read("tables.tex")}`.matchAll(/\\cite\{([^}]+)\}/g)].flatMap(
      ([, keys = ""]) => keys.split(","),
    );
    const entries = [...read("references.bib").matchAll(/^@\w+\{(\w+),/gm)].map(([, key = ""]) => key);
    expect(entries).toEqual([...new Set(cited)].sort());
    expect(entries).toContain("mcnemar1947");
    expect(entries).not.toContain("nostalgebraist2020");
    expect(() => bibliographyOf(["\\cite{nobody1900}"])).toThrow('Cannot cite "nobody1900"');
  });

  test("what lies there is never left from other numbers, and is not made unasked", async () => {
    const before = latexOf(dir)("methods.tex");
    await analyzeRun(dir);
    expect(latexOf(dir)("methods.tex")).toBe(before);
    expect(readFileSync(join(dir, "SHA256SUMS"), "utf8")).toContain("latex/tables.tex");
    const other = madeFolder(madeRecords({ problems: 8 }), "unasked");
    await analyzeRun(other);
    expect(existsSync(join(other, "latex"))).toBe(false);
  }, 60_000);
});

describe("compared runs", () => {
  test("the table is the CSV's, hostile names are texts, citations and entries are the same", async () => {
    const other = records({ ...MADE, baselineCorrect: (p) => p % 3 !== 0 });
    const [a, b] = [madeFolder(records(MADE), "one_1"), madeFolder(other, "two & 2")];
    const out = temporaryFolder("codilens-latex-");
    await compareFolders([a, b], out, { latex: true });
    expect(readdirSync(join(out, "latex")).sort()).toEqual([
      "document.tex",
      "methods.tex",
      "references.bib",
      "tables.tex",
    ]);
    const read = latexOf(out);
    const csv = csvOf(out, "comparison.csv");
    expect(csv).toHaveLength(10);
    expect(cellsOf(read("tables.tex"), "tab:codilens-comparison-1")).toEqual(
      csv.map((row) => [
        row["condition"],
        row["role"],
        `${row["right_first"]} of ${row["n"]}`,
        `${row["right_second"]} of ${row["n"]}`,
        `${row["only_first"]} : ${row["only_second"]}`,
        interval(row, "difference"),
        pText(row["mcnemar_p"]),
        pText(row["mcnemar_p_holm"]),
        interval(row, "log_prob"),
        pText(row["sign_flip_p"]),
        pText(row["sign_flip_p_holm"]),
      ]),
    );
    expect(read("methods.tex")).toContain("\\paragraph{one\\_1 and two \\& 2.}");
    const cited = [...read("methods.tex").matchAll(/\\cite\{([^}]+)\}/g)].flatMap(([, keys = ""]) => keys.split(","));
    const entries = [...read("references.bib").matchAll(/^@\w+\{(\w+),/gm)].map(([, key]) => key);
    expect(entries).toEqual([...new Set(cited)].sort());
  }, 60_000);
});

describe("escapeLatex()", () => {
  test.each([
    ["\\ { } $ & # _ %", "\\textbackslash{} \\{ \\} \\$ \\& \\# \\_ \\%"],
    ["^~<>|", "\\textasciicircum{}\\textasciitilde{}\\textless{}\\textgreater{}\\textbar{}"],
    ['"`', "\\textquotedbl{}\\textasciigrave{}"],
    ["a-b --x ,, ''", "a-b -{}-x ,{}, '{}'"],
    ["−0.25 [−0.45, 0.06]", "\\ensuremath{-}0.25 [\\ensuremath{-}0.45, 0.06]"],
    ["[0.1] and * and [", "{[}0.1] and * and ["],
    ["é ł 中 😀", "é ł [U+4E2D] [U+1F600]"],
    ["a\nb\u202Ec", "a b\\textbackslash{}u\\{202e\\}c"],
  ])("%j", (text, expected) => {
    expect(escapeLatex(text)).toBe(expected);
  });

  test("nothing of a hostile text is left as a command, in cell, heading or caption", () => {
    const tex = latexTable(table("t", { header: ["x", HOSTILE], rows: [[HOSTILE, "1"]] }), {
      caption: "c",
      label: "l",
    });
    const bare = tex.replaceAll(/\\text[a-z]+\{\}|\\[{}$&#_%]/g, "");
    expect(bare).not.toMatch(/\\input|[#$^~%_]/);
    expect(bare.match(/&/g)).toHaveLength(2);
  });

  test("a heading or cell that begins with a bracket is no argument of the line's end before it", () => {
    const tex = latexTable(
      table("t", {
        header: ["x", "accuracy of all [95 %]"],
        rows: [
          ["[a]", "1"],
          ["*", "2"],
        ],
      }),
      {
        caption: "c",
        label: "l",
      },
    );
    expect(tex).not.toMatch(/\\\\\s*[[*]/);
  });
});
