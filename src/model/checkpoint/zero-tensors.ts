/** Tensors that are all zero: odd but no error, and one line names many of them. */

import type { TensorRef } from "./planned-weights.js";
import { quoted } from "./quoted.js";

const NAMED = 3;

/** Gathers the tensors of one load. */
export class ZeroTensors {
  readonly #found: TensorRef[] = [];

  /** @param warn gets one line with all that were added. */
  constructor(readonly warn: (notice: string) => void) {}

  /** Bound, to be passed on. */
  readonly add = (tensor: TensorRef): void => {
    this.#found.push(tensor);
  };

  /** Says how many there were, with the first names; nothing where there were none. */
  tell(): void {
    const order = new Intl.Collator("en", { numeric: true });
    const [first, ...others] = [...this.#found].sort((a, b) => order.compare(a.name, b.name));
    if (first === undefined) return;
    if (others.length === 0) {
      this.warn(`${first.store.name}: tensor ${quoted(first.name)} is all zero`);
      return;
    }
    const named = [first, ...others].slice(0, NAMED);
    const files = [...new Set(named.map(({ store }) => store.name))].join(", ");
    const rest = others.length + 1 - named.length;
    const more = rest === 0 ? "" : ` and ${rest} more`;
    this.warn(
      `${files}: ${others.length + 1} tensors are all zero: ${named.map(({ name }) => quoted(name)).join(", ")}${more}`,
    );
  }
}
