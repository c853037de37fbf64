/** Interventions that hold what they refer to: a vector, a subspace or a run, each named by a hash of its content. */

import { UsageError } from "../../base/errors.js";
import { hashNumbers } from "../../base/hash-numbers.js";
import { hashText } from "../../base/hash-text.js";
import type { Tensor } from "../tensor/tf.js";
import { described } from "./described.js";
import type { Hook } from "./hook.js";
import type { Intervention } from "./interventions.js";
import type { SiteName } from "./names.js";

/** A named tensor that `add(name)` and `replace(name)` refer to: `[…]` as the site's axes after batch and position, or with positions in front. */
export interface NamedValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What `patch` and `swap` read of a run. A `RunResult` is one. */
export interface SourceRun {
  readonly question: string;
  readonly captures: {
    readonly sites: readonly SiteName[];
    get(site: SiteName): { readonly shape: readonly number[]; readonly data: Float32Array };
  };
  readonly layout: {
    readonly names: readonly string[];
    readonly parts: { readonly latents: number };
    describe(): string;
  };
}

/** An intervention with the values and runs that it refers to by name. */
export interface BoundIntervention {
  readonly intervention: Intervention;
  readonly values: Readonly<Record<string, NamedValue>>;
  /** One run for every question, or one a question. */
  readonly sources: Readonly<Record<string, SourceRun | readonly SourceRun[]>>;
}

/** What can be done to a run: text, data, data with its values, or a callback. */
export type Doable = string | Intervention | BoundIntervention | Hook;

/** Numbers as a caller has them: a tensor with its shape, a tensor of the engine, or a plain list. */
export type Numbers = NamedValue | Float32Array | readonly number[] | readonly (readonly number[])[] | Tensor;

/** Does it hold the values that it refers to? */
export function isBound(value: unknown): value is BoundIntervention {
  return typeof value === "object" && value !== null && "intervention" in value && "values" in value;
}

/** Do two tensors have the same shape and the same numbers? */
export function isSameValue(a: NamedValue, b: NamedValue): boolean {
  return a === b || (a.shape.join() === b.shape.join() && a.data.every((x, i) => Object.is(x, b.data[i])));
}

/** Numbers as a tensor on the host. @throws UsageError for what holds no numbers. @param what is asked for, for messages. */
export function namedValue(given: unknown, what: string): NamedValue {
  if (given instanceof Float32Array) return { shape: [given.length], data: given };
  if (Array.isArray(given)) return ofLists(given, what);
  if (typeof given === "object" && given !== null && "shape" in given) {
    const { shape } = given as { readonly shape: readonly number[] };
    // Read at once: the tensor belongs to the caller, who may dispose it.
    if ("dataSync" in given) return { shape: [...shape], data: Float32Array.from((given as Tensor).dataSync()) };
    if ("data" in given && given.data instanceof Float32Array) return sized({ shape, data: given.data }, what);
  }
  throw new UsageError(
    `${what} is ${described(given)}, wanted numbers`,
    "give a list of numbers, a Float32Array, a tensor, or { shape, data }",
  );
}

/** A name that equal tensors share: `vector-…`. */
export function valueName(kind: string, { shape, data }: NamedValue): string {
  return `${kind}-${hashNumbers(data, hashText(shape.join()))}`;
}

/** A name that runs share when they captured the same numbers at these sites. */
export function runName(runs: readonly SourceRun[], sites: (run: SourceRun) => readonly SiteName[]): string {
  const parts = runs.flatMap((run) => [
    run.question,
    ...sites(run).map((site) => `${site}=${capturedHash(run.captures.get(site).data)}`),
  ]);
  const text = parts.join("|");
  return `run-${hashNumbers(Float32Array.from(text, (letter) => letter.codePointAt(0) ?? 0))}`;
}

const capturedHashes = new WeakMap<Float32Array, string>();

/** Of captures, which no one changes: a run is patched from many times. */
function capturedHash(data: Float32Array): string {
  const found = capturedHashes.get(data) ?? hashNumbers(data);
  capturedHashes.set(data, found);
  return found;
}

function ofLists(given: readonly unknown[], what: string): NamedValue {
  const rows = given.every((each) => typeof each === "number") ? [given] : given;
  const width = Array.isArray(rows[0]) ? rows[0].length : 0;
  const isTable = rows.every(
    (row) => Array.isArray(row) && row.length === width && row.every((x) => typeof x === "number"),
  );
  if (!isTable || width === 0)
    throw new UsageError(
      `${what} is a list of something else than numbers`,
      "give numbers, or rows of numbers that are equally long",
    );
  return {
    shape: rows === given ? [rows.length, width] : [width],
    data: Float32Array.from((rows as number[][]).flat()),
  };
}

function sized(value: NamedValue, what: string): NamedValue {
  const size = value.shape.reduce((product, n) => product * n, 1);
  if (size === value.data.length) return { shape: [...value.shape], data: value.data };
  throw new UsageError(
    `${what} has shape [${value.shape.join(", ")}] and ${value.data.length} numbers, wanted ${size}`,
    "give the shape of the data",
  );
}
