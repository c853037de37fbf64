/** Memory that is asked of a cluster: more than is used, for a task that takes more is killed. */

import type { ExperimentPlan } from "../../experiments/plan/plan.js";
import { ENGINE_BYTES } from "../../model/latent/load/memory.js";
import type { ClusterRun } from "./cluster-run.js";

const MEBIBYTE = 2 ** 20;

/** The process that plans, hands out jobs and keeps records. */
const COORDINATOR_BYTES = 300 * MEBIBYTE;
/** What analysing holds beside the records, and for each record. */
const ANALYSIS_BYTES = 700 * MEBIBYTE;
const RECORD_BYTES = 16 * 1024;
/** An estimate is no bound. */
const MARGIN = 1.25;

/** Rounded up to whole steps, so that the figure reads well. */
const STEP_MEBIBYTES = 100;

/** Of a task and of the merge, which loads the model where a study needs it once more. */
export function taskMemory(
  { memoryBytes, items }: Pick<ExperimentPlan, "memoryBytes" | "items">,
  { workers, loadBytes }: { readonly workers: number; readonly loadBytes: number },
): Pick<ClusterRun, "memoryMebibytes" | "mergeMemoryMebibytes"> {
  const worker = Math.max(loadBytes, memoryBytes + ENGINE_BYTES);
  const merge = COORDINATOR_BYTES + Math.max(worker, ANALYSIS_BYTES + items * RECORD_BYTES);
  return {
    memoryMebibytes: asked(workers * worker + COORDINATOR_BYTES),
    mergeMemoryMebibytes: asked(merge),
  };
}

function asked(bytes: number): number {
  return Math.ceil((bytes * MARGIN) / MEBIBYTE / STEP_MEBIBYTES) * STEP_MEBIBYTES;
}
