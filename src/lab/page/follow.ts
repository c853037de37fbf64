/** A view that follows what is on show: asked of the worker whenever its question changes, the newest question only. */

import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Calls } from "../worker/messages.js";
import { fail, isLive } from "./state.js";
import { worker } from "./worker.js";

/** The calls that read and change nothing. */
type Reading = "cell" | "attention";

/** What is asked; `version` asks again where it is another one. */
export interface Wanted<K extends Reading> {
  readonly ask: Calls[K]["ask"];
  readonly version?: unknown;
}

/** @param wanted reads signals; null shows nothing. @returns the newest answer. The one before stays until it is there. */
export function follow<K extends Reading>(
  name: K,
  wanted: () => Wanted<K> | null,
): ReadonlySignal<Calls[K]["answer"] | null> {
  const found = signal<Calls[K]["answer"] | null>(null);
  let asked = "";
  let version: unknown;
  let last = new AbortController();
  effect(() => {
    const next = isLive.value ? wanted() : null;
    const key = JSON.stringify(next?.ask ?? null);
    if (key === asked && version === next?.version) return;
    [asked, version] = [key, next?.version];
    last.abort();
    last = new AbortController();
    if (next === null) found.value = null;
    else void answer(next.ask, last.signal);
  });
  async function answer(ask: Calls[K]["ask"], stop: AbortSignal): Promise<void> {
    try {
      const view = await worker.call(name, ask, { signal: stop });
      if (!stop.aborted) found.value = view;
    } catch (error) {
      if (!stop.aborted) found.value = null;
      fail(error);
    }
  }
  return found;
}
