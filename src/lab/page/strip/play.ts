/** The thoughts appear one after another when the page opens: the precomputed example plays while the engine starts. */

import { signal } from "@preact/signals";

const STEP_MS = 160;

/** Steps that are on show; null where all are. */
const shown = signal<number | null>(null);

let timer: ReturnType<typeof setInterval> | null = null;

/** Plays `steps` steps, unless the reader wants less motion. Whatever one does ends it. */
export function play(steps: number): void {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  shown.value = 0;
  timer = setInterval(() => {
    const next = (shown.value ?? steps) + 1;
    if (next >= steps) stopPlay();
    else shown.value = next;
  }, STEP_MS);
  for (const type of ["pointerdown", "keydown"]) addEventListener(type, stopPlay, { once: true });
}

/** Shows all steps. */
export function stopPlay(): void {
  if (timer !== null) clearInterval(timer);
  timer = null;
  shown.value = null;
}

/** The class of what appears at a step: nothing once it is on show. */
export function laterClass(step: number): string {
  return shown.value === null || step <= shown.value ? "" : " later";
}
