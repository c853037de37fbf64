/** A cache changes nothing: prefilling in pieces, forking and reordering rows give what one forward gives, to float32 noise. */
// @needs engine, time

import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { openFolder } from "../../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../../src/model/checkpoint/load.js";
import { Ascent } from "../../../src/model/decoder/ascent.js";
import type { Decoder } from "../../../src/model/decoder/decoder.js";
import { KvCache } from "../../../src/model/decoder/kv-cache.js";
import { RunHooks } from "../../../src/model/hooks/run-hooks.js";
import type { Position, Step } from "../../../src/model/hooks/step.js";
import { uploadModel } from "../../../src/model/latent/load/upload-model.js";
import { disposeProjection } from "../../../src/model/latent/projection.js";
import { startEngine } from "../../../src/model/tensor/engines/start.js";
import { tf } from "../../../src/model/tensor/tf.js";
import { modelFolder } from "../../support/parity.js";

// Largest difference beside the largest value; found up to 9e-6 with 16 blocks in 600 runs.
const NOISE = 2e-5;
// One token at a time, a tail may grow to 64 keys; this crosses that.
const LONGEST = 72;
const RUNS = 12;

const models = [
  { name: "grouped-llama3", folder: modelFolder("grouped-llama3") },
  { name: "the embedded model", folder: "weights/tiny-codi" },
  { name: "gpt2-lm", folder: modelFolder("gpt2-lm") },
  { name: "qwen2-lm", folder: modelFolder("qwen2-lm") },
];

async function loadDecoder(folder: string): Promise<Decoder> {
  const checkpoint = await openCheckpoint(openFolder(folder));
  try {
    await startEngine("auto");
    const { decoder, projection } = await uploadModel(checkpoint);
    if (projection !== null) disposeProjection(projection);
    return decoder;
  } finally {
    await checkpoint.close();
  }
}

/** One cell of a row: a token, or padding. */
type Cell = number | null;

/** Columns `begin … end` of rows of cells. A token's position is the number of tokens before it. */
function stepOf(rows: readonly (readonly Cell[])[], begin: number, end: number): Step {
  const before = (row: readonly Cell[], column: number): number =>
    row.slice(0, column).filter((cell) => cell !== null).length;
  const columns = Array.from({ length: end - begin }, (_, c) => begin + c);
  return {
    rows: rows.length,
    columns: columns.length,
    label: `${begin}–${end}`,
    rowIds: rows.map((_, row) => row),
    members: rows.map((_, row) => [row]),
    placeOf: (id) => id,
    positions: rows.map((row) =>
      columns.map((c): Position | null => (row[c] == null ? null : { part: "question", index: before(row, c) })),
    ),
    tokenPositions: Int32Array.from(rows.flatMap((row) => columns.map((c) => before(row, c)))),
    keyColumn: () => null,
    counts: true,
  };
}

/** Feeds columns `cache.length …` in pieces that end at `cuts`. @returns each row's hidden states without padding, and the grown cache. */
function feed(
  llama: Decoder,
  rows: readonly (readonly Cell[])[],
  cuts: readonly number[],
  start: KvCache = KvCache.empty(rows.length),
): { hidden: number[][]; cache: KvCache } {
  const hooks = new RunHooks(
    [],
    [],
    rows.map(() => 0),
  );
  const hidden = rows.map((): number[] => []);
  let cache = start.fork();
  for (const end of cuts) {
    const begin = cache.length;
    const columns = rows.map((row) => row.slice(begin, end));
    const x = llama.embed(columns.flatMap((cells) => cells.map((cell) => (cell ?? 0) % llama.config.vocabSize)));
    const next = llama.forward(x, cache, { ascent: Ascent.flat(stepOf(rows, begin, end)), hooks });
    const byCell = tf.tidy(() => tf.transpose(next.hidden).arraySync() as number[][]);
    const values = columns.map((cells, row) => cells.map((_, c) => byCell[row * cells.length + c] ?? []));
    for (const [row, cells] of columns.entries())
      for (const [c, cell] of cells.entries()) if (cell !== null) hidden[row]?.push(...(values[row]?.[c] ?? []));
    tf.dispose([x, next.hidden]);
    cache.dispose();
    cache = next.cache;
  }
  return { hidden, cache };
}

/** Each row by itself, without padding, in one forward. */
function alone(llama: Decoder, rows: readonly (readonly Cell[])[]): number[][] {
  return rows.map((row) => {
    const tokens = row.filter((cell) => cell !== null);
    const { hidden, cache } = feed(llama, [tokens], [tokens.length]);
    cache.dispose();
    return hidden[0] ?? [];
  });
}

