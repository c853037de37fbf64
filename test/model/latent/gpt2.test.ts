/** CODI on a tiny GPT-2: no BOS, positions that end, its own sites, and numbers that are taken apart with every bias. */
// @needs engine

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  at,
  CodiModel,
  type Contributions,
  hook,
  type Intervention,
  type RunResult,
  type SiteName,
  type Target,
  tf,
  UsageError,
  zero,
} from "../../../src/index.js";
import { gapOf } from "../../../src/studies/residual/read.js";
import { modelFolder } from "../../support/parity.js";

type Biases = NonNullable<Contributions["biases"]>;

const QUESTION = "Tom has 3 pens.";
const OTHER = "Ann buys 12 figs, and eats 5. How many?";

let model: CodiModel;
beforeAll(async () => {
  model = await CodiModel.load(modelFolder("gpt2-latents"), { engine: "native" });
});
afterAll(() => model.dispose());

const largestGap = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);

test("the prompt begins with the question: config.json's bos_token_id is EOS", () => {
  const ids = model.promptIds(QUESTION);
  expect(model.config.bosTokenId).toBeNull();
  expect(ids).toEqual([...model.tokenizer.encode(QUESTION), model.codi.botTokenId]);
});

describe("positions", () => {
  const length = (): number => model.promptIds(QUESTION).length;
  /** New tokens that just fit: the last one is not fed. */
  const most = (): number => model.config.maxPositions - length() - model.codi.numLatents;

  test("a run that just fits ends well", async () => {
    const { answer, failure } = await model.run(QUESTION, { maxNewTokens: most() });
    expect(failure).toBeNull();
    expect(answer.ids.length).toBeLessThanOrEqual(most());
  });

  test("one token more is refused before the first forward, with the limit and what helps", async () => {
    let forwards = 0;
    const onForward = (): void => void forwards++;
    const run = model.runBatch(["a.", QUESTION], { maxNewTokens: most() + 1, onForward });
    await expect(run).rejects.toThrow(UsageError);
    await expect(run).rejects.toThrow(/^Question 1 could need 97 positions .*, this GPT-2 has 96$/);
    await expect(run).rejects.toMatchObject({ hint: expect.stringContaining(`--max-new-tokens to ${most()} or less`) });
    expect(forwards).toBe(0);
  });
});

describe("sites", () => {
  test("what enters the first block is the latent's input and its position's vector", async () => {
    const sites: SiteName[] = ["hook_embed", "hook_pos_embed", "blocks.0.hook_resid_pre", "latents.hook_input"];
    const { captures, layout } = await model.run(QUESTION, { capture: sites, maxNewTokens: 4 });
    const [embed, position, pre] = sites.map((site) => captures.get(site).data);
    expect(
      largestGap(
        pre as Float32Array,
        (embed as Float32Array).map((x, i) => x + (position?.[i] ?? 0)),
      ),
    ).toBe(0);
    const first = (layout.find({ part: "latent", index: 0 }) ?? 0) * model.config.dModel;
    const { data } = captures.get("latents.hook_input");
    expect([...(embed?.slice(first, first + data.length) ?? [])]).toEqual([...data]);
  });

  test("heads sum to the output of attention without its bias", async () => {
    const capture: SiteName[] = ["blocks.1.attn.hook_result", "blocks.1.hook_attn_out"];
    const { captures } = await model.run(QUESTION, { capture, maxNewTokens: 4 });
    const { data: result, shape } = captures.get("blocks.1.attn.hook_result");
    const { data: out } = captures.get("blocks.1.hook_attn_out");
    const [, positions = 0, heads = 0, width = 0] = shape;
    const rest = Array.from({ length: positions }, (_, place) =>
      Float32Array.from({ length: width }, (__, i) => {
        const parts = Array.from({ length: heads }, (___, head) => result[(place * heads + head) * width + i] ?? 0);
        return (out[place * width + i] ?? 0) - parts.reduce((sum, part) => sum + part, 0);
      }),
    );
    // The same vector at every position, and not nothing.
    for (const each of rest) expect(largestGap(each, rest[0] as Float32Array)).toBeLessThan(1e-5);
    expect(Math.max(...(rest[0] as Float32Array).map(Math.abs))).toBeGreaterThan(0.1);
  });

  test("a look at every scale changes no digit, and a scale that is doubled halves what the norm gives", async () => {
    const capture: SiteName[] = ["ln_final.hook_normalized", "ln_final.hook_scale"];
    const plain = await model.run(QUESTION, { capture: capture.slice(0, 1), maxNewTokens: 4 });
    const seen = await model.run(QUESTION, { capture, maxNewTokens: 4 });
    const site = "ln_final.hook_normalized";
    expect(seen.captures.get(site).data).toEqual(plain.captures.get(site).data);
    const double = hook("ln_final.hook_scale", at.eot, (x) => tf.mul(x, 2), { id: "double" });
    const doubled = await model.run(QUESTION, { capture, hooks: [double], maxNewTokens: 4 });
    const eot = (run: RunResult): Float32Array => run.captures.at(site, at.eot).data;
    expect(
      largestGap(
        eot(doubled),
        eot(seen).map((x) => x / 2),
      ),
    ).toBeLessThan(1e-6);
  });

  test.each(["blocks.0.attn.hook_rot_k", "blocks.*.mlp.hook_pre_linear"])(
    "%s is refused by the family's name",
    async (site) => {
      await expect(model.run(QUESTION, { capture: [site as SiteName] })).rejects.toThrow(/GPT-2 has none such/);
      const interventions = [zero(site as SiteName, at.latent(0))];
      await expect(model.run(QUESTION, { interventions })).rejects.toThrow(/GPT-2 has none such/);
    },
  );
});

