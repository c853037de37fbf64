/** One computation at a time, in the order in which they were asked for. */

/** Lets each piece of work wait for the one before it. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /**
   * @param signal ends the wait; the work itself looks at it between its passes.
   * @throws what the work throws, and the signal's reason.
   */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const mine = this.#last.then(async () => {
      await breath(signal);
      return work();
    });
    // A failure belongs to who asked for it, and not to who comes next.
    this.#last = mine.catch(() => {});
    return mine;
  }
}

/**
 * Lets messages in before the next pass: an engine that computes in this thread gives them no chance.
 *
 * @throws the signal's reason where it was aborted.
 */
export async function breath(signal?: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  signal?.throwIfAborted();
}
