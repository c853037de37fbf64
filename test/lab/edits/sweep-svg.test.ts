/** The map of a sweep as a picture: every cell at its place with its answer, colours by the signal, and what was done in words. */
// @needs nothing

import { describe, expect, test } from "vitest";
import type { EditOperation } from "../../../src/lab/edits/edit.js";
import { sweepSvg } from "../../../src/lab/edits/export/sweep-svg.js";
import type { CleanView, SweepCell } from "../../../src/lab/session/types.js";

const clean: CleanView = {
  model: {
    name: "m",
    blocks: 2,
    heads: 1,
    latents: 3,
    dModel: 4,
    dHead: 4,
    vocabulary: 9,
    engine: "wasm",
    protocol: "codi",
    feedback: "projection",
    hasBos: true,
  },
  question: "Is 1 < 2 & 3?",
  maxNewTokens: null,
  tokens: [],
  positions: [],
  bot: [],
  latents: [],
  lens: [],
  answer: { text: "The answer is: 7", words: [], value: 7, numberWord: null, finish: "eos" },
};

const cell = (place: number, more: Partial<SweepCell> = {}): SweepCell => ({
  block: Math.floor(place / 3),
  latent: place % 3,
  answer: "The answer is: 7",
  value: 7,
  changed: false,
  deltaLogProb: -0.5,
  kl: 0,
  failure: null,
  ...more,
});

const cells = [
  cell(0),
  cell(1, { value: 40, changed: true, kl: 4 }),
  cell(2, { value: null, changed: true, kl: null, failure: "not finite" }),
  cell(3, { kl: 1, deltaLogProb: -2 }),
  cell(4, { kl: 0.01 }),
];

const ZERO: EditOperation = { kind: "zero" };

interface Drawn {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

const texts = (svg: string): Drawn[] =>
  [...svg.matchAll(/<text x="([\d.]+)"[^>]*? y="([\d.]+)"[^>]*>([^<]*)<\/text>/g)].map(([, x, y, text = ""]) => ({
    x: Number(x),
    y: Number(y),
    text,
  }));
const fills = (svg: string): string[] =>
  [...svg.matchAll(/<rect [^>]*width="68"[^>]*fill="(#\w+)"/g)].map(([, fill = ""]) => fill);

describe("the picture", () => {
  test("has every cell at its place, with its answer and the clean one in words", () => {
    const svg = sweepSvg({ clean, operation: ZERO, cells, signal: "kl" });
    const drawn = texts(svg);
    const at = (text: string): Drawn => drawn.find((each) => each.text === text) ?? { text: "", x: Number.NaN, y: 0 };
    expect(drawn.map(({ text }) => text)).toEqual(
      expect.arrayContaining([
        "Is 1 &lt; 2 &amp; 3?",
        "latent 0",
        "latent 2",
        "block 0",
        "block 1",
        "40",
        "?",
        "4 nats",
      ]),
    );
    expect(at("40").x).toBe(at("latent 1").x);
    expect(at("?").x).toBe(at("latent 2").x);
    expect(Math.abs(at("40").y - at("block 0").y)).toBeLessThan(5);
    expect(drawn.filter(({ text }) => text === "·").map(({ y }) => y < at("block 1").y - 5)).toEqual([
      true,
      false,
      false,
    ]);
    expect(drawn.map(({ text }) => text).join(" ")).toContain(
      "· is the same one, 7. 2 of 5 cells change it. Stopped after 5 of 6.",
    );
  });

  test("colours by the root of the signal: nothing, all, half for a quarter, and what was not computed is empty", () => {
    const svg = sweepSvg({ clean, operation: ZERO, cells, signal: "kl" });
    // Roots of 0, 4/4, none, 1/4 and 0.01/4 in sixths: 0, 6, 0, 3, 0.
    expect(fills(svg)).toEqual(["#f1f4f8", "#0a4478", "#f1f4f8", "#78a9d2", "#f1f4f8", "#eef0f3"]);
    const logprob = fills(sweepSvg({ clean, operation: ZERO, cells, signal: "logprob" }));
    expect([logprob[0], logprob[3]]).toEqual(["#78a9d2", "#0a4478"]);
    const changed = fills(sweepSvg({ clean, operation: ZERO, cells, signal: "changed" }));
    expect(changed.slice(0, 4)).toEqual(["#f1f4f8", "#0a4478", "#0a4478", "#f1f4f8"]);
  });

  test.each<[EditOperation, string]>([
    [{ kind: "scale", by: -1.5 }, "Each latent after each block, scaled by -1.5"],
    [{ kind: "noise", sigma: 20 }, "with noise of sigma 20"],
    [{ kind: "steer", direction: "mine", scale: 2 }, "steered by 2 along mine"],
    [{ kind: "cut" }, "The edge EOT → latent, cut for each latent in each block"],
  ])("says what was done: %j", (operation, text) => {
    const svg = sweepSvg({ clean, operation, cells, signal: "kl" });
    expect(
      texts(svg)
        .map((each) => each.text)
        .join(" "),
    ).toContain(text);
    // It lies within the picture.
    const [, height = 0] = /<svg [^>]*height="(\d+)"/.exec(svg)?.map(Number) ?? [];
    expect(Math.max(...texts(svg).map(({ y }) => y))).toBeLessThan(height);
  });
});
