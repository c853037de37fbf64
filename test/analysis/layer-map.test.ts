/** What one backward pass would have picked, beside what zeroing each cell of the layer map breaks. */
// @needs nothing

import { expect, test } from "vitest";
import { wilson } from "../../src/statistics/proportion-interval.js";
import { layerMapFinding } from "../../src/studies/layer-map/finding.js";
import { story } from "../../src/studies/layer-map/story.js";
import type { StudyRecord, StudyRow } from "../../src/studies/shared/rows.js";

const N = 12;
const run = { seed: 1, protocol: "codi", testMode: false, baseline: { n: N, correct: N, rate: wilson(N, N) } } as const;
/** `[layer][latent]`: of 12 answers so many break. The fall that is predicted is a hundredth of that, less 1, and 0.3 more where 6 break. */
const BROKEN = [
  [0, 3, 6],
  [9, 2, 1],
];

function rows(): StudyRow[] {
  return BROKEN.flatMap((cells, layer) =>
    cells.flatMap((broken, latent) =>
      ["", ", random direction"].flatMap((kind) =>
        Array.from({ length: N }, (_, problem): StudyRow => {
          const isControl = kind !== "";
          return {
            study: story.name,
            condition: `${layer}.${latent}${kind}`,
            factors: isControl ? { layer, latent: `${latent}${kind}`, control: "random direction" } : { layer, latent },
            problemId: `p${problem}`,
            baselineCorrect: true,
            correct: isControl || problem >= broken,
            deltaLogProb: -1,
            kl: 0,
          };
        }),
      ),
    ),
  );
}

function baselines(kept: (problem: number) => object | undefined): StudyRecord[] {
  return Array.from({ length: N }, (_, index) => {
    const own = kept(index);
    return {
      study: "baseline",
      status: "ok",
      problem: { id: `p${index}`, index, question: "", expected: 1 },
      condition: { name: "baseline", interventions: [] },
      ...(own === undefined ? {} : { kept: { [story.name]: own } }),
    };
  });
}

const predicted = BROKEN.map((cells) => cells.map((broken) => 1 - broken / 100 - (broken === 6 ? 0.3 : 0)));
const find = (of: (problem: number) => object | undefined) =>
  layerMapFinding({ story, rows: rows(), records: [], baselines: baselines(of), run, file: () => null });

test("the cell with the largest predicted fall is named beside the one that breaks most", () => {
  const finding = find(() => ({ predicted }));
  expect(finding?.sentence).toMatch(/^“1\.0” breaks the most answers: 9 of 12/);
  expect(finding?.sentence).toContain("would have picked “0.2”, which breaks 6 of 12; over 6 cells");
});

test("r is that of the predicted falls with the shares that break, over cells", () => {
  // numpy.corrcoef([-1, -.97, -.64, -.91, -.98, -.99], [0, 3, 6, 9, 2, 1])[0, 1]
  const agreement = find(() => ({ predicted }))?.data["agreement"];
  expect(agreement).toMatchObject({ kind: "value", n: N, value: expect.closeTo(0.5646932085636711, 9) });
});

test("controls have no prediction, and the table says so", () => {
  const table = find(() => ({ predicted }))?.exhibits.find((each) => each.kind === "table" && each.key === "");
  if (table?.kind !== "table") throw new Error("no table");
  const last = table.table.rows.map((row) => [row[0], row.at(-1)]);
  expect(last.find(([name]) => name === "0.2")?.[1]).toMatch(/0\.64/);
  expect(last.find(([name]) => name === "0.2, random direction")?.[1]).toBe("–");
});

test("records without predictions give the map alone, and damaged ones are named", () => {
  const plain = find(() => undefined);
  expect(plain?.sentence).not.toContain("backward pass");
  expect(plain?.exhibits).toHaveLength(2);
  expect(() => find((problem) => (problem === 3 ? { predicted: "high" } : { predicted }))).toThrow(
    /problem "p3" has damaged predictions/,
  );
});
