/** What is known before the forward goes into columns in one piece: the same bits as writer by writer, on every site that is kept so. */
// @needs engine, time

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { NumericError, UsageError } from "../../../src/base/errors.js";
import { visitColumns } from "../../../src/model/decoder/columns.js";
import { type Intervention, parseIntervention } from "../../../src/model/hooks/interventions.js";
import { RunHooks } from "../../../src/model/hooks/run-hooks.js";
import type { Position, Step } from "../../../src/model/hooks/step.js";
import type { Writer } from "../../../src/model/hooks/writer.js";
import type { WriterContext } from "../../../src/model/latent/run/writer-context.js";
import { interventionWriters } from "../../../src/model/latent/run/writers.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { numbersOf } from "../../../src/model/tensor/numbers.js";
import { type Tensor2D, tf } from "../../../src/model/tensor/tf.js";

const ROWS = 3;
const COLUMNS = 4;
const HEADS = 2;
const SIZE = 3;
const WIDTH = HEADS * SIZE;
const NAMES: readonly Position[] = [
  { part: "bot", index: 0 },
  { part: "latent", index: 0 },
  { part: "latent", index: 1 },
  { part: "eot", index: 0 },
];

beforeAll(() => startEngine("native"));

/** A step of three rows; the last cell of the last row is padding. */
const step: Step = {
  rows: ROWS,
  columns: COLUMNS,
  label: "test",
  rowIds: [0, 1, 2],
  members: [[0], [1], [2]],
  placeOf: (id) => id,
  positions: Array.from({ length: ROWS }, (_, row) =>
    NAMES.map((name, column) => (row === ROWS - 1 && column === COLUMNS - 1 ? null : name)),
  ),
  tokenPositions: new Int32Array(ROWS * COLUMNS),
  keyColumn: () => null,
  counts: true,
};

/** Values of other runs: each cell has its own. */
const context = (fill = (cell: number, i: number): number => cell + i / 100): WriterContext => ({
  layers: 1,
  seed: 1,
  questions: ["a", "b", "c"],
  values: {},
  clean: {
    at: (_, __, { question, position }) =>
      Float32Array.from({ length: WIDTH }, (_unused, i) =>
        fill(
          100 * (question + 1) +
            NAMES.findIndex(
              ({ part, index }) => position.startsWith(part) && (part !== "latent" || position.endsWith(`${index}`)),
            ),
          i,
        ),
      ),
    drawn: () => null,
  },
});

async function visited(writers: readonly Writer[], kind: "attn.hook_z" | "hook_resid_post"): Promise<number[][]> {
  const hooks = new RunHooks(writers, [], [0, 1, 2]);
  const tail = kind === "attn.hook_z" ? [HEADS, SIZE] : [WIDTH];
  const x: Tensor2D = tf.tensor2d(
    Float32Array.from({ length: WIDTH * ROWS * COLUMNS }, (_, i) => -1 - i / 7),
    [WIDTH, ROWS * COLUMNS],
  );
  try {
    const before = tf.memory().numTensors;
    const result = tf.tidy(() => visitColumns(x, step, { hooks, layer: 0, kind, tail }).clone());
    const values = [...(await numbersOf(result))];
    result.dispose();
    await hooks.flush();
    expect(tf.memory().numTensors).toBe(before);
    const fired = writers.map((writer) => [0, 1, 2].reduce((sum, row) => sum + hooks.firedOn(writer, row), 0));
    return [values, fired];
  } finally {
    x.dispose();
  }
}

const writersOf = (texts: readonly { text: string; rows: readonly number[] }[], own = context()): Writer[] =>
  texts.flatMap(({ text, rows }) => interventionWriters(parseIntervention(text) as Intervention, new Set(rows), own));
const slowly = (writers: readonly Writer[]): Writer[] => writers.map(({ known: _, ...writer }) => writer);

const addresses = fc.constantFrom("bot", "latent", "latent.1", "eot", "all", "bot,latent.1,eot");
const rows = fc.subarray([0, 1, 2], { minLength: 1 });
const operation = fc.constantFrom("zero", "mean", "resample", "patch(other)");
const scoped = (site: string, scopes: readonly string[]) =>
  fc.array(
    fc.record({
      text: fc
        .tuple(operation, fc.constantFrom("", ...scopes), addresses)
        .map(([what, scope, where]) => `${what}:${site}${scope}@${where}`),
      rows,
    }),
    { minLength: 1, maxLength: 4 },
  );

describe("bits, and how often each fired, are those of one writer after the other", () => {
  test.each([
    ["hook_resid_post", ["[dims.0-1]", "[dims.2+5]"]],
    ["attn.hook_z", ["[head.1]", "[head.0,dims.0+2]", "[dims.1]"]],
  ] as const)("%s", async (kind, scopes) => {
    await fc.assert(
      fc.asyncProperty(scoped(`blocks.0.${kind}`, scopes), async (texts) => {
        const writers = writersOf(texts);
        expect(writers.every(({ known }) => known !== undefined)).toBe(true);
        expect(await visited(writers, kind)).toEqual(await visited(slowly(writers), kind));
      }),
      { numRuns: 60, seed: 20261130 },
    );
  });
});

test("a writer that wants the site's own values takes all of its site the other way, in their order", async () => {
  const writers = writersOf([
    { text: "zero:blocks.0.hook_resid_post@latent", rows: [0, 1] },
    { text: "scale(2):blocks.0.hook_resid_post@latent.1", rows: [1, 2] },
    { text: "patch(other):blocks.0.hook_resid_post[dims.0-1]@latent.1", rows: [2] },
  ]);
  expect(writers.map(({ known }) => known !== undefined)).toEqual([true, false, true]);
  expect(await visited(writers, "hook_resid_post")).toEqual(await visited(slowly(writers), "hook_resid_post"));
});

test("values that are not finite, and values of another model, are refused by name", async () => {
  const text = "patch(other):blocks.0.hook_resid_post@latent.1";
  const with1 = (own: WriterContext): Promise<unknown> =>
    visited(writersOf([{ text, rows: [1] }], own), "hook_resid_post");
  const infinite = with1(context((_, i) => (i === 4 ? Number.POSITIVE_INFINITY : i)));
  await expect(infinite).rejects.toThrow(NumericError);
  await expect(infinite).rejects.toThrow(`${text} (latent.1) wrote NaN or infinity`);
  const short = context();
  const other: WriterContext = { ...short, clean: { at: () => new Float32Array(WIDTH - 1), drawn: () => null } };
  await expect(with1(other)).rejects.toThrow(UsageError);
  await expect(with1(other)).rejects.toThrow(`${text} at latent.1: ${WIDTH - 1} values, wanted ${WIDTH}`);
});
