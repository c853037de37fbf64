/** What of a run is computed here: all of it, or a shard's jobs. */

import { slowSeconds } from "../jobs/part-cost.js";
import { itemsOf, jobsOf, type PlannedJob, partsOfRun, type RunPart } from "../jobs/plan-jobs.js";
import { layoutOf } from "../plan/layout.js";
import type { Setup } from "../plan/setup.js";
import { assignShards } from "./assign.js";

/** What is computed here, and kept in this folder. */
export interface RunShare {
  /** Keys of the records, in the run's order. */
  readonly keys: readonly string[];
  /** The jobs, each made when its turn comes. */
  readonly jobs: Iterable<PlannedJob>;
}

/** @param keys of all records of the run, `[problem][condition]`. */
export function shareOf(setup: Setup, keys: readonly (readonly string[])[]): RunShare {
  if (setup.options.shard === undefined) return { keys: keys.flat(), jobs: jobsOf(setup, keys) };
  const parts = sharedParts(setup).here;
  const mine = new Set(
    parts.flatMap(({ problems, conditions }) =>
      problems.flatMap(({ index }) => conditions.flatMap((place) => keys[index]?.[place] ?? [])),
    ),
  );
  return { keys: keys.flat().filter((key) => mine.has(key)), jobs: jobsOf(setup, keys, { parts }) };
}

/** The parts of a run, in its order, and those that are computed here. */
export interface SharedParts {
  readonly all: readonly RunPart[];
  readonly here: readonly RunPart[];
}

/** Lays the run out and deals its parts to the shards. */
export function sharedParts(setup: Setup, layout = layoutOf(setup)): SharedParts {
  const all = [...partsOfRun(itemsOf(setup), layout)];
  const { shard } = setup.options;
  if (shard === undefined) return { all, here: all };
  const shards = assignShards(
    all.map(({ costs }) => slowSeconds(costs, layout.config)),
    shard.count,
  );
  return { all, here: all.filter((_, place) => shards[place] === shard.index) };
}
