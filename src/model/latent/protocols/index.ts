/** The protocols by name. */

import { UsageError } from "../../../base/errors.js";
import { COCONUT } from "./coconut.js";
import { CODI } from "./codi.js";
import { CODI_PAUSE } from "./codi-pause.js";
import { addLoop } from "./loop.js";
import { type AnyProtocol, PROTOCOL_NAMES, type ProtocolName } from "./names.js";
import { NONE } from "./none.js";
import { PAUSE } from "./pause.js";
import type { Protocol } from "./protocol.js";
import { SEED } from "./seed.js";

const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  codi: CODI,
  seed: SEED,
  coconut: COCONUT,
  pause: PAUSE,
  "codi-pause": CODI_PAUSE,
  none: NONE,
};

const byName = new Map<string, Protocol>(Object.entries(PROTOCOLS));
/** Of runs that were computed elsewhere: their words, and not their steps. */
const described = new Map<string, Protocol>();

/** The protocol of a name. @throws UsageError for a name that is neither the package's nor that of a protocol that was given in code. */
export function protocolOf(name: AnyProtocol): Protocol {
  const found = knownProtocol(name);
  if (found === null)
    throw new UsageError(
      `There is no protocol "${name}" here`,
      `the package has ${PROTOCOL_NAMES.join(", ")}; another is known once a model was loaded with it`,
    );
  return found;
}

/** The protocol of a name where it is known here: results of a protocol of one's own are read where that is not. */
export function knownProtocol(name: AnyProtocol): Protocol | null {
  return byName.get(name) ?? described.get(name) ?? null;
}

/** Makes the words of another run's protocol known, where nothing of that name can be run here. */
export function addDescribed(own: Protocol): void {
  described.set(own.name, own);
}

/** Makes a protocol of one's own known by its name. @throws UsageError where another has the name. */
export function addProtocol(own: Protocol): Protocol {
  const known = byName.get(own.name);
  if (known !== undefined && known !== own)
    throw new UsageError(`Another protocol is called "${own.name}"`, "give yours another name");
  byName.set(own.name, own);
  addLoop(own.name, own);
  return own;
}
