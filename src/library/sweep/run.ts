/** Runs a sweep by the runner's own jobs, in this process, with the model that is loaded. */

import { resolve } from "node:path";
import { eachSecond } from "../../experiments/jobs/each-second.js";
import type { BatchCost } from "../../experiments/jobs/estimate.js";
import { plannedJobs } from "../../experiments/jobs/plan-jobs.js";
import { batchOfFolder } from "../../experiments/plan/rows-at-once.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import type { ExperimentRecord } from "../../records/record.js";
import { collect, type SweepKeys } from "./collect.js";
import type { SweepData } from "./data.js";
import { keysOf, openFolder } from "./folder.js";
import { type Keeper, memoryKeeper } from "./keeper.js";
import { type PlainSpec, type PreparedSweep, prepareSweep } from "./prepare.js";
import { progressTo, type Tell } from "./progress.js";
import type { SweepProblem } from "./spec.js";
import { computeTried } from "./tried.js";

/**
 * Runs every cell on every problem.
 *
 * @throws UsageError for a sweep that cannot be; RunFolderError for a folder of another one; the signal's reason where it was aborted.
 */
export async function runSweep(
  model: CodiModel,
  problems: readonly SweepProblem[],
  spec: PlainSpec,
): Promise<SweepData> {
  const sweep = begunSweep(prepareSweep(model, problems, { ...spec, ...rowsOf(spec) }));
  spec.signal?.throwIfAborted();
  const kept =
    spec.out === undefined
      ? { keys: keysOf(sweep, null), keeper: memoryKeeper() }
      : await openFolder(resolve(spec.out), { model, sweep });
  const { keys, keeper } = kept;
  try {
    await computeMissing(model, sweep, kept);
    keeper.finish(keys.flat());
    return collect(model, sweep, { keys, records: keeper.records });
  } finally {
    keeper.close();
  }
}

/** A folder keeps its rows: their number changes the last digits, and a sweep that goes on ends with the same bytes. */
function rowsOf({ out }: PlainSpec): { readonly rowsPerBatch?: number } {
  const { rows } = out === undefined ? {} : batchOfFolder(resolve(out));
  return rows === undefined ? {} : { rowsPerBatch: rows };
}

/** The sweep with the problems that its folder packs together. */
function begunSweep(sweep: PreparedSweep): PreparedSweep {
  const { out } = sweep.spec;
  const { batchProblems = sweep.plan.layout.batchProblems } = out === undefined ? {} : batchOfFolder(resolve(out));
  const layout = { ...sweep.plan.layout, batchProblems: Math.min(batchProblems, sweep.plan.layout.batchProblems) };
  return { ...sweep, plan: { ...sweep.plan, layout } };
}

interface Kept {
  readonly keys: SweepKeys;
  readonly keeper: Keeper;
}

async function computeMissing(model: CodiModel, sweep: PreparedSweep, { keys, keeper }: Kept): Promise<void> {
  const { plan, study, spec, sources } = sweep;
  const twins = new Twins(sweep, keys);
  const total = keys.flat().length;
  let done = keys.flat().filter((key) => keeper.has(key)).length;
  const tell = progressTo(spec.onProgress, total);
  const context = { notice: () => undefined, outside: [study], sources };
  for (const { job, costs } of plannedJobs(plan, twins.firstKeys)) {
    spec.signal?.throwIfAborted();
    const wanted = twins.keysOf(job.problems.flatMap((each) => each.keys.flatMap((key) => key ?? [])));
    const missing = new Set(wanted.filter((key) => !keeper.has(key)));
    // A torn job is computed again whole, so that resuming changes no float.
    if (missing.size === 0) continue;
    const onForward = within(costs, { tell, done, worth: missing.size });
    const records = twins.withTwins(await computeTried(job, { model, context: { ...context, onForward } }));
    keeper.append(records.filter(({ key }) => missing.has(key)));
    done += missing.size;
    tell(done);
    // Lets timers and signals be heard between jobs.
    await new Promise((next) => setImmediate(next));
  }
  spec.signal?.throwIfAborted();
  tell(total, true);
}

function within(
  costs: readonly BatchCost[],
  { tell, done, worth }: { readonly tell: Tell; readonly done: number; readonly worth: number },
): (tokenForwards: number) => void {
  const planned = costs.reduce((sum, { tokenForwards }) => sum + tokenForwards, 0);
  return eachSecond(planned, (share) => tell(done + Math.floor(share * worth)));
}

/** The records of cells that come to the same: computed for the first of them. */
class Twins {
  /** Of the conditions that are run, `[problem][condition]`. */
  readonly firstKeys: SweepKeys;
  /** Key of the first → the others, with their keys. */
  readonly #others = new Map<string, readonly { readonly key: string; readonly condition: Named }[]>();

  constructor({ cells, same }: PreparedSweep, keys: SweepKeys) {
    const columnOf = new Map(cells.map((cell, i) => [cell, i + 1]));
    const places = same.map(({ first, others }) => ({
      first: columnOf.get(first) ?? 0,
      others: others.map((cell) => ({ column: columnOf.get(cell) ?? 0, condition: cell.condition })),
    }));
    this.firstKeys = keys.map((row) => [row[0] ?? "", ...places.map(({ first }) => row[first] ?? "")]);
    for (const row of keys)
      for (const { first, others } of places)
        if (others.length > 0)
          this.#others.set(
            row[first] ?? "",
            others.map(({ column, condition }) => ({ key: row[column] ?? "", condition })),
          );
  }

  keysOf(keys: readonly string[]): string[] {
    return keys.flatMap((key) => [key, ...(this.#others.get(key) ?? []).map((other) => other.key)]);
  }

  withTwins(records: readonly ExperimentRecord[]): ExperimentRecord[] {
    return records.flatMap((record) => [
      record,
      ...(this.#others.get(record.key) ?? []).map(({ key, condition: { name, factors } }) => ({
        ...record,
        key,
        condition: { ...record.condition, name, factors: { ...factors } },
      })),
    ]);
  }
}

interface Named {
  readonly name: string;
  readonly factors: Readonly<Record<string, number | string>>;
}
