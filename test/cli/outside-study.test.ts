/** A study from outside the package that does what an inside one can: the folder that docs/studies.md shows, on the real engine. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseIntervention } from "../../src/model/hooks/interventions.js";
import { numberOrNull } from "../../src/model/latent/run/run-score.js";
import type { OkRecord } from "../../src/records/record.js";
import { linesOf } from "../support/lines-of.js";
import { temporaryFolder } from "../support/temporary.js";
import { loadTiny } from "../support/tiny.js";

const [index = "", finding = "", sizes = ""] = ["index", "finding", "stream-size"].map(
  (name) =>
    new RegExp(`\`\`\`js\\n(/\\*\\* ${name}\\.mjs[\\s\\S]*?)\`\`\``).exec(readFileSync("docs/studies.md", "utf8"))?.[1],
);

const folder = temporaryFolder("codilens-outside-");
const [study, out] = [join(folder, "latent-size"), join(folder, "out")];
const codilens = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 240_000 });
const text = (name: string): string => readFileSync(join(out, name), "utf8");

/** Such a folder with something else in it. */
function changed(name: string, files: Readonly<Record<string, string | undefined>>): string {
  const other = join(folder, name, "latent-size");
  mkdirSync(other, { recursive: true });
  for (const [file, content] of Object.entries({ "index.mjs": index, "finding.mjs": finding, ...files }))
    if (content !== undefined) writeFileSync(join(other, file), content);
  return other;
}

const model = await loadTiny();
const QUICK = ["--layers", "8", "--no-progress", "--no-controls", "--no-control-model"];

afterAll(() => model.dispose());

