/** How long things may take on a queue. */

import { UsageError } from "../../base/errors.js";

/** How often a run says that it goes on, and for how long that holds. */
export const ANNOUNCED = { everyMs: 3_000, forMs: 60_000 } as const;
/** How often a worker says what it does, and after how long a silent one counts as gone. */
export const BEAT = { everyMs: 1_000, goneMs: 15_000 } as const;
/** How long a result waits for its coordinator. */
export const RESULT_KEPT_MS = 24 * 3_600_000;
/** So many deaths in a job, and it is taken for what kills. */
export const MOST_DEATHS = 3;

/** Seconds that a connection is tried at the start. */
export function waitSeconds(): number {
  return secondsOf("CODILENS_QUEUE_WAIT_SECONDS", 30);
}

/** Seconds after which a job whose worker is silent is given to another one. */
export function lockSeconds(): number {
  return secondsOf("CODILENS_QUEUE_LOCK_SECONDS", 30);
}

function secondsOf(name: string, usual: number): number {
  const text = process.env[name];
  if (text === undefined) return usual;
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new UsageError(`${name} is "${text}", wanted whole seconds from 1 to 9999`, "correct it, or leave it unset");
  return Number(text);
}
