/** The hooks of one run: applies them where their address says, counts how often each fired, and hands tensors to observers. */

import { NumericError } from "../../base/errors.js";
import { numbersOf } from "../tensor/numbers.js";
import { recorded, unrecorded } from "../tensor/recording.js";
import { type Tensor, type Tensor2D, tf } from "../tensor/tf.js";
import { formatAddress } from "./address.js";
import { callWriter } from "./call-writer.js";
import { type ColumnWrite, writtenColumns } from "./column-writes.js";
import { FiredBook } from "./fired.js";
import { type HiddenKeys, maskedWriters } from "./hidden-keys.js";
import type { HookInfo } from "./hook.js";
import { type BlockSite, blockSite, type GlobalSite, type ParsedSite, parseSite, type SiteName } from "./names.js";
import { isTap, type Observer, type Tap } from "./observer.js";
import { type Replacement, readPatch, settled, type Written } from "./row-writes.js";
import { type SiteView, withCells } from "./site-view.js";
import { cellsOfPatch, type Patch, type Position, patchesOf, positionName, type Step } from "./step.js";
import type { Writer, WriterInfo } from "./writer.js";

/** What is read to the host at the next flush. */
interface Pending {
  readonly tensor: Tensor;
  readonly take: (values: Float32Array, shape: readonly number[]) => void;
}

/** A site that is kept as columns. */
export interface ColumnSite {
  readonly layer: number | null;
  readonly kind: BlockSite | GlobalSite;
  /** The site's shape after batch and position. */
  readonly tail: readonly number[];
}

const PATTERN = "attn.hook_pattern";
const NOBODY: ReadonlySet<Writer> = new Set();

/** Hooks of one run. There is no other hook state anywhere. */
export class RunHooks {
  readonly #writers = new Map<string, Writer[]>();
  readonly #observers = new Map<string, (Observer | Tap)[]>();
  /** Sites of each block on which anything acts. */
  readonly #inBlocks = new Map<number, Set<BlockSite>>();
  /** By the site whose values they show in another way. */
  readonly #views = new Map<string, SiteView>();
  readonly #fired: FiredBook;
  #pending: Pending[] = [];
  readonly #questionOfRow: readonly number[];
  readonly #patches = new WeakMap<Step, Map<Writer, Patch[]>>();
  /** By step and site, the writers that a mask stands for. */
  readonly #masked = new WeakMap<Step, Map<string, ReadonlySet<Writer>>>();

