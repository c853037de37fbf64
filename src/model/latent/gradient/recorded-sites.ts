/** What is kept of derivatives at sites, read to the host when the run is done and laid out as captures. */

import type { ParsedSite } from "../../hooks/names.js";
import type { Step } from "../../hooks/step.js";
import { numbersOf } from "../../tensor/numbers.js";
import { type Tensor, tf } from "../../tensor/tf.js";
import type { SequenceLayout } from "../layout.js";
import { Captures, SiteRecorder } from "../readings/capture.js";

interface Kept {
  readonly site: string;
  readonly step: Step;
  readonly shape: readonly number[];
  /** Null where it is 0 everywhere. */
  readonly tensor: Tensor | null;
}

/** Derivatives at some sites. */
export class RecordedSites {
  readonly #kept: Kept[] = [];
  readonly #recorders: ReadonlyMap<string, SiteRecorder>;

  constructor(sites: readonly ParsedSite[]) {
    this.#recorders = new Map(sites.map((site) => [site.name, new SiteRecorder(site)]));
  }

  /** Is the site one of them? */
  has(site: ParsedSite): boolean {
    return this.#recorders.has(site.name);
  }

  /** @param tensor borrowed; null for zeros. */
  keep(tensor: Tensor | null, { site, step, shape }: Pick<Kept, "site" | "step" | "shape">): void {
    this.#kept.push({ site, step, shape, tensor: tensor === null ? null : tf.keep(tf.clone(tensor)) });
  }

  /** Reads all of it to the host, in the order of the run. */
  async read(): Promise<void> {
    while (this.#kept.length > 0) {
      const [first] = this.#kept;
      if (first === undefined) return;
      const { site, step, shape, tensor } = first;
      const size = shape.reduce((product, each) => product * each, 1);
      const values = tensor === null ? new Float32Array(size) : await numbersOf(tensor);
      this.#recorders.get(site)?.observer.store(values, shape, step);
      tensor?.dispose();
      this.#kept.shift();
    }
  }

  /** What one row has. */
  of(row: number, layout: SequenceLayout): Captures {
    const all = [...this.#recorders.values()].map((recorder) => recorder.assemble(row, layout));
    return new Captures(all, { layout, numberToken: null });
  }

  dispose(): void {
    for (const { tensor } of this.#kept.splice(0)) tensor?.dispose();
  }
}
