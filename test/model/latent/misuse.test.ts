/** From JavaScript no type stands between a wrong call and the model: each gets one sentence that says what was found and what is wanted. */
// @needs engine

import { afterAll, describe, expect, test } from "vitest";
import { at, CodiModel, hook, tf, UsageError } from "../../../src/index.js";
import { loadTiny, question } from "../../support/tiny.js";

/** A model without its types. */
interface Untyped {
  run(...given: unknown[]): Promise<{ readonly captures: { at(...given: unknown[]): unknown } }>;
  runBatch(...given: unknown[]): Promise<unknown>;
  runConditions(...given: unknown[]): Promise<unknown>;
}
const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const SITE = "blocks.8.hook_resid_post";
const observe = hook(SITE, at.bot, () => undefined);
const load = (...given: unknown[]): Promise<unknown> =>
  (CodiModel as unknown as { load(...given: unknown[]): Promise<unknown> }).load(...given);

type Case = readonly [(model: Untyped) => Promise<unknown>, string, string];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  "names of options": [
    [(m) => m.run(question, { captures: [SITE] }), 'run has no option "captures"', "did you mean capture?"],
    [(m) => m.run(question, { intervention: "x" }), 'run has no option "intervention"', "did you mean interventions?"],
    [(m) => m.runBatch([question], { hook: [] }), 'runBatch has no option "hook"', "did you mean hooks?"],
    [
      (m) => m.runConditions([question], [], { interventions: [] }),
      'runConditions has no option "interventions"',
      "its options: hooks, ",
    ],
    [() => load("tiny-codi", { engin: "wasm" }), 'CodiModel.load has no option "engin"', "did you mean engine?"],
    [(m) => at_(m, SITE, at.bot, { key: at.bot }), 'at has no option "key"', "did you mean keys?"],
    [(m) => m.run(question, "zero"), 'run: the options are "zero"', "pass an object"],
    [(m) => m.run(question, null), "run: the options are null", "pass an object"],
  ],
  "kinds of values": [
    [
      (m) => m.run(question, { capture: SITE }),
      `capture is "${SITE}", wanted a list`,
      `write { capture: ["${SITE}"] }`,
    ],
    [
      (m) => m.run(question, { attentionLayers: 3 }),
      "attentionLayers is 3, wanted a list",
      "write { attentionLayers: [3] }",
    ],
    [
      (m) => m.run(question, { hooks: observe }),
      "hooks is an object of another kind, wanted a list",
      "write { hooks: […] }",
    ],
    [(m) => m.run(question, { seed: "1" }), 'seed is "1", wanted a number', "correct it"],
    [(m) => m.run(question, { verify: 1 }), "verify is 1, wanted true or false", "correct it"],
    [(m) => m.run(question, { onForward: "log" }), 'onForward is "log", wanted a function', "correct it"],
    [(m) => m.run(question, { lens: "all" }), 'lens is "all", wanted true, false or "clean"', "correct it"],
    [(m) => m.run(question, { values: [] }), "values is a list, wanted an object whose keys are names", "correct it"],
    [
      (m) => m.run(question, { values: { v: new Float32Array(64) } }),
      "values.v is a Float32Array, wanted numbers with their shape",
      "give what captures.at(site, address) gives",
    ],
    [
      (m) => m.run(question, { hooks: [() => undefined] }),
      "hooks[0] is a function, wanted a hook",
      "make it with hook(",
    ],
    [
      (m) => m.run(question, { hooks: [observe, "zero"] }),
      'hooks[1] is "zero", wanted a hook',
      "go into interventions",
    ],
    [
      (m) => m.run(question, { interventions: [observe] }),
      "interventions[0] is a hook, wanted text or data",
      "hooks: [hook(…)]",
    ],
    [(m) => m.runBatch([question], { expected: [7, 8] }), "expected has 2 entries for 1 questions", "one a question"],
    [
      (m) => m.runBatch([question], { knownAnswers: [] }),
      "knownAnswers has 0 entries for 1 questions",
      "one a question",
    ],
    [
      (m) => m.runBatch([question, question], { scoredAfter: [[1]] }),
      "scoredAfter has 1 entries for 2 questions",
      "one a question",
    ],
    [
      async (m) => m.runBatch([question, question], { sources: { other: [await m.run(question)] } }),
      "sources.other has 1 entries for 2 questions",
      "one a question",
    ],
    [() => load("tiny-codi", { protocol: "cody" }), 'protocol is "cody", wanted codi or seed', "choose one of these"],
    [
      () => load("tiny-codi", { engine: "gpu" }),
      'engine is "gpu", wanted auto or native or wasm',
      "choose one of these",
    ],
    [() => load(), "The model is missing, wanted its name or files", 'write CodiModel.load("tiny-codi")'],
  ],
  conditions: [
    [conditions({}), "The conditions are an object of another kind, wanted a list", 'write [{ name: "zero"'],
    [conditions(["zero"]), 'condition "zero" has no name', 'write { name: "zero"'],
    [conditions([{ interventions: [] }]), "a condition without name", 'write { name: "zero"'],
    [conditions([{ name: "a" }]), "a condition without a list of interventions", 'write { name: "zero"'],
    [conditions([{ name: "a", interventions: "zero:…" }]), "without a list of interventions", 'write { name: "zero"'],
    [conditions([{ name: "a", interventions: [], hook: [observe] }]), 'has no field "hook"', "did you mean hooks?"],
    [conditions([{ name: "a", intervention: [] }]), 'has no field "intervention"', "did you mean interventions?"],
    [conditions([{ name: "a", interventions: [observe] }]), 'Condition "a": interventions[0] is a hook', "in hooks: ["],
    [
      conditions([{ name: "a", interventions: [], hooks: observe }], { hooks: [observe] }),
      'Condition "a": hooks is an object of another kind, wanted a list',
      "write { hooks: [hook(…)] }",
    ],
    [
      conditions([{ name: "a", interventions: [], hooks: [observe, "zero"] }]),
      'Condition "a": hooks[1] is "zero", wanted a hook',
      "go into interventions",
    ],
    [conditions(null, { hooks: [observe] }), "The conditions are null, wanted a list", 'write [{ name: "zero"'],
  ],
  questions: [
    [(m) => m.run(), "The question is missing, wanted text", "write run("],
    [(m) => m.run({ question }), "The question is an object, wanted text", "problem.question"],
    [
      (m) => m.runBatch(question),
      "runBatch takes a list of questions, and was given ",
      "write runBatch([question]), or run(question)",
    ],
    [
      (m) => m.runBatch([question, { question }]),
      "Question 1 is an object, wanted text",
      "problems.map(({ question }) => question)",
    ],
    [
      (m) => m.runConditions(question, []),
      "runConditions takes a list of questions",
      "write runConditions([question])",
    ],
  ],
  places: [
    [(m) => at_(m, SITE, at.latent), "at.latent was given as address and not called", "write at.latent()"],
    [(m) => at_(m, SITE, 2), "2 is no address", "write at.latent(2)"],
    [(m) => at_(m, undefined, at.bot), "The site is missing", "write site.block(8).residPost"],
    [
      (m) => m.run(question, { capture: ["blocks.8.hook_resid_pots"] }),
      'Unknown site "blocks.8.hook_resid_pots"',
      "hook_resid_post",
    ],
    [
      (m) => m.run(question, { interventions: ["zero:blocks.8.hook_resid_pots@bot"] }),
      'Unknown site "blocks.8.hook_resid_pots"',
      "hook_resid_post",
    ],
    [
      (m) => m.run(question, { hooks: [hook("blocks.8.hook_resid_pots" as typeof SITE, at.bot, () => undefined)] }),
      'Unknown site "blocks.8.hook_resid_pots"',
      "hook_resid_post",
    ],
  ],
};

