/** What conditions of studies bring along that is no data: callbacks, and tensors that their interventions name. */

import type { NamedValue } from "../model/hooks/bound.js";
import type { CodiModel } from "../model/latent/codi-model.js";
import type { PlannedHook, StudyCondition } from "./condition.js";
import type { Study } from "./study.js";

/** Looked up by a worker when it runs conditions. */
export interface ConditionExtras {
  /** Callbacks of a condition; none for most. The same callback is the same object each time. */
  hooksOf(condition: StudyCondition): readonly PlannedHook[];
  /** Tensors of the studies that some conditions belong to, by name. Made once for each model. */
  valuesOf(model: CodiModel, conditions: readonly StudyCondition[]): Promise<Readonly<Record<string, NamedValue>>>;
}

/** @param studies whose conditions are a list. */
export function extrasOf(studies: readonly Study[]): ConditionExtras {
  return {
    hooksOf: ({ study, name, hooked }) => {
      if (hooked === undefined) return [];
      const conditions = studies.find((each) => each.name === study)?.conditions;
      const planned = Array.isArray(conditions) ? conditions.find((each) => each.name === name) : undefined;
      if (planned?.hooks === undefined) throw new RangeError(`The callbacks of "${name}" are not there`);
      return planned.hooks;
    },
    valuesOf: async (model, conditions) => {
      const names = new Set(conditions.map(({ study }) => study));
      const made: Record<string, NamedValue> = {};
      for (const { name, values = {} } of studies)
        if (names.has(name)) for (const [key, value] of Object.entries(values)) made[key] = await known(model, value);
      return made;
    },
  };
}

type Value = NonNullable<Study["values"]>[string];

const made = new WeakMap<CodiModel, Map<Value, Promise<NamedValue>>>();

function known(model: CodiModel, value: Value): Promise<NamedValue> {
  if (typeof value !== "function") return Promise.resolve(value);
  const mine = made.get(model) ?? new Map<Value, Promise<NamedValue>>();
  made.set(model, mine);
  const found = mine.get(value) ?? Promise.resolve(value({ model }));
  mine.set(value, found);
  return found;
}
