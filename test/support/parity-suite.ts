/** The parity tests, run once on each engine. */

import { afterAll, describe, expect, test } from "vitest";
import { CodiModel, parseIntervention, tf } from "../../src/index.js";
import type { RunResult } from "../../src/model/latent/run-types.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { cleanAnswers, zeroedAnswers } from "./embedded-answers.js";
import { attentionDifferences, attentionSites, differences, MODELS, modelFolder, readFixture } from "./parity.js";
import { stageReport } from "./stages.js";

/** How much of it is run. */
interface SuiteSize {
  /** Checkpoints besides the embedded one. */
  readonly models?: readonly string[];
  /** Is the embedded model compared too? */
  readonly withEmbedded?: boolean;
  /** Are the answers with a block zeroed compared too? */
  readonly withZeroed?: boolean;
  /** Are all sites read of one run? Else attention's have one of their own, as a user's have who reads them alone. */
  readonly inOneRun?: boolean;
}

/** @param engine the engine of this test process. */
export function paritySuite(
  engine: EngineName,
  { models = MODELS, withEmbedded = true, withZeroed = true, inOneRun = false }: SuiteSize = {},
): void {
  describe.each(models)(`${engine}: %s`, (name) => {
    test("every site is within the bound and the answer is equal", async () => {
      using model = await CodiModel.load(modelFolder(name), { engine });
      const opened = await readFixture(name);
      const { all, result } = await differences(model, opened, inOneRun ? attentionSites(name) : []);
      expect(result.promptIds).toEqual(opened.fixture.prompt);
      expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
      expect(all.length).toBeGreaterThan(50);
      expect(result.answer.ids).toEqual(opened.fixture.answer);
      if (inOneRun) await expectAttention(result, name);
    });

    if (!inOneRun)
      test("attention scores, queries and keys after RoPE and each head's result are within the bound", async () => {
        using model = await CodiModel.load(modelFolder(name), { engine });
        const { question, max_new_tokens: maxNewTokens } = (await readFixture(name)).fixture;
        await expectAttention(await model.run(question, { capture: attentionSites(name), maxNewTokens }), name);
      });

    if (!withZeroed) return;
    test("zeroing a block's output at each latent gives the reference's answers", async () => {
      using model = await CodiModel.load(modelFolder(name), { engine });
      const { fixture } = await readFixture(name);
      const conditions = Object.keys(fixture.zeroed).map((k) => ({
        name: k,
        interventions: [parseIntervention(`zero:blocks.${fixture.zero_layer}.hook_resid_post@latent.${k}`)],
      }));
      const [row] = await model.runConditions([fixture.question], conditions, { maxNewTokens: fixture.max_new_tokens });
      expect(row?.map((result) => result.answer.ids)).toEqual(Object.values(fixture.zeroed));
    });
  });

  if (!withEmbedded) return;
  describe(`${engine}: the embedded model`, () => {
    const loaded = CodiModel.load("weights/tiny-codi", { engine });
    afterAll(async () => (await loaded).dispose());

    test("every stage from BOT on is within the bound", async () => {
      const report = await stageReport(await loaded, "test/fixtures/parity/tiny-codi");
      expect(report.lines.filter(({ absolute, allowed }) => !(absolute <= allowed))).toEqual([]);
      expect(report.sites).toBe(247);
      expect([report.promptEqual, report.answerEqual]).toEqual([true, true]);
    });

    test("all 100 answers and the head's choices at BOT and each latent equal the reference's", async () => {
      const { answers, choices } = await cleanAnswers(await loaded);
      expect(answers.found).toEqual(answers.wanted);
      expect(choices.found).toEqual(choices.wanted);
    });

    test("all 600 answers with block 8 zeroed at a latent equal the reference's, and nothing leaks", async () => {
      const model = await loaded;
      const before = tf.memory().numTensors;
      const { found, wanted } = await zeroedAnswers(model);
      expect(found).toEqual(wanted);
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  describe.each(["tiny-pause", "tiny-coconut", "tiny-coconut-pause"] as const)(`${engine}: %s`, (name) => {
    const count = engine === "native" ? 100 : 4;

    test(`${count} answers, the head's choices and the answers with a block zeroed at a latent equal transformers'`, async () => {
      using model = await CodiModel.load(name, { engine });
      const { answers, choices } = await cleanAnswers(model, { name, count });
      expect(answers.found).toEqual(answers.wanted);
      expect(choices.found).toEqual(choices.wanted);
      const zeroed = await zeroedAnswers(model, { name, count });
      expect(zeroed.found).toEqual(zeroed.wanted);
    });
  });
}

async function expectAttention(result: RunResult, name: string): Promise<void> {
  const all = await attentionDifferences(result, name);
  expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
  expect(all.length).toBe(12);
}
