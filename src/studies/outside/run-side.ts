/** The functions of a study from outside the package, so that what they give is checked and stands below `kept` in records. */

import { CodiLensError } from "../../base/errors.js";
import type { Kept } from "../fields.js";
import type { AfterRunContext, MeasuredRun, ReadContext, ReadPlan, Reads } from "../read-context.js";
import type { Study } from "../study.js";
import { called, checked, type WrittenStudy, wantedSchema } from "./checked-study.js";
import { faultOfJson, type JsonObject } from "./plain-json.js";
import { firstLine, refusal } from "./program.js";

/** Name of the file that a study's `afterRun` makes. */
export function keptFile(study: string): string {
  return `kept_${study}.json`;
}

/** Those parts of the run side that the study has. */
export function runSide(path: string, study: WrittenStudy): Omit<Partial<Study>, "name" | "question" | "conditions"> {
  const { name, values, reads, read, measure, afterRun } = study;
  return {
    ...(values === undefined ? {} : { values: values as NonNullable<Study["values"]> }),
    ...(reads === undefined ? {} : { reads: (plan: ReadPlan) => readsOf(path, reads, plan) }),
    ...(read === undefined ? {} : { read: (context: ReadContext) => readAll(path, name, { read, context }) }),
    ...(measure === undefined
      ? {}
      : {
          measure: (run: MeasuredRun) => {
            const found = called(path, { what: "measure()", call: () => measure(run) });
            return found === null || found === undefined ? {} : keptBy(path, name, { found, where: "measure()" });
          },
        }),
    ...(afterRun === undefined
      ? {}
      : {
          afterRun: {
            file: keptFile(name),
            make: async (context: AfterRunContext) =>
              plain(path, {
                found: await awaited(path, { what: "afterRun()", call: () => afterRun(context) }),
                where: "afterRun()",
              }),
          },
        }),
  };
}

function readsOf(path: string, reads: NonNullable<WrittenStudy["reads"]>, plan: ReadPlan): Reads {
  const wanted = typeof reads === "function" ? called(path, { what: "reads()", call: () => reads(plan) }) : reads;
  const found = checked(path, wantedSchema, { value: wanted, what: typeof reads === "function" ? "reads()" : "reads" });
  const asked = [found.every, found.baseline, found.compared].flatMap((each) => [
    ...(each?.attentionLayers ?? []),
    ...(each?.flowLayers ?? []),
    ...(each?.readingLayers ?? []),
  ]);
  const beyond = asked.find((layer) => layer >= plan.depth);
  if (beyond !== undefined)
    throw refusal(path, `reads names layer ${beyond}, the model has layers 0 to ${plan.depth - 1}`);
  const twice = repeatedReading([found as Reads]);
  if (twice !== undefined) throw refusal(path, `two readings are named ${JSON.stringify(twice)}`);
  return found as Reads;
}

/** The name of two readings that are not the same one. */
export function repeatedReading(reads: readonly Reads[]): string | undefined {
  const asked = reads.flatMap(({ every, baseline, compared }) => [every, baseline, compared]);
  const readings = [...new Set(asked.flatMap((each) => each?.readings ?? []))];
  return readings.find(({ name }, place) => readings.findIndex((other) => other.name === name) < place)?.name;
}

async function readAll(
  path: string,
  name: string,
  { read, context }: { readonly read: (context: unknown) => unknown; readonly context: ReadContext },
): Promise<Kept[]> {
  const found = await awaited(path, { what: "read()", call: () => read(context) });
  if (!Array.isArray(found) || found.length !== context.runs.length)
    throw refusal(
      path,
      `read() gave ${Array.isArray(found) ? `${found.length} entries` : "no list"}, wanted one a run: ${context.runs.length}`,
    );
  return found.map((each, i) =>
    each === null || each === undefined ? {} : keptBy(path, name, { found: each, where: `read()[${i}]` }),
  );
}

function keptBy(
  path: string,
  name: string,
  { found, where }: { readonly found: unknown; readonly where: string },
): Kept {
  return { fields: { kept: { [name]: plain(path, { found, where }) } } } as Kept;
}

function plain(path: string, { found, where }: { readonly found: unknown; readonly where: string }): JsonObject {
  const fault = faultOfJson(found, where);
  if (fault !== null)
    throw refusal(path, fault, { hint: "keep JSON: Array.from(x) of a Float32Array, null for what is not there" });
  return found as JsonObject;
}

/** What the package itself throws (a wrong site, a signal) stays what it is. */
async function awaited(
  path: string,
  { what, call }: { readonly what: string; readonly call: () => unknown },
): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof CodiLensError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw refusal(path, `${what} threw: ${firstLine(error)}`);
  }
}
