/** The model that scripts load: that of the model's room, and its sweeps. */

import type { CheckpointFiles } from "../model/checkpoint/source.js";
import { type LoadOptions, loadedParts, CodiModel as ModelOfRoom } from "../model/latent/codi-model.js";
import type { ConditionOptions, GivenCondition, RunBatchOptions } from "../model/latent/run-types.js";
import type { Runs } from "../model/latent/runs.js";
import { displayed } from "./show/displayed.js";
import type { PlainSpec } from "./sweep/prepare.js";
import { SweepResult } from "./sweep/result.js";
import { runSweep } from "./sweep/run.js";
import type { Chosen, ControlName, Measure, Over, SweepProblem, SweepSpec, Unsaid } from "./sweep/spec.js";

/** A CODI model on Node: answers questions through its latents, lets every activation be read and replaced, and sweeps over interventions. */
export class CodiModel extends ModelOfRoom {
  /**
   * Loads a model by its name, which is a folder's path, `tiny-codi` (embedded) or `hub:OWNER/NAME@REVISION`; or from files' bytes.
   *
   * @throws BadInputError naming file, tensor, what was found and what was wanted; EnvironmentError when no engine can start.
   * @example
   * ```ts
   * using loaded = await CodiModel.load("tiny-codi");
   * loaded.codi.numLatents; // → 6
   * ```
   */
  static override async load(source: string | CheckpointFiles, options: LoadOptions = {}): Promise<CodiModel> {
    return new CodiModel(await loadedParts(source, options));
  }

  override async runBatch(questions: readonly string[], options: RunBatchOptions = {}): Promise<Runs> {
    return displayed(await super.runBatch(questions, options), this.#textOf);
  }

  override async runConditions(
    questions: readonly string[],
    conditions: readonly GivenCondition[],
    options: ConditionOptions = {},
  ): Promise<Runs[]> {
    const results = await super.runConditions(questions, conditions, options);
    return results.map((runs) => displayed(runs, this.#textOf));
  }

  /**
   * Runs interventions over named lists, on every problem: all cells as one tree with the shared prefix, batched and scored.
   *
   * @param problems as `loadProblems` gives them. @returns a table whose types follow from `over` and `measure`.
   * @throws UsageError for what is wrong with the spec; RunFolderError where `out` holds another sweep; the signal's reason once aborted.
   * @example
   * ```ts
   * const result = await model.sweep(problems, {
   *   over: { layer: range(0, 16, 8), latent: range(2) },
   *   do: ({ layer, latent }) => `zero:blocks.${layer}.hook_resid_post@latent.${latent}`,
   *   measure: ["correct", "kl"],
   * });
   * result.rows().length // → 12
   * ```
   */
  async sweep<const O extends Over, const M extends Measure | Unsaid, const C extends ControlName = never>(
    problems: readonly SweepProblem[],
    spec: SweepSpec<O, M, C>,
  ): Promise<SweepResult<O, Chosen<M>, C>> {
    return new SweepResult<O, Chosen<M>, C>(await runSweep(this, problems, spec as PlainSpec));
  }

  // Notebooks show a run with the texts of its tokens.
  readonly #textOf = (id: number): string => this.tokenizer.tokenText(id);
}
