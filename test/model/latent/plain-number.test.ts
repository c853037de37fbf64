/** Numbers in plain decimals, against NumPy's. */
// @needs nothing

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { textOf } from "../../../src/model/latent/answer/kind.js";
import { plainNumber } from "../../../src/model/latent/answer/plain-number.js";

const { rows } = JSON.parse(readFileSync("test/fixtures/plain-numbers.json", "utf8")) as {
  rows: { value: number; text: string }[];
};

test.each(rows)("$value is written without an exponent", ({ value, text }) => {
  expect(plainNumber(value)).toBe(text);
  expect(textOf(value)).toBe(text);
});
