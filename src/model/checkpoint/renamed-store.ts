/** An opened file whose tensors go by other names. */

import { BadInputError } from "../../base/errors.js";
import { quoted } from "./quoted.js";
import type { StoredTensor, TensorStore } from "./store.js";

/**
 * @param rename the new name of a tensor by its name in the file.
 * @returns the same tensors; the file is closed with them.
 * @throws BadInputError where two tensors come to have one name.
 */
export function renamedStore(store: TensorStore, rename: (name: string) => string): TensorStore {
  const stored = new Map<string, string>();
  const tensors = new Map<string, StoredTensor>();
  for (const [name, tensor] of store.tensors) {
    const own = rename(name);
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
    name: store.name,
    tensors,
    read: (name, supply, range) => store.read(inFile(name), supply, range),
    isSame: (one, other) => store.isSame(inFile(one), inFile(other)),
    close: () => store.close(),
  };
}
