/** Every file of examples/ runs as a user runs it, and what it prints is what another route to the same number gives. */
// @needs build, engine, time

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadProblems } from "../src/library/problems.js";
import { at } from "../src/model/hooks/address.js";
import { parseIntervention } from "../src/model/hooks/interventions.js";
import { blockSite } from "../src/model/hooks/names.js";
import { CodiModel } from "../src/model/latent/codi-model.js";
import type { RunResult } from "../src/model/latent/run-types.js";
import { tf } from "../src/model/tensor/tf.js";
import { linesOf } from "./support/lines-of.js";
import { RECORDS_ALONE, shardIn } from "./support/records-alone.js";
import { temporaryFolder } from "./support/temporary.js";

// As a user's compiler: by the package's name, and so by dist's declarations.
const TYPES_OF_PACKAGE = "node_modules/typescript/bin/tsc -p examples --paths null --rootDir null".split(" ");

const files = readdirSync("examples").filter((name) => name.endsWith(".mjs"));

function node(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 240_000 });
  expect([status, status === 0 ? "" : stderr]).toEqual([0, ""]);
  return stdout;
}

/** Numbers of each printed line that begins so. */
function numbersAfter(printed: string, start: RegExp): number[][] {
  const lines = printed.split("\n").filter((line) => start.test(line));
  return lines.map((line) => [...line.replace(start, "").matchAll(/-?\d+(?:\.\d+)?/g)].map(Number));
}

interface Line {
  readonly id: string;
  readonly question: string;
  readonly answer: string;
}

