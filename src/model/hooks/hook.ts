/** Hooks as code: a site, an address, and a typed function that may return a replacement. */

import type { Tensor } from "../tensor/tf.js";
import type { Address } from "./address.js";
import type { SiteName, SiteTensor } from "./names.js";

/** What a hook gets beside its tensor. */
export interface HookInfo {
  readonly site: SiteName;
  /** Names of the positions in the tensor's position (or query) axis, in order. */
  readonly positions: readonly string[];
  /** Which questions of the run the batch axis holds, in order. */
  readonly questions: readonly number[];
  /** True in the pass that teacher-forces the expected answer: what is seen there is not part of the run's own answer. */
  readonly scoring: boolean;
}

/**
 * Reads `x` (borrowed: never dispose it) and returns nothing, or a replacement of the same shape, which the run then owns.
 * `x` holds the addressed positions only.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks has no return statement
export type HookFunction<S extends SiteName> = (x: SiteTensor<S>, info: HookInfo) => Tensor | undefined | void;

/** One typed callback at one site and one or more addresses. */
export interface Hook {
  readonly site: SiteName;
  readonly addresses: readonly Address[];
  readonly name: string;
  readonly apply: (x: Tensor, info: HookInfo) => Tensor | undefined;
}

/**
 * Makes a hook. Hooks belong to the run they are passed to; several on one site run in the order given.
 *
 * @param site e.g. `blocks.8.hook_resid_post`; its axes type `x`.
 * @param address where, e.g. `at.latent(2)`; several may be given.
 * @param fn observes, or returns a replacement of the same shape.
 * @example hook("blocks.8.hook_resid_post", at.latent(2), (x) => tf.zerosLike(x))
 */
export function hook<S extends SiteName>(site: S, address: Address | readonly Address[], fn: HookFunction<S>): Hook {
  const addresses = Array.isArray(address) ? (address as readonly Address[]) : [address as Address];
  return {
    site,
    addresses,
    name: fn.name === "" ? "hook" : fn.name,
    apply: (x, info) => fn(x as SiteTensor<S>, info) ?? undefined,
  };
}
