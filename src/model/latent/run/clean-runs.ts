/** Clean runs that other runs read from, each made once. */

import type { CommonOptions, RunResult } from "../run-types.js";
import type { CleanRunner } from "./donor-values.js";

/** Keeps the runs of an array of questions as long as that array lives: a study's reference is the same for all its batches. */
export class CleanRuns {
  readonly #known = new WeakMap<readonly string[], Map<string, Promise<RunResult[]>>>();

  constructor(readonly run: (questions: readonly string[], options: CommonOptions) => Promise<RunResult[]>) {}

  /** Runs each array of questions once for each set of sites. */
  runner({ maxNewTokens, latents, saes }: Pick<CommonOptions, "maxNewTokens" | "latents" | "saes">): CleanRunner {
    return (questions, capture) => {
      const own = {
        capture,
        ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
        ...(latents === undefined ? {} : { latents }),
      };
      const known = this.#known.get(questions) ?? new Map<string, Promise<RunResult[]>>();
      this.#known.set(questions, known);
      const key = JSON.stringify([own, saes?.map(({ identity }) => identity)]);
      const runs = known.get(key) ?? this.run(questions, { ...own, ...(saes === undefined ? {} : { saes }) });
      known.set(key, runs);
      return runs;
    };
  }
}
