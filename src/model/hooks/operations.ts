/** Operations that need nothing but numbers, as functions that give data: `zero(site.block(8).residPost, at.latent(2), { head: 3 })`. */

import { UsageError } from "../../base/errors.js";
import { formatAddress, toAddresses } from "./address.js";
import type { Intervention } from "./interventions.js";
import {
  checkedOptions,
  intervene,
  numberOption,
  type ScopeOptions,
  type SiteLike,
  type Where,
} from "./operation-options.js";

/** Options of `scale`. */
export interface ScaleOptions extends ScopeOptions {
  /** The factor. */
  readonly by: number;
}

/** Options of `noise`. */
export interface NoiseOptions extends ScopeOptions {
  /** Standard deviation of each number that is added. */
  readonly sigma: number;
}

/** Options of `knockout`. */
export interface KnockoutOptions extends Omit<ScopeOptions, "dims" | "keys"> {
  /** The keys that are taken away, such as `at.latent(2)`; several may be given. */
  readonly keys: Where;
  /** Leave what remains of each row as it is. Default false: it is divided by its sum, so that the row sums to 1 again. */
  readonly raw?: boolean;
}

/**
 * Writes zeros.
 *
 * @param site a name, such as `site.block(8).residPost`; `site.everyBlock` stands for all blocks.
 * @param address where, such as `at.latent(2)`; several may be given.
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const { answer } = await model.run(question, { interventions: [zero(site.block(8).attn.z, at.latent(2), { head: 3 })] });
 * ```
 */
export function zero(site: SiteLike, address: Where, options: ScopeOptions = {}): Intervention {
  return intervene({ kind: "zero" }, { site, address, options: checkedOptions("zero", options, []) });
}

/**
 * Writes the mean over the questions of `reference`, at the position of the same name. A question is left out for itself.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const options = { interventions: [mean(site.block(8).residPost, at.latent(2))], reference: problems.map((each) => each.question) };
 * const { answer } = await model.run(question, options);
 * ```
 */
export function mean(site: SiteLike, address: Where, options: ScopeOptions = {}): Intervention {
  return intervene({ kind: "mean" }, { site, address, options: checkedOptions("mean", options, []) });
}

/**
 * Writes what another question of `reference` has at the position of the same name; which one is drawn with the run's seed.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const options = { interventions: [resample(site.latents.input, at.latent(2))], reference: problems.map((each) => each.question) };
 * const { answer } = await model.run(question, options);
 * ```
 */
export function resample(site: SiteLike, address: Where, options: ScopeOptions = {}): Intervention {
  return intervene({ kind: "resample" }, { site, address, options: checkedOptions("resample", options, []) });
}

/**
 * Multiplies by a number.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * formatIntervention(scale(site.block(8).mlpOut, at.latent(), { by: 0.5 })); // → "scale(0.5):blocks.8.hook_mlp_out@latent"
 * ```
 */
export function scale(site: SiteLike, address: Where, options: ScaleOptions): Intervention {
  const { by } = checkedOptions("scale", options, ["by"]);
  return intervene({ kind: "scale", factor: numberOption("scale", "by", by) }, { site, address, options });
}

/**
 * Adds normal noise, drawn with the run's seed by what it is added to.
 *
 * @throws UsageError for a site, address or option that cannot be, or a sigma that is not above 0.
 * @example
 * ```ts
 * const { answer } = await model.run(question, { interventions: [noise(site.block(8).residPost, at.latent(2), { sigma: 0.5 })], seed: 1 });
 * ```
 */
export function noise(site: SiteLike, address: Where, options: NoiseOptions): Intervention {
  const { sigma } = checkedOptions("noise", options, ["sigma"]);
  return intervene({ kind: "noise", sigma: numberOption("noise", "sigma", sigma) }, { site, address, options });
}

/**
 * Writes a random direction of the same length, drawn with the run's seed by what it replaces. In a scope, the length is that within it.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const { answer } = await model.run(question, { interventions: [random(site.block(8).residPost, at.latent(2))] });
 * ```
 */
export function random(site: SiteLike, address: Where, options: ScopeOptions = {}): Intervention {
  return intervene({ kind: "random" }, { site, address, options: checkedOptions("random", options, []) });
}

/**
 * Exchanges the addressed positions' values among them, in an order drawn with the run's seed that is not their own.
 *
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const { answer } = await model.run(question, { interventions: [shuffle(site.block(8).residPost, at.latent())] });
 * ```
 */
export function shuffle(site: SiteLike, address: Where, options: ScopeOptions = {}): Intervention {
  return intervene({ kind: "shuffle" }, { site, address, options: checkedOptions("shuffle", options, []) });
}

/**
 * Takes keys away from a query's row of the attention pattern.
 *
 * @param address the query: one address. @param options `keys`: what it may not attend to.
 * @throws UsageError for a site, address or option that cannot be.
 * @example
 * ```ts
 * const cut = knockout(site.everyBlock.attn.pattern, at.eot, { keys: at.latent(2) });
 * formatIntervention(cut); // → "knockout(eot→latent.2):blocks.*.attn.hook_pattern@eot"
 * ```
 */
export function knockout(site: SiteLike, address: Where, options: KnockoutOptions): Intervention {
  const { keys, raw, ...scope } = checkedOptions("knockout", options, ["keys", "raw"]);
  const [query, ...more] = toAddresses(address);
  if (query === undefined || more.length > 0)
    throw new UsageError(`knockout takes one address, found ${1 + more.length}`, "write one knockout for each query");
  const from = formatAddress(query);
  const to = toAddresses(keys).map(formatAddress).join("+");
  return intervene({ kind: "knockout", from, to, renormalise: raw !== true }, { site, address, options: scope });
}
