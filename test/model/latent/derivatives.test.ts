/** Derivatives of runs: forward and reverse mode are transposes of each other, through interventions too; what nothing reads has none. */
// @needs engine, time

import { afterAll, describe, expect, test } from "vitest";
import {
  add,
  at,
  CodiModel,
  type GradientOptions,
  hook,
  type InterventionLike,
  type Metric,
  replace,
  site,
  tf,
} from "../../../src/index.js";
import { modelFolder } from "../../support/parity.js";
import { loadTiny, question, questions } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const RESIDUAL = "blocks.8.hook_resid_post";
const INPUT = "latents.hook_input";

/** Numbers of no pattern, equal every time. */
function vector(size: number, seed: number): Float32Array {
  return Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * 12.9898 + seed * 78.233));
}

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, i) => sum + value * (other[i] ?? 0), 0);
}

describe("⟨u, J v⟩ = ⟨Jᵀ u, v⟩", () => {
  const asked = "Tom has 3 pens. Tom buys 4 more. How many pens does Tom have now?";
  const pairs = [
    ["latents.hook_input", "latent.0", "latents.hook_input", "latent.4"],
    ["blocks.0.attn.hook_v", "question", "blocks.2.hook_resid_post", "eot"],
    ["blocks.1.attn.hook_q", "latent.1", "latents.hook_input", "latent.5"],
    ["blocks.1.attn.hook_pattern", "latent.2", "hook_logits", "eot"],
    ["blocks.0.attn.hook_attn_scores", "bot", "prj.hook_pre", "latent.3"],
    ["blocks.0.mlp.hook_pre", "all", "blocks.2.attn.hook_result", "answer.0"],
    ["prj.hook_post", "latent", "blocks.2.attn.hook_k", "latent.5"],
  ] as const;
  const models = {
    llama: CodiModel.load(modelFolder("grouped-llama3")),
    gpt2: CodiModel.load(modelFolder("gpt2-codi"), { base: modelFolder("gpt2-base") }),
  };
  afterAll(async () => {
    for (const each of Object.values(models)) (await each).dispose();
  });
  const cases = (["llama", "gpt2"] as const).flatMap((family) => pairs.map((pair) => [family, ...pair] as const));

  test.each(cases)("%s: %s@%s on %s@%s, under both rules", async (family, source, from, target, to) => {
    const model = await models[family];
    const answer = [9, 3];
    for (const downstream of ["propagate", "pin"] as const) {
      const run = await model.jvp(asked, { along: [], at: [source, target], answer, downstream });
      const [v, u] = [
        vector(run.captures.at(source, from).data.length, 1),
        vector(run.captures.at(target, to).data.length, 2),
      ];
      const along = [{ site: source, address: from, direction: v }];
      const forward = await model.jvp(asked, { along, at: [target], answer, downstream });
      const of: Metric = { kind: "dot", site: target, address: to, vector: u };
      const back = await model.gradient(asked, { of, at: [source], answer, downstream });
      const [one, other] = [dot(u, forward.changes.at(target, to).data), dot(v, back.gradients.at(source, from).data)];
      expect(Math.abs(one - other)).toBeLessThanOrEqual(2e-5 * Math.max(Math.abs(one), 1e-2));
      expect(Math.abs(back.value - dot(u, forward.captures.at(target, to).data))).toBeLessThan(1e-3);
    }
  });
});

describe("interventions", () => {
  const of: Metric = { kind: "logit-difference", position: "eot", token: 7, minus: 11 };
  const latent = site.block(6).residPost;
  const direction = vector(64, 3);

  /** The gradient at what an operation makes, and before it. */
  async function gradientsWith(
    interventions: readonly InterventionLike[],
  ): Promise<{ after: Float32Array; before: Float32Array }> {
    const model = await loaded;
    const before = site.block(6).mlpOut;
    const { gradients } = await model.gradient(question, { of, at: [latent, before], interventions });
    return { after: gradients.at(latent, "latent.2").data, before: gradients.at(before, "latent.2").data };
  }

  test("the gradient is at the value after them; what is overwritten has none before it", async () => {
    const written = await gradientsWith([replace(latent, at.latent(2), { by: direction })]);
    expect(Math.hypot(...written.after)).toBeGreaterThan(1e-5);
    expect(Math.hypot(...written.before)).toBe(0);
    const zeroed = await gradientsWith(["zero:blocks.6.hook_resid_post@latent.2"]);
    expect(Math.hypot(...zeroed.before)).toBe(0);
  });

  test("what is added passes the gradient on, a scale times its factor, a subspace without its component", async () => {
    const added = await gradientsWith([add(latent, at.latent(2), { vector: direction })]);
    expect(added.before).toEqual(added.after);
    const scaled = await gradientsWith(["scale(0.5):blocks.6.hook_resid_post@latent.2"]);
    expect(scaled.before).toEqual(scaled.after.map((each) => each * 0.5));
  });

  test("a callback passes the gradient on as the operation that does the same", async () => {
    const model = await loaded;
    const at6 = ["blocks.6.hook_mlp_out"] as const;
    const run = async (options: Partial<GradientOptions>): Promise<readonly [number, Float32Array]> => {
      const { value, gradients } = await model.gradient(question, { of, at: at6, ...options });
      return [value, gradients.at(at6[0], "latent.2").data];
    };
    const [value, slope] = await run({ interventions: ["scale(0.5):blocks.6.hook_resid_post@latent.2"] });
    const halve = hook("blocks.6.hook_resid_post", "latent.2", (x) => tf.mul(x, 0.5), { id: "halve" });
    const [hooked, own] = await run({ interventions: [halve] });
    expect(hooked).toBe(value);
    expect((await run({}))[0]).not.toBe(value);
    for (const [i, each] of slope.entries()) expect(Math.abs((own[i] ?? 0) - each)).toBeLessThan(1e-6);
  });

  test("a dot metric's gradient at its own site is its vector, also where latents are held", async () => {
    const model = await loaded;
    const metric: Metric = { kind: "dot", site: INPUT, address: "latent.3", vector: direction };
    for (const downstream of ["propagate", "pin"] as const) {
      const { gradients } = await model.gradient(question, { of: metric, at: [INPUT], downstream });
      expect(gradients.at(INPUT, "latent.3").data).toEqual(direction);
      expect(Math.hypot(...gradients.at(INPUT, "latent.1").data)).toBeGreaterThan(1e-3);
      expect(Math.hypot(...gradients.at(INPUT, "latent.4").data)).toBe(0);
    }
  });
});

