/** The tuned lens' translators against NumPy (`make/layer_lens.py`), on noise, and in a folder. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import { heldOutTranslation } from "../../src/studies/lens/tuned/translator.js";
import { TUNED_LENS_FILE, tunedLensOf } from "../../src/studies/lens/tuned/tuned-file.js";
import { reasonAgainst } from "../../src/studies/lens/tuned/tuned-lens.js";
import { readJson } from "../support/parity.js";

interface Translator {
  readonly width: number;
  readonly folds: number;
  readonly penalties: number[];
  readonly fold: number[];
  readonly from: number[];
  readonly to: number[];
  readonly states: number[];
  readonly chosen: number[];
  readonly explained: number;
}

const { translators } = readJson<{ translators: Translator[] }>("layer_lens");

describe("heldOutTranslation()", () => {
  test.each(translators)("$width components: states, chosen penalties and explained share equal NumPy's", (given) => {
    const found = heldOutTranslation(given);
    expect(found?.penalties).toEqual(given.chosen);
    expect(Math.abs((found?.explained ?? Number.NaN) - given.explained)).toBeLessThan(1e-9);
    const gaps = given.states.map((each, at) => Math.abs(each - (found?.states[at] ?? Number.NaN)));
    expect(Math.max(...gaps)).toBeLessThan(1e-5 * Math.max(...given.states.map(Math.abs)));
  });

  test("states that do not differ have no translator", () => {
    const [given] = translators;
    if (given === undefined) throw new Error("no case");
    expect(heldOutTranslation({ ...given, from: given.from.map((_, at) => 0.1 * (at % given.width)) })).toBeNull();
  });

  test("noise explains nothing that was held out, and a linear map is found in it", () => {
    const random = seededRandom(5);
    const [problems, positions, width] = [40, 7, 16];
    const noise = (): Float64Array =>
      Float64Array.from({ length: problems * positions * width }, () => random.normal());
    const fold = Int32Array.from({ length: problems * positions }, (_, row) => Math.floor(row / positions) % 5);
    const common = { width, fold, folds: 5, penalties: [1e-3, 1e-2, 1e-1, 1, 10] };
    const nothing = Array.from({ length: 30 }, () => heldOutTranslation({ ...common, from: noise(), to: noise() }));
    expect(Math.max(...nothing.map((each) => each?.explained ?? 1))).toBeLessThan(0.01);
    const from = noise();
    const to = noise().map((each, at) => 0.5 * each + 2 * (from[at - (at % width) + ((at + 1) % width)] ?? 0));
    // Of variance 4 + 0.25, noise is a seventeenth.
    const found = heldOutTranslation({ ...common, from, to })?.explained ?? 0;
    expect(found).toBeGreaterThan(0.9);
    expect(found).toBeLessThan(16.5 / 17);
  });
});

test("too few problems for the width of the states, or too much work, have a reason", () => {
  const shape = (width: number) => ({
    positions: ["bot", "latent.0", "latent.1", "latent.2", "latent.3", "latent.4", "latent.5"],
    stateLayers: Array.from({ length: 17 }, (_, layer) => `${layer}`),
    width,
  });
  expect(reasonAgainst(100, shape(64))).toBeNull();
  expect(reasonAgainst(19, shape(64))).toMatch(/19 problems, at least 20/);
  expect(reasonAgainst(20, shape(112))).toMatch(/not identified by the 112 states/);
  expect(reasonAgainst(20, shape(110))).toBeNull();
  expect(reasonAgainst(100, shape(2048))).toMatch(/2049 numbers .* not identified by the 560 states/);
  expect(reasonAgainst(500, shape(2048))).toMatch(/billion multiplications .* at most 50 billion/);
});

describe("tunedLensOf()", () => {
  test("no file, a reason, and damage", () => {
    expect(tunedLensOf(null)).toBeNull();
    const of = (text: string): unknown => tunedLensOf({ path: `run/${TUNED_LENS_FILE}`, text });
    expect(of('{"schema":1,"kind":"undefined","reason":"few"}\n')).toEqual({
      schema: 1,
      kind: "undefined",
      reason: "few",
    });
    expect(() => of('{"schema":1,"kind":"undef')).toThrow(/^run\/tuned_lens\.json is damaged: it is not JSON/);
    expect(() => of('{"schema":1,"kind":"undefined","reason":3}')).toThrow(
      /^run\/tuned_lens\.json is damaged: .*reason/,
    );
  });
});
