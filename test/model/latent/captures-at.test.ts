/** `captures.at` and `runs.at` give the numbers that lie in the flat captures, by name. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { at, LabelledTensor, type RunResult, Runs, tf } from "../../../src/index.js";
import { loadTiny, questions } from "../../support/tiny.js";

const PATTERN = "blocks.8.attn.hook_pattern";
const RESIDUAL = "blocks.8.hook_resid_post";
const INPUT = "latents.hook_input";
const capture = ["blocks.7.attn.hook_pattern", PATTERN, RESIDUAL, INPUT, "blocks.8.attn.hook_z", "prj.hook_post"];

const loaded = loadTiny();
const made = loaded.then((model) => model.runBatch(questions.slice(0, 4), { capture }));
afterAll(async () => (await loaded).dispose());

async function first(): Promise<RunResult> {
  const [run] = await made;
  if (run === undefined) throw new Error("no run");
  return run;
}

/** A residual site's values at a position, out of the flat array. */
function valuesAt({ captures, layout }: RunResult, position: string): number[] {
  const { data, shape } = captures.get(RESIDUAL);
  const [, , width = 0] = shape;
  const place = layout.names.indexOf(position);
  expect(place).toBeGreaterThanOrEqual(0);
  return [...data.subarray(place * width, (place + 1) * width)];
}

describe("captures.at()", () => {
  test("one position has no axis of positions, several keep it with their names", async () => {
    const run = await first();
    const { captures } = run;
    const one = captures.at(RESIDUAL, at.latent(2));
    expect([one.axes, one.shape, [...one.data]]).toEqual([["dModel"], [64], valuesAt(run, "latent.2")]);
    expect(captures.at(RESIDUAL, "latent.2").data).toEqual(one.data);
    expect([...captures.at(RESIDUAL, at.bot).data]).toEqual(valuesAt(run, "bot"));
    expect([...captures.at(RESIDUAL, at.eot).data]).toEqual(valuesAt(run, "eot"));
    const latents = captures.at(RESIDUAL, at.latent());
    expect([latents.axes, latents.shape]).toEqual([
      ["position", "dModel"],
      [6, 64],
    ]);
    expect(latents.names.position).toEqual([0, 1, 2, 3, 4, 5].map((k) => `latent.${k}`));
    for (const [name, each] of latents.along("position")) expect([...each.data]).toEqual(valuesAt(run, name));
    const all = captures.at(RESIDUAL, at.all);
    expect([all.names.position, all.data]).toEqual([run.layout.names, captures.get(RESIDUAL).data]);
    expect(captures.at("blocks.8.attn.hook_z", at.question(1)).axes).toEqual(["heads", "dHead"]);
  });

  test("a pattern is read by query and by key, with the zeros of what comes later", async () => {
    const { captures, layout } = await first();
    const { data } = captures.get(PATTERN);
    const { length, names } = layout;
    const number = (head: number, query: string, key: string): number =>
      data[(head * length + names.indexOf(query)) * length + names.indexOf(key)] ?? Number.NaN;
    const row = captures.at(PATTERN, at.latent(1));
    expect([row.axes, row.shape, row.names.key]).toEqual([["heads", "key"], [4, length], names]);
    for (const head of [0, 3])
      for (const key of names)
        expect(row.at("heads", head).at("key", key).toNumber()).toBe(number(head, "latent.1", key));
    expect(row.at("key", "latent.2").toNested()).toEqual([0, 0, 0, 0]);
    const part = captures.at(PATTERN, at.answer(), { keys: at.latent() });
    expect([part.axes, part.shape]).toEqual([
      ["heads", "query", "key"],
      [4, layout.parts.answer, 6],
    ]);
    expect(part.at("heads", 2).at("query", "answer.1").at("key", "latent.5").toNumber()).toBe(
      number(2, "answer.1", "latent.5"),
    );
    expect(captures.at(PATTERN, at.eot, { keys: at.bot }).toNested()).toEqual(
      [0, 1, 2, 3].map((head) => number(head, "eot", "bot")),
    );
  });

  test("the answer's number is where the tokens have it, and what predicts it one before", async () => {
    const model = await loaded;
    for (const run of await made) {
      const token = run.answer.numberToken ?? Number.NaN;
      // Another route: the token's text begins the number that was read.
      expect(run.answer.parsed.kind === "number" && run.answer.parsed.text).toMatch(
        new RegExp(`^${model.tokenizer.tokenText(run.answer.ids[token] ?? -1).trim()}`),
      );
      expect([...run.captures.at(RESIDUAL, at.number).data]).toEqual(valuesAt(run, `answer.${token}`));
      expect([...run.captures.at(RESIDUAL, "beforeNumber").data]).toEqual(valuesAt(run, `answer.${token - 1}`));
    }
    // The very first token may be the number; then EOT predicts it, and the last token is read by no one.
    const cut = await model.run(questions[0] ?? "", {
      capture: [RESIDUAL],
      maxNewTokens: (await first()).answer.numberToken ?? 1,
    });
    expect(cut.answer.numberToken).toBe(null);
    expect(() => cut.captures.at(RESIDUAL, at.number)).toThrow(
      'This run\'s answer has no number, so nothing is at "number"',
    );
    const ended = await model.run(questions[0] ?? "", {
      capture: [RESIDUAL],
      maxNewTokens: ((await first()).answer.numberToken ?? 0) + 1,
    });
    expect(ended.answer.numberToken).toBe((await first()).answer.numberToken);
    expect(() => ended.captures.at(RESIDUAL, at.number)).toThrow("The number is the answer's last token");
    expect(ended.captures.at(RESIDUAL, at.beforeNumber).shape).toEqual([64]);
  });

  test("a site of every captured layer has the layers in front, under their own numbers", async () => {
    const { captures } = await first();
    const both = captures.at("blocks.*.attn.hook_pattern", at.eot, { keys: at.latent() });
    expect([both.axes, both.shape, both.names.layer]).toEqual([
      ["layer", "heads", "key"],
      [2, 4, 6],
      ["7", "8"],
    ]);
    expect(both.at("layer", 8).data).toEqual(captures.at(PATTERN, at.eot, { keys: at.latent() }).data);
  });

  test("under `seed`, whose latent 0 has no projection, a latent's sites begin at latent 1", async () => {
    using model = await loadTiny("seed");
    const { captures } = await model.run(questions[0] ?? "", { capture: ["prj.hook_post", INPUT], maxNewTokens: 4 });
    const projected = captures.at("prj.hook_post", at.latent());
    expect(projected.names.latent).toEqual([1, 2, 3, 4, 5].map((k) => `latent.${k}`));
    // What is projected is what is fed.
    expect(projected.at("latent", "latent.3").data).toEqual(captures.at(INPUT, at.latent(3)).data);
    expect(() => captures.at("prj.hook_post", at.latent(0))).toThrow('Site "prj.hook_post" has no value at latent.0');
  });

  test("says what is not there", async () => {
    const { captures } = await first();
    expect(() => captures.at("blocks.9.hook_resid_post", at.bot)).toThrow(
      'Site "blocks.9.hook_resid_post" was not captured in this run',
    );
    expect(() => captures.at(RESIDUAL, at.latent(6))).toThrow('Address "latent.6" is not in this sequence');
    expect(() => captures.at(RESIDUAL, "latents.2")).toThrow('Unknown address "latents.2"');
    expect(() => captures.at(INPUT, at.bot)).toThrow('Site "latents.hook_input" has no value at bot');
    expect(() => captures.at(RESIDUAL, at.bot, { keys: at.bot })).toThrow(`Site "${RESIDUAL}" has no keys`);
    expect(() => captures.at("blocks.*.mlp.hook_post", at.bot)).toThrow("matches no captured site");
    expect(() => captures.at("blocks.*.hook_*", at.bot)).toThrow("wanted one site of several layers");
  });
});

