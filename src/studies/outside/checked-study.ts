/** What a study's program exports as `study`, checked to the last field. */

import { z } from "zod";
import { BadInputError, CodiLensError, firstIssue } from "../../base/errors.js";
import { type BoundIntervention, isBound } from "../../model/hooks/bound.js";
import { interventionSchema } from "../../model/hooks/interventions.js";
import type { PlannedCondition, PlannedHook, StudyContext } from "../condition.js";
import type { PlannedReading } from "../planned-reading.js";
import type { RunReads } from "../read-context.js";
import { STORIES } from "../stories.js";
import type { Study } from "../study.js";
import { refusal } from "./program.js";

const text = z.string().min(1);
/** A function: what it takes and gives is checked when it is called. */
function callable<T>(): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === "function", "a function was wanted");
}

/** What a function such as `add` gives. */
const boundSchema = z.custom<BoundIntervention>(isBound);
const interventionsSchema = z.array(
  z.union([text, interventionSchema, boundSchema], "a text or an intervention was wanted"),
);
const hookSchema = z.strictObject({
  site: text,
  at: text,
  name: text.optional(),
  apply: callable<PlannedHook["apply"]>(),
});
const conditionSchema = z.strictObject({
  name: text,
  interventions: interventionsSchema.default([]),
  factors: z.record(text, z.union([z.string(), z.number()], "a text or a number was wanted")).optional(),
  forQuestion: callable<NonNullable<PlannedCondition["forQuestion"]>>().optional(),
  latents: z.int().nonnegative().optional(),
  isIdentity: z.boolean().optional(),
  hooks: z.array(hookSchema).min(1).optional(),
});
const conditionsSchema = z.array(conditionSchema);

const layers = z.array(z.int().nonnegative());
/** By value, so that it stays the same one wherever it is asked for. */
const reading = z.custom<PlannedReading>(
  (value) => named(value) && typeof value["start"] === "function",
  "a reading was wanted: { name, start(plan) }",
);
const readsSchema = z.strictObject({
  attentionLayers: layers.optional(),
  capture: z.array(text).optional(),
  components: z.boolean().optional(),
  flowLayers: layers.optional(),
  latentStates: z.boolean().optional(),
  lens: z.union([z.boolean(), z.literal("clean")]).optional(),
  readingLayers: layers.optional(),
  readings: z.array(reading).optional(),
  scoreFirstToken: z.boolean().optional(),
}) satisfies z.ZodType<Partial<Record<keyof RunReads, unknown>>>;
/** What `reads` is, or gives. */
export const wantedSchema = z.strictObject({
  every: readsSchema.optional(),
  baseline: readsSchema.optional(),
  compared: readsSchema.optional(),
});
const valueSchema = z.strictObject({
  shape: z.array(z.int().positive()),
  data: z.custom<Float32Array>((value) => value instanceof Float32Array, "a Float32Array was wanted"),
});

const studySchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z\d-]*$/, "small letters, digits and - were wanted"),
  question: text,
  figure: z
    .strictObject({ x: text, y: text.optional(), xTitle: z.string().optional(), yTitle: z.string().optional() })
    .optional(),
  sentence: text.optional(),
  caveat: text.optional(),
  conditions: z.unknown(),
  values: z
    .record(text, z.union([valueSchema, callable<() => unknown>()], "a tensor or a function was wanted"))
    .optional(),
  /** Checked by `wantedSchema` where it is asked: what a union says of a wrong entry does not name it. */
  reads: z
    .custom<object | NonNullable<Study["reads"]>>(
      (value) => typeof value === "function" || (typeof value === "object" && value !== null),
      "an object or a function was wanted",
    )
    .optional(),
  read: callable<(context: unknown) => unknown>().optional(),
  measure: callable<(run: unknown) => unknown>().optional(),
  afterRun: callable<(context: unknown) => unknown>().optional(),
});

function named(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && "name" in value && text.safeParse(value.name).success;
}

/** A study as its program writes it down. */
export type WrittenStudy = z.infer<typeof studySchema>;

/** @throws BadInputError with the first thing that is wrong. */
export function checkedStudy(path: string, value: unknown): WrittenStudy {
  const found = checked(path, studySchema, { value, what: "study" });
  if (STORIES.has(found.name) || found.name === "baseline" || found.name === "all")
    throw refusal(path, `the name "${found.name}" is taken`, { hint: "choose another name" });
  return found;
}

/** The conditions as a list. @param conditions data, or what makes them. */
export function checkedConditions(
  path: string,
  { conditions, context }: { readonly conditions: unknown; readonly context: StudyContext },
): PlannedCondition[] {
  const made =
    typeof conditions === "function"
      ? called(path, { what: "conditions()", call: () => conditions(context) })
      : conditions;
  const what = typeof conditions === "function" ? "conditions()" : "conditions";
  return checked(path, conditionsSchema, { value: made ?? [], what }) as PlannedCondition[];
}

/** Parses, or says what is wrong. @param what is parsed, as the program's author calls it. */
export function checked<T>(
  path: string,
  schema: z.ZodType<T>,
  { value, what }: { readonly value: unknown; readonly what: string },
): T {
  return orRefusal(path, () => {
    const found = schema.safeParse(value);
    if (!found.success) throw refusal(path, `${what}, ${firstIssue(found.error)}`);
    return found.data;
  });
}

/** Calls one of the program's functions. @throws BadInputError where it throws. */
export function called<T>(path: string, { what, call }: { readonly what: string; readonly call: () => T }): T {
  try {
    return call();
  } catch (error) {
    throw refusal(path, `${what} threw: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** An address or an operation that cannot be read is the program's fault, not the command's. */
export function orRefusal<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BadInputError || !(error instanceof CodiLensError)) throw error;
    throw refusal(path, error.message, { hint: error.hint });
  }
}
