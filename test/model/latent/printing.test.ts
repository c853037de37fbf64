/** What a user sees of an object in a terminal: one screen at most by itself, one line within another object. */
// @needs engine

import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { allSites, at, hook, LabelledTensor, type RunResult, Runs, tf } from "../../../src/index.js";
import { loadTiny, problems } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const RESIDUAL = "blocks.8.hook_resid_post";
const some = problems.slice(0, 12);
const made = loaded.then((model) =>
  model.runBatch(
    some.map(({ question }) => question),
    {
      expected: some.map(({ expected }) => expected),
      interventions: [`zero:${RESIDUAL}@latent.2`],
      hooks: [hook(RESIDUAL, at.latent(), (x) => tf.mul(x, 1.5), { id: "times 1.5" })],
      capture: ["blocks.*.attn.hook_pattern", RESIDUAL, "latents.hook_input"],
      attentionLayers: [3],
      lens: true,
      latentStates: true,
    },
  ),
);

async function first(): Promise<RunResult> {
  const [run] = await made;
  if (run === undefined) throw new Error("no run");
  return run;
}

/** As Deno prints it, by itself or within another object. */
function inDeno(value: object, currentDepth = 0): string {
  const print = Reflect.get(value, Symbol.for("Deno.customInspect")) as (...given: unknown[]) => string;
  return print.call(value, undefined, { currentDepth });
}

