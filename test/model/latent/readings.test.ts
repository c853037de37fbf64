/** A reading of one's own: asked for by value, read beside a run, and the same numbers as captures have. */
// @needs engine

import { afterAll, expect, test } from "vitest";
import { parseIntervention, parseSite, type Reading, tf } from "../../../src/index.js";
import { loadTiny, questions } from "../../support/tiny.js";

const loaded = loadTiny();
afterAll(async () => (await loaded).dispose());

const SITE = "blocks.8.hook_resid_post";

/** The norm of a block's output at each latent, row by row. */
function latentNorms(name = "latent norms"): Reading<ReadonlyMap<string, number>> {
  return {
    name,
    start: ({ decoder }) => {
      const norms = new Map<number, Map<string, number>>();
      const observer = {
        site: parseSite(SITE, decoder.config.layers),
        wants: ({ positions }: { readonly positions: readonly (readonly ({ part: string } | null)[])[] }) =>
          positions.some((cells) => cells.some((cell) => cell?.part === "latent")),
        reduce: (x: tf.Tensor) => tf.norm(x, "euclidean", 2),
        store: (
          values: Float32Array,
          [, columns = 0]: readonly number[],
          step: {
            readonly members: readonly (readonly number[])[];
            readonly positions: readonly (readonly ({ part: string; index: number } | null)[])[];
          },
        ) => {
          for (const [place, rows] of step.members.entries())
            for (const id of rows) {
              const own = norms.get(id) ?? new Map<string, number>();
              norms.set(id, own);
              for (const [column, cell] of (step.positions[place] ?? []).entries())
                if (cell !== null)
                  own.set(`${cell.part}.${cell.index}`, values[place * columns + column] ?? Number.NaN);
            }
        },
      };
      return { observers: [observer], of: (row) => norms.get(row) ?? null };
    },
  };
}

test("what a reading gives stands under its name, row by row, and equals what captures have", async () => {
  const model = await loaded;
  const some = questions.slice(0, 3);
  const norms = latentNorms();
  const conditions = [
    { name: "baseline", interventions: [] },
    { name: "scaled", interventions: [parseIntervention(`scale(2):${SITE}@latent.2`)] },
  ];
  const results = await model.runConditions(some, conditions, { readings: [norms], capture: [SITE], maxNewTokens: 4 });
  const read = results.flat().map((result) => result.readings.get(norms.name) as ReadonlyMap<string, number>);
  for (const [i, result] of results.flat().entries()) {
    const { data, shape } = result.captures.get(SITE);
    const width = shape[2] ?? 0;
    const wanted = result.layout.positions.flatMap(({ part, index }, place) =>
      part === "latent"
        ? [[`latent.${index}`, Math.hypot(...data.subarray(place * width, (place + 1) * width))] as const]
        : [],
    );
    expect(wanted).toHaveLength(6);
    for (const [name, norm] of wanted) expect((read[i]?.get(name) ?? Number.NaN) / norm).toBeCloseTo(1, 5);
  }
  expect(read[1]?.get("latent.2")).not.toBeCloseTo(read[0]?.get("latent.2") ?? 0, 3);
});

test("without readings there are none, and two of one name are refused", async () => {
  const model = await loaded;
  const [question = ""] = questions;
  expect([...(await model.run(question, { maxNewTokens: 1 })).readings]).toEqual([]);
  await expect(model.run(question, { readings: [latentNorms(), latentNorms()] })).rejects.toThrow(
    'Two readings are named "latent norms"',
  );
});
