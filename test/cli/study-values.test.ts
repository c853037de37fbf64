/** A study whose conditions hold vectors: its values travel with it to the workers, and its records are what single runs give. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { add, at, CodiModel, site, zero } from "../../src/index.js";
import type { OkRecord } from "../../src/records/record.js";
import { linesOf } from "../support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "../support/records-alone.js";
import { temporaryFolder } from "../support/temporary.js";

const folder = temporaryFolder("codilens-study-values-");
const loaded = CodiModel.load("tiny-codi");
afterAll(async () => (await loaded).dispose());

/** A study's file, and the run of it. */
function run(name: string, conditions: string, more = ""): { status: number | null; stderr: string; out: string } {
  const [file, out] = [join(folder, `${name}.mjs`), join(folder, `${name}-out`)];
  writeFileSync(
    file,
    `import { add, at, patch, project, site, zero } from ${JSON.stringify(pathToFileURL("dist/index.js").href)};
const vector = Float32Array.from({ length: 64 }, (_, i) => 10 * Math.sin(1e4 * (i + 1)));
export const study = { name: "${name}", question: "What does a vector do?", conditions: [${conditions}], ${more} };
`,
  );
  const args = [
    ...["experiment", "--study", file, "--problems", "3", "--layers", "8"],
    ...["--no-controls", "--no-progress", ...RECORDS_ALONE, "--out", out],
  ];
  const { status, stderr } = spawnSync(process.execPath, ["scripts/codilens.mjs", ...args], { encoding: "utf8" });
  return { status, stderr, out: shardIn(out) };
}

test("functions, data and text stand side by side, and records say what ran", async () => {
  const { status, stderr, out } = run(
    "vectors",
    `{ name: "added", interventions: [add(site.block(6).residPost, at.latent(), { vector, scale: 2 })] },
     { name: "twice", interventions: [add(site.block(6).residPost, at.latent(), { vector }), add(site.block(6).residPost, at.latent(), { vector })] },
     { name: "named", interventions: ["add(own,2):blocks.6.hook_resid_post@latent"] },
     { name: "head", interventions: [zero(site.block(8).attn.z, at.latent(), { head: 3 })] }`,
    "values: { own: { shape: [64], data: vector } }",
  );
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  const records = linesOf(out).map((line) => JSON.parse(line) as OkRecord);
  const of = (name: string): OkRecord[] => records.filter(({ condition }) => condition.name === name);
  const vector = Float32Array.from({ length: 64 }, (_, i) => 10 * Math.sin(1e4 * (i + 1)));
  const doable = {
    added: add(site.block(6).residPost, at.latent(), { vector, scale: 2 }),
    head: zero(site.block(8).attn.z, at.latent(), { head: 3 }),
  };
  for (const name of ["added", "head"] as const)
    for (const { problem, answer, measures } of of(name)) {
      const options = { interventions: [doable[name]], expected: problem.expected };
      const single = await (await loaded).run(problem.question, options);
      expect([name, answer.text]).toEqual([name, single.answer.text]);
      expect(measures.expectedLogProb).toBeCloseTo(Number(single.logProb), 4);
    }
  expect(of("added")).toHaveLength(3);
  for (const [i, { answer, measures }] of of("added").entries())
    for (const name of ["twice", "named"]) {
      expect([name, of(name)[i]?.answer.text]).toEqual([name, answer.text]);
      expect(of(name)[i]?.measures.expectedLogProb).toBeCloseTo(Number(measures.expectedLogProb), 4);
    }
  // Something was added: without its values a run would be the baseline's.
  expect(of("added").some(({ measures }) => Math.abs(Number(measures.deltaExpectedLogProb)) > 1e-3)).toBe(true);
  expect(of("added")[0]?.condition.interventions).toEqual([
    expect.stringMatching(/^add\(vector-[\da-f]{16},2\):blocks\.6\.hook_resid_post@latent$/),
  ]);
  expect(of("head")[0]?.condition.interventions).toEqual(["zero:blocks.8.attn.hook_z[head.3]@latent"]);
});

test.each([
  [
    "run-held",
    `{ name: "p", interventions: [patch(site.embed, at.bot, { run: { question: "q", captures: { sites: ["hook_embed"], get: () => ({ shape: [1, 1, 64], data: vector }) }, layout: { names: ["bot"], parts: { latents: 0 }, describe: () => "" } } })] }`,
    /"patch\(run-[\da-f]{16}\):hook_embed@bot" holds a run, a study holds values/,
  ],
  ["no-heads", `{ name: "p", interventions: [zero(site.block(8).residPost, at.bot, { head: 1 })] }`, /has no heads/],
  [
    "half",
    `{ name: "p", interventions: [{ intervention: { site: "hook_embed" }, values: {}, sources: {} }] }`,
    /is not usable: operation/,
  ],
])("%s is refused in one sentence before a model is loaded", (name, conditions, sentence) => {
  const { status, stderr } = run(name, conditions);
  expect([status, stderr]).toEqual([3, expect.stringMatching(sentence)]);
  expect(stderr).not.toMatch(/\n\s+at /);
});
