/** Every operation under both downstream rules against PyTorch, run once on each engine. */

import { afterAll, describe, expect, test } from "vitest";
import { at, CodiModel, hook, parseIntervention, tf } from "../../src/index.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { common, fixture, kindOf, problemsOf, readNumbers } from "./interventions.js";
import { modelFolder } from "./parity.js";

const models = [...new Set(fixture.cases.map(({ model }) => model))];
const kinds = [...new Set(fixture.cases.map(kindOf))];

/** How much of it is run. */
interface SuiteSize {
  readonly checkpoints?: readonly string[];
  /** Of the cases that are branches of one run, one in so many. */
  readonly oneIn?: number;
  /** Of pairs of cases that are computed by themselves too, one in so many. */
  readonly pairsIn?: number;
  /** Which of so many, from 0. */
  readonly pair?: number;
  /** Is each case computed by itself too? */
  readonly isAlone?: boolean;
  /** Folder of a checkpoint of two blocks, on which is run what no reference knows. Default: the compared one itself. */
  readonly small?: string;
}

/** @param engine the engine of this test process. */
export function interventionsSuite(
  engine: EngineName,
  { checkpoints = models, oneIn = 1, pairsIn = 1, pair = 0, isAlone = true, small }: SuiteSize = {},
): void {
  describe.each(checkpoints)(`${engine}: interventions on %s`, (name) => {
    const loaded = CodiModel.load(modelFolder(name), { engine });
    const plain = small === undefined ? loaded : CodiModel.load(small, { engine });
    const numbers = readNumbers();
    afterAll(async () => {
      for (const model of new Set(await Promise.all([loaded, plain]))) model.dispose();
    });
    const casesOf = (kind: string): typeof fixture.cases =>
      fixture.cases
        .filter((each) => each.model === name && kindOf(each) === kind)
        .filter((_, i) => Math.floor(i / 2) % pairsIn === pair);

    test.each(isAlone ? kinds : [])("%s gives the reference's answers, logits and latents' inputs", async (kind) => {
      const cases = casesOf(kind);
      expect(cases.length).toBeGreaterThan(5);
      const problems: string[] = [];
      for (const each of cases) {
        const values = each.shape === undefined ? {} : { v: (await numbers).value(each.shape) };
        const options = { ...common, interventions: each.interventions, values };
        problems.push(...problemsOf(each, await (await loaded).run(fixture.question, options), await numbers));
      }
      expect(problems).toEqual([]);
    });

    test("all of them as branches of one run give the same", async () => {
      const cases = fixture.cases.filter((each) => each.model === name).filter((_, i) => i % oneIn === 0);
      const read = await numbers;
      // Values belong to the whole run, so each case's gets a name of its own.
      const values = Object.fromEntries(cases.map(({ shape = [0] }, i) => [`v${i}`, read.value(shape)]));
      const conditions = cases.map(({ interventions }, i) => ({
        name: `${i}`,
        interventions: interventions.map((text) => parseIntervention(text.replace("(v)", `(v${i})`))),
      }));
      const [row = []] = await (await loaded).runConditions([fixture.question], conditions, { ...common, values });
      expect(row.length).toBe(cases.length);
      expect(cases.flatMap((each, i) => (row[i] === undefined ? [] : problemsOf(each, row[i], read)))).toEqual([]);
    });

    test("no number is read synchronously, whatever is asked of a run", async () => {
      const model = await plain;
      // Where every tensor's own synchronous read ends; kernels that look at numbers on the host are no reads of a device.
      const engine = tf.engine();
      const { readSync } = engine;
      let count = 0;
      engine.readSync = (id) => {
        count += 1;
        return readSync.call(engine, id);
      };
      try {
        const doubled = hook("blocks.1.hook_mlp_out", at.latent(1), (x) => tf.mul(x, 2));
        const [result] = await model.runBatch([fixture.question], {
          ...common,
          capture: ["blocks.1.hook_resid_post", "blocks.1.attn.hook_pattern", "hook_logits"],
          hooks: [doubled],
          interventions: [parseIntervention("zero:blocks.1.hook_resid_post@latent.1")],
          expected: [19],
          lens: true,
          components: true,
          latentStates: true,
        });
        expect(result?.score.kind).toBe("scores");
        expect(count).toBe(0);
        tf.tidy(() => tf.ones([2]).dataSync());
        expect(count).toBe(1);
      } finally {
        engine.readSync = readSync;
      }
    });

    test("a scored run with everything read leaves no tensor behind", async () => {
      const model = await plain;
      const question = "What is 12 plus 7?";
      const condition = { name: "zero", interventions: [parseIntervention("zero:blocks.1.hook_resid_post@latent.1")] };
      const run = async (): Promise<void> => {
        const [row] = await model.runConditions([question], [condition], {
          ...common,
          expected: [19],
          lens: "clean",
          components: true,
          latentStates: true,
        });
        expect(row?.[0]?.score.kind).toBe("scores");
      };
      await run();
      const before = tf.memory().numTensors;
      await run();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
