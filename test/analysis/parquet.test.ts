/** Tables as Parquet, read again by hyparquet: types, nulls, and the same bytes. What Python and R read of them is in python.test.ts. */
// @needs nothing

import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { describe, expect, test } from "vitest";
import type { Cells } from "../../src/exhibits/cells.js";
import { narrowest, type ParquetOptions, parquet } from "../../src/exhibits/parquet.js";

const MIXED: Cells = {
  header: ["layer", "share", "text", "right", "nothing", "both"],
  rows: [
    [4, 0.1, "weight × value", true, null, 1],
    [null, -0, '=1+1, "quoted"\r\n', false, null, "all"],
    [2 ** 40, null, null, null, null, null],
  ],
};

async function readAgain(cells: Cells, options?: ParquetOptions) {
  const bytes = await parquet(cells, options);
  const file = bytes.slice().buffer;
  const types = parquetSchema(parquetMetadata(file)).children.map(({ element }) => [
    element.name,
    element.type,
    element.repetition_type,
  ]);
  return { types, rows: await parquetReadObjects({ file }) };
}

describe("a table as Parquet", () => {
  test("holds every cell, whole numbers as INT64, others as DOUBLE, and null as null", async () => {
    const { types, rows } = await readAgain(MIXED);
    expect(types).toEqual([
      ["layer", "INT64", "OPTIONAL"],
      ["share", "DOUBLE", "OPTIONAL"],
      ["text", "BYTE_ARRAY", "OPTIONAL"],
      ["right", "BOOLEAN", "OPTIONAL"],
      ["nothing", "DOUBLE", "OPTIONAL"],
      ["both", "BYTE_ARRAY", "OPTIONAL"],
    ]);
    const none = null;
    expect(rows).toEqual([
      { layer: 4n, share: 0.1, text: "weight × value", right: true, nothing: none, both: "1" },
      { layer: none, share: -0, text: '=1+1, "quoted"\r\n', right: false, nothing: none, both: "all" },
      { layer: 2n ** 40n, share: none, text: none, right: none, nothing: none, both: none },
    ]);
  });

  test("has the types that are asked for, whatever the cells happen to be", async () => {
    const cells: Cells = {
      header: ["effect", "name"],
      rows: [
        [0, 12],
        [1, "12"],
        [null, null],
      ],
    };
    const { types, rows } = await readAgain(cells, { types: { effect: "number", name: "text" } });
    expect(types.map(([, type]) => type)).toEqual(["DOUBLE", "BYTE_ARRAY"]);
    expect(rows.map(({ effect, name }) => [effect, name])).toEqual([
      [0, "12"],
      [1, "12"],
      [null, null],
    ]);
  });

  test("may have no rows", async () => {
    const { types, rows } = await readAgain({ header: ["layer", "r"], rows: [] }, { types: { layer: "integer" } });
    expect([types.map(([, type]) => type), rows]).toEqual([["INT64", "DOUBLE"], []]);
  });

  test("is the same bytes from the same cells, and says nothing of a version or a time", async () => {
    const [one, two] = [await parquet(MIXED), await parquet(structuredClone(MIXED))];
    expect(one).toEqual(two);
    expect(parquetMetadata(one.slice().buffer).created_by).toBe("CodiLens");
  });

  test("refuses two columns of one name, and a cell that is not of its column's type", async () => {
    await expect(parquet({ header: ["a", "b", "a"], rows: [] })).rejects.toThrow("two columns are named a");
    const cells: Cells = { header: ["n"], rows: [[1], [1.5]] };
    await expect(parquet(cells, { types: { n: "integer" } })).rejects.toThrow(
      "column n holds 1.5, which is no integer",
    );
    await expect(parquet(cells, { types: { n: "boolean" } })).rejects.toThrow("column n holds 1, which is no boolean");
    await expect(parquet({ header: ["n"], rows: [["1"]] }, { types: { n: "number" } })).rejects.toThrow(
      'column n holds "1", which is no number',
    );
  });
});

test("a column's own type is the narrowest that holds all its cells", () => {
  expect(narrowest([1, null, 2])).toBe("integer");
  expect(narrowest([1, 2.5])).toBe("number");
  expect(narrowest([1, Number.NaN, 2 ** 60])).toBe("number");
  expect(narrowest([true, null])).toBe("boolean");
  expect(narrowest([true, 1])).toBe("text");
  expect(narrowest(["1", null])).toBe("text");
  expect(narrowest([null, null])).toBe("number");
  expect(narrowest([])).toBe("number");
});
