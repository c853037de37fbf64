/** Operations that hold a vector, a subspace or a run, as functions. What they give brings it along under a name made of its content. */

import { UsageError } from "../../base/errors.js";
import { type BoundIntervention, type Numbers, namedValue, runName, type SourceRun, valueName } from "./bound.js";
import { described } from "./described.js";
import { matchingSites, type SiteName } from "./names.js";
import {
  checkedOptions,
  intervene,
  numberOption,
  type ScopeOptions,
  type SiteLike,
  type Where,
} from "./operation-options.js";

/** Options of `add`. */
export interface AddOptions extends ScopeOptions {
  /** What is added: numbers in the shape of one position of the site (or of its scope), one such a position, or a name from `values`. */
  readonly vector: Numbers | string;
  /** It is multiplied by this first. Default 1. */
  readonly scale?: number;
}

/** Options of `replace`. */
export interface ReplaceOptions extends ScopeOptions {
  /** What is written: numbers in the shape of one position of the site (or of its scope), one such a position, or a name from `values`. */
  readonly by: Numbers | string;
}

/** Options of `patch`. */
export interface PatchOptions extends ScopeOptions {
  /** A run that captured the site, one a question, or a name from `sources`. */
  readonly run: SourceRun | readonly SourceRun[] | string;
}

/** Options of `project`: one of the two. */
export interface ProjectOptions extends ScopeOptions {
  /** The subspace that is taken away: `[k, d]`, or one direction `[d]`. */
  readonly out?: Numbers | string;
  /** The subspace that alone is kept: `[k, d]`, or one direction `[d]`. */
  readonly onto?: Numbers | string;
}

/** Options of `swap`. */
export interface SwapOptions extends PatchOptions {
  /** The subspace whose component is exchanged: `[k, d]`, or one direction `[d]`. */
  readonly subspace: Numbers | string;
}

/**
 * Adds a vector.
 *
 * @param options `vector`, and `scale` that multiplies it.
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const vector = new Float32Array(model.config.dModel).fill(0.1);
 * const { answer } = await model.run(question, { interventions: [add(site.block(6).residPost, at.latent(), { vector, scale: 2 })] });
 * ```
 */
export function add(site: SiteLike, address: Where, options: AddOptions): BoundIntervention {
  const { vector, scale, ...scope } = checkedOptions("add", options, ["vector", "scale"]);
  const { ref, values } = valueNamed(vector, { operation: "add", option: "vector", kind: "vector" });
  const factor = scale === undefined ? {} : { scale: numberOption("add", "scale", scale) };
  return {
    intervention: intervene({ kind: "add", ref, ...factor }, { site, address, options: scope }),
    values,
    sources: {},
  };
}

/**
 * Writes given values.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const by = new Float32Array(model.config.dModel);
 * const { answer } = await model.run(question, { interventions: [replace(site.latents.input, at.latent(2), { by })] });
 * ```
 */
export function replace(site: SiteLike, address: Where, options: ReplaceOptions): BoundIntervention {
  const { by, ...scope } = checkedOptions("replace", options, ["by"]);
  const { ref, values } = valueNamed(by, { operation: "replace", option: "by", kind: "vector" });
  return { intervention: intervene({ kind: "replace", ref }, { site, address, options: scope }), values, sources: {} };
}

/**
 * Writes what another run has at the position of the same name.
 *
 * @param options `run`: a result whose `capture` had the site; one for all questions, or one a question.
 * @throws UsageError for a site, address or option that cannot be, or a run that did not capture the site.
 * @example
 * ```ts
 * const run = await model.run(problems[1]?.question ?? "", { capture: [site.block(8).residPost] });
 * const { answer } = await model.run(question, { interventions: [patch(site.block(8).residPost, at.latent(2), { run })] });
 * ```
 */
