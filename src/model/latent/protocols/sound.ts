/** What protocols have in common whose every latent is fed back from the position before it. */

import type { Protocol } from "./protocol.js";

/** All studies are possible, and nothing is to be warned of. */
export const SOUND = {
  hasBot: true,
  firstFedBack: 0,
  attentionShift: 0,
  studies: { recomputesLatents: true, hasAll: true, readsFlow: true, sharesBatches: true },
  warning: null,
  note: null,
} as const satisfies Partial<Protocol>;
