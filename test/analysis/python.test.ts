/** Parquet files as pandas, polars and DuckDB read them. */
// @needs venv

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Cells } from "../../src/exhibits/cells.js";
import { parquet } from "../../src/exhibits/parquet.js";
import { temporaryFolder } from "../support/temporary.js";
import { python } from "../support/test-python.js";
import { isWithout } from "../support/without.js";

const MIXED: Cells = {
  header: ["layer", "share", "text", "right", "nothing"],
  rows: [
    [4, 0.1, "weight × value", true, null],
    [null, -2.5e-300, '=1+1, "quoted"\r\n', false, null],
    [2 ** 40, null, null, null, null],
  ],
};

// Each prints its own names of the columns' types, and the rows as JSON with null for what is missing.
const READERS = {
  pandas: `import json, pandas as pd
t = pd.read_parquet("t.parquet", dtype_backend="pyarrow")
print(json.dumps([[str(d) for d in t.dtypes], [[None if pd.isna(c) else c for c in row] for row in t.itertuples(index=False)]]))`,
  polars: `import json, polars as pl
t = pl.read_parquet("t.parquet")
print(json.dumps([[str(d) for d in t.dtypes], t.rows()]))`,
  duckdb: `import json, duckdb
t = duckdb.sql("select * from 't.parquet'")
print(json.dumps([[str(d) for d in t.types], t.fetchall()]))`,
};

const TYPES = {
  pandas: ["int64[pyarrow]", "double[pyarrow]", "string[pyarrow]", "bool[pyarrow]", "double[pyarrow]"],
  polars: ["Int64", "Float64", "String", "Boolean", "Float64"],
  duckdb: ["BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN", "DOUBLE"],
};

describe.skipIf(isWithout("venv"))("a table as Parquet", () => {
  const folder = temporaryFolder("codilens-python-");
  beforeAll(async () => writeFileSync(join(folder, "t.parquet"), await parquet(MIXED)));

  test.each(["pandas", "polars", "duckdb"] as const)("%s reads every cell, with its type", (reader) => {
    expect(JSON.parse(python(READERS[reader], { cwd: folder }))).toEqual([TYPES[reader], MIXED.rows]);
  });
});
