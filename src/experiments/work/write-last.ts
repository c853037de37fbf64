/** What studies make of all records at the end of a run, shared out among the workers that have loaded its model. */

import { type FinishedRun, type Worker, WorkerDied } from "./worker.js";

/** Who makes the files. */
export interface LastWorkers {
  readonly lead: Worker;
  /** Others that are loaded. */
  readonly besides: readonly Worker[];
}

/**
 * Each worker makes some of the files. What one that dies leaves, the lead makes.
 *
 * @param lacking names of files that are not there yet.
 * @throws WorkerDied where the lead dies.
 */
export async function writeLast(
  run: FinishedRun,
  lacking: () => readonly string[],
  { lead, besides }: LastWorkers,
): Promise<void> {
  const files = lacking();
  const workers = [lead, ...besides].slice(0, Math.max(1, files.length));
  const makes = workers.map((worker, place) => {
    const mine = files.filter((_, i) => i % workers.length === place);
    return worker.afterRun({ ...run, files: mine });
  });
  const [own, ...others] = await Promise.allSettled(makes);
  for (const each of others) if (each.status === "rejected" && !(each.reason instanceof WorkerDied)) throw each.reason;
  if (own?.status === "rejected") throw own.reason;
  const left = lacking();
  if (left.length > 0 && others.length > 0) await lead.afterRun({ ...run, files: left });
}