function conditions(given: unknown, options: object = {}): (model: Untyped) => Promise<unknown> {
  return (model) => model.runConditions([question], given, options);
}

async function at_(model: Untyped, ...given: unknown[]): Promise<unknown> {
  const { captures } = await model.run(question, { capture: [SITE], maxNewTokens: 1 });
  return captures.at(...given);
}

describe("a wrong call says what was found, what is wanted and what to do", () => {
  for (const [name, cases] of Object.entries(CASES))
    test(name, async () => {
      const model = (await loaded) as unknown as Untyped;
      const tensors = tf.memory().numTensors;
      for (const [call, message, hint] of cases) {
        const error = await call(model).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        expect(error, message).toBeInstanceOf(UsageError);
        expect((error as UsageError).message).toContain(message);
        expect((error as UsageError).hint).toContain(hint);
      }
      expect(tf.memory().numTensors).toBe(tensors);
    });

  test("what a type allows passes: every option undefined, and a list of nothing", async () => {
    const model = (await loaded) as unknown as Untyped;
    await expect(
      model.run(question, { capture: undefined, seed: undefined, lens: undefined, hooks: [], maxNewTokens: 1 }),
    ).resolves.toBeDefined();
    await expect(model.runBatch([])).resolves.toHaveLength(0);
    // What a caller keeps with a condition is the caller's.
    const kept = { name: "a", interventions: [], hooks: undefined, layer: 3, note: "first" };
    await expect(model.runConditions([question], [kept], { maxNewTokens: 1 })).resolves.toHaveLength(1);
  });
});