describe("taking apart", () => {
  const read = async (): Promise<{ run: RunResult; targets: Target[] }> => {
    const run = await model.run(QUESTION, { components: true, maxNewTokens: 4 });
    const input = (latent: number): Float32Array => run.components?.embed.get(`latent.${latent}`) ?? new Float32Array();
    const targets: Target[] = [
      ...[0, 1, 3].map((latent): Target => ({ kind: "input", latent, along: input(latent) })),
      ...["eot", "answer.1"].map((position): Target => ({ kind: "logit", position, token: 17 })),
    ];
    return { run, targets };
  };

  test("the parts sum to the number itself, and none of them may be left out", async () => {
    const { run, targets } = await read();
    const tensors = tf.memory().numTensors;
    const found = await model.attribute(run, targets);
    expect(tf.memory().numTensors).toBe(tensors);
    expect(found.map(gapOf)).toEqual(targets.map(() => null));
    const without: Record<string, (biases: Biases) => Partial<Contributions>> = {
      position: () => ({ position: 0 }),
      "final norm": (biases) => ({ biases: { ...biases, finalNorm: 0 } }),
      attention: (biases) => ({ biases: { ...biases, attention: [biases.attention[0] ?? 0, 0] } }),
      MLP: (biases) => ({ biases: { ...biases, mlp: [0, biases.mlp[1] ?? 0] } }),
    };
    for (const [part, change] of Object.entries(without)) {
      const less = found.map((each) => gapOf({ ...each, ...change(each.biases as Biases) }));
      // A part may be next to nothing for one target, and not for all.
      expect(less.filter((gap) => gap !== null).length, part).toBeGreaterThan(3);
    }
  });

  test("the logit that is taken apart is the run's", async () => {
    const { run } = await read();
    const { captures, layout } = await model.run(QUESTION, { capture: ["hook_logits"], maxNewTokens: 4 });
    const [parts] = await model.attribute(run, [{ kind: "logit", position: "eot", token: 17 }]);
    const { data, shape } = captures.get("hook_logits");
    const place = layout.find({ part: "eot", index: 0 }) ?? 0;
    expect(parts?.whole).toBeCloseTo(data[place * (shape[2] ?? 0) + 17] ?? Number.NaN, 4);
  });
});

test("rows of a batch are what each is alone, whatever is done to the others", async () => {
  const cut = (site: SiteName, where: Parameters<typeof zero>[1]): Intervention[] => [zero(site, where)];
  const conditions = [
    { name: "baseline", interventions: [] },
    { name: "input", interventions: cut("latents.hook_input", at.latent(1)) },
    { name: "position", interventions: cut("hook_pos_embed", at.latent(2)) },
    { name: "block", interventions: cut("blocks.1.hook_resid_post", at.latent(0)) },
    {
      name: "scale",
      interventions: [],
      hooks: [hook("blocks.1.ln1.hook_scale", at.latent(), (x) => tf.mul(x, 3), { id: "thrice" })],
    },
  ];
  const options = { maxNewTokens: 6, expected: [5, 7] };
  const together = await model.runConditions([QUESTION, OTHER], conditions, options);
  const logProbs = new Set<number | null>();
  for (const [q, question] of [QUESTION, OTHER].entries())
    for (const [c, condition] of conditions.entries()) {
      const [[alone] = []] = await model.runConditions([question], [condition], {
        maxNewTokens: 6,
        expected: options.expected.slice(q, q + 1),
      });
      const own = together[q]?.[c];
      expect(own?.answer.ids, `${q} ${condition.name}`).toEqual(alone?.answer.ids);
      expect(own?.logProb, `${q} ${condition.name}`).toBeCloseTo(alone?.logProb ?? Number.NaN, 4);
      logProbs.add(own?.logProb ?? null);
    }
  // Each condition does something.
  expect(logProbs.size).toBe(10);
});

test("zeroing the last latent behind the last block changes nothing", async () => {
  const last = at.latent(model.codi.numLatents - 1);
  const [[clean, changed] = []] = await model.runConditions(
    [QUESTION],
    [
      { name: "baseline", interventions: [] },
      { name: "zeroed", interventions: [zero("blocks.1.hook_resid_post", last)] },
    ],
    { maxNewTokens: 6, expected: [5] },
  );
  expect(changed?.fired[0]?.count).toBe(1);
  expect([changed?.answer.ids, changed?.logProb]).toEqual([clean?.answer.ids, clean?.logProb]);
});
