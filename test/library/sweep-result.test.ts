/** A sweep's table on made data: means, intervals and tests by exact enumeration, files that read back, figures that say what they draw. */
// @needs engine

import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { describe, expect, test } from "vitest";
import { type SweepData, SweepResult } from "../../src/index.js";

// 6 problems, two axes with one cell that does not apply; the last problem failed in one cell.
const P = 6;
const right = {
  baseline: [true, true, true, true, true, false],
  "0,0": [false, false, false, false, true, true],
  "0,1": [true, true, true, true, true, false],
  "1,0": [false, true, false, true, true, null],
} as const;
const kl = {
  "0,0": [1, 2, 3, 4, 5, 6],
  "0,1": [0.5, 0.25, 0.125, 0, -0.5, 1],
  "1,0": [2, 1, 2, 1, 2, null],
} as const;
const controlKl = { "0,0": [0.5, 2.5, 1, 1, 4, 2], "0,1": [0, 0, 0, 0, 0, 0], "1,0": [1, 1, 1, 1, 1, 1] } as const;
type Key = keyof typeof kl;
const keys = Object.keys(kl) as Key[];
const placeOf = (key: Key): number[] => key.split(",").map(Number);

const data: SweepData = {
  schema: 1,
  name: "made",
  question: "What does each layer and op change?",
  model: { name: "made-up", protocol: "codi" },
  seed: 7,
  axes: [
    { name: "layer", values: [4, 8] },
    { name: "op", values: ["zero", "mean"] },
  ],
  measures: ["correct", "kl", "answer"],
  problems: Array.from({ length: P }, (_, i) => ({ id: `p${i}`, question: `How many, ${i}?`, expected: i })),
  baseline: right.baseline.map((each, i) => [each, null, `It is ${i}, "quoted".`]),
  cells: [
    ...keys.map((key) => ({
      place: placeOf(key),
      control: null,
      done: [`zero:${key}`],
      values: right[key].map((each, i) => (each === null ? null : [each, kl[key][i] ?? null, `=${i}`])),
    })),
    ...keys.map((key) => ({
      place: placeOf(key),
      control: "random direction",
      done: [`random:${key}`],
      values: controlKl[key].map((each, i) => [true, each, `r${i}`]),
    })),
  ],
  failed: [{ problem: "p5", condition: "layer 8, op zero", message: "not finite" }],
};
const result = SweepResult.fromJSON(JSON.stringify(data));
const cell = (layer: number, op: string) => ({ layer, op });

/** Two-sided p of the sum of differences, all signs tried. */
function signFlips(differences: readonly number[]): number {
  const moving = differences.filter((each) => each !== 0);
  const observed = Math.abs(moving.reduce((sum, each) => sum + each, 0));
  let extreme = 0;
  for (let signs = 0; signs < 2 ** moving.length; signs++) {
    const sum = moving.reduce((total, each, i) => total + ((signs >> i) % 2 === 1 ? -each : each), 0);
    if (Math.abs(sum) >= observed - 1e-12) extreme++;
  }
  return extreme / 2 ** moving.length;
}

/** Two-sided p of b and c changes, every outcome of b + c fair coins tried. */
function coins(b: number, c: number): number {
  let tail = 0;
  for (let outcome = 0; outcome < 2 ** (b + c); outcome++) {
    const heads = [...outcome.toString(2)].filter((digit) => digit === "1").length;
    if (heads <= Math.min(b, c)) tail++;
  }
  return Math.min(1, (2 * tail) / 2 ** (b + c));
}

const pOf = (found: ReturnType<typeof result.test>): number => (found.kind === "value" ? found.p : Number.NaN);

