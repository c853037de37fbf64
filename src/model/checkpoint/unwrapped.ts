/** Weights that a wrapper of training saved under its own prefixes: the same tensors under their plain names. */

import { renamedStore } from "./renamed-store.js";
import type { TensorStore } from "./store.js";

/** Parts of names that torch.compile, FSDP, activation checkpointing and DataParallel put in, wherever they stand: no model has a part so named. */
const INSIDE = /(?<=^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|module)\./g;

/** Weights under plain names. */
export interface Unwrapped {
  readonly store: TensorStore;
  /** What was taken off, such as `_orig_mod.`; none: the store is the one that was given. */
  readonly prefixes: readonly string[];
}

/**
 * Takes off what stands inside of names, and what stands before all of them (the field of a trainer's own class) until they are known.
 *
 * @param isKnown are these the names of what the file should hold?
 * @throws BadInputError where two tensors come to have one name.
 */
export function unwrapped(store: TensorStore, isKnown: (names: ReadonlySet<string>) => boolean): Unwrapped {
  const names = [...store.tensors.keys()];
  const found = new Set(names.flatMap((name) => name.match(INSIDE) ?? []));
  const before = prefixOfAll(
    names.map((name) => name.replace(INSIDE, "")),
    isKnown,
  );
  const plain = (name: string): string => name.replace(INSIDE, "").slice(before.length);
  const prefixes = [...(before === "" ? [] : [before]), ...found];
  if (prefixes.length === 0) return { store, prefixes };
  return { prefixes, store: renamedStore(store, plain) };
}

/** What stands before all names that are known without it; empty where nothing helps. */
function prefixOfAll(names: readonly string[], isKnown: (names: ReadonlySet<string>) => boolean): string {
  let left = names;
  let prefix = "";
  while (!isKnown(new Set(left))) {
    const first = `${left[0]?.split(".")[0]}.`;
    if (left.length === 0 || !left.every((name) => name.startsWith(first))) return "";
    prefix += first;
    left = left.map((name) => name.slice(first.length));
  }
  return prefix;
}
