/** A finished sweep as plain data: what its result is made of, and what is written to files. */

import { z } from "zod";
import { BadInputError, firstIssue } from "../../base/errors.js";
import { CONTROL_NAMES } from "./control.js";

/** Version of the shape. */
const SCHEMA = 1;

const text = z.string();
const shown = z.union([text, z.number(), z.boolean()]);
const value = z.union([text, z.number(), z.boolean(), z.null()]);
/** By problem: values in the order of the measures, or null where the run failed. */
const valuesSchema = z.array(z.array(value).nullable());

const cellSchema = z.object({
  /** A number into the values of each axis. */
  place: z.array(z.int().nonnegative()),
  /** Null for the cell itself. */
  control: z.enum(CONTROL_NAMES as [string, ...string[]]).nullable(),
  /** What was done, as text. */
  done: z.array(text),
  values: valuesSchema,
});

const sweepSchema = z.object({
  schema: z.literal(SCHEMA),
  name: text,
  question: text,
  model: z.object({ name: text, protocol: text }),
  /** Of bootstrap and permutations. */
  seed: z.number(),
  axes: z.array(z.object({ name: text, values: z.array(shown) })),
  measures: z.array(text),
  problems: z.array(z.object({ id: text, question: text, expected: z.union([text, z.number(), z.boolean()]) })),
  baseline: valuesSchema,
  cells: z.array(cellSchema),
  failed: z.array(z.object({ problem: text, condition: text, message: text })),
});

/** A sweep's numbers, with all that says what they are of. */
export type SweepData = z.infer<typeof sweepSchema>;
/** One cell of them. */
export type CellData = SweepData["cells"][number];

/** @throws BadInputError where the text holds no sweep. */
export function parseSweepData(json: string): SweepData {
  let found: unknown;
  try {
    found = JSON.parse(json);
  } catch (error) {
    throw new BadInputError("The text is no JSON, so it holds no sweep", "give what JSON.stringify(result) gave", {
      cause: error,
    });
  }
  const parsed = sweepSchema.safeParse(found);
  if (parsed.success) return parsed.data;
  throw new BadInputError(
    `The text holds no sweep: ${firstIssue(parsed.error)}`,
    "give what JSON.stringify(result) gave",
  );
}
