/** The protocols by name. */

import { CODI } from "./codi.js";
import type { ProtocolName } from "./names.js";
import type { Protocol } from "./protocol.js";
import { SEED } from "./seed.js";

const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = { codi: CODI, seed: SEED };

/** The protocol of a name. */
export function protocolOf(name: ProtocolName): Protocol {
  return PROTOCOLS[name];
}