export function patch(site: SiteLike, address: Where, options: PatchOptions): BoundIntervention {
  const { run, head = null, ...scope } = checkedOptions("patch", options, ["run"]);
  const { from, sources } = sourceOf(run, { operation: "patch", site });
  return {
    intervention: intervene({ kind: "patch", from, head }, { site, address, options: scope }),
    values: {},
    sources,
  };
}

/**
 * Takes the component in a subspace away (`out`), or keeps only that (`onto`). The directions need not be orthogonal, nor of length 1.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const out = new Float32Array(model.config.dModel).fill(1);
 * const { answer } = await model.run(question, { interventions: [project(site.block(8).residPost, at.latent(2), { out })] });
 * ```
 */
export function project(site: SiteLike, address: Where, options: ProjectOptions): BoundIntervention {
  const { out, onto, ...scope } = checkedOptions("project", options, ["out", "onto"]);
  if ((out === undefined) === (onto === undefined))
    throw new UsageError(
      `project has ${out === undefined ? "neither out nor onto" : "both out and onto"}`,
      "give one of them",
    );
  const how = out === undefined ? "onto" : "out";
  const { ref, values } = valueNamed(out ?? onto, { operation: "project", option: how, kind: "subspace" });
  return {
    intervention: intervene({ kind: "project", how, ref }, { site, address, options: scope }),
    values,
    sources: {},
  };
}

/**
 * Exchanges the component in a subspace for that of another run, as interchange interventions do.
 *
 * @throws UsageError for a site, address or option that cannot be, or a run that did not capture the site.
 * @example
 * ```ts
 * const run = await model.run(problems[1]?.question ?? "", { capture: [site.block(8).residPost] });
 * const subspace = new Float32Array(model.config.dModel).fill(1);
 * const { answer } = await model.run(question, { interventions: [swap(site.block(8).residPost, at.latent(2), { subspace, run })] });
 * ```
 */
export function swap(site: SiteLike, address: Where, options: SwapOptions): BoundIntervention {
  const { subspace, run, ...scope } = checkedOptions("swap", options, ["subspace", "run"]);
  const { ref, values } = valueNamed(subspace, { operation: "swap", option: "subspace", kind: "subspace" });
  const { from, sources } = sourceOf(run, { operation: "swap", site });
  return { intervention: intervene({ kind: "swap", ref, from }, { site, address, options: scope }), values, sources };
}

interface ValueOption {
  readonly operation: string;
  readonly option: string;
  readonly kind: "vector" | "subspace";
}

function valueNamed(
  given: Numbers | string | undefined,
  { operation, option, kind }: ValueOption,
): { ref: string; values: BoundIntervention["values"] } {
  if (typeof given === "string") return { ref: given, values: {} };
  const value = namedValue(given, `${operation}: ${option}`);
  const ref = valueName(kind, value);
  return { ref, values: { [ref]: value } };
}

function sourceOf(
  run: PatchOptions["run"],
  { operation, site }: { readonly operation: string; readonly site: SiteLike },
): { from: string; sources: BoundIntervention["sources"] } {
  if (typeof run === "string") return { from: run, sources: {} };
  const runs: readonly SourceRun[] = Array.isArray(run) ? run : [run];
  const wrong = runs.find((each) => typeof each !== "object" || each === null || !("captures" in each));
  if (runs.length === 0 || wrong !== undefined || run === undefined)
    throw new UsageError(
      `${operation}: run is ${runs.length === 0 ? "an empty list" : described(wrong)}, wanted a run`,
      `give the result of model.run(question, { capture: ["${site}"] })`,
    );
  const from = runName(runs, (each) => capturedSites(each, site));
  return { from, sources: { [from]: run } };
}

/** Those of the site's names that the run has. @throws UsageError where there are none. */
function capturedSites(run: SourceRun, site: SiteLike): SiteName[] {
  const found = matchingSites(site, run.captures.sites);
  // The run says itself what it captured.
  if (found.length === 0) run.captures.get(site as SiteName);
  return found;
}
