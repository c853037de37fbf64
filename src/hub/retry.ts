/** Failures that pass, and how long to wait for them. */

import { EnvironmentError } from "../base/errors.js";
import type { HubSettings } from "./settings.js";

/** What a download works with; tests bring their own clock. */
export interface Network {
  readonly settings: HubSettings;
  readonly signal: AbortSignal;
  /** One sentence for the user, without a token in it. */
  readonly notice: (text: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after so many milliseconds; rejects when the signal comes. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A failure after which the same request may succeed. */
export class Transient extends Error {
  /** @param waitMs what the server asks to wait, or null. @param progressed whether enough new bytes came before it. */
  constructor(
    message: string,
    readonly waitMs: number | null = null,
    readonly progressed = false,
  ) {
    super(message);
  }
}

/** How often in a row a request is sent before it is given up. */
export const TRIES = 5;

/** The longest wait that a server can ask for. */
export const LONGEST_WAIT_MS = 120_000;

/**
 * Repeats an attempt while it fails with `Transient`: waits as long as the server asks, else 1, 2, 4 … seconds. A failure
 * that brought enough bytes starts the count anew.
 *
 * @param what continues "Cannot".
 * @throws EnvironmentError when the tries are used up; whatever else the attempt throws.
 */
export async function withRetries<T>(network: Network, what: string, attempt: () => Promise<T>): Promise<T> {
  let failed = 0;
  for (;;) {
    try {
      network.signal.throwIfAborted();
      return await attempt();
    } catch (error) {
      network.signal.throwIfAborted();
      if (!(error instanceof Transient)) throw error;
      failed = error.progressed ? 1 : failed + 1;
      if (failed >= TRIES)
        throw new EnvironmentError(`Cannot ${what}: ${error.message} (tried ${TRIES} times)`, hint(network), {
          cause: error,
        });
      const waitMs = Math.min(error.waitMs ?? 1000 * 2 ** (failed - 1), LONGEST_WAIT_MS);
      network.notice(`${error.message}; try ${failed + 1} of ${TRIES} in ${Math.ceil(waitMs / 1000)} s`);
      await network.sleep(waitMs, network.signal);
    }
  }
}

/** What to do about a network that does not work. */
export function hint({ settings: { unusedProxy } }: Network): string {
  const again = "check the network, then run the same command again to resume";
  return unusedProxy === null ? again : `${again}; ${unusedProxy} is set but not used (see the notice above)`;
}

/** A Retry-After header in milliseconds from now: seconds or a date. Null where there is none or it is neither. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
