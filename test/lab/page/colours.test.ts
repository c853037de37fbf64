/** Colours of the page: every text can be read on its ground, light and dark, and pictures that are saved have the page's scale. */
// @needs nothing

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SHADES, shade } from "../../../src/lab/edits/export/svg.js";

const theme = readFileSync("src/lab/page/theme.css", "utf8");
const pairs = new Map(
  [...theme.matchAll(/^ {2}--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);$/gm)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

/** Relative luminance, as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("contrast is that of WCAG's own examples", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10);
  // The lightest grey that passes on white.
  expect(contrast("#767676", "#ffffff")).toBeCloseTo(4.54, 2);
});

describe.each(["light", "dark"] as const)("in %s", (scheme) => {
  const of = (name: string): string => pairs.get(name)?.[scheme] ?? "";

  test.each([
    ["text", ["page", "surface", "sunken", "accent-soft"]],
    ["quiet", ["page", "surface", "sunken"]],
    ["accent", ["surface"]],
    // Main buttons; and disabled ones of every kind are quiet on sunken.
    ["accent-text", ["accent"]],
    ["edited", ["surface", "edited-soft"]],
    ["bad", ["surface", "bad-soft"]],
  ])("%s can be read on %j", (text, grounds) => {
    for (const ground of grounds)
      expect(contrast(of(text), of(ground)), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5);
  });

  test("a cell's text can be read on each step of the scale", () => {
    for (let step = 0; step < SHADES.length; step++)
      expect(contrast(of(step < 4 ? "text" : "surface"), of(`scale-${step}`)), `step ${step}`).toBeGreaterThan(4.5);
  });

  test("edges of fields and buttons can be seen", () => {
    for (const ground of ["surface", "page"]) expect(contrast(of("line-strong"), of(ground))).toBeGreaterThanOrEqual(3);
  });
});

test("saved pictures have the page's light scale, with text that can be read", () => {
  expect([...SHADES]).toEqual(SHADES.map((_, step) => pairs.get(`scale-${step}`)?.light));
  for (const [step] of SHADES.entries()) {
    const { fill, ink } = shade(step / (SHADES.length - 1));
    expect([fill, contrast(fill, ink) > 4.5]).toEqual([SHADES[step], true]);
  }
});
