/** The threads of each worker that a run was begun with: they change the last digits, so a run keeps them. */

import { readManifest } from "../../records/store.js";
import type { Setup } from "./setup.js";

/** The set-up with the threads of the run whose folder this is, and with as many workers less or more as cores allow. */
export function threadsOfFolder<T extends Pick<Setup, "dir" | "options" | "crew">>(
  setup: T,
  notice: (text: string) => void,
): T {
  const { options, crew } = setup;
  const threads = readManifest(setup.dir)?.settings.threads;
  if (threads === undefined || threads === crew.threads) return setup;
  notice(
    `the run in this folder was begun with ${threads === 1 ? "one thread" : `${threads} threads`} a worker and keeps that; ${crew.threads} ${crew.threads === 1 ? "is" : "are"} not taken`,
  );
  return { ...setup, options: { ...options, threads }, crew: { ...crew, threads } };
}
