/** What studies make of all records at the end of a run, shared out among the workers that have loaded its model. */

import { type FinishedRun, type Worker, WorkerDied } from "./worker.js";

/** Who makes the files. */
export interface LastWorkers {
  readonly lead: Worker;
  /** Others that are loaded. */
  readonly besides: readonly Worker[];
  /** Called when a worker has made some files. @param place of the worker, the lead first. */
  readonly onMade?: (files: readonly string[], place: number) => void;
}

/**
 * Each worker makes some of the files. What one that dies leaves, the lead makes.
 *
 * @param lacking names of files that are not there yet; where the work is shared, of their parts.
 * @throws WorkerDied where the lead dies.
 */
export async function writeLast(
  run: FinishedRun,
  lacking: (isShared: boolean) => readonly string[],
  { lead, besides, onMade = () => undefined }: LastWorkers,
): Promise<void> {
  const isShared = besides.length > 0;
  const files = lacking(isShared);
  const workers = [lead, ...besides].slice(0, Math.max(1, files.length));
  const makes = workers.map(async (worker, place) => {
    const mine = files.filter((_, i) => i % workers.length === place);
    await worker.afterRun({ ...run, files: mine });
    onMade(mine, place);
  });
  const [own, ...others] = await Promise.allSettled(makes);
  for (const each of others) if (each.status === "rejected" && !(each.reason instanceof WorkerDied)) throw each.reason;
  if (own?.status === "rejected") throw own.reason;
  // Parts that are all there make files, too.
  let before = files;
  for (let left = lacking(isShared); left.length > 0 && left.join() !== before.join(); left = lacking(isShared)) {
    await lead.afterRun({ ...run, files: left });
    onMade(left, 0);
    before = left;
  }
}
