/** The protocols by name, as files and the command line write them. */

import { UsageError } from "../../../base/errors.js";

/**
 * All names. `codi` is the reference inference of CODI; `seed` the original study's own loop, flaws included; `coconut` the inference of
 * Coconut; `pause` its control with one learned vector in place of every thought; `codi-pause` the same control of CODI; `none` no latents at all.
 */
export const PROTOCOL_NAMES = ["codi", "seed", "coconut", "pause", "codi-pause", "none"] as const;

/** Name of a protocol of the package. */
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

/** Name of a protocol: of the package, or one that was given in code. */
export type AnyProtocol = ProtocolName | (string & Record<never, never>);

/** The protocol of a checkpoint that names none and whose weights have a projection. */
export const DEFAULT_PROTOCOL: ProtocolName = "codi";

/** The protocol of the original study's own files. */
export const ORIGINAL_PROTOCOL: ProtocolName = "seed";

/** Is it one of the package's? */
export function isBuiltIn(name: string): name is ProtocolName {
  return (PROTOCOL_NAMES as readonly string[]).includes(name);
}

/** @throws UsageError for a protocol that was given in code, which is known in its own process alone. */
export function builtIn(name: AnyProtocol): ProtocolName {
  if (isBuiltIn(name)) return name;
  throw new UsageError(
    `"${name}" is a protocol that was given in code, and an experiment runs in processes of its own`,
    "put it into a file and give that: --protocol ./my-protocol.mjs",
  );
}
