/** The protocols by name, as files and the command line write them. */

/** All names. `codi` is the reference inference; `seed` is the original study's own loop, flaws included. */
export const PROTOCOL_NAMES = ["codi", "seed"] as const;

/** Name of a protocol. */
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

/** The protocol of a checkpoint that names none. */
export const DEFAULT_PROTOCOL: ProtocolName = "codi";

/** The protocol of the original study's own files. */
export const ORIGINAL_PROTOCOL: ProtocolName = "seed";
