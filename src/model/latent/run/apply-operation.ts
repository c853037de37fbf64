/** What each operation makes of a site's values. */

import { UsageError } from "../../../base/errors.js";
import { hashText } from "../../../base/hash-text.js";
import { seededRandom } from "../../../base/random.js";
import { formatIntervention, type Intervention, knockoutTargets, scopeOf } from "../../hooks/interventions.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Operation } from "../../hooks/operation.js";
import type { WriterInfo } from "../../hooks/writer.js";
import { type Tensor, type Tensor4D, tf } from "../../tensor/tf.js";
import { keyColumns } from "./key-columns.js";
import { valuesOfOthers } from "./known-values.js";
import { namedTensor } from "./named-tensor.js";
import { basisOf } from "./subspace.js";
import { changedWithin } from "./within.js";
import type { WriterContext } from "./writer-context.js";

/** An intervention where it acts. */
export interface Application {
  readonly intervention: Intervention;
  readonly site: ParsedSite;
  readonly info: WriterInfo;
  readonly context: WriterContext;
}

/** `x` with an intervention applied: within its scope, and nowhere else. */
export function applyOperation(x: Tensor, application: Application): Tensor {
  const { intervention, site, info } = application;
  return changedWithin(
    x,
    (part, narrow) => applied(part, application, { others: () => narrow(fromOtherRuns(x, application)) }),
    { scope: scopeOf(intervention), site, info },
  );
}

/** @param others values of other runs, in the shape of `x`. */
function applied(x: Tensor, application: Application, { others }: { readonly others: () => Tensor }): Tensor {
  const { operation } = application.intervention;
  switch (operation.kind) {
    case "zero":
      return tf.zerosLike(x);
    case "scale":
      return tf.mul(x, operation.factor);
    case "noise":
      return tf.add(x, noise(x, operation.sigma, application));
    case "random":
      return sameNorm(noise(x, 1, application), x);
    case "add":
      return tf.add(x, scaled(named(operation.ref, x, application), operation.scale));
    case "replace":
      return tf.add(tf.zerosLike(x), named(operation.ref, x, application));
    case "mean":
    case "resample":
    case "shuffle":
    case "patch":
      return others();
    case "project": {
      const component = componentIn(x, operation.ref, application);
      return operation.how === "onto" ? component : tf.sub(x, component);
    }
    case "swap":
      // Of the difference, so that a run's own values change nothing.
      return tf.add(x, componentIn(tf.sub(others(), x), operation.ref, application));
    case "knockout":
      return knockout(operation, x as Tensor4D, application.info);
  }
}

function named(ref: string, x: Tensor, { site, intervention, context }: Application): Tensor {
  return namedTensor(ref, valueNamed(ref, { context }), { x, site, scope: scopeOf(intervention) });
}

function scaled(x: Tensor, factor: number | undefined): Tensor {
  return factor === undefined ? x : tf.mul(x, factor);
}

function valueNamed(ref: string, { context }: Pick<Application, "context">): WriterContext["values"][string] {
  const value = Object.hasOwn(context.values, ref) ? context.values[ref] : undefined;
  if (value === undefined) throw new UsageError(`No value named "${ref}"`, "pass it in values");
  return value;
}

/** The component of `x` in a subspace of its last axis. */
function componentIn(x: Tensor, ref: string, application: Application): Tensor {
  const width = x.shape.at(-1) ?? 0;
  const basis = basisOf(valueNamed(ref, application), { ref, width });
  const directions = tf.tensor2d(basis, [basis.length / width, width]);
  const rows = tf.reshape(x, [-1, width]) as tf.Tensor2D;
  return tf.reshape(tf.matMul(tf.matMul(rows, directions, false, true), directions), x.shape);
}

/** `direction` with the Euclidean norm of `x`, each position's values taken as one vector. */
function sameNorm(direction: Tensor, x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return tf.mul(direction, tf.div(tf.norm(x, "euclidean", axes, true), tf.norm(direction, "euclidean", axes, true)));
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
function noise(x: Tensor, sigma: number, { intervention, info, context }: Application): Tensor {
  // Without the downstream rule: pin and propagate draw the same, and differ in nothing else.
  const label = formatIntervention({ ...intervention, downstream: "propagate" });
  return byCell(x, info, (question, position, size) => {
    const key = [context.seed, context.questions[question], info.site, position, label].join("|");
    const random = seededRandom(hashText(key));
    return Float32Array.from({ length: size }, () => sigma * random.normal());
  });
}

function fromOtherRuns(x: Tensor, { intervention, site, info, context }: Application): Tensor {
  return byCell(x, info, (question, position, size) =>
    valuesOfOthers({ intervention, site, context }, { question, position, size }),
  );
}

/** Takes keys out of the rows of a pattern `[rows, heads, query, key]`, and renormalises what is left unless the operation says otherwise. */
function knockout(
  operation: Extract<Operation, { kind: "knockout" }>,
  x: Tensor4D,
  { step, patch }: WriterInfo,
): Tensor {
  const [rows, , queries, keys] = x.shape;
  const keep = new Float32Array(rows * queries * keys).fill(1);
  for (const [place, columns] of knockedOut(operation, { step, patch, keys }).entries())
    for (let query = 0; query < queries; query++)
      for (const column of columns) keep[(place * queries + query) * keys + column] = 0;
  const kept = tf.mul(x, tf.tensor4d(keep, [rows, 1, queries, keys]));
  return operation.renormalise ? tf.div(kept, tf.sum(kept, 3, true)) : kept;
}

/** By row of a patch, the key columns that a knockout takes away. @throws UsageError where a position is no key of a row. */
export function knockedOut(
  { to }: Extract<Operation, { kind: "knockout" }>,
  { step, patch, keys }: Pick<WriterInfo, "step" | "patch"> & { readonly keys: number },
): number[][] {
  const targets = knockoutTargets(to);
  return patch.rows.map((row) => keyColumns(targets, { step, row, keys, what: "Knockout of" }));
}
