/** Hooks as code: a site, an address, and a typed function that may return a replacement. */

import { UsageError } from "../../base/errors.js";
import { printsAs } from "../../base/printing.js";
import type { Tensor } from "../tensor/tf.js";
import { type Address, type AddressLike, formatAddress, toAddresses } from "./address.js";
import type { SiteName, SiteTensor } from "./names.js";

/** What a hook gets beside its tensor. */
export interface HookInfo {
  readonly site: SiteName;
  /** Names of the positions in the tensor's position (or query) axis, in order. */
  readonly positions: readonly string[];
  /** Which of the call's questions the batch axis holds, by their places in it: `runBatch` computes questions of one length side by side, in an order of its own. */
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

/** One typed callback at one site and one or more addresses. A run takes the same object in two conditions for the same edit. */
export interface Hook {
  readonly site: SiteName;
  readonly addresses: readonly Address[];
  /** What it is called in records and messages, with what it depends on: `double`, `scale by 0.5`. Default: its function's name. */
  readonly id?: string;
  /** Name of its function, or `hook`. */
  readonly name: string;
  readonly apply: (x: Tensor, info: HookInfo) => Tensor | undefined;
}

/** Options of `hook`. */
export interface HookOptions {
  /** What records and messages call it: `hook(ID):SITE@ADDRESS`. Default: the name of the function. */
  readonly id?: string;
}

/**
 * Makes a hook. Hooks belong to the run they are passed to; several on one site run in the order given.
 *
 * @param site e.g. `blocks.8.hook_resid_post`; its axes type `x`.
 * @param address where, e.g. `at.latent(2)` or its text `latent.2`; several may be given.
 * @param fn observes, or returns a replacement of the same shape.
 * @throws UsageError for a callback that is no function, and for an id that is blank or has several lines.
 * @example
 * ```ts
 * const double = hook("blocks.8.hook_resid_post", at.latent(2), (x) => tf.mul(x, 2), { id: "double" });
 * const { fired } = await model.run(question, { hooks: [double] });
 * fired[0]?.count // → 1
 * ```
 */
export function hook<S extends SiteName>(
  site: S,
  address: AddressLike | readonly AddressLike[],
  fn: HookFunction<S>,
  { id }: HookOptions = {},
): Hook {
  const addresses = toAddresses(address);
  if (typeof fn !== "function")
    throw new UsageError(
      `The callback of a hook at "${site}" is ${fn === null ? "null" : `a ${typeof fn}`}, wanted a function`,
      "write hook(site, address, (x) => …)",
    );
  if (id !== undefined && !READABLE.test(id))
    throw new UsageError(
      `The id of a hook at "${site}" is ${JSON.stringify(id)}, wanted a name on one line`,
      'write { id: "double" }',
    );
  const made: Hook = {
    site,
    addresses,
    ...(id === undefined ? {} : { id }),
    name: fn.name === "" ? "hook" : fn.name,
    // As it was given: where a folder is resumed, callbacks are compared by their text.
    apply: fn as Hook["apply"],
  };
  return printsAs(made, { whole: hookText, line: hookText });
}

function hookText(made: Hook): string {
  return `Hook ${formatHook(made)}`;
}

const READABLE = /^(?=.*\S)[^\p{Cc}\p{Zl}\p{Zp}]+$/u;

/**
 * A hook as text, as records have it: `hook(double):blocks.8.hook_resid_post@latent.2`.
 * @example
 * ```ts
 * const halve = hook("blocks.8.hook_resid_post", at.latent(2), (x) => tf.mul(x, 0.5), { id: "halve" });
 * formatHook(halve); // → hook(halve):blocks.8.hook_resid_post@latent.2
 * ```
 */
export function formatHook({ site, addresses, id, name }: Pick<Hook, "site" | "addresses" | "id" | "name">): string {
  return `hook(${id ?? name}):${site}@${addresses.map(formatAddress).join(",")}`;
}

const numbers = new WeakMap<Hook, number>();
let known = 0;

/** What sets a hook apart from all others of this process: callbacks of one name, and of one text, are still different callbacks. */
export function hookIdentity(hook: Hook): string {
  const number = numbers.get(hook) ?? known++;
  numbers.set(hook, number);
  return `${formatHook(hook)}#${number}`;
}