describe("a folder given to --study", () => {
  let records: OkRecord[] = [];
  const byName = (name: string): OkRecord[] => records.filter(({ condition }) => condition.name === name);

  beforeAll(() => {
    mkdirSync(study);
    writeFileSync(join(study, "index.mjs"), index);
    writeFileSync(join(study, "finding.mjs"), finding);
    const run = ["--problems", "4", ...QUICK, "--out", out, "--latex"];
    const { status, stderr } = codilens("experiment", "--study", study, ...run);
    if (status !== 0) throw new Error(stderr);
    records = linesOf(out).map((line) => JSON.parse(line) as OkRecord);
  });

  test("keeps in the baselines' records what read() gives: the norms that single runs have", async () => {
    const baselines = byName("baseline");
    expect(baselines.length).toBe(4);
    for (const { problem, kept } of baselines) {
      const { captures } = await model.run(problem.question, { capture: ["latents.hook_input"], maxNewTokens: 1 });
      const { shape, data } = captures.get("latents.hook_input");
      const [latents = 0, width = 0] = shape.slice(1);
      expect(latents).toBe(6);
      const found = (kept?.["latent-size"]?.["norms"] ?? []) as number[];
      for (let k = 0; k < latents; k++) {
        const wanted = Math.sqrt(data.slice(k * width, (k + 1) * width).reduce((sum, value) => sum + value * value, 0));
        expect(Math.abs((found[k] ?? 0) - wanted)).toBeLessThan(1e-4 * wanted);
      }
    }
  });

  test("runs a callback as a row of its own: its answers and scores are those of the intervention that does the same", async () => {
    for (const { problem, answer, measures, condition, kept } of byName("latent.2 doubled at layer 8")) {
      expect(condition.interventions).toEqual(["hook(double):blocks.8.hook_resid_post@latent.2"]);
      const conditions = [
        { name: "baseline", interventions: [] },
        { name: "scale", interventions: ["scale(2)"] },
      ];
      const planned = conditions.map(({ name, interventions }) => ({
        name,
        interventions: interventions.map((each) => parseIntervention(`${each}:blocks.8.hook_resid_post@latent.2`)),
      }));
      const [row] = await model.runConditions([problem.question], planned, { expected: [problem.expected] });
      const [clean, scaled] = row ?? [];
      if (clean === undefined || scaled === undefined) throw new Error("no result");
      expect(answer.text).toBe(scaled.answer.text);
      const kl = numberOrNull(scaled.score.klAtNumber) ?? Number.NaN;
      expect(Math.abs((measures.klAtNumber ?? 0) - kl)).toBeLessThan(1e-4);
      expect(kept?.["latent-size"]).toEqual({ longer: scaled.answer.ids.length - clean.answer.ids.length });
    }
    // Of twenty-four, one at least moved the expected number's probability.
    const moved = records.filter(({ measures }) => Math.abs(measures.deltaExpectedLogProb ?? 0) > 1e-3);
    expect(moved.length).toBeGreaterThan(0);
  });

  test("makes the tensors that its interventions name", () => {
    const added = byName("nothing added to latent.0");
    expect(added.map(({ status }) => status)).toEqual(["ok", "ok", "ok", "ok"]);
    for (const { condition, answer, problem } of added) {
      expect(condition.interventions).toEqual(["add(nothing):latents.hook_input@latent.0"]);
      expect(answer.text).toBe(byName("baseline").find((each) => each.problem.id === problem.id)?.answer.text);
    }
  });

  test("shows its sentence, caveat, figure and table in report, figures, tables and LaTeX", () => {
    const { studies } = JSON.parse(text("summary.json")) as { studies: Record<string, unknown>[] };
    const mine = studies.find(({ name }) => name === "latent-size");
    expect(mine).toMatchObject({
      caveat: "A large input need not be used.",
      sentence: expect.stringMatching(/^The input of latent 0 has a norm of \d+\.\d\d/),
      norms: expect.arrayContaining([expect.objectContaining({ kind: "value", n: 4 })]),
    });
    for (const ending of ["svg", "png", "pdf"])
      expect(existsSync(join(out, "figures", `study_latent-size_norms.${ending}`)), ending).toBe(true);
    const [header, ...rows] = text("tables/latent-size_norms.csv").trim().split("\r\n");
    expect([header, rows.length]).toEqual(["latent,norm,low,high", 6]);
    expect(text("report.html")).toContain("Norm of what each latent is fed");
    expect(text("report.html")).toContain("A large input need not be used.");
    expect(text("latex/tables.tex")).toContain("Norm of what each latent is fed");
  });

  test("analyze without its path runs no code of it and says how; with a changed file it says so", () => {
    const without = codilens("analyze", out);
    expect(without.stdout).toMatch(/note: latent-size has figures and tables of its own: .*--study PATH/);
    expect(without.stdout).not.toContain("has a norm of");
    expect(text("report.html")).not.toContain("Norm of what each latent is fed");
    const again = codilens("analyze", out, "--study", study);
    expect(again.stdout).toContain("has a norm of");
    expect(again.stdout).not.toContain("has changed since the run");
    expect(text("report.html")).toContain("Norm of what each latent is fed");
    appendFileSync(join(study, "finding.mjs"), "// Another last line.\n");
    expect(codilens("analyze", out, "--study", study).stdout).toMatch(/latent-size has changed since the run/);
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "index.mjs"), "export const study = {};");
    const other = codilens("analyze", out, "--study", elsewhere);
    expect([other.status, other.stderr]).toEqual([2, expect.stringMatching(/has no study from .*it has latent-size/)]);
  });

  test.each([
    [
      "a reading without start()",
      { "index.mjs": index.replace("capture: [SITE]", "readings: [{ name: 'sizes' }]") },
      /readings\.0: a reading was wanted/,
    ],
    ["no entry", { "index.mjs": undefined }, /the folder has no index\.mjs or index\.js/],
    [
      "a number that is not finite",
      { "index.mjs": index.replace("norms(captures.get(SITE))", "0 / 0") },
      /read\(\)\[0\]\.norms is NaN, wanted a finite number/,
    ],
    [
      "a measure that throws",
      { "index.mjs": index.replace("result.answer.ids.length -", "result.nothing.there -") },
      /measure\(\) threw: /,
    ],
    [
      "a wrong site of a hook",
      { "index.mjs": index.replace("blocks.8.hook_resid_post", "blocks.99.hook_resid_post") },
      /99/,
    ],
    [
      "an unknown reading",
      { "index.mjs": index.replace("capture: [SITE]", "captures: [SITE]") },
      /Unrecognized key: "captures"/,
    ],
    [
      "a value that is not there",
      { "index.mjs": index.replace("add(nothing)", "add(something)") },
      /no value named "something"/,
    ],
  ])("%s is one clear sentence when it is run", (name, files, sentence) => {
    const other = changed(name, files);
    const run = ["--problems", "4", ...QUICK, "--out", `${other}-out`];
    refused(codilens("experiment", "--study", other, ...run), sentence);
  });

  test.each([
    ["a finding that throws", "export const finding = () => { throw new Error('no'); };", /finding\(\) threw: no/],
    ["no finding", "export const found = 1;", /finding is no function/],
    [
      "a figure that loads",
      finding.replace("data: { values },", "data: { url: 'https://example.org' },"),
      /figure "norms" loads its data from a url/,
    ],
    [
      "a table with a short row",
      finding.replace("value, low, high]", "value, low]"),
      /table "norms" has 4 columns and 3 cells in row 0/,
    ],
    ["a field that nobody knows", finding.replace("sentence:", "sentense:"), /Unrecognized key: "sentense"/],
  ])("%s is one clear sentence when the run is analysed", (name, content, sentence) => {
    refused(codilens("analyze", out, "--study", changed(name, { "finding.mjs": content })), sentence);
  });
});

