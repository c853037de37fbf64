/** Public configurations parse to what transformers makes of them; other families are refused by name. */
// @needs engine

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseLlamaConfig } from "../../../../src/model/decoder/llama/config.js";
import { inverseFrequencies } from "../../../../src/model/decoder/rope.js";

interface Case {
  readonly four: object;
  readonly five: object;
  readonly expected: Record<string, unknown> & { readonly inverseFrequencies: number[] };
}

const { cases, others } = JSON.parse(
  readFileSync(new URL("../../../fixtures/configs.json", import.meta.url), "utf8"),
) as {
  cases: Record<string, Case>;
  others: Record<string, object>;
};

describe.each(Object.entries(cases))("%s", (_, { four, five, expected }) => {
  test.each([
    ["as published (transformers 4)", four],
    ["as transformers 5 writes it", five],
  ])("%s", (_name, json) => {
    const config = parseLlamaConfig(json, "config.json");
    const { inverseFrequencies: wanted, ...fields } = expected;
    expect(config).toMatchObject(fields);
    const found = inverseFrequencies(config);
    expect(found.length).toBe(wanted.length);
    // Both are float32 results of a power and a division: one unit in the last place apart at most, twice over.
    for (const [i, value] of found.entries())
      expect(Math.abs(value - (wanted[i] ?? 0)) / (wanted[i] ?? 1)).toBeLessThan(2 ** -21);
  });
});

test.each(Object.entries(others))("%s is refused by name", (family, json) => {
  expect(() => parseLlamaConfig(json, "config.json")).toThrow(`model_type is "${family}"`);
});
