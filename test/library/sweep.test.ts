/** A sweep's rows are what single runs give; cells that are the same are run once; failures stay where they are. */
// @needs engine, time

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  at,
  CodiModel,
  type Hook,
  hook,
  loadProblems,
  type Problem,
  patch,
  type RunOptions,
  type RunResult,
  range,
  site,
  tf,
  zero,
} from "../../src/index.js";

let model: CodiModel;
let problems: Problem[];
beforeAll(async () => {
  model = await CodiModel.load("tiny-codi");
  problems = await loadProblems("tiny-codi", { n: 3, seed: 1 });
});
afterAll(() => model.dispose());

const RESID = "blocks.8.hook_resid_post";

/** Each problem by itself, without batch mates or other conditions. */
async function alone(options: RunOptions): Promise<RunResult[]> {
  const runs: RunResult[] = [];
  for (const { question, expected } of problems)
    runs.push(...(await model.runBatch([question], { ...options, expected: [expected] })));
  return runs;
}

interface Row {
  readonly correct: boolean;
  readonly logProb: number | null;
  readonly kl: number | null;
  readonly margin: number | null;
  readonly answer: string;
}

function expectSame(rows: readonly Row[], runs: readonly RunResult[]): void {
  expect(rows).toHaveLength(runs.length);
  for (const [i, row] of rows.entries()) {
    const run = runs[i];
    expect(row.answer).toBe(run?.answer.text);
    expect(row.correct).toBe(run !== undefined && run.correct === true);
    expect(row.logProb).toBeCloseTo(Number(run?.score.expectedLogProb), 3);
    expect(row.kl).toBeCloseTo(Number(run?.score.klAtNumber), 3);
    expect(row.margin).toBeCloseTo(Number(run?.answer.margin), 2);
  }
}

const MEASURES = ["correct", "logProb", "kl", "margin", "answer"] as const;

