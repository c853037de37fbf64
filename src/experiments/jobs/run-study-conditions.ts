/** Runs any study's conditions on some questions, under any protocol. */

import { at } from "../../model/hooks/address.js";
import type { NamedValue } from "../../model/hooks/bound.js";
import type { Hook } from "../../model/hooks/hook.js";
import { blockSite } from "../../model/hooks/names.js";
import type { CodiModel } from "../../model/latent/codi-model.js";
import { protocolOf } from "../../model/latent/protocols/index.js";
import type { CommonOptions, Condition, RunResult } from "../../model/latent/run-types.js";
import { tf } from "../../model/tensor/tf.js";
import { hookOf, type PlannedHook, withIdleHooks } from "../../studies/condition.js";
import type { ConditionExtras } from "../../studies/extras.js";
import { type PlannedReading, readingOf } from "../../studies/planned-reading.js";
import type { StudyCondition } from "../../studies/study.js";

/** How conditions are run. */
export type RunOptions = Omit<CommonOptions, "readings"> & {
  readonly ablateLayer: number;
  /** Made ready where there is an engine: a plan loads none. */
  readonly readings?: readonly PlannedReading[];
  /** Callbacks and tensors of conditions from outside the package. */
  readonly extras?: ConditionExtras;
};

/** Each question under each condition. */
interface Plan {
  readonly questions: readonly string[];
  readonly conditions: readonly PlanCondition[];
}

/** A condition as a job has it. */
type PlanCondition = StudyCondition & { readonly isMuted?: true };

/** Runs all conditions for some problems. @returns `[question][condition]`. */
export async function runStudyConditions(
  model: CodiModel,
  { questions, conditions }: Plan,
  { extras, readings, ...given }: RunOptions,
): Promise<RunResult[][]> {
  const options = readings === undefined ? given : { ...given, readings: readings.map(readingOf) };
  if (extras === undefined) return runAsData(model, { questions, conditions }, options);
  const values = { ...options.values, ...(await extras.valuesOf(model, conditions)) };
  const hooked = conditions.map((each) => withHooks(each, extras));
  return runAsData(model, { questions, conditions: hooked }, { ...options, values });
}

/** What only stands in a job for its shape acts where it does and changes nothing. */
function withHooks(condition: PlanCondition, extras: ConditionExtras): Condition {
  if (condition.isMuted === true) return withIdleHooks(condition);
  const hooks = extras.hooksOf(condition).map(readyHook);
  return hooks.length === 0 ? condition : { ...condition, hooks };
}

const ready = new WeakMap<PlannedHook, Hook>();

/**
 * A callback, ready to run: the same one each time, so that conditions which have it in common share its rows. A study's file need not
 * import the engine, which it is given with the rest.
 */
function readyHook(planned: PlannedHook): Hook {
  const known = ready.get(planned) ?? hookOf(planned, (x, info) => planned.apply(x, { ...info, tf }) ?? undefined);
  ready.set(planned, known);
  return known;
}

async function runAsData(
  model: CodiModel,
  { questions, conditions }: { readonly questions: readonly string[]; readonly conditions: readonly Condition[] },
  { ablateLayer, ...common }: CommonOptions & Pick<RunOptions, "ablateLayer">,
): Promise<RunResult[][]> {
  if (protocolOf(model.protocol).studies.recomputesLatents) return model.runConditions(questions, conditions, common);
  const results: RunResult[][] = [];
  for (const [index, question] of questions.entries()) {
    const values = await cleanInputs(model, question, ablateLayer);
    const expected = common.expected?.slice(index, index + 1);
    results.push(
      ...(await model.runConditions([question], conditions, {
        ...common,
        values: { ...common.values, ...values },
        ...(expected === undefined ? {} : { expected }),
      })),
    );
  }
  return results;
}

/** What that study recorded: the layer's input at each latent of the clean run, as `clean-input.k`. */
async function cleanInputs(model: CodiModel, question: string, layer: number): Promise<Record<string, NamedValue>> {
  const site = blockSite(layer, "hook_resid_pre");
  const [clean] = await model.runBatch([question], { capture: [site], maxNewTokens: 1 });
  if (clean === undefined) throw new RangeError("The clean run gave no result");
  const { data } = clean.captures.get(site);
  const width = model.config.dModel;
  const latents = clean.layout.indicesOf(at.latent());
  return Object.fromEntries(
    latents.map((place, k) => [
      `clean-input.${k}`,
      { shape: [width], data: data.slice(place * width, (place + 1) * width) },
    ]),
  );
}
