/** Runs of several questions: an array that can also be read across. */

import { UsageError } from "../../base/errors.js";
import { printsAs } from "../../base/printing.js";
import { LabelledTensor } from "./labelled/labelled-tensor.js";
import type { ReadAddress, ReadAxes, ReadSite } from "./labelled/read-axes.js";
import { runsText } from "./printing/run.js";
import type { CaptureReadOptions } from "./readings/capture.js";
import type { RunResult } from "./run-types.js";

/**
 * What a batch gave, in the order of its questions.
 *
 * @example
 * ```ts
 * const runs = await model.runBatch(problems.map((problem) => problem.question));
 * runs.length === problems.length; // → true
 * ```
 */
export class Runs extends Array<RunResult> {
  // What `map` gives is no list of runs.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /**
   * A list of runs as `Runs`.
   *
   * @example
   * ```ts
   * const [clean, zeroed] = [await model.run(question), await model.run(question, { interventions: ["zero:blocks.8.hook_resid_post@latent"] })];
   * Runs.over([clean, zeroed]).length; // → 2
   * ```
   */
  static over(results: readonly RunResult[]): Runs {
    const runs = new Runs();
    for (const result of results) runs.push(result);
    return runs;
  }

  /**
   * Values of a site at an address in every run, with the runs as the first axis: what `captures.at` gives of each.
   *
   * @throws UsageError where a run failed or did not capture the site, and where the address has another number of positions in another run.
   * @example
   * ```ts
   * const runs = await model.runBatch(problems.map((problem) => problem.question), { capture: ["blocks.8.hook_resid_post"] });
   * const states = runs.at("blocks.8.hook_resid_post", at.latent(2));
   * states.axes; // → [ 'run', 'dModel' ]
   * states.mean("run").shape; // → [ 64 ]
   * ```
   */
  override at<const Site extends ReadSite, const At extends ReadAddress, const Keys extends ReadAddress = "all">(
    site: Site,
    address: At,
    options?: CaptureReadOptions<Keys>,
  ): LabelledTensor<readonly ["run", ...ReadAxes<Site, At, Keys>]>;
  // The last overload is the one that types such as `flat()`'s infer from.
  /** The run at this place, from the end below 0. */
  override at(place: number): RunResult | undefined;
  override at(site: string | number, address: ReadAddress = "all", options: CaptureReadOptions = {}): unknown {
    if (typeof site === "number") return super.at(site);
    const failed = this.findIndex(({ failure }) => failure !== null);
    if (failed >= 0)
      throw new UsageError(
        `Run ${failed} failed: ${this[failed]?.failure?.message}`,
        "leave it out: runs.where((run) => run.failure === null)",
      );
    const read = this.map(({ captures }) => captures.at(site, address, options));
    checkAlike(read);
    return LabelledTensor.stack(read, "run");
  }

  /**
   * The runs that a test is true of.
   *
   * @example
   * ```ts
   * const runs = await model.runBatch(problems.map((problem) => problem.question));
   * runs.where(({ answer }) => answer.value === null).length; // → 0
   * ```
   */
  where(test: (run: RunResult, place: number) => boolean): Runs {
    return Runs.over(this.filter(test));
  }
}

printsAs(Runs.prototype, { whole: runsText, line: ({ length }) => `Runs of ${length}` });

/** @throws UsageError where there is no run, or one has more positions than another. */
function checkAlike(read: readonly LabelledTensor[]): void {
  const [first] = read;
  if (first === undefined) throw new UsageError("There are no runs to read", "give at least one");
  for (const [place, axis] of first.axes.entries()) {
    const other = read.findIndex(({ shape }) => shape[place] !== first.shape[place]);
    if (other < 0) continue;
    const sizes = `run 0 has ${first.shape[place]} places of "${axis}", run ${other} has ${read[other]?.shape[place]}`;
    throw new UsageError(
      `The runs do not make one tensor: ${sizes}`,
      axis === "key"
        ? "choose keys that every run has: { keys: at.latent() }"
        : "choose positions that every run has, such as at.latent(), or read each run: runs.map((run) => run.captures.at(…))",
    );
  }
}
