/** Jacobians of latents' inputs against `torch.func.jacrev`: whole ones and their norms, and norms that are only estimated. */
// @needs engine, time

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { range } from "../../src/base/range.js";
import { CodiModel } from "../../src/index.js";
import { directJacobians, exactNorms, type Jacobians, totalJacobians } from "../../src/studies/influence/exact.js";
import { iteratedNorms, STEPS } from "../../src/studies/influence/iterated.js";
import { times } from "../../src/studies/influence/norms.js";
import { modelFolder, readJson } from "../support/parity.js";
import { loadTiny } from "../support/tiny.js";

interface Made {
  /** Of the whole matrix, relative to its norm. */
  readonly gap: number;
  readonly pairs: readonly {
    readonly to: number;
    readonly from: number;
    readonly frobenius: number;
    readonly spectral: number;
    readonly probe: number;
  }[];
}

const fixture = readJson<{
  u: readonly number[];
  v: readonly number[];
  cases: readonly { question: string; total: Made; direct: Made }[];
}>("influence");
const [first] = fixture.cases;
const question = first?.question ?? "";
let model: CodiModel;
let direct: Jacobians;

beforeAll(async () => {
  model = await loadTiny();
  direct = await directJacobians(model, question);
});
afterAll(() => model.dispose());

describe.each(["total", "direct"] as const)("%s Jacobians", (path) => {
  const made = first?.[path] ?? { gap: 0, pairs: [] };

  test("are the reference's, pair by pair", () => {
    const found = path === "direct" ? direct : totalJacobians(direct);
    expect(made.pairs).toHaveLength(15);
    for (const { to, from, frobenius, probe } of made.pairs) {
      const matrix = found[to]?.[from] ?? { width: 0, data: new Float64Array() };
      const norm = Math.hypot(...matrix.data);
      expect(Math.abs(norm - frobenius), `latent ${from} on latent ${to}`).toBeLessThan(10 * made.gap * frobenius);
      // A transposed matrix has the same norm.
      const image = times(matrix, Float64Array.from(fixture.v));
      const product = image.reduce((sum, value, i) => sum + value * (fixture.u[i] ?? 0), 0);
      const lengths = Math.hypot(...fixture.u) * Math.hypot(...fixture.v);
      expect(Math.abs(product - probe)).toBeLessThan(10 * made.gap * frobenius * lengths);
    }
  });

  test("have its norms", () => {
    const { [path]: norms } = exactNorms(direct);
    for (const { to, from, frobenius, spectral } of made.pairs) {
      expect(norms.frobenius[to]?.[from]).toBeCloseTo(frobenius, 3 - Math.ceil(Math.log10(frobenius)));
      expect(norms.spectral[to]?.[from]).toBeCloseTo(spectral, 3 - Math.ceil(Math.log10(spectral)));
    }
    expect(norms.spectral.map((row) => row.map((value) => value === null))).toEqual(
      range(6).map((to) => range(6).map((from) => from >= to)),
    );
  });
});

test(`${STEPS} steps of power iteration come near the spectral norm from below, and probes near Frobenius's`, async () => {
  using small = await CodiModel.load(modelFolder("gpt2-codi"), { base: modelFolder("gpt2-base") });
  const exact = exactNorms(await directJacobians(small, "1 + 2 ="));
  const found = await iteratedNorms(small, "1 + 2 =", { seed: 1 });
  for (const path of ["total", "direct"] as const)
    for (const [to, from] of range(6).flatMap((j) => range(j).map((k) => [j, k] as const))) {
      const ratio = (norm: "spectral" | "frobenius"): number =>
        (found[path][norm][to]?.[from] ?? 0) / (exact[path][norm][to]?.[from] ?? 0);
      expect(ratio("spectral"), `${path}, latent ${from} on latent ${to}`).toBeLessThan(1.0001);
      expect(ratio("spectral")).toBeGreaterThan(0.75);
      expect(Math.abs(ratio("frobenius") - 1)).toBeLessThan(0.4);
      expect(found[path].frobenius[to]?.[from]).toBeGreaterThanOrEqual(found[path].spectral[to]?.[from] ?? 0);
    }
});
