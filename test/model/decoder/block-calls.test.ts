/** Blocks whose ops are a few calls of the engine, beside the same blocks with hooks that look between the ops and change nothing. */
// @needs engine

import { expect, test } from "vitest";
import { CodiModel } from "../../../src/index.js";
import { numberOrNull } from "../../../src/model/latent/run/run-score.js";
import { callsOf } from "../../support/engine-calls.js";
import { modelFolder, readJson } from "../../support/parity.js";
import { problems } from "../../support/tiny.js";

const questions = problems.slice(0, 6).map(({ question }) => question);
const OUTPUTS = "blocks.*.hook_resid_post";
// Around the MLP, whose ops stay one call.
const AROUND = ["attn.hook_z", "hook_attn_out", "hook_resid_mid", "hook_mlp_out"];
// Between a block's input and its output, in each of the calls.
const PATTERN = "attn.hook_pattern";
const SCORES = "attn.hook_attn_scores";
const INSIDE = ["ln1.hook_normalized", SCORES, "attn.hook_z", "hook_resid_mid", "mlp.hook_post"];

const FAMILIES = [
  ["LLaMA", "weights/tiny-codi", {}],
  ["GPT-2", "weights/tiny-coconut", {}],
  ["Qwen2", modelFolder("qwen2-codi"), { base: modelFolder("qwen2-base") }],
] as const;

test.each(FAMILIES)(
  "%s: a block is one call, or one each for what enters, attends and thinks, and no other digit than op by op",
  async (_family, folder, options) => {
    using model = await CodiModel.load(folder, options);
    const outputs = async (capture: readonly string[]): Promise<string[]> => {
      const runs = await model.runBatch(questions, { capture, maxNewTokens: 3 });
      return runs.map(({ captures, answer }) => {
        const { data } = captures.at(`blocks.${model.config.layers - 1}.hook_resid_post`, "all");
        return `${answer.margin} ${Buffer.from(data.slice().buffer).toString("base64")}`;
      });
    };
    const plain = [OUTPUTS];
    // Until the graphs are worth their making.
    for (let time = 0; time < 16; time++) await outputs(plain);
    let together: string[] = [];
    const few = await callsOf(async () => {
      together = await outputs(plain);
    });
    let apart: string[] = [];
    const many = await callsOf(async () => {
      apart = await outputs([OUTPUTS, ...INSIDE.map((site) => `blocks.*.${site}`)]);
    });
    expect(few.graphs).toBeGreaterThan(0);
    // The head's alone.
    expect(many.graphs).toBeLessThan(few.graphs / 4);
    expect(few.ops + few.graphs).toBeLessThan(many.ops / 3);
    expect(together).toEqual(apart);
    const around = [OUTPUTS, ...AROUND.map((site) => `blocks.*.${site}`)];
    for (let time = 0; time < 8; time++) await outputs(around);
    let looked: string[] = [];
    const some = await callsOf(async () => {
      looked = await outputs(around);
    });
    // What enters, what attends and the MLP.
    expect(some.graphs).toBeGreaterThan(2 * few.graphs);
    expect(looked).toEqual(apart);
  },
);

test.each(FAMILIES.slice(1))(
  "%s: blocks with no hook between them are one call together, with no other digit",
  async (_family, folder, options) => {
    using model = await CodiModel.load(folder, options);
    const { layers } = model.config;
    const last = `blocks.${layers - 1}.hook_resid_post`;
    const outputs = async (capture: readonly string[]): Promise<string[]> => {
      const runs = await model.runBatch(questions, { capture: [last, ...capture], maxNewTokens: 3 });
      return runs.map(({ captures, answer }) => {
        const { data } = captures.at(last, "all");
        return `${answer.margin} ${Buffer.from(data.slice().buffer).toString("base64")}`;
      });
    };
    const callsAfterMany = async (capture: readonly string[]): Promise<{ graphs: number; outputs: string[] }> => {
      for (let time = 0; time < 56; time++) await outputs(capture);
      let found: string[] = [];
      const { graphs } = await callsOf(async () => {
        found = await outputs(capture);
      });
      return { graphs, outputs: found };
    };
    const each = await callsAfterMany([OUTPUTS]);
    const all = await callsAfterMany([]);
    const halves = await callsAfterMany([`blocks.${Math.floor(layers / 2) - 1}.hook_resid_post`]);
    const before = await callsAfterMany(["blocks.1.hook_resid_pre"]);
    const apart = await outputs([OUTPUTS, ...INSIDE.map((site) => `blocks.*.${site}`)]);
    for (const some of [each, all, halves, before]) expect(some.outputs).toEqual(apart);
    // The head's calls, and a forward's: one for all blocks; two; three, where a hook looks before a block; one for each.
    const forwards = halves.graphs - all.graphs;
    expect(forwards).toBeGreaterThan(4);
    expect(all.graphs).toBeGreaterThanOrEqual(forwards);
    expect(all.graphs).toBeLessThan(2 * forwards);
    expect(before.graphs - all.graphs).toBe((layers > 2 ? 2 : 1) * forwards);
    expect(each.graphs).toBeGreaterThanOrEqual(layers * forwards);
  },
);