describe("tests", () => {
  test("truth values by McNemar's test: four turned wrong and one right, as five coins fall", () => {
    const found = result.test("correct", cell(4, "zero"));
    expect(found).toMatchObject({ kind: "value", test: "McNemar, exact", n: 6 });
    expect(pOf(found)).toBeCloseTo(coins(4, 1), 12);
    expect(result.at(cell(4, "mean")).test("correct").kind).toBe("undefined");
    // The failed problem is in no pair.
    expect(result.test("correct", cell(8, "zero"))).toMatchObject({ n: 5 });
    expect(pOf(result.test("correct", cell(8, "zero")))).toBeCloseTo(coins(2, 0), 12);
  });

  test("numbers by flipping the signs of problems, against a control and against another cell", () => {
    const differences = (first: readonly (number | null)[], second: readonly (number | null)[]): number[] =>
      first.flatMap((each, i) => (each === null || second[i] === null ? [] : [each - (second[i] ?? 0)]));
    const control = result.test("kl", cell(4, "zero"), { against: "random direction" });
    expect(control).toMatchObject({ kind: "value", test: "sign flips, exact", n: 6 });
    expect(pOf(control)).toBeCloseTo(signFlips(differences(kl["0,0"], controlKl["0,0"])), 12);
    const other = result.test("kl", cell(8, "zero"), { against: cell(4, "mean") });
    expect(other).toMatchObject({ n: 5 });
    expect(pOf(other)).toBeCloseTo(signFlips(differences(kl["1,0"], kl["0,1"])), 12);
    const means = differences(kl["0,0"], controlKl["0,0"]);
    expect(
      control.kind === "value" && control.difference.kind === "value" ? control.difference.value : null,
    ).toBeCloseTo(means.reduce((sum, each) => sum + each, 0) / 6, 12);
    // A divergence is of the baseline itself.
    expect(result.test("kl", cell(4, "zero"))).toMatchObject({ kind: "undefined" });
  });

  test("Holm over all cells: the smallest p times how many, none below one before it", () => {
    const against = { against: "random direction" } as const;
    const cells = keys.map((key) =>
      cell([4, 8][placeOf(key)[0] ?? 0] ?? 0, ["zero", "mean"][placeOf(key)[1] ?? 0] ?? ""),
    );
    const plain = cells.map((each) => pOf(result.test("kl", each, against)));
    const adjusted = cells.map((each) => pOf(result.test("kl", each, { ...against, holm: true })));
    const order = [...plain.keys()].sort((a, b) => (plain[a] ?? 0) - (plain[b] ?? 0));
    let least = 0;
    for (const [rank, i] of order.entries()) {
      least = Math.max(least, Math.min(1, (3 - rank) * (plain[i] ?? 0)));
      expect(adjusted[i]).toBeCloseTo(least, 12);
    }
    expect(adjusted).not.toEqual(plain);
  });
});

describe("means and intervals", () => {
  test("of a cell, of some cells, of all; a failed run counts nowhere", () => {
    expect(result.mean("kl", cell(4, "zero"))).toBe(3.5);
    expect(result.mean("correct", { layer: 4 })).toBeCloseTo(7 / 12, 12);
    expect(result.mean("kl")).toBeCloseTo((21 + 1.375 + 8) / 17, 12);
    expect(result.at(cell(8, "zero")).mean("correct")).toBe(3 / 5);
    expect(result.controls["random direction"].mean("kl", { layer: 8 })).toBe(1);
  });

  test("a share with one row a problem has Wilson's interval", () => {
    const [n, z, share] = [6, 1.959963984540054, 2 / 6];
    const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
    const half = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
    const found = result.interval("correct", cell(4, "zero"));
    expect(found).toMatchObject({ kind: "value", n: 6 });
    if (found.kind !== "value") throw new RangeError("no interval");
    expect([found.value, found.low, found.high]).toEqual([
      expect.closeTo(share, 12),
      expect.closeTo(middle - half, 9),
      expect.closeTo(middle + half, 9),
    ]);
  });

  test("a mean resamples problems, which keep all their rows: as every one of the samples gives it", () => {
    // All 6^6 samples of six problems, each with its values in both cells of layer 4.
    const sums = kl["0,0"].map((each, i) => each + (kl["0,1"][i] ?? 0));
    const means: number[] = [];
    const draw = (left: number, sum: number): void => {
      if (left === 0) means.push(sum / 12);
      else for (const each of sums) draw(left - 1, sum + each);
    };
    draw(P, 0);
    means.sort((a, b) => a - b);
    const at = (q: number): number => means[Math.round(q * (means.length - 1))] ?? Number.NaN;
    const found = result.interval("kl", { layer: 4 });
    if (found.kind !== "value") throw new RangeError("no interval");
    // 5,000 draws leave an end about this far from its place.
    const noise = 0.12;
    expect(found.n).toBe(6);
    expect(Math.abs((found.low ?? 9) - at(0.025))).toBeLessThan(noise);
    expect(Math.abs((found.high ?? 9) - at(0.975))).toBeLessThan(noise);
    // Rows taken one by one would give a narrower one.
    expect(at(0.975) - at(0.025)).toBeGreaterThan(1);
  });
});

