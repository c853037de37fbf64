/** Kernels of our own: against double precision, for every kind of processor, any number of threads, and beside the same as single ops. */
// @needs engine, time

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import {
  cellsOf,
  columnsOf,
  HEADS,
  logitsOf,
  PRODUCTS,
  ROWS,
  SIZES,
  TOPS,
  wave,
  widthsOf,
} from "../../support/kernel-shapes.js";

const UNIT_ROUNDOFF = 2 ** -24;

interface Found {
  readonly version: string;
  readonly numbers: Readonly<Record<string, string>>;
}

async function numbersWith(env: Readonly<Record<string, string>>): Promise<Found> {
  const args = ["--import", "tsx", "test/support/kernel-numbers.ts"];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...env },
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout) as Found;
}

let here: Found;
let without: Found;
let any: Found;
let others: Readonly<Record<string, Found>>;
beforeAll(async () => {
  here = await numbersWith({ TF_NUM_INTRAOP_THREADS: "2" });
  without = await numbersWith({ CODILENS_KERNELS: "none" });
  any = await numbersWith({ CODILENS_KERNELS: "any" });
  others = {
    "one thread": await numbersWith({ TF_NUM_INTRAOP_THREADS: "1" }),
    "seven threads": await numbersWith({ TF_NUM_INTRAOP_THREADS: "7" }),
    AVX2: await numbersWith({ CODILENS_KERNELS: "avx2" }),
  };
});

function floats({ numbers }: Found, name: string): Float32Array {
  const text = numbers[name];
  if (text === undefined) throw new RangeError(`No ${name}`);
  return new Float32Array(new Uint8Array(Buffer.from(text, "base64")).buffer);
}

