/** An eleventh study, from a file outside the package: run, analysed without the file, resumed, and refused where it is wrong. */
// @needs build, time

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary.js";

const codilens = (...args: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 120_000 });
const run = (out: string, file: string): SpawnSyncReturns<string> =>
  codilens(
    "experiment",
    "--study",
    file,
    "--problems",
    "4",
    "--layers",
    "8",
    "--out",
    out,
    "--no-control-model",
    "--no-progress",
    "--json",
  );

/** The file that docs/studies.md shows. */
const EXAMPLE = /```js\n(\/\*\* Which half[\s\S]*?)```/.exec(readFileSync("docs/studies.md", "utf8"))?.[1] ?? "";

interface Told {
  readonly counts: object;
  readonly summary: {
    readonly studies: readonly {
      readonly name: string;
      readonly question: string;
      readonly sentence: string;
      readonly conditions: readonly { readonly factors: object; readonly right: { readonly n: number } }[];
    }[];
  };
}

describe("--study FILE", () => {
  test("runs the documented example; analyze needs no file; another file is another run", () => {
    const dir = temporaryFolder("codilens-study-");
    const [file, out] = [join(dir, "halves.mjs"), join(dir, "out")];
    writeFileSync(file, EXAMPLE);
    const first = run(out, file);
    expect([first.status, first.status === 0 ? "" : first.stderr]).toEqual([0, ""]);
    const { counts, summary } = JSON.parse(first.stdout) as Told;
    // Baseline, two halves at three places, three controls: nothing that was not asked for.
    expect(counts).toMatchObject({ problems: 4, records: 4 * (1 + 6 + 3), failed: 0 });
    const study = summary.studies.find(({ name }) => name === "halves");
    expect(study?.question).toBe("Which half of the latents does which part of the model need?");
    expect(study?.conditions.map(({ factors }) => factors)).toContainEqual({ half: "first", layer: 4 });
    expect(study?.sentence).toMatch(/^Most is lost by “zero the (?:first|last) half at layer \d+”: \d of 4\.$/);

    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as { studies: { name: string }[] };
    expect(manifest.studies.find(({ name }) => name === "halves")).toMatchObject({
      file: "halves.mjs",
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(run(out, file).stdout).toContain('"computed": 0');

    rmSync(file);
    rmSync(join(out, "report.html"));
    rmSync(join(out, "figures", "study_halves.png"));
    expect(codilens("analyze", out, "--latex").status).toBe(0);
    expect(readFileSync(join(out, "latex", "methods.tex"), "utf8")).toContain("\\item[{halves}]");
    expect(existsSync(join(out, "figures", "study_halves.png"))).toBe(true);
    // The token ablation was not asked for: nothing is said of it.
    for (const name of [
      "figures/1_importance_by_position.png",
      "token_ablation_results.json",
      "summary_statistics.json",
    ])
      expect([name, existsSync(join(out, name))]).toEqual([name, false]);
    const report = readFileSync(join(out, "report.html"), "utf8");
    for (const text of ["Which half of the latents", "zero the last half at layer 8"]) expect(report).toContain(text);
    expect(report).not.toMatch(/By latent|Attention and importance/);

    writeFileSync(file, EXAMPLE.replace("layers = [", "layers = [2, "));
    const changed = run(out, file);
    expect([changed.status, changed.stderr]).toEqual([4, expect.stringMatching(/belongs to another run: studyFiles/)]);
  });

  const study = (body: string): string => `export const study = { name: "mine", question: "?", ${body} };`;
  const one = (text: string): string => study(`conditions: [{ name: "one", interventions: ["${text}"] }]`);
  test.each([
    ["no export", "export const mine = 1;", /mine\.mjs": it exports mine, wanted a constant named study/],
    ["a syntax error", "export const study = {", /mine\.mjs": it does not load \(Unexpected end of input\)/],
    ["no question", `export const study = { name: "mine", conditions: [] };`, /study, question: /],
    ["a field that nobody knows", study("conditions: [], figur: {}"), /Unrecognized key: "figur"/],
    ["no condition", study("conditions: []"), /it has no condition/],
    ["a name of the package", one("zero:blocks.1.hook_resid_post@bot").replace("mine", "budget"), /"budget" is taken/],
    ["a wrong operation", one("erase:blocks.1.hook_resid_post@bot"), /unknown operation "erase"/],
    ["a wrong site", one("zero:blocks.1.hook_resid_pots@bot"), /hook_resid_pots/],
    ["a layer that the model has not", one("zero:blocks.16.hook_resid_post@bot"), /16/],
    ["a latent that the model has not", one("zero:blocks.1.hook_resid_post@latent.6"), /latent\.6/],
    [
      "a latent beyond the number that is run",
      study('conditions: [{ name: "one", latents: 3, interventions: ["zero:blocks.1.hook_resid_post@latent.3"] }]'),
      /names latent\.3, it is run with 3 latents/,
    ],
    [
      "another number of latents where nothing must change",
      study('conditions: [{ name: "one", latents: 3, isIdentity: true, interventions: [] }]'),
      /"one" has latents together with forQuestion or isIdentity/,
    ],
    [
      "a factor that a condition has not",
      study('figure: { x: "half" }, conditions: [{ name: "one", interventions: [] }]'),
      /figure names the factor "half", which "one" has not/,
    ],
    ["conditions that throw", study("conditions: () => { throw new Error('no'); }"), /conditions\(\) threw: no/],
  ])("a file with %s is refused in one sentence before a model is loaded", (_, content, sentence) => {
    const dir = temporaryFolder("codilens-study-");
    const file = join(dir, "mine.mjs");
    writeFileSync(file, content);
    const { status, stderr } = codilens("experiment", "--study", file, "--out", join(dir, "out"), "--no-progress");
    expect([status, stderr]).toEqual([3, expect.stringMatching(sentence)]);
    expect(
      stderr
        .trim()
        .split("\n")
        .filter((line) => line.startsWith("error:")).length,
    ).toBe(1);
    expect(existsSync(join(dir, "out", "records.jsonl"))).toBe(false);
  });

  test("a file that is not there is refused by its path", () => {
    const { status, stderr } = codilens("experiment", "--study", "./nowhere/mine.mjs", "--no-progress");
    expect([status, stderr]).toEqual([
      3,
      expect.stringMatching(/Cannot read study file .*nowhere\/mine\.mjs": ENOENT/),
    ]);
  });
});
