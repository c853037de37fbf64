/** A protocol of one's own from a file: an experiment by command, in several processes, resumed, in shards and analysed where the file is not. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { runHere } from "../../src/experiments/work/run-here.js";
import { CodiModel } from "../../src/index.js";
import type { OkRecord } from "../../src/records/record.js";
import { linesOf } from "../support/lines-of.js";
import { temporaryFolder } from "../support/temporary.js";
import { tinyExperiment } from "../support/tiny-experiment.js";

const home = temporaryFolder("codilens-protocol-");
const FILE = join(home, "without-start.mjs");
const PROGRAM = `
const rest = (text) => text.split(". ").slice(1).join(". ");
export const protocol = { name: "without-start", like: "codi", prepare: (text) => rest(text), maxNewTokens: 12 };
`;
const OPTIONS = ["--problems", "4", "--layers", "8", "--no-controls", "--no-progress"];
const codilens = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8", timeout: 240_000 });
const experiment = (out: string, ...more: string[]) =>
  codilens("experiment", "--protocol", FILE, ...OPTIONS, "--out", join(home, out), ...more);
const read = (...path: string[]): string => readFileSync(join(home, ...path), "utf8");
const report = (out: string): string => read(out, "report.html").replaceAll(join(home, out), "");

beforeAll(() => {
  writeFileSync(FILE, PROGRAM);
  const { status, stderr } = experiment("whole", "--workers", "1", "--latex");
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
});

describe("a protocol's file", () => {
  test("is run: records hold what a model that was loaded with the same protocol in code answers", async () => {
    const records = linesOf(join(home, "whole")).map((line) => JSON.parse(line) as OkRecord);
    const baselines = records.filter(({ study }) => study === "baseline");
    expect(baselines.map(({ protocol }) => protocol)).toEqual([
      "without-start",
      "without-start",
      "without-start",
      "without-start",
    ]);
    const prepare = (text: string): string => text.replace(/^.*?\. /, "");
    using model = await CodiModel.load("tiny-codi", {
      protocol: { name: "the-same-in-code", like: "codi", prepare, maxNewTokens: 12 },
    });
    using reference = await CodiModel.load("tiny-codi");
    const questions = baselines.map(({ problem }) => problem.question);
    const expected = baselines.map(({ problem }) => problem.expected);
    const runs = await model.runBatch(questions, { expected });
    const others = await reference.runBatch(questions);
    expect(baselines.map(({ answer }) => answer.text)).toEqual(runs.map(({ answer }) => answer.text));
    expect(runs.map(({ answer }) => answer.text)).not.toEqual(others.map(({ answer }) => answer.text));
    for (const [i, { measures, problem }] of baselines.entries()) {
      expect(Math.abs((measures.expectedLogProb ?? Number.NaN) - (runs[i]?.logProb ?? 0))).toBeLessThan(1e-4);
      expect(problem.asked).toBe(prepare(problem.question));
    }
  });

  test("is loaded by every worker: two compute the bytes of one, and a run that was cut goes on to the same", () => {
    const two = experiment("two", "--workers", "2", "--rows", "32");
    const one = experiment("one", "--workers", "1", "--rows", "32");
    expect([one.status, two.status]).toEqual([0, 0]);
    expect(read("two", "records.jsonl")).toBe(read("one", "records.jsonl"));
    // As a kill leaves it: some records, and a manifest that says so.
    mkdirSync(join(home, "cut"));
    const manifest = JSON.parse(read("one", "manifest.json")) as object;
    writeFileSync(join(home, "cut", "manifest.json"), JSON.stringify({ ...manifest, status: "started" }));
    writeFileSync(
      join(home, "cut", "records.jsonl"),
      linesOf(join(home, "one"))
        .slice(0, 9)
        .map((line) => `${line}\n`)
        .join(""),
    );
    const resumed = experiment("cut", "--workers", "1", "--rows", "32");
    expect([resumed.status, resumed.stdout]).toEqual([0, expect.stringMatching(/9 were there already/)]);
    expect(read("cut", "records.jsonl")).toBe(read("one", "records.jsonl"));
  });

  test("is cut into shards, whose merging needs it, says where it is missing, and takes it from elsewhere", () => {
    const study = join(home, "count.mjs");
    writeFileSync(
      study,
      `export const study = {
  name: "count",
  question: "How many?",
  conditions: [{ name: "zero the first", interventions: ["zero:latents.hook_input@latent.0"] }],
  afterRun: ({ baselines }) => ({ n: baselines.length }),
};`,
    );
    for (const shard of ["0/2", "1/2"]) expect(experiment("parts", "--study", study, "--shard", shard).status).toBe(0);
    const moved = join(home, "moved.mjs");
    renameSync(FILE, moved);
    try {
      const lost = codilens("merge", join(home, "parts"));
      expect([lost.status, lost.stderr]).toEqual([3, expect.stringMatching(/without-start\.mjs.*\n.*--protocol/)]);
      const merged = codilens("merge", join(home, "parts"), "--protocol", moved);
      expect([merged.status, merged.status === 0 ? "" : merged.stderr]).toEqual([0, ""]);
    } finally {
      renameSync(moved, FILE);
    }
    expect(JSON.parse(read("parts", "kept_count.json"))).toMatchObject({ n: 4 });
  });

  test("belongs to the run: changed, it is another run, and what is there is left alone", () => {
    copyFileSync(FILE, join(home, "before.mjs"));
    try {
      appendFileSync(FILE, "// Another last line.\n");
      const other = experiment("whole", "--workers", "1");
      expect([other.status, other.stderr]).toEqual([
        4,
        expect.stringMatching(/protocolSha256: "\w+… there, "\w+… here/),
      ]);
    } finally {
      copyFileSync(join(home, "before.mjs"), FILE);
    }
  });

  test("that changes while a run goes on ends it", async () => {
    const changing = join(home, "changing.mjs");
    writeFileSync(changing, PROGRAM.replace('"without-start"', '"changing"'));
    const run = runHere(tinyExperiment(join(home, "changing"), 1, { protocolFile: changing, engine: "native" }), {
      signal: new AbortController().signal,
      notice: () => appendFileSync(changing, "// Later.\n"),
      progress: () => undefined,
    });
    await expect(run).rejects.toThrow(/The protocol file changed after the run was planned/);
  });

  test("is in words in the manifest: analysed where it is not, report and methods are the same", () => {
    const [page, methods] = [report("whole"), read("whole", "latex", "methods.tex")];
    expect(methods).toContain("without-start");
    const moved = join(home, "moved.mjs");
    renameSync(FILE, moved);
    try {
      const { status, stderr } = codilens("analyze", join(home, "whole"), "--latex");
      expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
    } finally {
      renameSync(moved, FILE);
    }
    expect(report("whole")).toBe(page);
    expect(read("whole", "latex", "methods.tex")).toBe(methods);
  });

  test("is taken by trace", () => {
    const traced = codilens(
      "trace",
      "--protocol",
      FILE,
      "--question",
      "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?",
      "--json",
      "--tokens",
    );
    expect([traced.status, traced.status === 0 ? "" : traced.stderr]).toEqual([0, ""]);
    const { named } = JSON.parse(traced.stdout) as { named: { text: string }[] };
    expect(named.map(({ text }) => text).join("")).not.toContain("3 pens");
  });

  test.each([
    ["nothing at its place", null, /Cannot read protocol file ".*": ENOENT/],
    ["a fault of its own", "export default {", /Protocol file ".*": it does not load \(/],
    [
      "no protocol",
      "export const study = {};",
      /it exports study, wanted a protocol as default or by the name protocol/,
    ],
    ["a function", "export default () => 1;", /its export default is a function, wanted an object/],
    [
      "a name that the package has",
      'export default { name: "codi" };',
      /protocol\.name is "codi", wanted another name than/,
    ],
    ["an option that there is not", 'export default { name: "x", prepares: 1 };', /prepares/],
    [
      "a feedback that there is not",
      'export default { name: "x", feedback: "wire" };',
      /protocol\.feedback is "wire", wanted projection or/,
    ],
  ])("with %s is refused in one sentence, before anything is computed", (_, text, sentence) => {
    const bad = join(home, "bad.mjs");
    rmSync(bad, { force: true });
    if (text !== null) writeFileSync(bad, text);
    const { status, stderr } = codilens("experiment", "--protocol", bad, "--dry-run");
    expect([status, stderr]).toEqual([3, expect.stringMatching(sentence)]);
    expect(stderr.match(/^error: /gm)).toHaveLength(1);
  });

  test("is meant by a path; a name that the package does not have is refused with those that it has", () => {
    const { status, stderr } = codilens("experiment", "--protocol", "coconot", "--dry-run");
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/unknown protocol "coconot"; did you mean coconut\?.*\.\/coconot\.mjs/),
    ]);
  });
});