/** The largest error in units of `bound`. */
function worst(found: Float32Array, of: (i: number) => { readonly exact: number; readonly bound: number }): number {
  return found.reduce((most, value, i) => {
    const { exact, bound } = of(i);
    const error = Math.abs(value - exact) / bound;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(most, error);
  }, 0);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const NAMES = Object.entries({
  "kernels for this processor": () => here,
  "kernels for any processor": () => any,
  "the engine's own ops": () => without,
});

test("the engine's version tells both from each other", () => {
  expect(here.version).toMatch(/\+k\d+$/);
  expect(any.version).toBe(here.version);
  expect(without.version).toBe(here.version.replace(/\+k\d+$/, ""));
});

test("threads and the width of a processor's registers change no bit of what the kernels compute", () => {
  for (const [how, { numbers }] of Object.entries(others))
    for (const [name, text] of Object.entries(here.numbers))
      expect([how, name, numbers[name] === text]).toEqual([how, name, true]);
});

describe.each(NAMES)("%s", (_, found) => {
  test("products, and products with the transposed weight", () => {
    for (const [rows, width] of SIZES)
      for (const columns of columnsOf) {
        const [w, x, y] = [wave(rows * width, 1.3), wave(width * columns, 2.1), wave(rows * columns, 0.7)];
        const dot = (length: number, term: (k: number) => number): { exact: number; bound: number } => {
          let [exact, size] = [0, 0];
          for (let k = 0; k < length; k++) {
            exact += term(k);
            size += Math.abs(term(k));
          }
          return { exact, bound: length * UNIT_ROUNDOFF * size };
        };
        const at = (values: Float32Array, i: number): number => values[i] ?? Number.NaN;
        const straight = worst(floats(found(), `product ${rows} ${width} ${columns}`), (i) =>
          dot(width, (k) => at(w, Math.floor(i / columns) * width + k) * at(x, k * columns + (i % columns))),
        );
        const back = worst(floats(found(), `transposed ${rows} ${width} ${columns}`), (i) =>
          dot(rows, (k) => at(w, k * width + Math.floor(i / columns)) * at(y, k * columns + (i % columns))),
        );
        expect([rows, columns, straight < 1, back < 1]).toEqual([rows, columns, true, true]);
      }
  });

  test("products of heads", () => {
    for (const [batch, heads, queries, keys, depth] of PRODUCTS) {
      const name = `${batch} ${heads} ${queries} ${keys} ${depth}`;
      const product = (kind: "scores" | "mixture"): number => {
        const [inner, columns] = kind === "scores" ? [depth, keys] : [keys, depth];
        const [a, b] = [wave(batch * heads * queries * inner, 0.51), wave(batch * heads * keys * depth, 0.37)];
        return worst(floats(found(), `${kind} ${name}`), (i) => {
          const [head, row] = [Math.floor(i / (queries * columns)), Math.floor(i / columns) % queries];
          let [exact, size] = [0, 0];
          for (let k = 0; k < inner; k++) {
            const own = kind === "scores" ? (i % columns) * depth + k : k * depth + (i % columns);
            const term =
              (a[(head * queries + row) * inner + k] ?? Number.NaN) * (b[head * keys * depth + own] ?? Number.NaN);
            exact += term;
            size += Math.abs(term);
          }
          return { exact, bound: inner * UNIT_ROUNDOFF * size };
        });
      };
      expect([name, product("scores") < 1, product("mixture") < 1]).toEqual([name, true, true]);
    }
  });

  test("norms, to a few units in the last place", () => {
    for (const cells of cellsOf)
      for (const size of [64, 67]) {
        const [x, weight, bias] = [wave(size * cells, 0.9), wave(size, 0.3), wave(size, 0.4)];
        const column = (cell: number): number[] => Array.from({ length: size }, (_, d) => x[d * cells + cell] ?? 0);
        for (const centres of [false, true]) {
          const exact = (i: number): { exact: number; bound: number } => {
            const [d, cell] = [Math.floor(i / cells), i % cells];
            const own = column(cell);
            const mean = centres ? own.reduce((sum, value) => sum + value, 0) / size : 0;
            const square = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / size;
            const normed = ((own[d] ?? 0) - mean) / Math.sqrt(square + 1e-5);
            const value = normed * (weight[d] ?? 0) + (centres ? (bias[d] ?? 0) : 0);
            return { exact: value, bound: UNIT_ROUNDOFF * 16 };
          };
          expect(worst(floats(found(), `${centres ? "layer" : "rms"} ${size} ${cells}`), exact)).toBeLessThan(1);
        }
      }
  });

  test("softmax, GELU and the gate of SwiGLU", () => {
    for (const width of widthsOf) {
      const x = wave(37 * width, 0.6).map((value) => Math.fround(value * 20));
      const exact = (i: number): { exact: number; bound: number } => {
        const row = x.subarray(Math.floor(i / width) * width, (Math.floor(i / width) + 1) * width);
        const top = row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
        const share = Math.exp((row[i % width] ?? 0) - top);
        const value = share / row.reduce((sum, each) => sum + Math.exp(each - top), 0);
        // The exponent's own rounding is as large as the exponent.
        return { exact: value, bound: 64 * UNIT_ROUNDOFF * value + 1e-44 };
      };
      expect([width, worst(floats(found(), `softmax ${width}`), exact) < 1]).toEqual([width, true]);
    }
    for (const cells of cellsOf) {
      const x = wave(64 * cells, 0.9).map((value) => Math.fround(value * 3));
      const up = wave(64 * cells, 0.8);
      const gelu = worst(floats(found(), `gelu 64 ${cells}`), (i) => {
        const v = x[i] ?? 0;
        const exact = v * sigmoid(2 * Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3));
        return { exact, bound: 8 * UNIT_ROUNDOFF };
      });
      const gate = worst(floats(found(), `gate 64 ${cells}`), (i) => {
        const v = x[i] ?? 0;
        return { exact: v * sigmoid(v) * (up[i] ?? 0), bound: 8 * UNIT_ROUNDOFF };
      });
      expect([cells, gelu < 1, gate < 1]).toEqual([cells, true, true]);
    }
  });

  test("gradients back through norms", () => {
    for (const cells of cellsOf)
      for (const size of [64, 67]) {
        const [x, given, weight] = [wave(size * cells, 0.9), wave(size * cells, 1.1), wave(size, 0.3)];
        const exact = (centres: boolean, weights: (d: number) => number) => (i: number) => {
          const [d, cell] = [Math.floor(i / cells), i % cells];
          const of = (values: Float32Array): number[] =>
            Array.from({ length: size }, (_, k) => values[k * cells + cell] ?? Number.NaN);
          const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / size;
          const own = of(x);
          const moved = centres ? own.map((each) => each - mean(own)) : own;
          const scale = 1 / Math.sqrt(mean(moved.map((each) => each ** 2)) + 1e-5);
          const gradient = of(given).map((each, k) => each * weights(k));
          const along = mean(moved.map((each, k) => each * scale * (gradient[k] ?? 0)));
          const shift = centres ? mean(gradient) : 0;
          const value = scale * ((gradient[d] ?? 0) - shift - (moved[d] ?? 0) * scale * along);
          return { exact: value, bound: UNIT_ROUNDOFF * 16 * scale };
        };
        const worstOf = (name: string, of: ReturnType<typeof exact>): number =>
          worst(floats(found(), `${name} ${size} ${cells} back 0`), of);
        const weighted = (d: number): number => weight[d] ?? Number.NaN;
        expect([cells, worstOf("rms", exact(false, weighted)) < 1]).toEqual([cells, true]);
        expect([cells, worstOf("layer", exact(true, weighted)) < 1]).toEqual([cells, true]);
        expect([
          cells,
          worstOf(
            "plain",
            exact(true, () => 1),
          ) < 1,
        ]).toEqual([cells, true]);
      }
  });

  test("gradients back through softmax, GELU and the gate of SwiGLU", () => {
    for (const width of widthsOf) {
      const [shares, given] = [floats(found(), `softmax ${width}`), wave(37 * width, 1.1)];
      const exact = (i: number): { exact: number; bound: number } => {
        const first = Math.floor(i / width) * width;
        const own = shares.subarray(first, first + width);
        const along = own.reduce((sum, share, k) => sum + share * (given[first + k] ?? Number.NaN), 0);
        const share = shares[i] ?? Number.NaN;
        return { exact: share * ((given[i] ?? Number.NaN) - along), bound: 8 * UNIT_ROUNDOFF * share + 1e-44 };
      };
      expect([width, worst(floats(found(), `softmax ${width} back 0`), exact) < 1]).toEqual([width, true]);
    }
    for (const cells of cellsOf) {
      const x = wave(64 * cells, 0.9).map((value) => Math.fround(value * 3));
      const [up, given] = [wave(64 * cells, 0.8), wave(64 * cells, 1.1)];
      const at = (values: Float32Array, i: number): number => values[i] ?? Number.NaN;
      const backOf = (name: string, exact: (v: number, i: number) => number): number =>
        worst(floats(found(), `${name} 64 ${cells} back 0`), (i) => ({
          exact: exact(at(x, i), i) * at(given, i),
          bound: 16 * UNIT_ROUNDOFF,
        }));
      const siluSlope = (v: number): number => sigmoid(v) * (1 + v * (1 - sigmoid(v)));
      const slope = 2 * Math.sqrt(2 / Math.PI);
      const geluSlope = (v: number): number => {
        const y = sigmoid(slope * (v + 0.044715 * v ** 3));
        return y + v * y * (1 - y) * slope * (1 + 3 * 0.044715 * v ** 2);
      };
      const byUp = worst(floats(found(), `gate 64 ${cells} back 1`), (i) => ({
        exact: at(x, i) * sigmoid(at(x, i)) * at(given, i),
        bound: 8 * UNIT_ROUNDOFF,
      }));
      const byX = backOf("gate", (v, i) => siluSlope(v) * at(up, i));
      expect([cells, backOf("gelu", geluSlope) < 1, byX < 1, byUp < 1]).toEqual([cells, true, true, true]);
    }
  });

  test("gradients back through a turn", () => {
    for (const { heads, kvHeads, dHead, rows, columns } of HEADS.filter(({ turns }) => turns)) {
      const cells = rows * columns;
      const [cos, sin] = [wave(dHead * cells, 0.2), wave(dHead * cells, 0.25)];
      const given = wave((heads + kvHeads) * dHead * cells, 1.1);
      const back = floats(found(), `heads ${heads} ${kvHeads} ${dHead} ${rows} ${columns} true back 0`);
      const far = worst(back, (i) => {
        const [row, cell] = [Math.floor(i / cells), i % cells];
        const d = row % dHead;
        const other = d < dHead / 2 ? d + dHead / 2 : d - dHead / 2;
        const across = (given[(row - d + other) * cells + cell] ?? Number.NaN) * (sin[other * cells + cell] ?? 0);
        const exact = (given[i] ?? Number.NaN) * (cos[d * cells + cell] ?? 0) + across;
        return { exact, bound: 4 * UNIT_ROUNDOFF };
      });
      expect(far).toBeLessThan(1);
    }
  });

  test("numbers that the exponential cannot hold", () => {
    expect([...floats(found(), "odd softmax")].map((each) => Number(each.toFixed(6)))).toEqual([
      0.268941, 0, 0, 0.731059, 0,
    ]);
    const gate = [...floats(found(), "odd gate")];
    expect(gate.slice(0, 4).map((each) => Math.abs(each) < 1e-35)).toEqual([true, true, true, true]);
    expect(gate.slice(5)).toEqual([0, 88, 1e9, Number.NaN]);
  });
});