describe("rows", () => {
  test("text, data, callbacks and lists of them give what single runs give", async () => {
    const double = hook(RESID, at.latent(1), (x) => tf.mul(x, 2), { id: "double" });
    const doubled = hook(RESID, at.latent(1), (x) => tf.mul(x, 2), { id: "double" });
    const text = "scale(0.5):blocks.4.hook_mlp_out@latent.0";
    const result = await model.sweep(problems, {
      over: { how: ["text", "data", "hook", "both"] },
      do: ({ how }) =>
        how === "text"
          ? text
          : how === "data"
            ? zero(site.block(3).residPost, at.latent(1))
            : how === "hook"
              ? double
              : [text, doubled],
      measure: MEASURES,
    });
    expect(result.rows()).toHaveLength(4 * 3);
    expectSame(result.at({ how: "text" }).rows(), await alone({ interventions: [text] }));
    expectSame(
      result.at({ how: "data" }).rows(),
      await alone({ interventions: ["zero:blocks.3.hook_resid_post@latent.1"] }),
    );
    expectSame(result.at({ how: "hook" }).rows(), await alone({ hooks: [double] }));
    expectSame(result.at({ how: "both" }).rows(), await alone({ interventions: [text], hooks: [double] }));
    expect(result.at({ how: "both" }).done).toEqual([text, `hook(double):${RESID}@latent.1`]);
    // Something happened at all.
    expect(Math.max(...result.rows().map(({ kl }) => kl ?? 0))).toBeGreaterThan(0.1);
    const clean = await alone({});
    expect(result.baseline.map(({ answer }) => answer)).toEqual(clean.map(({ answer }) => answer.text));
    expect(result.baseline.map(({ kl }) => kl)).toEqual(clean.map(() => null));
  });

  test("vectors and runs that interventions hold: one run for all problems, or one a problem", async () => {
    const [first] = problems;
    const capture = [RESID];
    const one = await model.run(first?.question ?? "", { capture });
    const own = await model.runBatch(
      problems.map(({ question }) => question),
      { capture },
    );
    const turned = [...own.slice(1), ...own.slice(0, 1)];
    const vector = Float32Array.from({ length: model.config.dModel }, (_, i) => Math.sin(i));
    const acts = {
      vector: add(RESID, at.latent(1), { vector, scale: 3 }),
      one: patch(RESID, at.latent(0), { run: one }),
      each: patch(RESID, at.latent(0), { run: turned }),
    };
    const result = await model.sweep(problems, {
      over: { what: ["vector", "one", "each"] },
      do: ({ what }) => acts[what],
      measure: MEASURES,
    });
    expectSame(result.at({ what: "vector" }).rows(), await alone({ interventions: [acts.vector] }));
    expectSame(result.at({ what: "one" }).rows(), await alone({ interventions: [acts.one] }));
    const each: RunResult[] = [];
    for (const [i, { question, expected }] of problems.entries()) {
      const run = turned[i];
      if (run !== undefined)
        each.push(
          await model.run(question, { interventions: [patch(RESID, at.latent(0), { run })], expected: [expected] }),
        );
    }
    expectSame(result.at({ what: "each" }).rows(), each);
    await expect(model.sweep(problems.slice(1), { over: {}, do: () => acts.each })).rejects.toThrow(
      "A patch reads 3 runs, the sweep has 2 problems",
    );
  });

  test("a script's own measure stands before a built-in one of its name", async () => {
    const result = await model.sweep(problems.slice(0, 2), {
      over: { latent: [0] },
      do: () => `zero:${RESID}@latent.0`,
      measure: ["logProb", { name: "margin", of: (run) => -(run.answer.margin ?? 0) }],
    });
    const runs = await model.runBatch(problems.slice(0, 2).map(({ question }) => question));
    expect(result.baseline.map(({ margin }) => margin)).toEqual(
      runs.map(({ answer }) => expect.closeTo(-(answer.margin ?? 0), 3)),
    );
    expect(result.rows().every(({ margin }) => margin < 0)).toBe(true);
  });

  test("a script's own measure gets the run with its captures, and the baseline's", async () => {
    const result = await model.sweep(problems, {
      over: { latent: range(2) },
      do: ({ latent }) => `zero:${RESID}@latent.${latent}`,
      capture: ["blocks.9.hook_resid_pre"],
      measure: [
        {
          name: "moved",
          of: (run, baseline) => {
            const [there, here] = [baseline, run].map((each) => each.captures.get("blocks.9.hook_resid_pre").data);
            const from = run.layout.names.indexOf("latent.1") * model.config.dModel;
            let sum = 0;
            for (let i = from; i < from + model.config.dModel; i++) sum += ((here?.[i] ?? 0) - (there?.[i] ?? 0)) ** 2;
            return Math.sqrt(sum);
          },
        },
        { name: "changed", of: (run, baseline) => run.answer.text !== baseline.answer.text },
        "answer",
      ],
    });
    const clean = await alone({ capture: [RESID] });
    const norms = clean.map(({ captures, layout }) => {
      const from = layout.names.indexOf("latent.1") * model.config.dModel;
      return Math.hypot(...captures.get(RESID).data.slice(from, from + model.config.dModel));
    });
    // Zeroed at latent 1, what is left of it there is nothing.
    for (const [i, row] of result.at({ latent: 1 }).rows().entries()) {
      expect(row.moved).toBeCloseTo(norms[i] ?? Number.NaN, 2);
      expect(row.changed).toBe(row.answer !== clean[i]?.answer.text);
    }
    expect(result.baseline.map(({ moved, changed }) => [moved, changed])).toEqual(clean.map(() => [0, false]));
  });
});

