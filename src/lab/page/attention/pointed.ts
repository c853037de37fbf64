/** What is pointed at in the enlarged map. */

import { signal } from "@preact/signals";

/** The cell under the pointer, by places. */
export const pointed = signal<{ readonly query: number; readonly key: number } | null>(null);