describe("a reading that a study's file brings", () => {
  const SITE = "blocks.8.hook_resid_post";
  const few = ["--problems", "2", ...QUICK];
  const written = (name: string, ...changes: readonly (readonly [string, string])[]): string => {
    const path = join(folder, `${name}.mjs`);
    const content = changes.reduce((found, [from, to]) => found.replace(from, to), sizes);
    if (changes.length > 0) expect(content).not.toBe(sizes);
    writeFileSync(path, content);
    return path;
  };

  test("gives read() and measure() the numbers that captures of single runs have", async () => {
    const dir = join(folder, "sizes-out");
    const { status, stderr } = codilens("experiment", "--study", written("stream-size"), ...few, "--out", dir);
    expect([status, stderr]).toEqual([0, expect.anything()]);
    const found = linesOf(dir).map((line) => JSON.parse(line) as OkRecord);
    expect(found.map(({ condition }) => condition.name).sort()).toEqual([
      ...["baseline", "baseline"],
      ...["latent.2 doubled at layer 8", "latent.2 doubled at layer 8"],
    ]);
    for (const { problem, condition, kept } of found) {
      const interventions = condition.interventions.map((each) => parseIntervention(each));
      const run = await model.run(problem.question, { interventions, capture: [SITE], maxNewTokens: 1 });
      const { shape, data } = run.captures.get(SITE);
      const width = shape[2] ?? 0;
      const wanted = run.layout.positions.flatMap(({ part }, place) =>
        part === "latent" ? [Math.hypot(...data.subarray(place * width, (place + 1) * width))] : [],
      );
      const read = (kept?.["stream-size"]?.["sizes"] ?? []) as number[];
      expect([read.length, wanted.length]).toEqual([6, 6]);
      for (const [k, size] of wanted.entries()) expect(Math.abs((read[k] ?? 0) - size)).toBeLessThan(1e-4 * size);
    }
  });

  test.each([
    ["throws", [["tf.norm(x,", "tf.norms(x,"]], /Reading "sizes": reduce\(\) threw: tf\.norms is not a function/],
    ["gives no tensor", [["tf.norm(x,", "String(x,"]], /Reading "sizes": reduce\(\) gave string, wanted a tensor/],
    ["names no site", [["blocks.8", "blocks.99"]], /Reading "sizes": .*blocks\.99/],
    [
      "is two of one name",
      [["readings: [sizes]", "readings: [sizes, { ...sizes }]"]],
      /two readings are named "sizes"/,
    ],
  ] as const)("that %s is one clear sentence", (name, changes, sentence) => {
    const path = written(name.replaceAll(" ", "-"), ...changes);
    refused(codilens("experiment", "--study", path, ...few, "--out", `${path}-out`), sentence);
  });

  test("is refused beside one of its name from another file", () => {
    const paths = [written("one"), written("two", ['name: "stream-size"', 'name: "other"'])].join(",");
    const run = codilens("experiment", "--study", paths, ...few, "--out", join(folder, "two-out"));
    refused(run, /Two study files bring a reading named "sizes"/);
  });
});

function refused(
  { status, stderr }: { readonly status: number | null; readonly stderr: string },
  sentence: RegExp,
): void {
  expect([status, stderr]).toEqual([3, expect.stringMatching(sentence)]);
  expect(stderr.split("\n").filter((line) => line.startsWith("error:")).length).toBe(1);
}
