/** Derivatives of a model's runs, through its latents: what a loaded model can do beside running. */

import { checkQuestion, checkQuestions } from "./check-options.js";
import { checkGradientOptions, checkJvpOptions } from "./gradient/check-options.js";
import { type DerivableParts, derive } from "./gradient/derive.js";
import { gradientsOf } from "./gradient/gradient.js";
import { changesOf } from "./gradient/jvp.js";
import type { Along, GradientOptions, GradientResult, JvpOptions, JvpResult, Metric } from "./gradient/types.js";

/** A model whose runs can be differentiated. */
export abstract class DerivableModel {
  /** What derivatives are computed with. @throws UsageError where the model was disposed. */
  protected abstract derivable(): DerivableParts;

  /**
   * The gradient of a number that a run gives, by every site that is named, in one pass back through all latents.
   *
   * @returns `gradients`, laid out as `captures`: ∂value/∂site at each position. Exact up to float32.
   * @throws UsageError for a wrong site, metric or intervention; NumericError where the metric is not finite.
   * @example
   * ```ts
   * const where = "blocks.*.hook_resid_post";
   * const { value, gradients } = await model.gradient(question, { of: { kind: "logit", position: "eot", token: 7 }, at: [where] });
   * const byLatent = gradients.at(where, at.latent()).norm("dModel");
   * byLatent.shape; // → [ 16, 6 ]
   * ```
   */
  async gradient(question: string, options: GradientOptions): Promise<GradientResult> {
    checkQuestion(question);
    return only(await this.gradientBatch([question], options));
  }

  /**
   * Gradients of several questions, as rows of common batches; none depends on its batch mates.
   *
   * @example
   * ```ts
   * const questions = problems.map((problem) => problem.question);
   * const of = { kind: "logit", position: "eot", token: 7 } as const;
   * const results = await model.gradientBatch(questions, { of, at: ["latents.hook_input"], downstream: "pin" });
   * results.length === questions.length; // → true
   * ```
   */
  async gradientBatch(questions: readonly string[], options: GradientOptions): Promise<GradientResult[]> {
    checkQuestions("gradientBatch", questions);
    checkGradientOptions(options);
    const { of } = options;
    const metricOf = (question: number): Metric => (typeof of === "function" ? of(question) : of);
    return derive(this.derivable(), {
      questions,
      options,
      metricOf,
      compute: ({ forward, questions: own, ...request }) =>
        gradientsOf(forward, { ...request, metricOf: (place) => metricOf(own[place] ?? 0) }),
    });
  }

  /**
   * By how much sites change when others are changed along given directions: a Jacobian-vector product, exact, in one forward.
   *
   * @returns `changes`, laid out as `captures`: the change of each site for a step along the directions, by the length of the step.
   * @throws UsageError for a wrong site, direction or intervention.
   * @example
   * ```ts
   * const direction = new Float32Array(model.config.dModel).fill(1);
   * const along = [{ site: "latents.hook_input", address: at.latent(0), direction }];
   * const { changes } = await model.jvp(question, { along, at: ["latents.hook_input"] });
   * changes.at("latents.hook_input", at.latent()).norm("dModel").shape; // → [ 6 ]
   * ```
   */
  async jvp(question: string, options: JvpOptions): Promise<JvpResult> {
    checkQuestion(question);
    return only(await this.jvpBatch([question], options));
  }

  /**
   * Changes of several questions, as rows of common batches; a question may stand there several times, each time along another direction.
   *
   * @example
   * ```ts
   * const direction = Float32Array.from({ length: model.config.dModel }, (_, i) => (i === 3 ? 1 : 0));
   * const along = (place: number) => [{ site: "latents.hook_input", address: at.latent(place), direction }];
   * const results = await model.jvpBatch([question, question], { along, at: ["latents.hook_input"] });
   * results.length; // → 2
   * ```
   */
  async jvpBatch(questions: readonly string[], options: JvpOptions): Promise<JvpResult[]> {
    checkQuestions("jvpBatch", questions);
    checkJvpOptions(options);
    const { along } = options;
    const alongOf = (question: number): readonly Along[] => (typeof along === "function" ? along(question) : along);
    return derive(this.derivable(), {
      questions,
      options,
      metricOf: null,
      changedOf: (question) => alongOf(question).map(({ site }) => site),
      compute: ({ forward, questions: own, ...request }) =>
        changesOf(forward, { ...request, alongOf: (place) => alongOf(own[place] ?? 0) }),
    });
  }
}

function only<T>([result]: readonly T[]): T {
  if (result === undefined) throw new RangeError("The question gave no result");
  return result;
}
