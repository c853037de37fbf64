/** Other functions in the place of the engine's own, for whoever is to hear of every call. */

import type { NativeBackend } from "./engine.js";

type Binding = NativeBackend["binding"];
/** By name; undefined for one that is to be missing. */
type Overrides = { readonly [Name in keyof Binding]?: Binding[Name] | undefined };

/** Calls go to `overrides` from now on. @returns a function that gives the engine its own again. */
export function overridden(engine: NativeBackend, overrides: Overrides): () => void {
  const held = engine as { binding: Binding };
  const own = held.binding;
  // The binding's own properties cannot be written over.
  const entries = Object.entries(overrides).map(([name, value]) => [name, { value }] as const);
  held.binding = Object.create(own as object, Object.fromEntries(entries)) as Binding;
  return () => {
    held.binding = own;
  };
}
