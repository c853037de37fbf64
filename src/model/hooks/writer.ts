/** What acts on a site in a run: hooks and interventions, compiled. */

import type { Tensor } from "../tensor/tf.js";
import type { Address } from "./address.js";
import type { KnownValues } from "./column-writes.js";
import type { HookInfo } from "./hook.js";
import type { ParsedSite } from "./names.js";
import type { SiteView } from "./site-view.js";
import type { Patch, Step } from "./step.js";

/** By row of a patch, the key columns that its queries do not see. @param keys length of the key axis. */
export type HidingWriter = (info: WriterInfo, keys: number) => readonly (readonly number[])[];

/** What a writer gets beside its tensor: the public part, and where things lie in this forward. */
export interface WriterInfo extends HookInfo {
  readonly step: Step;
  readonly patch: Patch;
}

/** A compiled hook or intervention on one site. */
export interface Writer {
  readonly label: string;
  /** Equal for writers that do the same thing: where rows are computed as one, each counts as having fired. */
  readonly identity: string;
  readonly site: ParsedSite;
  /** What the site is seen through, where it is another one's features. */
  readonly view?: SiteView | undefined;
  readonly addresses: readonly Address[];
  /** Keys of a pattern that it names; none where it names no keys. */
  readonly keys?: readonly Address[];
  /** Run-wide rows it acts on, or null for all. */
  readonly rows: ReadonlySet<number> | null;
  readonly apply: (x: Tensor, info: WriterInfo) => Tensor | undefined;
  /** The same, where it does not depend on the site's values. `tail` is a cell's shape. */
  readonly known?: (info: WriterInfo, tail: readonly number[]) => KnownValues;
  /** The same, where it takes keys of a pattern away and renormalises the rest. */
  readonly hides?: HidingWriter;
}
