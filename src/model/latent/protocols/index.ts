/** The protocols by name. */

import { CODI_RULES } from "./codi.js";
import type { Protocol, ProtocolRules } from "./protocol.js";
import { SEED_RULES } from "./seed.js";

const RULES: Readonly<Record<Protocol, ProtocolRules>> = { codi: CODI_RULES, seed: SEED_RULES };

/** The rules of a protocol. */
export function protocolRules(name: Protocol): ProtocolRules {
  return RULES[name];
}