  /** @param questionOfRow the question that each run-wide row belongs to. */
  constructor(writers: readonly Writer[], observers: readonly (Observer | Tap)[], questionOfRow: readonly number[]) {
    this.#questionOfRow = questionOfRow;
    this.#fired = new FiredBook(writers);
    for (const writer of writers) push(this.#writers, writer.site.name, writer);
    for (const observer of observers) push(this.#observers, observer.site.name, observer);
    for (const { site, view } of [...writers, ...observers]) {
      if (view !== undefined) this.#views.set(view.of, view);
      if (site.layer === null) continue;
      // Who acts on features looks at the site that they are of.
      const { kind } = view === undefined ? site : parseSite(view.of, Number.POSITIVE_INFINITY);
      const own = this.#inBlocks.get(site.layer) ?? new Set();
      this.#inBlocks.set(site.layer, own.add(kind as BlockSite));
    }
  }

  /** Does anything act on the site in this run? */
  has(layer: number | null, kind: BlockSite | GlobalSite): boolean {
    if (this.#writers.size === 0 && this.#observers.size === 0) return false;
    const name = nameOf(layer, kind);
    return this.#writers.has(name) || this.#observers.has(name) || this.#views.has(name);
  }

  /** Does a writer act on the site in some row's run? */
  writesOn(site: SiteName, row: number): boolean {
    return this.#writers.get(site)?.some(({ rows }) => rows === null || rows.has(row)) ?? false;
  }

  /** Is the site read or written in this step? Other sites are not computed. */
  wants(layer: number | null, kind: BlockSite | GlobalSite, step: Step): boolean {
    const name = nameOf(layer, kind);
    const view = this.#views.get(name);
    return this.#isWanted(name, step) || (view !== undefined && this.#isWanted(view.site.name, step));
  }

  /** Is any of a block's sites read or written in this step? */
  wantsAnyOf(layer: number, kinds: ReadonlySet<BlockSite>, step: Step): boolean {
    for (const kind of this.#inBlocks.get(layer) ?? [])
      if (kinds.has(kind) && this.wants(layer, kind, step)) return true;
    return false;
  }

  /**
   * Passes a site's tensor through its writers in order, then to its observers. Called inside the forward's `tidy`.
   *
   * @returns `x` itself where nobody wrote.
   */
  visit<T extends Tensor>(
    x: T,
    step: Step,
    { layer, kind }: { readonly layer: number | null; readonly kind: BlockSite | GlobalSite },
  ): T {
    if (this.#writers.size === 0 && this.#observers.size === 0) return x;
    const name = nameOf(layer, kind);
    return this.#shown(name, this.#seenThrough(this.#views.get(name), this.#settled(name, x, step), step), step);
  }

  /**
   * The same on columns `[features, cells]`, for writers alone whose values do not depend on the site's: they go in place together.
   *
   * @returns null where a writer wants the site's own values, or sees it another way.
   */
  visitKnown(x: Tensor2D, step: Step, { layer, kind, tail }: ColumnSite): Tensor2D | null {
    const name = nameOf(layer, kind);
    if (this.#views.has(name)) return null;
    const acting = (this.#writers.get(name) ?? []).filter((writer) => this.#patchesOf(writer, step).length > 0);
    const ready = acting.flatMap((writer) => (writer.known === undefined ? [] : [{ writer, known: writer.known }]));
    if (ready.length < acting.length) return null;
    const writes: ColumnWrite[] = [];
    for (const { writer, known } of ready) {
      for (const patch of this.#patchesOf(writer, step)) {
        const info = this.#infoFor(writer, step, patch);
        writes.push({ patch, known: known(info, tail), where: () => described(writer, info) });
        this.#fired.count(writer, step, patch);
      }
    }
    return writes.length === 0 ? x : writtenColumns(x, writes, step);
  }

  /**
   * The keys that queries of a block do not see, for its mask; the pattern's other writers act when it is visited. Asked once a forward
   * and block: who hides them has then acted.
   *
   * @param step `keys`: length of the key axis.
   */
  hiddenKeys(layer: number, { step, keys }: { readonly step: Step; readonly keys: number }): HiddenKeys[] {
    if (this.#inBlocks.get(layer)?.has(PATTERN) !== true) return [];
    return [...this.#maskedOn(nameOf(layer, PATTERN), step)].flatMap((writer) =>
      this.#patchesOf(writer, step).map((patch) => {
        const info = this.#infoFor(writer, step, patch);
        this.#fired.count(writer, step, patch);
        return { patch, columns: writer.hides?.(info, keys) ?? [], where: () => described(writer, info) };
      }),
    );
  }

  /** Shows positions to the site's observers and taps alone. @returns what goes on in their place. */
  show<T extends Tensor>(x: T, step: Step, { layer, kind }: Omit<ColumnSite, "tail">): T {
    return this.#shown(nameOf(layer, kind), x, step);
  }

  /**
   * Columns through the site's taps.
   *
   * @returns what goes on in their place, of which the observers have yet to be shown the positions; null where a tap wants these itself.
   */
  tapColumns(x: Tensor2D, step: Step, { layer, kind, tail }: ColumnSite): Tensor2D | null {
    const ways = this.#lookingAt(nameOf(layer, kind), step)
      .filter(isTap)
      .map(({ throughColumns }) => throughColumns);
    if (!ways.every((way) => way !== undefined)) return null;
    return ways.reduce((value, way) => way(value, step, { tail }), x);
  }

  /** Shows positions to the site's observers, after its taps. */
  showTapped(positions: () => Tensor, step: Step, { layer, kind }: Omit<ColumnSite, "tail">): void {
    const looking = this.#lookingAt(nameOf(layer, kind), step);
    if (looking.every(isTap)) return;
    const x = positions();
    for (const each of looking) if (!isTap(each)) this.#observe(each, x, step);
  }

  /** Does anybody look at the site in this step? */
  isSeen(layer: number | null, kind: BlockSite | GlobalSite, step: Step): boolean {
    return this.#isObserved(nameOf(layer, kind), step);
  }

  /** Is the site looked at in this step, and neither written nor taken derivatives at? Then its values may be shown after they were used. */
  isOnlySeen(layer: number | null, kind: BlockSite | GlobalSite, step: Step): boolean {
    const name = nameOf(layer, kind);
    const looking = this.#lookingAt(name, step);
    return looking.length > 0 && !looking.some(isTap) && !this.#views.has(name) && !this.#isWritten(name, step);
  }

  /** Reads out what the observers kept since the last time. @throws NumericError for a writer whose values were not finite. */
  async flush(): Promise<void> {
    while (this.#pending.length > 0) {
      const entry = this.#pending[0];
      if (entry === undefined) return;
      const values = await numbersOf(entry.tensor);
      this.#pending.shift();
      entry.tensor.dispose();
      entry.take(values, entry.tensor.shape);
    }
  }

  /** How often a writer fired on a row, counted in positions. */
  firedOn(writer: Writer, row: number): number {
    return this.#fired.on(writer, row);
  }

  /** Takes back what fired on a row at answer tokens from `answer` on: they were tried, and are not in its sequence. */
  retract(row: number, answer: number): void {
    this.#fired.retract(row, answer);
  }

  /** Drops what was not read out. */
  dispose(): void {
    for (const { tensor } of this.#pending) tensor.dispose();
    this.#pending = [];
  }

  #isWanted(name: string, step: Step): boolean {
    return this.#isWritten(name, step) || this.#isObserved(name, step);
  }

  #isWritten(name: string, step: Step): boolean {
    const masked = this.#maskedOn(name, step);
    const acts = (writer: Writer): boolean => !masked.has(writer) && this.#patchesOf(writer, step).length > 0;
    return this.#writers.get(name)?.some(acts) === true;
  }

  #isObserved(name: string, step: Step): boolean {
    return this.#lookingAt(name, step).length > 0;
  }

  #lookingAt(name: string, step: Step): readonly (Observer | Tap)[] {
    return step.counts ? (this.#observers.get(name) ?? []).filter((each) => each.wants(step)) : [];
  }

  #settled<T extends Tensor>(name: string, x: T, step: Step): T {
    const masked = this.#maskedOn(name, step);
    const writers = this.#writers.get(name) ?? [];
    return this.#written(masked.size === 0 ? writers : writers.filter((writer) => !masked.has(writer)), x, step);
  }

  #maskedOn(name: string, step: Step): ReadonlySet<Writer> {
    const writers = this.#writers.get(name) ?? [];
    if (!writers.some(({ hides }) => hides !== undefined)) return NOBODY;
    const ofStep = this.#masked.get(step) ?? new Map<string, ReadonlySet<Writer>>();
    this.#masked.set(step, ofStep);
    const acting = (): ReturnType<typeof maskedWriters> =>
      maskedWriters(
        writers
          .map((writer) => ({ writer, patches: this.#patchesOf(writer, step) }))
          .filter(({ patches }) => patches.length > 0),
      );
    const masked = ofStep.get(name) ?? acting();
    ofStep.set(name, masked);
    return masked;
  }

  /** Shows `x` to the site's observers. @returns what goes on in its place. */
  #shown<T extends Tensor>(name: string, x: T, step: Step): T {
    const looking = this.#lookingAt(name, step);
    const value = looking.filter(isTap).reduce((before, { through }) => through(before, step) as T, x);
    for (const each of looking) if (!isTap(each)) this.#observe(each, value, step);
    return value;
  }

  /** `x` with what is written on its features. Cells where nothing is written keep their exact bits. */
  #seenThrough<T extends Tensor>(view: SiteView | undefined, x: T, step: Step): T {
    if (view === undefined || !this.#isWanted(view.site.name, step)) return x;
    const before = view.encode(x);
    const after = this.#shown(view.site.name, this.#settled(view.site.name, before, step), step);
    if (after === before) return x;
    const writers = this.#writers.get(view.site.name) ?? [];
    const cells = writers.flatMap((writer) =>
      this.#patchesOf(writer, step).flatMap((patch) => cellsOfPatch(patch, step)),
    );
    return withCells(x, [...new Set(cells)], { view, before, after });
  }

  #observe(observer: Observer, value: Tensor, step: Step): void {
    this.#keep(observer.reduce(value, step), (values, shape) => observer.store(values, shape, step));
  }

  // A clone shares the data: what is kept must outlive the tidy, the borrowed tensor must not be touched.
  #keep(tensor: Tensor, take: Pending["take"]): void {
    this.#pending.push({ tensor: tf.keep(tf.clone(tensor)), take });
  }

  /** Looks at the next flush whether what was written is finite: a look at once would stop the engine at every write. */
  #check({ values, sources }: Written): void {
    const axes = values.shape.map((_, axis) => axis).slice(1);
    const finite = tf.tidy(() => tf.cast(tf.all(tf.isFinite(values), axes), "float32"));
    this.#keep(finite, (rows) => {
      let first = 0;
      for (const { patch, where } of sources) {
        if (rows.subarray(first, first + patch.rows.length).includes(0))
          throw new NumericError(`${where()} returned NaN or infinity`, "check the hook's arithmetic");
        first += patch.rows.length;
      }
    });
  }

  /** Writers of different rows do not see each other's values, so theirs are put in place together. */
  #written<T extends Tensor>(writers: readonly Writer[], x: T, step: Step): T {
    let value = x;
    let waiting: Replacement[] = [];
    const rows = new Set<number>();
    const settle = (axis: 1 | 2): void => {
      value = settled(value, waiting, { axis, rows: step.rows, check: (written) => this.#check(written) });
      waiting = [];
      rows.clear();
    };
    for (const writer of writers) {
      const axis = positionAxis(writer.site);
      for (const patch of this.#patchesOf(writer, step)) {
        if (patch.rows.some((row) => rows.has(row))) settle(axis);
        const info = this.#infoFor(writer, step, patch);
        const own = readPatch(value, patch, { axis, rows: step.rows });
        const apply = (given: Tensor): Tensor | undefined => unrecorded(() => writer.apply(given, info));
        const values = callWriter(() => apply(own), { x: own, where: described(writer, info) });
        this.#fired.count(writer, step, patch);
        if (values === undefined) continue;
        if (values !== own) recorded(values, { op: "function", inputs: [own], of: (given) => apply(given) ?? given });
        for (const row of patch.rows) rows.add(row);
        waiting.push({ values, patch, where: () => described(writer, info) });
      }
      if (writer === writers.at(-1)) settle(axis);
    }
    return value;
  }

  #patchesOf(writer: Writer, step: Step): Patch[] {
    const ofStep = this.#patches.get(step) ?? new Map<Writer, Patch[]>();
    this.#patches.set(step, ofStep);
    const patches = ofStep.get(writer) ?? patchesOf(step, writer.addresses, writer.rows);
    ofStep.set(writer, patches);
    return patches;
  }

  #infoFor(writer: Writer, step: Step, patch: Patch): WriterInfo {
    const cells = (step.positions[patch.rows[0] ?? 0] ?? []).slice(patch.begin, patch.begin + patch.length);
    return {
      site: writer.site.name,
      positions: cells.filter((cell): cell is Position => cell !== null).map(positionName),
      questions: patch.rows.map((row) => this.#questionOfRow[step.rowIds[row] ?? -1] ?? -1),
      scoring: !step.counts,
      step,
      patch,
    };
  }
}

function nameOf(layer: number | null, kind: BlockSite | GlobalSite): SiteName {
  return layer === null ? (kind as GlobalSite) : blockSite(layer, kind as BlockSite);
}

/** Axis of the position: 1 everywhere except in scores and patterns, where it is the query axis 2. */
function positionAxis(site: ParsedSite): 1 | 2 {
  return site.axes[2] === "query" ? 2 : 1;
}

/** What a writer is called and where it acts, for messages. */
export function labelAndPlace({ label, site, addresses }: Pick<Writer, "label" | "site" | "addresses">): string {
  const place = `${site.name}@${addresses.map(formatAddress).join(",")}`;
  return label.includes(place) ? label : `${label} at ${place}`;
}

function described(writer: Writer, info: HookInfo): string {
  return `${labelAndPlace(writer)} (${info.positions.join(", ")})`;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
