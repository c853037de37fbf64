/** The fast yes of a schema is never a yes to what the schema refuses or changes. */
// @needs nothing

import { describe, expect, test } from "vitest";
import { z } from "zod";
import { quickCheckOf } from "../../src/records/quick-check.js";
import { type ExperimentRecord, recordSchema } from "../../src/records/record.js";
import { madeRecords } from "../support/records.js";

const isSurelyRecord = quickCheckOf(recordSchema);

/** Plain data, with what studies keep, a failed record and a pair of runs beside it. */
const records: readonly unknown[] = [
  ...madeRecords({ problems: 1 }).slice(0, 2),
  {
    ...madeRecords({ problems: 1 })[0],
    kept: { "my-study": { n: 1, deep: { list: [null, true, "x", { a: -0.5 }] } } },
  },
  failedOf(madeRecords({ problems: 1 })[1]),
].map((record) => recordSchema.parse(JSON.parse(JSON.stringify(record))));

function failedOf({ schema, key, study, protocol, problem, condition }: ExperimentRecord = made()): unknown {
  const error = { name: "Error", message: "m" };
  return { schema, key, study, protocol, problem, condition, status: "failed", error };
}

function made(): ExperimentRecord {
  const [first] = madeRecords({ problems: 1 });
  if (first === undefined) throw new Error("no record was made");
  return first;
}

const WRONG = [
  undefined,
  null,
  true,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 60,
  "",
  "0",
  [],
  {},
  [0],
  { x: 0 },
];

/** Copies of a value, each with one thing changed somewhere in it. */
function* damaged(value: unknown): Iterable<unknown> {
  yield* WRONG;
  if (Array.isArray(value)) {
    yield [...value, ...value];
    yield* value.flatMap((each, at) => [...damaged(each)].map((other) => value.with(at, other)));
  } else if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value);
    yield Object.fromEntries(entries.toReversed());
    yield Object.fromEntries([...entries, ["more", 1]]);
    yield JSON.parse(`{"__proto__":1,${JSON.stringify(value).slice(1)}`.replace(",}", "}"));
    for (const [at, [name, each]] of entries.entries()) {
      yield Object.fromEntries(entries.toSpliced(at, 1));
      for (const other of damaged(each)) yield Object.fromEntries(entries.with(at, [name, other]));
    }
  }
}

/** Whether the schema gives it back as it is, with the fields in their order. */
function isKeptBy(schema: z.ZodType, value: unknown): boolean {
  const { success, data } = schema.safeParse(value);
  return success && ordered(data) === ordered(value);
}

/** As JSON, but for what JSON has no word for. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner === undefined || (typeof inner === "number" && !Number.isFinite(inner)) ? `${String(inner)}!` : inner,
  );
}

describe("the fast yes", () => {
  test("is said of records as they are written", () => {
    expect(records.filter((record) => !isSurelyRecord(record))).toEqual([]);
  });

  test("is never said of a damaged record that the schema refuses or changes", () => {
    const all = records.flatMap((record) => [...damaged(record)]);
    const wrong = all.filter((record) => isSurelyRecord(record) && !isKeptBy(recordSchema, record));
    expect(wrong).toEqual([]);
    // It is worth something only where both answers come up.
    expect(all.filter((record) => isKeptBy(recordSchema, record)).length).toBeGreaterThan(50);
    expect(all.filter((record) => !recordSchema.safeParse(record).success).length).toBeGreaterThan(1000);
  });

  test.each([
    ["another field", z.object({ a: z.number() }), { a: 1, b: 2 }],
    ["a default", z.strictObject({ a: z.number().default(1) }), {}],
    ["a changed value", z.strictObject({ a: z.string().trim() }), { a: " x" }],
    ["a condition on the whole", z.strictObject({ a: z.number() }).refine(() => false), { a: 1 }],
    ["a length", z.array(z.number()).max(1), [1, 2]],
    ["a number's upper end", z.number().max(1), 2],
    ["a number above an end", z.number().positive(), 0],
    ["a text's pattern", z.string().regex(/^a$/), "b"],
    ["a big whole number", z.int(), 2 ** 53],
    ["a conversion", z.coerce.number(), "1"],
    ["a name that is not allowed", z.record(z.enum(["a"]), z.number()), { b: 1 }],
    ["names of which one is missing", z.record(z.enum(["a", "b"]), z.number()), { a: 1 }],
    ["names in another order", z.record(z.enum(["a", "b"]), z.number()), { b: 1, a: 1 }],
    ["a choice whose first way changes it", z.union([z.string().trim(), z.string()]), " x"],
    ["a choice of exactly one", z.xor([z.string(), z.enum(["a"])]), "a"],
  ])("knows nothing of %s that it could say yes to", (_, schema, value) => {
    expect(quickCheckOf(schema)(value) && !isKeptBy(schema, value)).toBe(false);
    expect(quickCheckOf(schema)(value)).toBe(false);
  });
});