const problems: Line[] = readFileSync("weights/tiny-codi/problems_100.jsonl", "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Line);
const every = (step: number, from: number): Line[] => problems.filter((_, i) => i % step === from);
const expectedOf = ({ answer }: Line): number => Number(answer.split("#### ")[1]);
const value = ({ answer: { parsed } }: RunResult): number | null => (parsed.kind === "number" ? parsed.value : null);

let model: CodiModel;
beforeAll(async () => {
  model = await CodiModel.load("tiny-codi");
});
afterAll(() => model.dispose());

describe("examples/", () => {
  test("are ten, short, say how they are run, and stand in the folder's README in this order", () => {
    expect(files).toHaveLength(10);
    const page = readFileSync("examples/README.md", "utf8");
    const listed = [...page.matchAll(/^\d+\. \[`([^`]+)`\]\(\1\)/gm)].map(([, name]) => name);
    expect([...listed].sort()).toEqual(files);
    for (const name of files) {
      const text = readFileSync(join("examples", name), "utf8");
      const lines = text.trimEnd().split("\n").length;
      expect([name, lines >= 15 && lines <= 60]).toEqual([name, true]);
      expect(text).toMatch(/^\/\*\*\n[\s\S]+?Run it: \S[\s\S]+?\*\/\n\/\/ @ts-check\n/);
      expect(text).toContain(`examples/${name}`);
      // What is not exported cannot be copied into another project.
      const imported = [...text.matchAll(/^import [^;]* from "([^"]+)";$/gm)].map(([, from]) => from);
      expect(imported.filter((from) => !/^(?:node:.+|codilens(?:\/analysis)?)$/.test(from ?? ""))).toEqual([]);
    }
  });

  test("are checked against the package's types", () => {
    const { status, stdout } = spawnSync(process.execPath, [...TYPES_OF_PACKAGE], { encoding: "utf8" });
    expect([status, stdout]).toEqual([0, ""]);
  });

  test("first-intervention: text and code do the same, and the scores are the logits' own", async () => {
    const printed = node("examples/first-intervention.mjs");
    const [question = ""] = printed.split("\n");
    const logProb = (name: string): number => Number(new RegExp(`${name} .*= (-?[\\d.]+)`).exec(printed)?.[1]);
    expect(logProb("asText")).toBe(logProb("asCode"));
    expect(printed).toContain("The hook fired 1 of 1 times.");
    // Another route to the probability: the head's logits at the position that predicts the number.
    const clean = await model.run(question, { capture: ["hook_logits"] });
    const { shape, data } = clean.captures.get("hook_logits");
    const at = clean.layout.names.indexOf(`answer.${(clean.answer.numberToken ?? 0) - 1}`);
    const logits = data.slice(at * (shape[2] ?? 0), (at + 1) * (shape[2] ?? 0));
    const most = Math.max(...logits);
    const total = most + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - most), 0));
    const id = clean.answer.ids[clean.answer.numberToken ?? 0] ?? -1;
    expect(value(clean)).toBe(17);
    expect(logProb("clean")).toBeCloseTo((logits[id] ?? Number.NaN) - total, 4);
    expect(logProb("asText")).toBeLessThan(logProb("clean"));
  });

  test("steer-by-difference-of-means: adding nothing changes nothing, and a hook that adds the direction gives its answers", async () => {
    const printed = node("examples/steer-by-difference-of-means.mjs");
    const [[...nothing] = [], [...direction] = []] = [/^ {2}nothing /, /^ {2}direction /].map(
      (start) => numbersAfter(printed, start)[0]?.slice(0, 8) ?? [],
    );
    expect(nothing).toEqual(Array.from({ length: 8 }, () => 10));
    const text = readFileSync("examples/steer-by-difference-of-means.mjs", "utf8");
    const questions = questionsOf(text);
    const means: number[][] = [];
    for (const answer of [10, 18]) {
      const sums: number[] = [];
      await model.runBatch(questions(answer, 0), {
        hooks: [
          {
            site: "blocks.6.hook_resid_post",
            addresses: [{ part: "latent", index: null }],
            name: "sum",
            apply: (x) => {
              const rows = tf.sum(x, [0, 1]).dataSync();
              for (const [i, each] of rows.entries()) sums[i] = (sums[i] ?? 0) + each / 48;
              return undefined;
            },
          },
        ],
      });
      means.push(sums);
    }
    const [ten = [], eighteen = []] = means;
    const vector = tf.tensor(eighteen.map((x, i) => 2 * (x - (ten[i] ?? 0))));
    expect(Number(/length ([\d.]+)/.exec(printed)?.[1])).toBeCloseTo(
      tf.tidy(() => tf.norm(vector).dataSync()[0]) ?? 0,
      0,
    );
    const steered = await model.runBatch(questions(10, 1), {
      hooks: [
        {
          site: "blocks.6.hook_resid_post",
          addresses: [{ part: "latent", index: null }],
          name: "add",
          apply: (x) => tf.add(x, vector),
        },
      ],
    });
    vector.dispose();
    expect(steered.map(value)).toEqual(direction);
    expect(printed).toContain(`towards 18: ${direction.filter((each) => each > 10 && each <= 18).length} of 8`);
  });

  test("patch-one-latent: its own state changes nothing, another's is what replace() writes", async () => {
    const printed = node("examples/patch-one-latent.mjs");
    const [own = 0, changed = 0] = /: (\d+); .*?: (\d+);/.exec(printed)?.slice(1).map(Number) ?? [];
    const rows = numbersAfter(printed, /^ {2}latent \d/);
    expect(rows.map(([, , itself]) => itself)).toEqual(Array.from({ length: 6 }, () => own));
    const question = (start: number): string =>
      `Ruth has ${start} cards. Then Ruth gives away half. Then Ruth picks up 1 more. Then Ruth picks up 3 more. Then Ruth picks up 2 more. How many cards does Ruth have now?`;
    const site = "blocks.8.hook_resid_post";
    const source = await model.run(question(20), { capture: [site] });
    expect([value(source), 20 / 2 + 6]).toEqual([changed, changed]);
    for (const [latent, [patched]] of rows.entries()) {
      const at = source.layout.names.indexOf(`latent.${latent}`);
      const data = source.captures.get(site).data.slice(at * 64, (at + 1) * 64);
      const replaced = await model.run(question(18), {
        interventions: [`replace(state):${site}@latent.${latent}`],
        values: { state: { shape: [64], data } },
      });
      expect([latent, patched]).toEqual([latent, value(replaced)]);
    }
  });

  test("attention-to-latents: the softmax of the scores, with no row above 1", async () => {
    const rows = numbersAfter(node("examples/attention-to-latents.mjs"), /^(?= +\d+ +\d+ )/);
    expect(rows).toHaveLength(64);
    const some = await loadProblems("tiny-codi", { n: 8, seed: 1 });
    const questions = some.map(({ question }) => question);
    const runs = await model.runBatch(questions, { capture: ["blocks.*.attn.hook_attn_scores"] });
    for (const [layer = 0, head = 0, ...shares] of rows) {
      const all = shares.at(-1) ?? 0;
      expect(all).toBeLessThanOrEqual(1);
      expect(all).toBeCloseTo(
        shares.slice(0, -1).reduce((sum, x) => sum + x, 0),
        2,
      );
      const means = [0, 0, 0, 0, 0, 0];
      for (const { captures, layout, answer } of runs) {
        const { data } = captures.get(blockSite(layer, "attn.hook_attn_scores"));
        const query = layout.names.indexOf(`answer.${(answer.numberToken ?? 0) - 1}`);
        const from = (head * layout.length + query) * layout.length;
        const scores = data.slice(from, from + query + 1);
        const most = Math.max(...scores);
        const weights = scores.map((x) => Math.exp(x - most));
        const total = weights.reduce((sum, x) => sum + x, 0);
        for (const k of means.keys())
          means[k] = (means[k] ?? 0) + (weights[layout.names.indexOf(`latent.${k}`)] ?? 0) / total / runs.length;
      }
      for (const [k, mean] of means.entries()) expect(shares[k]).toBeCloseTo(mean, 2);
    }
  });

  test("knock-out-head: zeroing what the head adds to the stream does the same", async () => {
    const printed = node("examples/knock-out-head.mjs", "10");
    const heads = numbersAfter(printed, /^head \d {2}zeroed/);
    expect([heads.length, numbersAfter(printed, /^head \d {2}random/).length]).toEqual([4, 4]);
    const chosen = every(8, 7);
    const expected = chosen.map(expectedOf);
    const [base = []] = numbersAfter(printed, /^as it is/);
    expect(base[1]).toBe(chosen.length);
    for (const [head, [right, , logProb]] of heads.entries()) {
      const mask = tf.tensor4d(
        [0, 1, 2, 3].map((each) => Number(each !== head)),
        [1, 1, 4, 1],
      );
      const runs = await model.runBatch(
        chosen.map(({ question }) => question),
        {
          expected,
          hooks: [
            {
              site: "blocks.10.attn.hook_result",
              addresses: [{ part: "all" }],
              name: "mask",
              apply: (x) => tf.mul(x, mask),
            },
          ],
        },
      );
      mask.dispose();
      expect([head, runs.filter((run, i) => value(run) === expected[i]).length]).toEqual([head, right]);
      const mean = runs.reduce((sum, { score }) => sum + Number(score.expectedLogProb), 0) / runs.length;
      expect(logProb).toBeCloseTo(mean, 2);
    }
  });

  test("layer-latent-sweep: its counts are those of the study layer-map on the same problems, and its map draws them", () => {
    const dir = temporaryFolder("codilens-examples-");
    const svg = join(dir, "map.svg");
    const rows = numbersAfter(node("examples/layer-latent-sweep.mjs", svg), /^(?=layer \d)/);
    expect(rows.map(([layer, latent]) => [layer, latent])).toEqual(
      [0, 3, 6, 9, 12, 15].flatMap((layer) => [0, 1, 2, 3, 4, 5].map((latent) => [layer, latent])),
    );
    const out = join(dir, "run");
    const args = ["--study", "layer-map", "--problems", "6", "--seed", "1", "--no-controls", "--no-progress"];
    node("scripts/codilens.mjs", "experiment", ...args, ...RECORDS_ALONE, "--out", out);
    const records = recordsOf(shardIn(out));
    const baseline = new Map(
      records.filter(({ study }) => study === "baseline").map((each) => [each.problem.id, each.answer.correct]),
    );
    expect(baseline.size).toBe(6);
    const broken = (text: string): number =>
      records.filter(
        ({ condition, problem, answer }) =>
          condition.interventions.join() === text && baseline.get(problem.id) === true && !answer.correct,
      ).length;
    for (const [layer, latent, zeroed] of rows)
      expect([layer, latent, zeroed]).toEqual([
        layer,
        latent,
        broken(`zero:blocks.${layer}.hook_resid_post@latent.${latent}`),
      ]);
    // Random directions depend on the seed, which is the sweep's own.
    expect(rows.some(([, , zeroed, turned]) => zeroed !== turned)).toBe(true);
    const right = [...baseline.values()].filter((each) => each).length;
    const [[, , first = 0] = []] = rows;
    const drawn = readFileSync(svg, "utf8");
    expect(drawn).toContain("control: random direction");
    expect(drawn).toContain(`layer 0, latent 0: ${(first / right).toFixed(2)}`);
  });

  test("own-protocol: its answers are the reference protocol's, and right is what is off by one at most", async () => {
    const out = join(temporaryFolder("codilens-examples-"), "run");
    const command = [
      "scripts/codilens.mjs",
      "experiment",
      "--protocol",
      "./examples/own-protocol.mjs",
      "--no-progress",
    ];
    node(...command, "--problems", "8", "--no-controls", "--layers", "8", "--out", out);
    const records = recordsOf(out).filter(({ study }) => study === "baseline" || study === "token-ablation");
    expect(records.length).toBe(8 * 7);
    const runs = await model.runBatch(
      records.filter(({ study }) => study === "baseline").map(({ problem }) => problem.question),
    );
    expect(records.filter(({ study }) => study === "baseline").map(({ answer }) => answer.text)).toEqual(
      runs.map(({ answer }) => answer.text),
    );
    const gaps = records.map(({ answer, problem }) => Math.abs(Number(answer.predicted) - Number(problem.expected)));
    expect(records.map(({ answer }) => answer.correct)).toEqual(gaps.map((gap) => gap <= 1));
    // Some answer is off by one, or the example shows nothing.
    expect(gaps).toContain(1);
  });

  test("own-study: its records are what the model gives without a study, and times one changes nothing", async () => {
    const out = join(temporaryFolder("codilens-examples-"), "run");
    const command = [
      "scripts/codilens.mjs",
      "experiment",
      "--study",
      "./examples/own-study.mjs",
      "--no-control-model",
      "--no-progress",
    ];
    const printed = node(...command, "--problems", "8", "--out", out);
    expect(printed).toMatch(/latent-length: /);
    const records = recordsOf(out).filter(({ study }) => study === "latent-length" || study === "baseline");
    // Baseline, four factors and a control at each of six latents, and times one.
    expect(records).toHaveLength(8 * (1 + 6 * 5 + 1));
    const questions = [...new Set(records.map(({ problem }) => problem.question))];
    const expected = questions.map((question) =>
      Number(records.find((each) => each.problem.question === question)?.problem.expected),
    );
    for (const latent of [0, 1, 5])
      for (const factor of [0.25, 4]) {
        const mine = records.filter(
          ({ condition: { factors } }) => factors["latent"] === latent && factors["factor"] === factor,
        );
        const runs = await model.runBatch(questions, {
          expected,
          hooks: [
            {
              site: "latents.hook_input",
              addresses: [{ part: "latent", index: latent }],
              name: "times",
              apply: (x) => tf.mul(x, factor),
            },
          ],
        });
        expect(mine).toHaveLength(questions.length);
        // The scores hardly move, so the operation itself is looked at too.
        const done = new Set(mine.flatMap(({ condition }) => condition.interventions));
        expect([...done]).toEqual([`scale(${factor}):latents.hook_input@latent.${latent}`]);
        for (const { problem, answer, measures } of mine) {
          const run = runs[questions.indexOf(problem.question)];
          expect([latent, factor, answer.text]).toEqual([latent, factor, run?.answer.text]);
          expect(measures.expectedLogProb).toBeCloseTo(Number(run?.score.expectedLogProb), 5);
        }
      }
    const text = (id: string, name: string): string | undefined =>
      records.find(({ problem, condition }) => problem.id === id && condition.name === name)?.answer.text;
    const ids = [...new Set(records.map(({ problem }) => problem.id))];
    expect(ids.map((id) => text(id, "inputs × 1"))).toEqual(ids.map((id) => text(id, "baseline")));
  });

  test("reanalyse-records: its counts are those of the lines in records.jsonl", () => {
    const out = join(temporaryFolder("codilens-examples-"), "run");
    const command = [
      "scripts/codilens.mjs",
      "experiment",
      "--layers",
      "8",
      "--problems",
      "20",
      "--no-controls",
      "--no-control-model",
    ];
    node(...command, "--no-progress", "--out", out);
    const rows = numbersAfter(node("examples/reanalyse-records.mjs", out), /^(?= {5}\d )/);
    expect(rows).toHaveLength(6);
    const records = recordsOf(out).filter(({ study }) => study === "token-ablation" || study === "baseline");
    for (const [latent, broken, own] of rows) {
      const mine = records.filter(
        (each) => each.condition.latent === latent && each.measures.flip === "right-to-wrong",
      );
      const named = mine.filter(({ problem, answer }) => problem.steps.slice(0, -1).includes(answer.predicted));
      expect([latent, broken, own]).toEqual([latent, mine.length, named.length]);
    }
    expect(rows.reduce((sum, [, broken = 0]) => sum + broken, 0)).toBeGreaterThan(0);
  });

  test("latent-bits: rounding the captured inputs on the host and writing them back breaks as many answers", async () => {
    const printed = numbersAfter(node("examples/latent-bits.mjs"), /^(?=\d bits )/);
    expect(printed.map(([bits]) => bits)).toEqual([1, 2, 3, 4, 8]);
    const drawn = await loadProblems("tiny-codi", { n: 16, seed: 3 });
    const questions = drawn.map(({ question }) => question);
    const clean = await model.runBatch(questions, { capture: ["latents.hook_input"] });
    const isRight = (run: RunResult | undefined, i: number): boolean => value(run as RunResult) === drawn[i]?.expected;
    let broken = 0;
    for (const [i, run] of clean.entries()) {
      const values: Record<string, { shape: number[]; data: Float32Array }> = {};
      const conditions = Array.from({ length: 6 }, (_, latent) => {
        const data = run.captures.at("latents.hook_input", at.latent(latent)).data;
        const [low, high] = [Math.min(...data), Math.max(...data)];
        // One bit: each number goes to the nearer end.
        values[`rounded${latent}`] = {
          shape: [data.length],
          data: data.map((x) => (x - low < high - x ? low : high)),
        };
        const text = `replace(rounded${latent}):latents.hook_input@latent.${latent}`;
        return { name: text, interventions: [parseIntervention(text)] };
      });
      const [row = []] = await model.runConditions([run.question], conditions, { values });
      expect(row).toHaveLength(6);
      broken += row.filter((rounded) => isRight(run, i) && !isRight(rounded, i)).length;
    }
    const right = clean.filter(isRight).length;
    expect(broken).toBeGreaterThan(0);
    expect(printed[0]?.[1]).toBeCloseTo((100 * broken) / (6 * right), 1);
  });
});

interface RecordLine {
  readonly study: string;
  readonly problem: {
    readonly id: string;
    readonly question: string;
    readonly expected: number;
    readonly steps: readonly number[];
  };
  readonly condition: {
    readonly name: string;
    readonly latent: number | null;
    readonly interventions: readonly string[];
    readonly factors: Readonly<Record<string, number | string>>;
  };
  readonly answer: { readonly text: string; readonly predicted: number; readonly correct: boolean };
  readonly measures: { readonly flip: string | null; readonly expectedLogProb: number };
}

function recordsOf(dir: string): RecordLine[] {
  return linesOf(dir).map((line) => JSON.parse(line) as RecordLine);
}

/** The questions that the steering example makes, from its own text. */
function questionsOf(text: string): (answer: number, shift: number) => string[] {
  const [names = ""] = /^const names = .*$/m.exec(text) ?? [];
  const [body = ""] = /^function questions[\s\S]*?^}/m.exec(text) ?? [];
  return new Function(`${names}\n${body}\nreturn questions;`)() as (answer: number, shift: number) => string[];
}