describe("files", () => {
  test("JSON reads back as the same result; what is no sweep says so", () => {
    expect(SweepResult.fromJSON(JSON.stringify(result)).rows()).toEqual(result.rows());
    expect(JSON.parse(JSON.stringify(result))).toEqual(data);
    expect(() => SweepResult.fromJSON("{")).toThrow("The text is no JSON, so it holds no sweep");
    expect(() => SweepResult.fromJSON('{"schema":1}')).toThrow(/The text holds no sweep: name/);
  });

  test("CSV and Parquet have a line for each problem and cell, baselines and controls included", async () => {
    const lines = result.toCSV().trimEnd().split("\r\n");
    expect(lines[0]).toBe("problem,condition,layer,op,correct,kl,answer");
    expect(lines[1]).toBe('p0,baseline,,,true,,"It is 0, ""quoted""."');
    // Text that a spreadsheet would run gets a quote.
    expect(lines[7]).toBe("p0,cell,4,zero,false,1,'=0");
    expect(lines).toHaveLength(1 + 6 + 17 + 18);
    const bytes = await result.toParquet();
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = await parquetReadObjects({ file, compressors });
    expect(rows).toHaveLength(6 + 17 + 18);
    expect(rows[6]).toEqual({
      problem: "p0",
      condition: "cell",
      layer: 4n,
      op: "zero",
      correct: false,
      kl: 1,
      answer: "=0",
    });
    expect(rows.at(-1)).toMatchObject({ problem: "p5", condition: "random direction", layer: 8n, kl: 1 });
  });

  test("it prints on one screen", () => {
    const text =
      (result as unknown as Record<symbol, () => string>)[Symbol.for("nodejs.util.inspect.custom")]?.() ?? "";
    expect(text.split("\n").length).toBeLessThan(24);
    expect(text).toContain("SweepResult made of made-up: 6 problems × 3 cells");
    expect(text).toContain("over op: zero, mean");
    expect(text).toContain("layer 4, op zero: correct 0.33, n = 6: too few to say");
  });
});

describe("figures", () => {
  test("a map draws each cell's mean, its control below in the same colours, and the missing cell not at all", async () => {
    const drawing = result.heatMap({ value: "kl" });
    const { header, rows } = drawing.exhibit.data;
    const said = rows.map((row) => row[header.indexOf("rate")]);
    expect(said.slice(0, 3)).toEqual([3.5, 8 / 5, 1.375 / 6]);
    expect(rows).toHaveLength(6);
    expect(rows[0]?.at(-1)).toBe("layer 4, op zero: 3.50 too few to say, n = 6");
    expect(drawing.exhibit.caption).toContain("n = 6 problems of made-up");
    expect(drawing.exhibit.caption).toContain("1 run failed and count nowhere");
    const svg = await drawing.svg();
    expect(svg).toContain("control: random direction");
    expect(svg).toContain("3.50");
    expect(svg).toContain("KL from the baseline at the number by layer and op");
    expect([...(await drawing.png()).slice(1, 4)].map((byte) => String.fromCharCode(byte)).join("")).toBe("PNG");
  });

  test("lines and bars have a mark for each value, and the control as a series of its own", async () => {
    for (const drawing of [result.line({ value: "kl" }), result.bars({ x: "op", value: "correct", colour: "layer" })]) {
      const { header, rows } = drawing.exhibit.data;
      const series = new Set(rows.map((row) => row[header.indexOf("series")]));
      expect(series.has("random direction")).toBe(true);
      expect((await drawing.svg()).startsWith("<svg")).toBe(true);
    }
    const { header, rows } = result.line({ value: "kl" }).exhibit.data;
    expect(
      rows.map((row) => [row[header.indexOf("x")], row[header.indexOf("series")], row[header.indexOf("mean")]]),
    ).toEqual([
      [4, "op zero", 3.5],
      [8, "op zero", 8 / 5],
      [4, "op mean", 1.375 / 6],
      [4, "random direction", 11 / 12],
      [8, "random direction", 1],
    ]);
    const both = result.bars({ value: ["correct", "kl"] }).exhibit.data;
    expect(new Set(both.rows.map((row) => row[both.header.indexOf("series")]))).toEqual(
      new Set(["correct", "kl", "random direction, correct", "random direction, kl"]),
    );
  });

  test("what cannot be drawn is said", () => {
    expect(() => result.heatMap({ x: "layr" as never })).toThrow('The sweep has no axis "layr", did you mean "layer"?');
    expect(() => result.line({ value: "kll" as never })).toThrow('The sweep has no measure "kll", did you mean "kl"?');
    const flat = SweepResult.fromJSON(JSON.stringify({ ...data, axes: data.axes.slice(0, 1), cells: [] }));
    expect(() => flat.heatMap({ value: "kl" })).toThrow("The sweep has one axis, and the figure needs one for y");
  });
});
