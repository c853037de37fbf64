/** Interventions as callers give them (text, data, data with its values) as data, with the values and runs that came along. */

import { firstIssue, UsageError } from "../../base/errors.js";
import { type BoundIntervention, isBound, isSameValue, type NamedValue, type SourceRun } from "../hooks/bound.js";
import { described } from "../hooks/described.js";
import { type Intervention, interventionSchema, parseIntervention } from "../hooks/interventions.js";
import { checkConditions } from "./check-conditions.js";
import type { CommonOptions, Condition, GivenCondition, InterventionLike } from "./run-types.js";

/** Conditions ready to run, and the options with what their interventions brought. */
export interface Ready {
  readonly conditions: readonly Condition[];
  readonly options: CommonOptions;
}

/** @throws UsageError for what is no condition or intervention, or where one name stands for two things. */
export function readyConditions(
  given: readonly GivenCondition[],
  { questions, options }: { readonly questions: number; readonly options: CommonOptions },
): Ready {
  checkConditions(given);
  const bound = given.flatMap(({ interventions }) => interventions.filter(isBound));
  const values = valuesOf(bound, options.values);
  const sources = sourcesOf(bound, { questions, given: options.sources });
  return {
    conditions: given.map((each) => ({ ...each, interventions: each.interventions.map(asIntervention) })),
    options: {
      ...options,
      ...(Object.keys(values).length === 0 ? {} : { values }),
      ...(Object.keys(sources).length === 0 ? {} : { sources }),
    },
  };
}

/** An intervention as data. @throws UsageError for what is none. */
export function asIntervention(given: InterventionLike): Intervention {
  if (typeof given === "string") return parseIntervention(given);
  const checked = interventionSchema.safeParse(isBound(given) ? given.intervention : given);
  if (checked.success) return checked.data;
  const found = typeof given === "object" ? JSON.stringify(given) : described(given);
  throw new UsageError(
    `Intervention ${found} is not usable: ${firstIssue(checked.error)}`,
    "write text, zero(site, address), or data as interventionSchema has it",
  );
}

/** Values by name, those that interventions brought included. @throws UsageError where one name stands for two values. */
export function valuesOf(
  bound: readonly BoundIntervention[],
  given: CommonOptions["values"] = {},
): Record<string, NamedValue> {
  const values: Record<string, NamedValue> = { ...given };
  for (const [name, value] of bound.flatMap((each) => Object.entries(each.values))) {
    const known = Object.hasOwn(values, name) ? values[name] : undefined;
    if (known !== undefined && !isSameValue(known, value)) throw clash("values", name);
    values[name] = value;
  }
  return values;
}

function sourcesOf(
  bound: readonly BoundIntervention[],
  { questions, given = {} }: { readonly questions: number; readonly given: CommonOptions["sources"] },
): Record<string, readonly SourceRun[]> {
  const sources: Record<string, readonly SourceRun[]> = { ...given };
  for (const [name, run] of bound.flatMap((each) => Object.entries(each.sources))) {
    if (Object.hasOwn(given, name)) throw clash("sources", name);
    sources[name] = isList(run) ? run : Array.from({ length: questions }, () => run);
  }
  return sources;
}

function isList(run: SourceRun | readonly SourceRun[]): run is readonly SourceRun[] {
  return Array.isArray(run);
}

function clash(option: string, name: string): UsageError {
  return new UsageError(`Two ${option} are named "${name}"`, "give each a name of its own");
}