describe("runs.at()", () => {
  test("has the runs as its first axis, and is still the array's own", async () => {
    const runs = await made;
    const states = runs.at(RESIDUAL, at.latent(2));
    expect([states.axes, states.shape]).toEqual([
      ["run", "dModel"],
      [4, 64],
    ]);
    expect(states.toNested()).toEqual(runs.map((run) => valuesAt(run, "latent.2")));
    expect(runs.at("blocks.*.attn.hook_pattern", at.beforeNumber, { keys: at.latent() }).shape).toEqual([4, 2, 4, 6]);
    expect([runs.at(-1), runs.at(4)]).toEqual([runs[3], undefined]);
    const [one = new Runs()] = await (await loaded).runConditions(
      questions.slice(0, 1),
      [{ name: "a", interventions: [] }],
      {
        capture: [RESIDUAL],
        maxNewTokens: 4,
      },
    );
    expect(one.at(RESIDUAL, at.latent()).axes).toEqual(["run", "position", "dModel"]);
  });

  test("where() keeps runs, and what an array's own methods give is an array", async () => {
    const runs = await made;
    const some = runs.where(({ question }) => question !== questions[1]);
    expect([some instanceof Runs, some.length, some[1] === runs[2]]).toEqual([true, 3, true]);
    const lengths = runs.map(({ layout }) => layout.length);
    expect([lengths instanceof Runs, lengths.length]).toEqual([false, 4]);
    expect(JSON.parse(JSON.stringify(some))).toHaveLength(3);
  });

  test("refuses positions that are not as many in every run, and runs that failed", async () => {
    const runs = await made;
    expect(() => runs.at(RESIDUAL, at.question())).toThrow(/run 0 has \d+ places of "position", run \d has \d+$/);
    expect(() => runs.at(PATTERN, at.eot)).toThrow(/places of "key"/);
    expect(() => runs.where(() => false).at(RESIDUAL, at.bot)).toThrow("There are no runs to read");
    const broken = await (await loaded).runBatch(questions.slice(0, 2), {
      capture: [RESIDUAL],
      interventions: ["scale(5e37):ln_final.hook_normalized@eot"],
      maxNewTokens: 2,
    });
    expect(() => broken.at(RESIDUAL, at.bot)).toThrow(/^Run 0 failed: /);
  });

  test("a tensor of the engine is made for a hook, and `using` frees it", async () => {
    const vector = (await made).at(RESIDUAL, at.latent(2)).mean("run");
    const before = tf.memory().numTensors;
    {
      using tensor = vector.toTensor();
      expect([tensor.shape, [...tensor.dataSync()]]).toEqual([[64], [...vector.data]]);
      expect(tf.memory().numTensors).toBe(before + 1);
    }
    expect(tf.memory().numTensors).toBe(before);
    const added = await (await loaded).run(questions[0] ?? "", {
      interventions: [`add(mean):${RESIDUAL}@latent.2`],
      values: { mean: vector },
      capture: [RESIDUAL],
    });
    const wanted = LabelledTensor.stack([(await first()).captures.at(RESIDUAL, at.latent(2)), vector], "part").sum(
      "part",
    );
    for (const [i, x] of added.captures.at(RESIDUAL, at.latent(2)).data.entries())
      expect(x).toBeCloseTo(wanted.data[i] ?? Number.NaN, 3);
  });
});