function expectNoise(found: readonly number[][], wanted: readonly number[][]): void {
  expect(found.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
  for (const [row, values] of wanted.entries()) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (found[row]?.[i] ?? Number.NaN))),
      0,
    );
    expect(apart).toBeLessThan(NOISE * largest);
  }
}

/** One segment after the first. Consumes the cache. */
function flattened(cache: KvCache): KvCache {
  const flat = cache.flatten();
  cache.dispose();
  return flat;
}

const token = fc.integer({ min: 0, max: 79 });
/** Rows of tokens with padding on their right. */
const rowsOf = (width: number): fc.Arbitrary<Cell[][]> =>
  fc.array(
    fc
      .array(token, { minLength: 1, maxLength: width })
      .map((ids) => [...ids, ...Array.from({ length: width - ids.length }, () => null)]),
    { minLength: 1, maxLength: 4 },
  );
const cutsOf = (width: number): fc.Arbitrary<number[]> =>
  fc.subarray(Array.from({ length: width - 1 }, (_, i) => i + 1)).map((cuts) => [...cuts, width]);

/** Rows of a cache to go on with: any, or each several times, neighbours (which share keys) or in turn (which must not). */
const ordersOf = (rows: number): fc.Arbitrary<number[]> =>
  fc.oneof(
    fc.array(fc.nat(rows - 1), { minLength: 1, maxLength: 6 }),
    fc
      .integer({ min: 1, max: 3 })
      .map((times) => Array.from({ length: rows * times }, (_, i) => Math.floor(i / times))),
    fc.integer({ min: 1, max: 3 }).map((times) => Array.from({ length: rows * times }, (_, i) => i % rows)),
  );

describe.each(models)("$name", ({ folder }) => {
  const loaded = loadDecoder(folder);
  afterAll(async () => (await loaded).dispose());

  /** Runs the property and checks that it left no tensor behind. */
  async function holds<T>(arbitrary: fc.Arbitrary<T>, property: (llama: Decoder, value: T) => void): Promise<void> {
    const llama = await loaded;
    const before = tf.memory().numTensors;
    fc.assert(
      fc.property(arbitrary, (value) => property(llama, value)),
      { numRuns: RUNS, seed: 5 },
    );
    expect(tf.memory().numTensors).toBe(before);
  }

  test("rows of any lengths in one batch, fed in any pieces, equal each row alone in one piece", async () => {
    await holds(
      fc.integer({ min: 1, max: 20 }).chain((width) => fc.tuple(rowsOf(width), cutsOf(width))),
      (llama, [rows, cuts]) => {
        const { hidden, cache } = feed(llama, rows, cuts);
        cache.dispose();
        expectNoise(hidden, alone(llama, rows));
      },
    );
  });

  test("a long row fed token by token equals one piece", async () => {
    const llama = await loaded;
    const row = Array.from({ length: LONGEST }, (_, i) => (i * 7) % 80);
    const { hidden, cache } = feed(
      llama,
      [row],
      row.map((_, i) => i + 1),
    );
    cache.dispose();
    expectNoise(hidden, alone(llama, [row]));
  });

  test("rows picked from a cache in any order continue as if fed afresh, and the cache itself is unchanged", async () => {
    const cases = fc
      .integer({ min: 2, max: 12 })
      .chain((width) =>
        rowsOf(width).chain((rows) =>
          fc.tuple(
            fc.constant({ rows, width }),
            cutsOf(width),
            ordersOf(rows.length),
            fc.array(token, { minLength: 1, maxLength: 3 }),
            fc.boolean(),
          ),
        ),
      );
    await holds(cases, (llama, [{ rows, width }, cuts, order, more, flat]) => {
      const { cache } = feed(llama, rows, cuts);
      const picked = flat ? flattened(cache.select(order)) : cache.select(order);
      const continued = (row: Cell[], by: number): Cell[] => [...row, ...more.map((id) => (id + by) % 80)];
      const branches = order.map((row, i) => continued(rows[row] ?? [], i));
      const own = rows.map((row) => continued(row, 40));
      const ends = more.map((_, i) => width + i + 1);
      const tail = (all: number[][]): number[][] =>
        all.map((values) => values.slice(-more.length * llama.config.dModel));
      for (const [sequences, start] of [
        [branches, picked],
        [own, cache],
      ] as const) {
        const { hidden, cache: grown } = feed(llama, sequences, ends, start);
        grown.dispose();
        expectNoise(hidden, tail(alone(llama, sequences)));
      }
      picked.dispose();
      cache.dispose();
    });
  });
});
