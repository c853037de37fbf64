/** Weights that a wrapper of training saved under its own prefixes: the same tensors under their plain names. */

import { BadInputError } from "../../base/errors.js";
import { quoted } from "./quoted.js";
import type { StoredTensor, TensorStore } from "./store.js";

/** Parts of names that torch.compile, FSDP and activation checkpointing put in, wherever they stand. */
const INSIDE = /(?<=^|\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\./g;
/** Weights under plain names. */
export interface Unwrapped {
  readonly store: TensorStore;
  /** What was taken off, such as `_orig_mod.`; none: the store is the one that was given. */
  readonly prefixes: readonly string[];
}

/**
 * Takes off what stands inside of names, and what stands before all of them (`module.` of DataParallel and DeepSpeed, the field of a
 * trainer's own class) until they are known.
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
  const stored = new Map<string, string>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of store.tensors) {
    const own = plain(name);
    const other = stored.get(own);
    if (other !== undefined)
      throw new BadInputError(
        `${store.name}: ${quoted(other)} and ${quoted(name)} are both ${quoted(own)} without their wrappers' prefixes`,
        "save the model once, from inside its wrappers",
      );
    stored.set(own, name);
    tensors.set(own, { ...tensor, name: own });
  }
  const inFile = (name: string): string => stored.get(name) ?? name;
  return {
    prefixes,
    store: {
      name: store.name,
      tensors,
      read: (name, supply, range) => store.read(inFile(name), supply, range),
      isSame: (one, other) => store.isSame(inFile(one), inFile(other)),
      close: () => store.close(),
    },
  };
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