test.each(FAMILIES)(
  "%s: attention is one call where its pattern is only looked at, and the pattern is the same",
  async (_family, folder, options) => {
    using model = await CodiModel.load(folder, options);
    const patterns = async (capture: readonly string[]): Promise<string[]> => {
      const runs = await model.runBatch(questions, {
        capture: capture.map((site) => `blocks.*.${site}`),
        maxNewTokens: 3,
      });
      return runs.flatMap(({ captures }) =>
        ["latent.0", "eot"].map((at) => {
          const { data } = captures.at(`blocks.${model.config.layers - 1}.${PATTERN}`, at as "eot");
          return Buffer.from(data.slice().buffer).toString("base64");
        }),
      );
    };
    for (let time = 0; time < 8; time++) await patterns([PATTERN]);
    let together: string[] = [];
    const few = await callsOf(async () => {
      together = await patterns([PATTERN]);
    });
    let apart: string[] = [];
    const many = await callsOf(async () => {
      apart = await patterns([SCORES, PATTERN]);
    });
    expect(together).toEqual(apart);
    // The rest of a block is a call each way round.
    expect(few.graphs).toBeGreaterThan(many.graphs);
    expect(few.ops).toBeLessThan(many.ops / 2);
  },
);

test.each(FAMILIES)(
  "%s: derivatives both ways go through blocks in a few calls, and no digit is another than op by op",
  async (_family, folder, options) => {
    using model = await CodiModel.load(folder, options);
    const [question = ""] = questions;
    const last = `blocks.${model.config.layers - 1}.hook_resid_post`;
    const width = model.config.dModel;
    const direction = Float32Array.from({ length: width }, (_, i) => Math.cos(i));
    const textOf = ({ data }: { readonly data: Float32Array }): string => {
      expect(data.some((each) => each !== 0)).toBe(true);
      return Buffer.from(data.slice().buffer).toString("base64");
    };
    const slopes = async (inside: readonly string[] = []): Promise<string[]> => {
      const { gradients } = await model.gradient(question, {
        of: { kind: "logit", position: "eot", token: 7 },
        at: ["blocks.*.hook_resid_post", ...inside],
      });
      const { changes } = await model.jvp(question, {
        along: [{ site: "latents.hook_input", address: "latent.1", direction }],
        at: [last, ...inside],
      });
      return [textOf(gradients.at("blocks.0.hook_resid_post", "all")), textOf(changes.at(last, "all"))];
    };
    const inside = INSIDE.map((site) => `blocks.*.${site}`);
    const around = AROUND.map((site) => `blocks.*.${site}`);
    const apart = await slopes(inside);
    // Until the graphs are worth their making.
    for (let time = 0; time < 12; time++) {
      expect(await slopes()).toEqual(apart);
      expect(await slopes(around)).toEqual(apart);
    }
    const few = await callsOf(() => slopes());
    const some = await callsOf(() => slopes(around));
    const many = await callsOf(() => slopes(inside));
    expect(few.graphs).toBeGreaterThan(0);
    expect(some.graphs).toBeGreaterThan(0);
    expect(few.ops + few.graphs).toBeLessThan(many.ops / 2);
    expect(some.ops + some.graphs).toBeLessThan(many.ops);
  },
);

test("rows that go on alone from a shared segment read their own keys, also when the calls are graphs", async () => {
  using model = await CodiModel.load("weights/tiny-codi");
  // As long as each other from EOT on, so that shapes do not tell them apart.
  const pairs = readJson<{ readonly pairs: readonly { readonly counterfactual: string }[] }>("attribution_patching");
  const known = await model.runBatch(
    pairs.pairs.map(({ counterfactual }) => counterfactual),
    { maxNewTokens: 8 },
  );
  const answers = known.map(({ answer }) => answer.ids);
  const scored = async (places: readonly number[]): Promise<(number | null)[]> => {
    const runs = await model.runBatch(
      places.map((place) => known[place]?.question ?? ""),
      {
        maxNewTokens: 8,
        knownAnswers: places.map((place) => answers[place] ?? []),
        contrasts: places.map((place) => ({ tokens: answers[place]?.slice(0, -1) ?? [], other: 5 })),
      },
    );
    return runs.map(({ score }) => numberOrNull(score.logitDifference));
  };
  const before = await scored([0, 1]);
  expect(before).toEqual([expect.any(Number), expect.any(Number)]);
  // Until the graphs are worth their making.
  for (let time = 0; time < 24; time++) await scored([0, 1]);
  const few = await callsOf(async () => expect(await scored([0, 1])).toEqual(before));
  expect(few.graphs).toBeGreaterThan(0);
});
