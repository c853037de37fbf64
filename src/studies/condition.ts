/** The conditions of a study: as it writes them down, and ready to run. */

import { type Address, parseAddress } from "../model/hooks/address.js";
import { isBound } from "../model/hooks/bound.js";
import { formatHook, type Hook, type HookInfo } from "../model/hooks/hook.js";
import { type Intervention, parseIntervention } from "../model/hooks/interventions.js";
import type { SiteName } from "../model/hooks/names.js";
import { asIntervention } from "../model/latent/given.js";
import type { AnyProtocol } from "../model/latent/protocols/names.js";
import type { Condition, InterventionLike } from "../model/latent/run-types.js";
import type { Tensor, tf } from "../model/tensor/tf.js";
import type { PatchMap } from "./patching/grid.js";

/** What a study's conditions are made for. */
export interface StudyContext {
  /** Block whose output is changed where the study does not go through all of them (`--ablate-layer`). */
  readonly layer: number;
  /** Blocks of the model. */
  readonly depth: number;
  readonly latents: number;
  readonly protocol: AnyProtocol;
  /** How latents are taken away (`--ablation`); default: zero, and its controls. */
  readonly ablations?: readonly string[];
}

/** One callback as a study writes it down. */
export interface PlannedHook {
  /** `blocks.8.hook_resid_post` */
  readonly site: string;
  /** `latent.2`; several with commas. */
  readonly at: string;
  /** What records and messages call it; default: `hook`. */
  readonly name?: string;
  /** Gets what the site has at the addresses, borrowed, and the engine's operations; returns a replacement of the same shape, or nothing. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks has no return statement
  readonly apply: (x: Tensor, info: HookInfo & { readonly tf: typeof tf }) => Tensor | undefined | void;
}

/** One condition as a study writes it down. */
export interface PlannedCondition {
  /** Not used twice in a run: begin it with what the study does. */
  readonly name: string;
  /** As data, as text (`zero:blocks.8.hook_resid_post@latent.2`), or as the functions give it (`add(site, address, { vector })`). */
  readonly interventions: readonly InterventionLike[];
  /**
   * What sets it apart within its study, for the analysis: names as the study's figure and table use them. They stand in each record.
   * One with a factor `control` is shown beside the others, and is neither tested with them nor named in their sentence.
   */
  readonly factors?: Readonly<Record<string, number | string>>;
  /**
   * Interventions that depend on the question's tokens; `interventions` then only stands for their kind in plans.
   *
   * @param tokens text of each position of `question`, BOS first.
   * @returns none where the question has nothing of the kind: the record then says so by an empty list, and counts nowhere.
   */
  readonly forQuestion?: (tokens: readonly string[]) => readonly (string | Intervention)[];
  /**
   * How many latents are run in place of the checkpoint's; without interventions that alone is what it changes. Its KL is not measured.
   * Not together with `forQuestion`, `isIdentity` or `patch`.
   */
  readonly latents?: number;
  /** Must not change anything: a run of it that gives another answer is a failure, not a result. */
  readonly isIdentity?: boolean;
  /**
   * Callbacks, after the interventions. Such a condition is a row of the same batch as the others, and is scored. Not together with
   * `forQuestion`, `latents` or `patch`.
   */
  readonly hooks?: readonly PlannedHook[];
  /** It is a map of patches between the problem's run and its counterfactual's: the record holds a value a cell. */
  readonly patch?: PatchMap;
}

/** One condition of a study, ready to run: data alone. */
export interface StudyCondition extends Omit<Condition, "hooks"> {
  /** Name of its study; `baseline` for the one without interventions. */
  readonly study: string;
  /** The latent that `token-ablation` zeroes; null in all others. */
  readonly latent: number | null;
  readonly factors: Readonly<Record<string, number | string>>;
  readonly forQuestion?: (tokens: readonly string[]) => readonly Intervention[];
  readonly latents?: number;
  readonly isIdentity?: boolean;
  readonly patch?: PatchMap;
  /** Its callbacks as text, `hook(double):blocks.8.hook_resid_post@latent.2`; the callbacks themselves stay with the study. */
  readonly hooked?: readonly string[];
}

/**
 * A condition by the texts of its interventions.
 * @example
 * ```ts
 * const zeroed = condition("mine", "latent 0", { interventions: ["zero:blocks.8.hook_resid_post@latent.0"], factors: { latent: 0 } });
 * zeroed.interventions.length; // → 1
 * ```
 */
export function condition(
  study: string,
  name: string,
  {
    interventions,
    factors,
  }: { readonly interventions: readonly string[]; readonly factors: StudyCondition["factors"] },
): StudyCondition {
  return { study, name, latent: null, factors, interventions: parsed(interventions) };
}

/**
 * A planned condition of a study, its texts read.
 *
 * @throws UsageError where the text of an intervention cannot be read.
 * @example
 * ```ts
 * const planned = { name: "latent 0", interventions: ["zero:blocks.8.hook_resid_post@latent.0"] };
 * readyCondition("mine", planned).study; // → mine
 * ```
 */
export function readyCondition(study: string, planned: PlannedCondition): StudyCondition {
  const { name, factors = {}, interventions, forQuestion, latents, isIdentity, patch, hooks } = planned;
  const { latent = null } = planned as Partial<StudyCondition>;
  return {
    study,
    name,
    latent,
    factors,
    interventions: parsed(interventions),
    ...(forQuestion === undefined ? {} : { forQuestion: (tokens) => parsed(forQuestion(tokens)) }),
    ...(latents === undefined ? {} : { latents }),
    ...(isIdentity === undefined ? {} : { isIdentity }),
    ...(patch === undefined ? {} : { patch }),
    ...(hooks === undefined ? {} : { hooked: hooks.map((each) => formatHook(hookOf(each))) }),
  };
}

/** Where a callback acts. @throws UsageError where an address cannot be read. */
export function addressesOf({ at }: Pick<PlannedHook, "at">): Address[] {
  return at.split(",").map(parseAddress);
}

/** The hook that a callback becomes. @param apply what it does; a plan does nothing. */
export function hookOf(planned: Omit<PlannedHook, "apply">, apply: Hook["apply"] = () => undefined): Hook {
  const { name = "hook", site } = planned;
  return { site: site as SiteName, addresses: addressesOf(planned), id: name, name, apply };
}

/** The condition with hooks that act where its callbacks do and change nothing: as a plan counts it. */
export function withIdleHooks<C extends Pick<StudyCondition, "hooked">>(condition: C): C & Pick<Condition, "hooks"> {
  const { hooked } = condition;
  if (hooked === undefined) return condition;
  return { ...condition, hooks: hooked.map((text) => hookOf(placeOf(text))) };
}

// A name may have brackets of its own; a site and an address have none.
const HOOK_TEXT = /^hook\((.*)\):([^@()]+)@([^@()]+)$/s;

function placeOf(text: string): Omit<PlannedHook, "apply"> {
  const [, name, site, at] = HOOK_TEXT.exec(text) ?? [];
  if (name === undefined || site === undefined || at === undefined) throw new RangeError(`"${text}" is no hook`);
  return { name, site, at };
}

function parsed(interventions: readonly InterventionLike[]): Intervention[] {
  return interventions.map((each) => {
    if (typeof each === "string") return parseIntervention(each);
    return isBound(each) ? asIntervention(each) : each;
  });
}