describe("cells", () => {
  test("callbacks of one id that close over different things are different cells", async () => {
    const scaled = (factor: number): Hook => hook(RESID, at.latent(0), (x) => tf.mul(x, factor), { id: "scaled" });
    const factors = [1, 2, -5];
    const some = problems.slice(0, 2);
    const result = await model.sweep(some, {
      over: { factor: factors },
      do: ({ factor }) => scaled(factor),
      measure: ["kl"],
    });
    const conditions = factors.map((factor) => ({
      name: `times ${factor}`,
      interventions: [],
      hooks: [scaled(factor)],
    }));
    const runs = await model.runConditions(
      some.map(({ question }) => question),
      conditions,
      { expected: some.map(({ expected }) => expected) },
    );
    for (const [i, factor] of factors.entries())
      expect(
        result
          .at({ factor })
          .rows()
          .map(({ kl }) => kl),
      ).toEqual(runs.map((row) => expect.closeTo(row[i]?.kl ?? Number.NaN, 4)));
    expect(result.mean("kl", { factor: -5 })).toBeGreaterThan(1e-3);
  });

  test("cells that come to the same are run once, and each has its rows", async () => {
    let calls = 0;
    const look = hook(RESID, at.latent(2), (x) => {
      calls += 1;
      return tf.mul(x, 0);
    });
    const counted = async (times: number): Promise<number> => {
      calls = 0;
      const result = await model.sweep(problems, { over: { time: range(times) }, do: () => look, measure: ["kl"] });
      expect(result.rows()).toHaveLength(times * 3);
      expect(
        result
          .at({ time: times - 1 })
          .rows()
          .map(({ kl }) => kl),
      ).toEqual(
        result
          .at({ time: 0 })
          .rows()
          .map(({ kl }) => kl),
      );
      return calls;
    };
    const once = await counted(1);
    expect(once).toBeGreaterThan(0);
    expect(await counted(4)).toBe(once);
  });

  test("a callback without an id is named after its function and its cell", async () => {
    const result = await model.sweep(problems.slice(0, 1), {
      over: { factor: [1, 2] },
      do: ({ factor }) => [
        hook(RESID, at.latent(0), function scaled(x) {
          return tf.mul(x, factor);
        }),
        hook(RESID, at.latent(1), (x) => tf.mul(x, factor)),
      ],
      measure: ["kl"],
    });
    expect(result.at({ factor: 2 }).done).toEqual([
      `hook(scaled, factor 2):${RESID}@latent.0`,
      `hook(factor 2):${RESID}@latent.1`,
    ]);
    expect(result.at({ factor: 1 }).mean("kl")).toBeCloseTo(0, 4);
    expect(result.at({ factor: 2 }).mean("kl")).not.toBe(result.at({ factor: 1 }).mean("kl"));
  });

  test("a cell that does not apply is left out, and is asked for in vain", async () => {
    const result = await model.sweep(problems.slice(0, 2), {
      over: { from: range(2), to: range(2) },
      do: ({ from, to }) => (from < to ? `knockout(latent.${to}→latent.${from}):blocks.*.attn.hook_pattern` : null),
    });
    expect(result.cells().map(({ cell }) => cell)).toEqual([{ from: 0, to: 1 }]);
    expect(() => result.at({ from: 1, to: 0 })).toThrow("The cell from 1, to 0 does not apply: do gave null there");
    expect(() => result.at({ from: 0, to: 7 })).toThrow("to 7 is not among the sweep's values");
    expect(() => result.at({ from: 0, too: 1 } as never)).toThrow('The sweep has no axis "too", did you mean "to"?');
    expect(() => result.mean("kll" as never)).toThrow('The sweep has no measure "kll", did you mean "kl"?');
  });

  test("controls: nothing done changes nothing, a random direction is the operation of that name", async () => {
    const result = await model.sweep(problems, {
      over: { latent: [0, 3] },
      do: ({ latent }) => hook(RESID, at.latent(latent), (x) => tf.zerosLike(x)),
      measure: MEASURES,
      controls: ["identity", "random direction"],
    });
    const { identity, "random direction": random } = result.controls;
    expect(identity.rows().map(({ answer }) => answer)).toEqual(
      [0, 3].flatMap(() => result.baseline.map(({ answer }) => answer)),
    );
    expect(Math.max(...identity.rows().map(({ kl }) => kl ?? 1))).toBeLessThan(1e-4);
    const seed = 42;
    expectSame(random.at({ latent: 3 }).rows(), await alone({ interventions: [`random:${RESID}@latent.3`], seed }));
    expect(random.at({ latent: 0 }).done).toEqual([`random:${RESID}@latent.0`]);
  });

  test("runs whose numbers are not finite fail by themselves, be it a callback's value or what comes of a large one", async () => {
    const [, , third] = problems;
    const seen = await model.run(third?.question ?? "", { capture: [RESID] });
    const mark = seen.captures.get(RESID).data[seen.layout.names.indexOf("latent.0") * model.config.dModel] ?? 0;
    const acts = {
      fine: hook(RESID, at.latent(0), (x) => tf.mul(x, 0), { id: "zero" }),
      // It is wrong for the third problem only, which it knows by what it is given.
      callback: hook(
        RESID,
        at.latent(0),
        (x) =>
          tf.tidy(() => {
            const first = tf.slice(x, [0, 0, 0], [-1, 1, 1]);
            const isThird = tf.less(tf.abs(tf.sub(first, mark)), 1e-3);
            return tf.mul(x, tf.where(isThird, Number.NaN, 0));
          }),
        { id: "nan" },
      ),
      large: "scale(1e38):blocks.3.hook_resid_post@latent.0",
    };
    const result = await model.sweep(problems, {
      over: { how: ["fine", "callback", "large"] },
      do: ({ how }) => acts[how],
      measure: ["correct", "logProb"],
    });
    expect(result.failed.map(({ problem, condition }) => [problem, condition])).toEqual([
      [problems[0]?.id, "how large"],
      [problems[1]?.id, "how large"],
      [third?.id, "how callback"],
      [third?.id, "how large"],
    ]);
    expect(result.failed.find(({ condition }) => condition === "how callback")?.message).toMatch(
      /^hook\(nan\).*returned NaN or infinity$/,
    );
    const kept = result.at({ how: "callback" }).rows();
    expect(kept.map(({ problem }) => problem)).toEqual(problems.slice(0, 2).map(({ id }) => id));
    for (const [i, { logProb }] of result.at({ how: "fine" }).rows().slice(0, 2).entries())
      expect(kept[i]?.logProb).toBeCloseTo(Number(logProb), 3);
    expect(result.baseline).toHaveLength(3);
    expect(result.interval("correct", { how: "large" })).toEqual({
      kind: "undefined",
      reason: "nothing was measured",
    });
  });
});

