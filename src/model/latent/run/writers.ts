/** Turns interventions (data) and hooks (code) into the writers of a run. */

import { UsageError } from "../../../base/errors.js";
import { hashText } from "../../../base/hash-text.js";
import { seededRandom } from "../../../base/random.js";
import { type Address, formatAddress } from "../../hooks/address.js";
import { formatHook, type Hook, hookIdentity } from "../../hooks/hook.js";
import {
  formatIntervention,
  type Intervention,
  interventionAddresses,
  knockoutTargets,
  type Operation,
} from "../../hooks/interventions.js";
import { expandSites, type ParsedSite, parseSite } from "../../hooks/names.js";
import type { Writer, WriterInfo } from "../../hooks/run-hooks.js";
import { coveredByAny, type Position } from "../../hooks/step.js";
import { type Tensor, type Tensor4D, tf } from "../../tensor/tf.js";
import type { Drawn } from "../donors.js";
import { checkAddresses, checkOperation } from "./check-intervention.js";

/** A named tensor that `add(name)` and `replace(name)` refer to: `[…]` as the site's axes after batch and position, or with positions in front. */
export interface NamedValue {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A position of a question's run. */
export interface QuestionCell {
  readonly question: number;
  readonly position: string;
}

/** Values that were read from other runs for `mean`, `resample`, `shuffle` and `patch`. */
export interface CleanValues {
  /** The values to write at a position of a question; throws when the reference has none. */
  at(intervention: Intervention, site: ParsedSite, cell: QuestionCell): Float32Array;
  /** What an intervention draws on for a question; null where it draws on nothing. */
  drawn(intervention: Intervention, question: number): Drawn | null;
}

/** What data interventions need beside the model. */
export interface WriterContext {
  readonly layers: number;
  readonly seed: number;
  readonly questions: readonly string[];
  readonly values: Readonly<Record<string, NamedValue>>;
  readonly clean: CleanValues | null;
}

/** One site of one intervention. */
export function interventionWriters(
  intervention: Intervention,
  rows: ReadonlySet<number>,
  context: WriterContext,
): Writer[] {
  const addresses = interventionAddresses(intervention);
  const label = formatIntervention(intervention);
  return expandSites([intervention.site], context.layers).map((name) => {
    const site = parseSite(name, context.layers);
    checkOperation(intervention.operation, site, { label, context });
    checkAddresses(site, addresses, label);
    return {
      label,
      identity: label,
      site,
      addresses,
      rows,
      apply: (x, info) => applyOperation(x, { intervention, site, info, context }),
    };
  });
}

/** A typed callback as a writer. */
export function hookWriter(hook: Hook, rows: ReadonlySet<number>, layers: number): Writer {
  const site = parseSite(hook.site, layers);
  const label = formatHook(hook);
  checkAddresses(site, hook.addresses, label);
  return {
    label,
    identity: hookIdentity(hook),
    site,
    addresses: hook.addresses,
    rows,
    apply: hook.apply,
  };
}

/** Operations that need the values of clean runs. */
export function needsCleanValues({ operation }: Intervention): boolean {
  return operation.kind === "mean" || operation.kind === "resample" || operation.kind === "shuffle";
}

/** An intervention where it acts. */
interface Application {
  readonly intervention: Intervention;
  readonly site: ParsedSite;
  readonly info: WriterInfo;
  readonly context: WriterContext;
}

function applyOperation(x: Tensor, { intervention, site, info, context }: Application): Tensor {
  const { operation } = intervention;
  switch (operation.kind) {
    case "zero":
      return tf.zerosLike(x);
    case "scale":
      return tf.mul(x, operation.factor);
    case "noise":
      return tf.add(x, noise(x, operation.sigma, { intervention, info, context }));
    case "random":
      return sameNorm(noise(x, 1, { intervention, info, context }), x);
    case "add":
      return tf.add(x, named(operation.ref, x, context));
    case "replace":
      return tf.add(tf.zerosLike(x), named(operation.ref, x, context));
    case "mean":
    case "resample":
    case "shuffle":
      return fromCleanRuns(x, { intervention, site, info, context });
    case "patch":
      return ofHead(x, fromCleanRuns(x, { intervention, site, info, context }), { head: operation.head, intervention });
    case "knockout":
      return knockout(operation, x as Tensor4D, info);
  }
}

/** `direction` with the Euclidean norm of `x`, each position's values taken as one vector. */
function sameNorm(direction: Tensor, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return tf.mul(direction, tf.div(tf.norm(x, "euclidean", axes, true), tf.norm(direction, "euclidean", axes, true)));
}

function named(ref: string, x: Tensor, context: WriterContext): Tensor {
  const value = context.values[ref];
  if (value === undefined) throw new UsageError(`No value named "${ref}"`, "pass it in values");
  const tail = x.shape.slice(2);
  const shape = value.shape;
  const whole = [...x.shape.slice(1)];
  if (shape.join() === tail.join() || shape.join() === whole.join()) return tf.tensor(value.data, [...shape]);
  throw new UsageError(
    `Value "${ref}" has shape [${shape.join(", ")}], wanted [${tail.join(", ")}] or [${whole.join(", ")}]`,
    "give one vector, or one a position",
  );
}

/** A tensor like `x`, filled cell by cell: `valuesAt` gives the `size` values of one question at one position. */
function byCell(
  x: Tensor,
  info: WriterInfo,
  valuesAt: (question: number, position: string, size: number) => Float32Array,
): Tensor {
  const size = x.shape.slice(2).reduce((product, n) => product * n, 1);
  const data = new Float32Array(x.size);
  let at = 0;
  for (const question of info.questions) {
    for (const position of info.positions) {
      data.set(valuesAt(question, position, size), at);
      at += size;
    }
  }
  return tf.tensor(data, x.shape);
}

// Seeded by what it is applied to, not by order, so that batch composition changes nothing.
function noise(
  x: Tensor,
  sigma: number,
  {
    intervention,
    info,
    context,
  }: { readonly intervention: Intervention; readonly info: WriterInfo; readonly context: WriterContext },
): Tensor {
  // Without the downstream rule: pin and propagate draw the same, and differ in nothing else.
  const label = formatIntervention({ ...intervention, downstream: "propagate" });
  return byCell(x, info, (question, position, size) => {
    const key = [context.seed, context.questions[question], info.site, position, label].join("|");
    const random = seededRandom(hashText(key));
    return Float32Array.from({ length: size }, () => sigma * random.normal());
  });
}

function fromCleanRuns(x: Tensor, { intervention, site, info, context }: Application): Tensor {
  return byCell(x, info, (question, position) => {
    const values = context.clean?.at(intervention, site, { question, position });
    if (values !== undefined) return values;
    throw new UsageError(`${formatIntervention(intervention)}: no clean values at ${position}`, "report this");
  });
}

/** `x` with the values of one head exchanged, or of all. @param x `[rows, positions, heads, dHead]` where a head is named. */
function ofHead(
  x: Tensor,
  values: Tensor,
  { head, intervention }: { readonly head: number | null; readonly intervention: Intervention },
): Tensor {
  if (head === null) return values;
  const heads = x.shape[2] ?? 0;
  if (head >= heads)
    throw new UsageError(
      `${formatIntervention(intervention)}: head ${head} is out of range`,
      `the site has heads 0 to ${heads - 1}`,
    );
  const isHead = tf.tensor1d(
    Array.from({ length: heads }, (_, h) => h === head),
    "bool",
  );
  return tf.where(tf.reshape(isHead, [1, 1, heads, ...x.shape.slice(3).map(() => 1)]), values, x);
}

/** Takes keys out of the rows of a pattern `[rows, heads, query, key]`, and renormalises what is left unless the operation says otherwise. */
function knockout(
  operation: Extract<Operation, { kind: "knockout" }>,
  x: Tensor4D,
  { step, patch }: WriterInfo,
): Tensor {
  const targets = knockoutTargets(operation.to);
  const [rows, , queries, keys] = x.shape;
  const keep = new Float32Array(rows * queries * keys).fill(1);
  for (const [place, row] of patch.rows.entries()) {
    const found = targets.map((target) => keyColumnsOf(target, (position) => step.keyColumn(row, position), keys));
    const missing = found.findIndex((columns) => columns.length === 0);
    const columns = [...new Set(found.flat())];
    if (missing >= 0)
      throw new UsageError(
        `Knockout of ${formatAddress(targets[missing] as Address)}: not a key of this row at ${step.label}`,
        "choose a position before the query",
      );
    for (let query = 0; query < queries; query++)
      for (const column of columns) keep[(place * queries + query) * keys + column] = 0;
  }
  const kept = tf.mul(x, tf.tensor4d(keep, [rows, 1, queries, keys]));
  return operation.renormalise ? tf.div(kept, tf.sum(kept, 3, true)) : kept;
}

const MOST_INDEX = 4096;

function keyColumnsOf(target: Address, columnOf: (position: Position) => number | null, keys: number): number[] {
  const indices =
    "index" in target && target.index !== null
      ? [target.index]
      : Array.from({ length: Math.min(MOST_INDEX, keys) }, (_, i) => i);
  const parts = target.part === "all" ? (["question", "bot", "latent", "eot", "answer"] as const) : [target.part];
  const columns = new Set<number>();
  for (const part of parts) {
    for (const index of part === "bot" ? [0] : indices) {
      const column = columnOf({ part, index });
      if (column !== null && column < keys && coveredByAny([target], { part, index })) columns.add(column);
    }
  }
  return [...columns];
}