test("the largest numbers of a cell, the first of equal ones first, and the sum of all beside the largest", () => {
  for (const found of [here, any])
    for (const cells of cellsOf)
      for (const k of TOPS) {
        const x = logitsOf(cells);
        const numbers = floats(found, `top ${k} of ${cells}`);
        expect(floats(found, `top ${k} of ${cells} first`)).toEqual(numbers.slice(0, 2 * k + 1));
        for (let cell = 0; cell < cells; cell++) {
          const own = Array.from({ length: ROWS }, (_, row) => ({ row, value: x[row * cells + cell] ?? 0 }));
          const best = own.toSorted((a, b) => b.value - a.value).slice(0, k);
          const at = numbers.subarray(cell * (2 * k + 1), (cell + 1) * (2 * k + 1));
          expect([...at.subarray(0, k)]).toEqual(best.map(({ value }) => value));
          expect([...at.subarray(k, 2 * k)]).toEqual(best.map(({ row }) => row));
          const sum = own.reduce((total, { value }) => total + Math.exp(value - (best[0]?.value ?? 0)), 0);
          expect(Math.abs((at[2 * k] ?? Number.NaN) - sum)).toBeLessThan(64 * UNIT_ROUNDOFF * sum);
        }
      }
});

test("a column and a cell have the same bits alone as among others", () => {
  for (const [rows, width] of SIZES)
    for (const columns of columnsOf.filter((each) => each <= 8)) {
      const whole = floats(here, `product ${rows} ${width} ${columns}`);
      const first = floats(here, `product ${rows} ${width} ${columns} first`);
      expect(first).toEqual(whole.filter((_, i) => i % columns === 0));
    }
  for (const cells of cellsOf)
    for (const size of [64, 67]) {
      const whole = floats(here, `layer ${size} ${cells}`);
      expect(floats(here, `layer ${size} ${cells} last`)).toEqual(whole.filter((_, i) => i % cells === cells - 1));
    }
});

