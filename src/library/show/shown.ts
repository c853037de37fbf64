/** Something made ready to be looked at: as HTML in a notebook, as text in a terminal. */

/** What notebooks on Deno's kernel call to show a value. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for("Jupyter.display");
const NODE_INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");
const DENO_INSPECT: unique symbol = Symbol.for("Deno.customInspect");

/** What a notebook is given: a value by its media type. */
export type MediaBundle = Readonly<Record<string, string>>;

/** The two forms of a view. */
export interface ShownParts {
  /** Whole in itself: no request, no script. */
  readonly html: string;
  readonly text: string;
}

/**
 * A view of something: a notebook shows its HTML, a terminal its text.
 *
 * @example
 * ```ts
 * const run = await model.run(question);
 * const view = show(run);
 * view.toHTML().startsWith("<div") // → true
 * view.toString().split("\n")[1] // → answer     The answer is: 1
 * ```
 */
export class Shown {
  readonly #parts: ShownParts;

  constructor(parts: ShownParts) {
    this.#parts = parts;
  }

  /**
   * One element with its style, for any page or front end. What came from data is escaped.
   *
   * @example
   * ```ts
   * show(await model.run(question)).toHTML().includes("<script") // → false
   * ```
   */
  toHTML(): string {
    return this.#parts.html;
  }

  /**
   * Lines for a terminal.
   *
   * @example
   * ```ts
   * show(await model.run(question)).toString().split("\n").length // → 4
   * ```
   */
  toString(): string {
    return this.#parts.text;
  }

  [JUPYTER_DISPLAY](): MediaBundle {
    return { "text/html": this.#parts.html, "text/plain": this.#parts.text };
  }

  [NODE_INSPECT](): string {
    return this.#parts.text;
  }

  [DENO_INSPECT](): string {
    return this.#parts.text;
  }
}
