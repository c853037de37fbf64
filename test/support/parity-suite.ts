/** The parity tests, run once on each engine. */

import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { CodiModel, parseIntervention, tf } from "../../src/index.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { attentionDifferences, differences, MODELS, modelFolder, readFixture } from "./parity.js";
import { stageReport } from "./stages.js";

interface EmbeddedRow {
  readonly question: string;
  readonly reference: { answer_ids: number[]; lens: string[]; zeroed_layer8: number[][] };
}

/** How much of it is run. */
interface SuiteSize {
  /** Checkpoints besides the embedded one. */
  readonly models?: readonly string[];
  /** Is the embedded model compared too? */
  readonly withEmbedded?: boolean;
}

/** @param engine the engine of this test process. */
export function paritySuite(engine: EngineName, { models = MODELS, withEmbedded = true }: SuiteSize = {}): void {
  describe.each(models)(`${engine}: %s`, (name) => {
    test("every site is within the bound and the answer is equal", async () => {
      using model = await CodiModel.load(modelFolder(name), { engine });
      const opened = await readFixture(name);
      const { all, result } = await differences(model, opened);
      expect(result.promptIds).toEqual(opened.fixture.prompt);
      expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
      expect(all.length).toBeGreaterThan(50);
      expect(result.answer.ids).toEqual(opened.fixture.answer);
    });

    test("attention scores, queries and keys after RoPE and each head's result are within the bound", async () => {
      using model = await CodiModel.load(modelFolder(name), { engine });
      const all = await attentionDifferences(model, name);
      expect(all.filter(({ found, allowed }) => !(found <= allowed))).toEqual([]);
      expect(all.length).toBe(12);
    });

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
    const rows = readFileSync(new URL("../../weights/tiny-codi/problems_100.jsonl", import.meta.url), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as EmbeddedRow);
    const loaded = CodiModel.load("weights/tiny-codi", { engine });
    afterAll(async () => (await loaded).dispose());

    test("every stage from BOT on is within the bound", async () => {
      const report = await stageReport(await loaded, "test/fixtures/parity/tiny-codi");
      expect(report.lines.filter(({ absolute, allowed }) => !(absolute <= allowed))).toEqual([]);
      expect(report.sites).toBe(247);
      expect([report.promptEqual, report.answerEqual]).toEqual([true, true]);
    });

    test("all 100 answers and the head's choices at BOT and each latent equal the reference's", async () => {
      const results = await (await loaded).runBatch(
        rows.map(({ question }) => question),
        { lens: true },
      );
      expect(results.map(({ answer }) => answer.ids)).toEqual(rows.map(({ reference }) => reference.answer_ids));
      expect(results.map(({ lens }) => lens.map(({ top }) => top[0]?.text))).toEqual(
        rows.map(({ reference }) => reference.lens),
      );
    });

    test("all 600 answers with block 8 zeroed at a latent equal the reference's, and nothing leaks", async () => {
      const model = await loaded;
      const before = tf.memory().numTensors;
      const conditions = [0, 1, 2, 3, 4, 5].map((k) => ({
        name: `zero ${k}`,
        interventions: [parseIntervention(`zero:blocks.8.hook_resid_post@latent.${k}`)],
      }));
      const results = await model.runConditions(
        rows.map(({ question }) => question),
        conditions,
        { maxNewTokens: 12 },
      );
      expect(results.map((row) => row.map(({ answer }) => answer.ids))).toEqual(
        rows.map(({ reference }) => reference.zeroed_layer8),
      );
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