test("a site that nothing reads has the gradient 0", async () => {
  const model = await loaded;
  const of: Metric = { kind: "logit", position: "bot", token: 7 };
  const { gradients } = await model.gradient(question, { of, at: [RESIDUAL, INPUT] });
  expect(Math.hypot(...gradients.at(RESIDUAL, "bot").data)).toBeGreaterThan(1e-3);
  expect(gradients.at(RESIDUAL, at.latent()).data.every((each) => each === 0)).toBe(true);
  expect(gradients.at(INPUT, at.latent()).data.every((each) => each === 0)).toBe(true);
});

test("questions of a batch have the gradients that they have alone, each of its own metric, and no tensor is left", async () => {
  const model = await loaded;
  const asked = questions.slice(0, 3);
  const metricOf = (token: number): Metric => ({ kind: "log-probability", ids: [token + 5, 9] });
  const before = tf.memory().numTensors;
  const together = await model.gradientBatch(asked, { of: metricOf, at: [RESIDUAL] });
  expect(tf.memory().numTensors).toBe(before);
  for (const [place, text] of asked.entries()) {
    const alone = await model.gradient(text, { of: metricOf(place), at: [RESIDUAL] });
    const [own, batch] = [alone.gradients.get(RESIDUAL), together[place]?.gradients.get(RESIDUAL)];
    expect(batch?.shape).toEqual(own.shape);
    const most = own.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    for (const [i, value] of own.data.entries())
      expect(Math.abs(value - (batch?.data[i] ?? Number.NaN))).toBeLessThan(1e-4 * most);
  }
});

test("a function of logits goes by tfjs's tape", async () => {
  const model = await loaded;
  const of: Metric = {
    kind: "function",
    value: (here) => {
      const [own, other] = [7, 11].map((token) => tf.slice(here.logits("eot"), [token], [1])) as [tf.Tensor, tf.Tensor];
      return tf.reshape(tf.sub(own, other), []) as tf.Scalar;
    },
  };
  const named = await model.gradient(question, {
    of: { kind: "logit-difference", position: "eot", token: 7, minus: 11 },
    at: [RESIDUAL],
  });
  const own = await model.gradient(question, { of, at: [RESIDUAL] });
  expect(own.value).toBeCloseTo(named.value, 4);
  expect(own.gradients.get(RESIDUAL).data).toEqual(named.gradients.get(RESIDUAL).data);
});

test("what cannot be is one clear sentence", async () => {
  const model = await loaded;
  const of: Metric = { kind: "logit", position: "eot", token: 7 };
  const wrong = (options: object): Promise<unknown> =>
    model.gradientBatch([question], { of, at: [RESIDUAL], ...options }).then(() => "nothing was refused");
  await expect(wrong({ at: [] })).rejects.toThrow("at is empty, wanted a list of sites");
  await expect(wrong({ downstream: "hold" })).rejects.toThrow('downstream is "hold"');
  await expect(wrong({ of: { ...of, token: 9999 } })).rejects.toThrow("token is 9999, wanted an id from 0 to");
  await expect(wrong({ of: { ...of, position: "answer.2" } })).rejects.toThrow('"answer.2" is not in this sequence');
  await expect(wrong({ of: { kind: "loss" } })).rejects.toThrow('"loss" is none');
  await expect(wrong({ budgetBytes: 1000 })).rejects.toThrow("the budget is");
  await expect(wrong({ att: [] })).rejects.toThrow('no option "att"');
  const along = [{ site: INPUT, address: "latent.0", direction: new Float32Array(3) }] as const;
  await expect(model.jvp(question, { along, at: [INPUT] })).rejects.toThrow("3 numbers, wanted 64 numbers");
});

test("a jvp leaves no tensor, and a direction where nothing follows changes only its own place", async () => {
  const model = await CodiModel.load("weights/tiny-codi");
  const before = tf.memory().numTensors;
  const along = [{ site: INPUT, address: "latent.5", direction: vector(64, 4) }] as const;
  const { changes } = await model.jvp(question, { along, at: [INPUT, RESIDUAL] });
  expect(tf.memory().numTensors).toBe(before);
  expect(changes.at(INPUT, "latent.5").data).toEqual(along[0].direction);
  expect(changes.at(RESIDUAL, "latent.4").data.every((each) => each === 0)).toBe(true);
  expect(Math.hypot(...changes.at(RESIDUAL, "eot").data)).toBeGreaterThan(0);
  model.dispose();
});
