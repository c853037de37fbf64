/** Which shard computes which job: a function of the plan alone, so that every machine finds the same cut. */

/**
 * Deals jobs out, the costliest first, each to the shard that has least.
 *
 * @param costs of all jobs in the run's order, in any unit. @returns the shard of each; there are shards without a job where jobs are few.
 */
export function assignShards(costs: readonly number[], count: number): number[] {
  const loads = new Array<number>(count).fill(0);
  const shards = new Array<number>(costs.length).fill(0);
  const order = [...costs.keys()].sort((a, b) => (costs[b] ?? 0) - (costs[a] ?? 0) || a - b);
  for (const job of order) {
    const least = lowest(loads);
    shards[job] = least;
    loads[least] = (loads[least] ?? 0) + (costs[job] ?? 0);
  }
  return shards;
}

/** Place of the smallest number, the first of equal ones. */
function lowest(values: readonly number[]): number {
  return values.reduce((best, value, place) => (value < (values[best] ?? 0) ? place : best), 0);
}
