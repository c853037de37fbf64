/** What is chosen and pointed at in the maps: all of them show it. */

import { signal } from "@preact/signals";

/** The position that is looked at, by its name: one end of the edge that can be cut. */
export const chosenKey = signal<string | null>(null);

/** The cell under the pointer, by places. */
export const pointed = signal<{ readonly query: number; readonly key: number } | null>(null);