describe("what cannot be is said in one sentence", () => {
  const good = { over: { latent: [0] }, do: () => `zero:${RESID}@latent.0` };
  test.each<[string, object, string]>([
    ["an unknown option", { ...good, mesure: [] }, 'A sweep has no option "mesure", did you mean "measure"?'],
    ["no values", { ...good, over: { latent: [] } }, "over.latent holds no values, wanted a list"],
    ["a value twice", { ...good, over: { latent: [0, 0] } }, "over.latent holds 0 twice"],
    ["a taken name", { ...good, over: { kl: [0] } }, 'over.kl: the name "kl" is taken by a measure'],
    ["an unnamed object", { ...good, over: { v: [{}] } }, "over.v[0] is an object without a name"],
    ["a misspelt measure", { ...good, measure: ["corect"] }, 'There is no measure "corect", did you mean "correct"?'],
    [
      "a misspelt control",
      { ...good, controls: ["identiti"] },
      'There is no control "identiti", did you mean "identity"?',
    ],
    ["no do", { over: {} }, "A sweep needs over, an object of lists, and do, a function of one cell"],
    ["nothing given", { ...good, do: () => undefined }, "do at latent 0 gave nothing, wanted an intervention"],
    ["nothing to run", { ...good, do: () => null }, "do gave null for every cell, so that nothing is run"],
    [
      "a measure that is no number",
      { ...good, measure: [{ name: "m", of: () => Number.NaN }] },
      'Measure "m" gave NaN, wanted a finite number, a truth value or null',
    ],
    [
      "a random direction of a pattern",
      { over: {}, do: () => "knockout(eot→latent.2):blocks.3.attn.hook_pattern", controls: ["random direction"] },
      "There is no random direction at blocks.3.attn.hook_pattern",
    ],
    ["a taken study's name", { ...good, story: { name: "layer-map" } }, 'story.name is "layer-map"'],
  ])("%s", async (_, spec, message) => {
    await expect(model.sweep(problems.slice(0, 1), spec as never)).rejects.toThrow(message);
  });

  test("problems that are none", async () => {
    await expect(model.sweep([], good)).rejects.toThrow("A sweep needs problems");
    await expect(model.sweep([{ question: "?" } as never], good)).rejects.toThrow("Problem 0 has no expected answer");
    const [one] = problems;
    if (one === undefined) throw new RangeError("no problem");
    await expect(model.sweep([one, one], good)).rejects.toThrow(`The id "${one.id}" stands for two problems`);
    const long = { question: "pens ".repeat(2000), expected: 1 };
    await expect(model.sweep([long], good)).rejects.toThrow(/Problem "1" has \d+ tokens, the model has room for \d+/);
    await expect(model.sweep([one], { ...good, maxNewTokens: 5000 })).rejects.toThrow(
      "the model has room for 0 beside 6 latents and 5000 new tokens",
    );
  });
});
