/** Lets so many in at a time: jobs on the queue are bounded by the workers that are there. */

interface Waiting {
  readonly enter: () => void;
  readonly fail: (error: Error) => void;
}

/** A gate of some width. */
export class Gate {
  readonly #waiting: Waiting[] = [];
  readonly #outside = new Map<number, Waiting>();
  #inside = 0;
  #closed: Error | null = null;

  constructor(private width: number) {}

  /** Waits until the gate was once wider than that. @throws the error that the gate is closed with. */
  widerThan(place: number): Promise<void> {
    return new Promise((enter, fail) => {
      this.#outside.set(place, { enter, fail });
      this.#admit();
    });
  }

  /** Waits until there is room. @throws the error that the gate is closed with. */
  enter(): Promise<void> {
    return new Promise((enter, fail) => {
      this.#waiting.push({ enter, fail });
      this.#admit();
    });
  }

  /** Makes room for another. */
  leave(): void {
    this.#inside--;
    this.#admit();
  }

  /** @param width how many may be inside from now on; who is inside stays there. */
  widen(width: number): void {
    this.width = width;
    this.#admit();
  }

  /** Nobody is let in any more. */
  close(error: Error): void {
    this.#closed = error;
    this.#admit();
  }

  #admit(): void {
    const closed = this.#closed;
    if (closed !== null) {
      for (const { fail } of [...this.#waiting.splice(0), ...this.#outside.values()]) fail(closed);
      this.#outside.clear();
      return;
    }
    for (const [place, { enter }] of this.#outside)
      if (place < this.width) {
        this.#outside.delete(place);
        enter();
      }
    while (this.#inside < this.width) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#inside++;
      next.enter();
    }
  }
}
