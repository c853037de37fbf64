/** Contributions of components, norms of what heads write and rollout against PyTorch, and that contributions sum to the whole. */
// @needs engine, time

import { describe, expect, test } from "vitest";
import { CodiModel, type Contributions, type RunResult, type Target, tf, UsageError } from "../../src/index.js";
import { rolloutRow } from "../../src/model/latent/readings/attention-flow.js";
import { flowOf } from "../../src/studies/attention/read.js";
import { gapOf } from "../../src/studies/residual/read.js";
import { compare, MODELS, modelFolder, readJson } from "../support/parity.js";
import { loadTiny, questions } from "../support/tiny.js";

interface Made {
  readonly answer: number[];
  readonly logits: readonly { readonly position: string; readonly token: number; readonly values: number[] }[];
  readonly inputs: readonly { readonly latent: number; readonly along: "wave" | "own"; readonly values: number[] }[];
  readonly flow: readonly {
    readonly layer: number;
    readonly rollout: number[];
    /** `[latent][head]`. */
    readonly norms: number[][];
    readonly eot: number[];
    readonly answer: number[];
  }[];
  /** Relative to each list's largest number. */
  readonly gap: number;
}

const fixture = readJson<{ question: string; max_new_tokens: number; models: Record<string, Made> }>("attribution");

describe.each(Object.entries(fixture.models))("on %s", (name, made) => {
  const read = async (): Promise<{ model: CodiModel; run: RunResult }> => {
    const model = await CodiModel.load(modelFolder(name), { engine: "native" });
    const run = await model.run(fixture.question, {
      components: true,
      attentionLayers: made.flow.map(({ layer }) => layer),
      flowLayers: made.flow.map(({ layer }) => layer),
      maxNewTokens: fixture.max_new_tokens,
    });
    expect(run.answer.ids).toEqual(made.answer);
    return { model, run };
  };
  const near = (what: string, ours: ArrayLike<number>, wanted: readonly number[]): void => {
    const largest = Math.max(...wanted.map(Math.abs));
    const { found, allowed } = compare(what, Float32Array.from(ours), Float32Array.from(wanted), made.gap * largest);
    expect(found, what).toBeLessThanOrEqual(allowed);
  };

  test("contributions to logits and to latents' inputs are the reference's, component by component", async () => {
    const { model, run } = await read();
    using _ = model;
    const tensors = tf.memory().numTensors;
    const wave = Array.from({ length: model.config.dModel }, (_, i) => Math.sin(i));
    const input = (latent: number): Float32Array => run.components?.embed.get(`latent.${latent}`) ?? new Float32Array();
    const targets = [
      ...made.inputs.map(
        ({ latent, along }): Target => ({ kind: "input", latent, along: along === "own" ? input(latent) : wave }),
      ),
      ...made.logits.map(({ position, token }): Target => ({ kind: "logit", position, token })),
    ];
    const found = await model.attribute(run, targets);
    expect(tf.memory().numTensors).toBe(tensors);
    for (const [i, { values }] of [...made.inputs, ...made.logits].entries())
      near(`${name} ${JSON.stringify(targets[i]).slice(0, 60)}`, listed(found[i] as Contributions), values);
  });

  test("norms of what heads write, one by one and together, and rollout are the reference's", async () => {
    const { model, run } = await read();
    using _ = model;
    for (const { layer, rollout, norms, eot, answer } of made.flow) {
      // As if the first answer token were the number's.
      const { flow } = flowOf({ ...run, answer: { ...run.answer, numberToken: 0 } }, layer);
      for (const [latent, row] of norms.entries())
        near(`norms ${layer}.${latent}`, flow?.valueNorms.map((head) => head[latent] ?? Number.NaN) ?? [], row);
      near(`eot ${layer}`, flow?.eot ?? [], eot);
      near(`number ${layer}`, flow?.number ?? [], answer);
      near(`rollout ${layer}`, run.flow?.rollout.get(layer) ?? [], rollout);
    }
  });
});