test("a column among more than eight has the same bits whatever their number", () => {
  for (const [rows, width] of SIZES) {
    for (const what of ["product", "transposed"]) {
      const most = floats(here, `${what} ${rows} ${width} 70 first ten`);
      expect(floats(here, `${what} ${rows} ${width} 10 of 70`)).toEqual(most);
    }
  }
});

test("what is fused where no hook looks has the bits of the single ops", () => {
  for (const cells of cellsOf)
    for (const size of [64, 67]) {
      expect(here.numbers[`gelu of sum ${size} ${cells}`]).toBe(here.numbers[`gelu of the sum ${size} ${cells}`]);
      expect(here.numbers[`bias ${size} ${cells}`]).toBe(without.numbers[`bias ${size} ${cells}`]);
    }
  for (const shape of PRODUCTS)
    for (const what of ["masked", "sum"])
      expect(here.numbers[`${what} ${shape.join(" ")}`]).toBe(here.numbers[`${what} by ops ${shape.join(" ")}`]);
  // Queries, keys and values; and queries joined again.
  // Queries, keys and values; queries joined again, and with two axes exchanged.
  for (const { heads, kvHeads, dHead, rows, columns, turns } of HEADS)
    for (const part of [0, 1, 2, 3, 4]) {
      const name = `heads ${heads} ${kvHeads} ${dHead} ${rows} ${columns} ${turns}`;
      expect(here.numbers[`${name} part ${part}`]).toBe(here.numbers[`${name} of ops ${part}`]);
    }
});