describe("printing", () => {
  test("a run says what was asked, answered, scored and done", async () => {
    const run = await first();
    const { logProb, kl, answer } = run;
    const shown = (value: number | null): string => String(Number(value?.toPrecision(4)));
    expect(inspect(run).split("\n")).toEqual([
      "RunResult",
      `  question  ${JSON.stringify(run.question)}`,
      `  answer    ${JSON.stringify(answer.text)} → ${answer.value}, ${run.correct === true ? "right" : "wrong"}`,
      `  score     log p(expected) ${shown(logProb)}; KL ${shown(kl)} nats; margin ${shown(answer.margin)}`,
      `  fired     zero:${RESIDUAL}@latent.2, 1 of 1 times`,
      `            hook(times 1.5):${RESIDUAL}@latent, 6 of 6 times`,
      expect.stringMatching(
        /^ {2}captures {2}18 sites, \d\.\d MiB: latents\.hook_input, blocks\.0–15\.attn\.hook_pattern, /,
      ),
      "  readings  lens at 7 positions; attention at layers 3; latentStates",
      `  layout    ${run.layout.describe()}`,
    ]);
    expect(inspect([run])).toMatch(/^\[\n? *RunResult "Ann has 18 eggs\. .*…" → \S+, (?:right|wrong)\n? *\]$/);
    // A plain run has less to say.
    const plain = inspect(await (await loaded).run(run.question));
    expect(plain).toContain("\n  fired     nothing\n  captures  no sites\n  layout ");
    expect(plain).toContain("neither expected answers nor contrasts were given");
    expect(plain).not.toContain("readings");
  });

  test("a failed run says so in place of an answer", async () => {
    const [run] = await (await loaded).runBatch([some[0]?.question ?? ""], {
      interventions: ["scale(5e37):ln_final.hook_normalized@eot"],
    });
    const text = inspect(run);
    expect(text).toContain(`\n  failure   ${run?.failure?.message.slice(0, 40)}`);
    expect(text).not.toMatch(/\n {2}(?:answer|score|fired) /);
    expect(inspect({ run })).toContain("→ failed");
  });

  test("runs are a line each, and the number that is right", async () => {
    const runs = await made;
    const right = runs.filter(({ correct }) => correct === true).length;
    const lines = inspect(runs).split("\n");
    expect(lines[0]).toBe(`Runs of 12, ${right} of 12 right:`);
    expect(lines).toHaveLength(11);
    expect(lines[9]).toBe("  …");
    expect(inspect(runs.where(() => false))).toBe("Runs of 0");
    expect(inspect({ runs })).toBe("{ runs: Runs of 12 }");
  });

  test("captures are a line for each kind of site", async () => {
    const { captures, layout } = await first();
    expect(inspect(captures).split("\n")).toEqual([
      expect.stringMatching(/^Captures of 18 sites, \d\.\d MiB$/),
      "  latents.hook_input             [latent: 6, dModel: 64]",
      `  blocks.0–15.attn.hook_pattern  [heads: 4, query: ${layout.length}, key: ${layout.length}]`,
      `  blocks.8.hook_resid_post       [position: ${layout.length}, dModel: 64]`,
    ]);
    const apart = await (await loaded).run(some[0]?.question ?? "", {
      capture: [2, 3, 4, 8].map((layer) => `blocks.${layer}.hook_resid_post`),
    });
    expect(inspect(apart.captures)).toContain("\n  blocks.2–4,8.hook_resid_post ");
    expect(inspect((await (await loaded).run(some[0]?.question ?? "")).captures)).toBe("Captures of no sites");
  });

  test("a labelled tensor is its axes, its names, its range and a corner of its numbers", () => {
    const tensor = new LabelledTensor({
      axes: ["layer", "position", "dModel"],
      shape: [2, 3, 9],
      data: Float32Array.from({ length: 54 }, (_, i) => i / 8 - 2),
      names: { layer: ["4", "8"], position: ["bot", "latent.0", "eot"] },
    });
    expect(inspect(tensor)).toBe(
      [
        "LabelledTensor [layer: 2, position: 3, dModel: 9]",
        "  layer     4, 8",
        "  position  bot, latent.0, eot",
        "  values    -2 to 4.625, mean 1.313",
        "  at layer 4:",
        "                 0       1       2       3       4  …      8",
        "  bot           -2  -1.875   -1.75  -1.625    -1.5  …     -1",
        "  latent.0  -0.875   -0.75  -0.625    -0.5  -0.375  …  0.125",
        "  eot         0.25   0.375     0.5   0.625    0.75  …   1.25",
      ].join("\n"),
    );
    expect(inspect([tensor])).toBe("[ LabelledTensor [layer: 2, position: 3, dModel: 9] ]");
    expect(inspect(tensor.at("layer", 4).at("position", "eot").at("dModel", 2))).toBe("LabelledTensor 0.5");
    expect(inspect(tensor.times(Number.MAX_VALUE))).toContain("  values    0 to 0, mean 0; 53 not finite");
  });

  test("a model, a hook and a layout are named by what sets them apart", async () => {
    const model = await loaded;
    const { config, engine } = model;
    expect(inspect(model).split("\n")).toEqual([
      "CodiModel",
      `  name     ${model.name}`,
      `  decoder  ${config.layers} layers, 4 heads (2 for keys and values), dModel 64, ${config.vocabSize} tokens`,
      "  latents  6, protocol codi",
      `  engine   ${engine.name} ${engine.version} on ${engine.device}`,
    ]);
    expect(inspect({ model })).toBe(`{ model: CodiModel ${model.name} (16 layers, 6 latents) }`);
    expect(inspect(hook(RESIDUAL, at.latent(2), () => undefined, { id: "look" }))).toBe(
      `Hook hook(look):${RESIDUAL}@latent.2`,
    );
    expect(inspect((await first()).layout)).toMatch(
      /^SequenceLayout question\.0–\d+, bot, latent\.0–5, eot, answer\.0–\d+$/,
    );
  });

  test("is the same in Deno, which looks for another symbol", async () => {
    const run = await first();
    for (const value of [await loaded, run, await made, run.captures, run.layout, run.captures.at(RESIDUAL, at.bot)]) {
      expect(inDeno(value)).toBe(inspect(value));
      expect(inspect([value]).replace(/\s+/g, " ")).toBe(`[ ${inDeno(value, 1)} ]`.replace(/\s+/g, " "));
    }
  });

  test("fits one screen, whatever was asked for", async () => {
    const model = await loaded;
    const question = `${some[0]?.question.repeat(4)}`;
    const [run] = await model.runBatch([question], {
      capture: allSites(16),
      interventions: allSites(16).flatMap((site) =>
        site.endsWith("_post") && site.startsWith("blocks") ? [`scale(1):${site}@latent.1`] : [],
      ),
      components: true,
      flowLayers: [1, 2],
      readingLayers: [1, 2],
      attentionLayers: [1, 2],
    });
    if (run === undefined) throw new Error("no run");
    const many = Runs.over(Array.from({ length: 500 }, () => run));
    const all = run.captures.at("blocks.*.attn.hook_pattern", at.all);
    for (const value of [run, many, run.captures, all, run.captures.at("hook_logits", at.all)]) {
      const lines = inspect(value).split("\n");
      expect(lines.length).toBeLessThanOrEqual(30);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(110);
    }
  });

  test("leaves the fields as they are: none more when they are listed, spread or written as JSON", async () => {
    const run = await first();
    const fields: string[] = [];
    for (const name in run) fields.push(name);
    expect(fields).toEqual(Object.keys(run));
    // A notebook asks for a view by a symbol, which nothing lists.
    const isListed = (key: PropertyKey) => Object.prototype.propertyIsEnumerable.call(run, key);
    expect(Reflect.ownKeys(run).filter(isListed)).toEqual(Object.keys(run));
    expect(Object.keys(JSON.parse(JSON.stringify(run)) as object)).toEqual(Object.keys(run));
    expect({ ...run }).toStrictEqual(run);
    const made = hook(RESIDUAL, at.bot, () => undefined);
    expect(Object.keys({ ...made })).toEqual(["site", "addresses", "name", "apply"]);
    expect(inspect(LabelledTensor.prototype)).toBe("{}");
  });
});
