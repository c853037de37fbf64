/** The folder `tables` of a real run: each table as CSV and Parquet, the tidy one of all records, and the page that describes them. */
// @needs build, time, venv

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";
import { python, pythonOf } from "../support/test-python.js";
import { isWithout } from "../support/without.js";

const run = temporaryFolder("codilens-tables-");
const tables = join(run, "tables");
// Studies that keep something of every kind in their records, and one from outside the package.
const STUDIES = ["attention", "lens", "residual", "patching", "latent-to-latent"];
const OWN = `/** What each latent is fed. */
const SITE = "latents.hook_input";
export const study = {
  name: "latent-size",
  question: "How large is what each latent is fed?",
  caveat: "Made up.",
  conditions: [{ name: "latent.0 zeroed", interventions: [\`zero:\${SITE}@latent.0\`], factors: { latent: 0 } }],
  reads: { baseline: { capture: [SITE] } },
  read: ({ runs }) => runs.map(({ result: { captures } }) => ({ first: [...captures.get(SITE).data.slice(0, 3)], even: true })),
};
`;

/** Measures of what this run leaves out: KL at the first token, other keys mended, and the study `attribution`. */
const ELSEWHERE: ReadonlySet<string> = new Set(["kl_first_token", "mended", "integrated_effect"]);

function command(...args: string[]): void {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function bytesOf(): Record<string, string> {
  const names = readdirSync(tables).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      createHash("sha256")
        .update(readFileSync(join(tables, name)))
        .digest("hex"),
    ]),
  );
}

beforeAll(() => {
  const own = join(temporaryFolder("codilens-study-"), "own.mjs");
  writeFileSync(own, OWN);
  command(
    "experiment",
    "--study",
    [...STUDIES, own].join(","),
    "--problems",
    "4",
    "--layers",
    "4",
    "--no-control-model",
    "--out",
    run,
  );
}, 900_000);

test("every column of every file is described in README.md", () => {
  const page = readFileSync(join(tables, "README.md"), "utf8");
  const files = readdirSync(tables).filter((name) => name.endsWith(".csv"));
  expect(files.length).toBeGreaterThan(12);
  for (const file of files) {
    const [header = ""] = readFileSync(join(tables, file), "utf8").split("\r\n");
    const [, section = ""] = page.split(`## ${file}, ${file.replace(".csv", ".parquet")}\n`);
    const [described = ""] = section.split("\n## ");
    const rows = [...described.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm)];
    expect([file, rows.map(([, name]) => name)]).toEqual([file, header.split(",")]);
    for (const [, name, type = "", means = ""] of rows) {
      expect([file, name, type]).toEqual([file, name, expect.stringMatching(/^(?:whole number|number|text)$/)]);
      expect([file, name, means.length > 5 && !means.includes("does not describe")]).toEqual([file, name, true]);
    }
  }
});

test("every measure of the tidy table is described in README.md, and no other", () => {
  const page = readFileSync(join(tables, "README.md"), "utf8");
  const [, section = ""] = page.split("\n## tidy.csv, tidy.parquet\n");
  const described = [...section.matchAll(/^\| `([\w.]+)` \| [^|]{10,} \|$/gm)].map(([, name]) => name);
  const place = readFileSync(join(tables, "tidy.csv"), "utf8").split("\r\n").slice(1, -1);
  // The measure is the first cell behind the problem, its index and its difficulty.
  const measures = new Set(
    place.map((line) => /,\d+,[^,]*step,([\w.-]+),/.exec(line)?.[1]?.replace(/^kept\..*/, "kept.STUDY.FIELD")),
  );
  expect([...measures].sort()).toEqual(described.filter((each) => !ELSEWHERE.has(each ?? "")).sort());
});

test("SHA256SUMS lists all of them, and an analysis of the same records gives the same bytes", () => {
  const before = bytesOf();
  const listed = readFileSync(join(run, "SHA256SUMS"), "utf8").matchAll(/^(\S+) {2}tables\/(\S+)$/gm);
  expect(Object.fromEntries([...listed].map(([, sum, name]) => [name, sum]))).toEqual(before);
  command("analyze", run);
  expect(bytesOf()).toEqual(before);
}, 900_000);

describe.skipIf(isWithout("venv"))("read in Python", () => {
  test("the tidy table is what Python computes of records.jsonl", () => {
    const counts = JSON.parse(python(readFileSync("test/recompute/tidy.py", "utf8"), { args: [run] })) as object;
    const kinds = [
      "correct",
      "attention_eot",
      "rollout_eot",
      "lens_rank",
      "contribution",
      "attention_cut",
      "patch_effect",
      "predicted_effect",
    ];
    expect(Object.keys(counts)).toEqual(
      expect.arrayContaining([...kinds, "kept.latent-size.first", "kept.latent-size.even"]),
    );
  });

  test("what docs/python.md does with a run runs", () => {
    const blocks = pythonOf("results/a").map((code) => code.replaceAll("results/a", run));
    expect(blocks.map((code) => python(code))).toEqual([expect.stringContaining("baseline The answer is")]);
  });

  test("each Parquet file has the rows of its CSV file, with types, for pandas, polars and DuckDB", () => {
    const code = `
import csv, json, math, pathlib, duckdb, pandas as pd, polars as pl
kinds = {}
for path in sorted(pathlib.Path(".").glob("*.csv")):
    header, *rows = csv.reader(path.open(newline="", encoding="utf8"))
    file = str(path.with_suffix(".parquet"))
    table = pl.read_parquet(file)
    assert table.columns == header and len(rows) == table.height, path
    for row, cells in zip(rows, table.iter_rows()):
        for text, cell in zip(row, cells):
            if cell is None: same = text == ""
            elif isinstance(cell, str): same = text in (cell, "'" + cell)
            else: same = float(text) == cell
            assert same, (path, text, cell)
    fetched = duckdb.sql(f"select * from '{file}'").fetchall()
    assert fetched == table.rows(), path
    frame = pd.read_parquet(file, dtype_backend="pyarrow")
    assert [tuple(None if pd.isna(c) else c for c in r) for r in frame.itertuples(index=False)] == fetched, path
    kinds[path.stem] = [str(each) for each in table.dtypes]
print(json.dumps(kinds))`;
    const kinds = JSON.parse(python(code, { cwd: tables })) as Record<string, string[]>;
    expect(kinds["by_latent"]?.slice(0, 4)).toEqual(["Int64", "Int64", "Int64", "Float64"]);
    expect(kinds["tidy"]?.slice(-3)).toEqual(["String", "String", "Float64"]);
  });
});
