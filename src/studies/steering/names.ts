/** What figures, tables and sentences call the things that are added. */

import type { Added } from "./record.js";

/** In tables and figures. */
export const ADDED_NAMES: Readonly<Record<Added, string>> = {
  own: "the direction",
  random: "a random direction of the same length (control)",
  elsewhere: "the direction at another latent (control)",
};