describe.each([...MODELS, "hand-wired", "tiny-codi"])("contributions on %s", (name) => {
  test("sum to the whole at BOT, each latent and the answer, to 1e-5 of it", async () => {
    using model = await (name === "tiny-codi" ? loadTiny() : CodiModel.load(modelFolder(name)));
    const some = name === "tiny-codi" ? questions : [fixture.question, "Ann has 5 pens."];
    const runs = await model.runBatch(some, { components: true, maxNewTokens: 8 });
    for (const run of runs) {
      const latents = Array.from({ length: model.codi.numLatents }, (_, k) => k);
      const last = run.layout.names.at(-1 - run.layout.parts.answer) ?? "";
      const targets = [
        ...latents.map(
          (latent): Target => ({ kind: "input", latent, along: run.components?.embed.get(`latent.${latent}`) ?? [] }),
        ),
        ...run.answer.ids.map(
          (token, i): Target => ({ kind: "logit", position: i === 0 ? last : `answer.${i - 1}`, token }),
        ),
      ];
      for (const parts of await model.attribute(run, targets)) {
        const sum = parts.bias + [parts.embed, ...parts.heads.flat(), ...parts.mlp].reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - parts.whole) / Math.max(1, Math.abs(parts.whole))).toBeLessThan(1e-5);
        expect(gapOf(parts)).toBeNull();
      }
      // The logits that it takes apart are those that chose the answer.
      for (const [i, token] of run.answer.ids.entries()) {
        const logits = await model.logitsAt(run, i === 0 ? last : `answer.${i - 1}`);
        expect(logits.indexOf(Math.max(...logits))).toBe(token);
      }
    }
  });
});

describe("on the embedded model", () => {
  const conditions = [
    {
      name: "zero",
      interventions: [
        {
          operation: { kind: "zero" },
          site: "blocks.2.hook_resid_post",
          addresses: ["latent.1"],
          downstream: "propagate",
        },
      ],
    },
    { name: "baseline", interventions: [] },
  ] as const;

  test("components and flow are of the baseline's rows, whatever runs beside them, at every position but the question's", async () => {
    using model = await loadTiny();
    const tensors = tf.memory().numTensors;
    const options = { components: true, flowLayers: [4], maxNewTokens: 8 };
    const rows = await model.runConditions(questions, conditions as never, options);
    expect(tf.memory().numTensors).toBe(tensors);
    for (const [i, question] of questions.entries()) {
      const [zeroed, clean] = [...(rows[i] ?? [])] as [RunResult, RunResult];
      expect([zeroed.components, zeroed.flow]).toEqual([null, null]);
      const alone = await model.run(question, { ...options, capture: ["blocks.7.hook_mlp_out"] });
      const names = alone.layout.names.filter((each) => !each.startsWith("question"));
      expect([...(clean.components?.mlp[7]?.keys() ?? [])]).toEqual(names);
      const { data } = alone.captures.get("blocks.7.hook_mlp_out");
      const width = model.config.dModel;
      for (const at of names) {
        const place = alone.layout.names.indexOf(at);
        const captured = data.subarray(place * width, (place + 1) * width);
        const kept = clean.components?.mlp[7]?.get(at) ?? new Float32Array();
        const largest = Math.max(...captured.map(Math.abs));
        for (const [j, value] of captured.entries())
          expect(Math.abs(value - (kept[j] ?? Number.NaN)) / largest, at).toBeLessThan(1e-4);
      }
      near([...(clean.flow?.rollout.get(15) ?? [])], [...(alone.flow?.rollout.get(15) ?? [])]);
    }
  });

  test("a run without components, a position that it has not, and a token beyond the vocabulary are refused", async () => {
    using model = await loadTiny();
    const target: Target = { kind: "logit", position: "eot", token: 5 };
    const bare = await model.run(questions[0] ?? "", { maxNewTokens: 2 });
    expect(() => model.attribute(bare, [target])).toThrow(UsageError);
    const run = await model.run(questions[0] ?? "", { maxNewTokens: 2, components: true });
    await expect(model.attribute(run, [{ ...target, position: "answer.9" }])).rejects.toThrow(/no position "answer.9"/);
    await expect(model.attribute(run, [{ ...target, token: 527 }])).rejects.toThrow(/Token 527 is not among the 527/);
  });
});

test("gapOf() tells float noise from a component that was forgotten", () => {
  const parts = { embed: 1, heads: [[2, -1]], mlp: [3], bias: 0.5, whole: 5.5 };
  expect(gapOf(parts)).toBeNull();
  expect(gapOf({ ...parts, whole: 5.50001 })).toBeNull();
  expect(gapOf({ ...parts, mlp: [2.9] })?.message).toMatch(/sum to 5\.4 and it is 5\.5/);
});

test("rolloutRow(): two positions, two blocks, by hand", () => {
  const pattern = [Float64Array.of(1, 0), Float64Array.of(0.5, 0.5)];
  // (A + I) / 2 = [[1, 0], [1/4, 3/4]]; its square's last row is [7/16, 9/16].
  expect([...rolloutRow([pattern, pattern])]).toEqual([7 / 16, 9 / 16]);
});

/** As the fixture has them. */
function listed({ embed, heads, mlp, bias, whole }: Contributions): number[] {
  return [embed, ...heads.flatMap((row, layer) => [...row, mlp[layer] ?? Number.NaN]), bias, whole];
}

function near(a: readonly number[], b: readonly number[]): void {
  expect(a.length).toBe(b.length);
  for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i] ?? Number.NaN, 6);
}
