/** What metrics read of a run, and on the host what they are and by how much they rise with it. */

import { UsageError } from "../../../base/errors.js";
import type { Address, AddressLike } from "../../hooks/address.js";
import { toAddresses } from "../../hooks/address.js";
import { described } from "../../hooks/described.js";
import { type ParsedSite, parseSite, type SiteModel } from "../../hooks/names.js";
import { positionName } from "../../hooks/step.js";
import { withGradients } from "../../tensor/engine.js";
import { numbersOf } from "../../tensor/numbers.js";
import { tf } from "../../tensor/tf.js";
import type { SequenceLayout } from "../layout.js";
import { checkHasDerivative } from "./check-site.js";
import { logSoftmax } from "./log-softmax.js";
import type { LabelledTensors, Metric } from "./types.js";

/** A site at an address that a metric reads. */
export interface MetricRead {
  readonly site: ParsedSite;
  readonly address: Address;
}

/** What a metric is, and the gradient by each of its reads, in their order. */
export interface MetricValue {
  readonly value: number;
  readonly gradients: readonly Float32Array[];
}

/** A metric that knows what it reads. */
export interface ReadyMetric {
  readonly reads: readonly MetricRead[];
  /** @param values of the reads, in their order. */
  of(values: readonly Float32Array[]): MetricValue | Promise<MetricValue>;
}

/** The sequence that a metric is of, and how many tokens have logits. */
export interface MetricPlace {
  readonly model: SiteModel;
  readonly layout: SequenceLayout;
  readonly vocab: number;
}

/** @throws UsageError for a metric that the sequence does not have. */
export function readyMetric(metric: Metric, place: MetricPlace): ReadyMetric {
  switch (metric.kind) {
    case "logit":
      return logits({ positions: [metric.position], place }, ([row = NONE]) =>
        picked(row, [[checkedToken(metric.token, place), 1]]),
      );
    case "logit-difference": {
      const [token, minus] = [checkedToken(metric.token, place), checkedToken(metric.minus, place)];
      return logits({ positions: [metric.position], place }, ([row = NONE]) =>
        picked(row, [
          [token, 1],
          [minus, -1],
        ]),
      );
    }
    case "log-odds": {
      const token = checkedToken(metric.token, place);
      return logits({ positions: [metric.position], place }, ([row = NONE]) => logOdds(row, token));
    }
    case "log-probability": {
      const ids = metric.ids.map((id) => checkedToken(id, place));
      return logits({ positions: positionsPredicting(ids.length), place }, (rows) => logProbability(rows, ids));
    }
    case "kl":
      return logits({ positions: [metric.position], place }, ([row = NONE]) => divergence(row, metric.reference));
    case "dot": {
      const reads = [
        { site: parseSite(checkHasDerivative(metric.site), place.model), address: onlyAddress(metric.address) },
      ];
      return { reads, of: ([values = NONE]) => projected(values, metric) };
    }
    case "function":
      return ofFunction(metric.value, place);
    default:
      throw new UsageError(
        `A metric is ${described(metric)}, and its kind ${JSON.stringify((metric as { kind?: unknown } | null)?.kind)} is none`,
        'write { kind: "logit", position: "eot", token }; kinds: logit, logit-difference, log-odds, log-probability, kl, dot, function',
      );
  }
}

const NONE = new Float32Array();

/** `eot`, `answer.0`, …: where so many answer tokens are predicted. */
export function positionsPredicting(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? "eot" : `answer.${index - 1}`));
}

/** @throws UsageError for several addresses. */
export function onlyAddress(given: AddressLike): Address {
  const [address, ...others] = toAddresses(given);
  if (address === undefined || others.length > 0)
    throw new UsageError(`${others.length + 1} addresses in one place, wanted one`, "give an address such as latent.2");
  return address;
}

function logits(
  { positions, place }: { readonly positions: readonly string[]; readonly place: MetricPlace },
  of: (rows: readonly Float32Array[]) => MetricValue,
): ReadyMetric {
  const site = parseSite("hook_logits", place.model);
  return { reads: positions.map((position) => ({ site, address: onlyAddress(position as AddressLike) })), of };
}

function checkedToken(token: unknown, { vocab }: MetricPlace): number {
  if (Number.isInteger(token) && Number(token) >= 0 && Number(token) < vocab) return Number(token);
  throw new UsageError(
    `A metric's token is ${typeof token === "number" ? token : described(token)}, wanted an id from 0 to ${vocab - 1}`,
    "take it from model.tokenizer",
  );
}

/** A weighted sum of a few numbers. */
function picked(row: Float32Array, weights: readonly (readonly [number, number])[]): MetricValue {
  const gradient = new Float32Array(row.length);
  let value = 0;
  for (const [place, weight] of weights) {
    value += weight * (row[place] ?? 0);
    gradient[place] = (gradient[place] ?? 0) + weight;
  }
  return { value, gradients: [gradient] };
}

/** d log(p / (1 − p)) = one at the token, less the probabilities among the others alone. */
function logOdds(row: Float32Array, token: number): MetricValue {
  const others = row.slice();
  others[token] = Number.NEGATIVE_INFINITY;
  const logs = logSoftmax(others);
  // Any other token says what was taken off: its logit less its logarithm.
  const another = token === 0 ? 1 : 0;
  const value = (row[token] ?? 0) - ((row[another] ?? 0) - (logs[another] ?? 0));
  const gradient = Float32Array.from(logs, (log, place) => (place === token ? 1 : -Math.exp(log)));
  return { value, gradients: [gradient] };
}

/** d log p(id) = one at the id, less all probabilities. */
function logProbability(rows: readonly Float32Array[], ids: readonly number[]): MetricValue {
  let value = 0;
  const gradients = rows.map((row, place) => {
    const id = ids[place] ?? 0;
    const logs = logSoftmax(row);
    value += logs[id] ?? 0;
    return Float32Array.from(logs, (log, token) => (token === id ? 1 : 0) - Math.exp(log));
  });
  return { value, gradients };
}

/** d KL(reference ‖ here) = the probabilities here less those of the reference. */
function divergence(row: Float32Array, reference: Float32Array): MetricValue {
  if (!(reference instanceof Float32Array) || reference.length !== row.length)
    throw new UsageError(
      `The reference of a KL divergence has ${described(reference)}, wanted ${row.length} logits`,
      'give those of a run: captures.at("hook_logits", at.eot).data',
    );
  const [here, there] = [logSoftmax(row), logSoftmax(reference)];
  let value = 0;
  for (const [token, log] of there.entries()) value += Math.exp(log) * (log - (here[token] ?? 0));
  const gradient = Float32Array.from(here, (log, token) => Math.exp(log) - Math.exp(there[token] ?? 0));
  return { value, gradients: [gradient] };
}

function projected(values: Float32Array, { vector, site, address }: Extract<Metric, { kind: "dot" }>): MetricValue {
  if (!(vector instanceof Float32Array) || vector.length !== values.length)
    throw new UsageError(
      `The vector of a dot metric at ${site} has ${vector?.length ?? 0} numbers, wanted ${values.length}`,
      `give as many as the site has at ${JSON.stringify(address)}`,
    );
  let value = 0;
  for (const [place, each] of vector.entries()) value += each * (values[place] ?? 0);
  return { value, gradients: [vector] };
}

/** A function of logits by tfjs's own tape. */
function ofFunction(value: (here: LabelledTensors) => tf.Scalar, place: MetricPlace): ReadyMetric {
  const predicting = place.layout.positions.filter(({ part }) => part === "eot" || part === "answer").map(positionName);
  const ready = logits({ positions: predicting, place }, () => ({ value: 0, gradients: [] }));
  return { reads: ready.reads, of: (rows) => differentiated(value, { rows, positions: predicting }) };
}

async function differentiated(
  of: (here: LabelledTensors) => tf.Scalar,
  { rows, positions }: { readonly rows: readonly Float32Array[]; readonly positions: readonly string[] },
): Promise<MetricValue> {
  const inputs = rows.map((row) => tf.tensor1d(row));
  const scalarOf = (...given: tf.Tensor[]): tf.Tensor => {
    const here = labelled(positions, given as tf.Tensor1D[]);
    const scalar = of(here);
    if (!(scalar instanceof tf.Tensor) || scalar.size !== 1)
      throw new UsageError(
        `The metric's function gave ${scalar instanceof tf.Tensor ? `a tensor of ${scalar.size} numbers` : described(scalar)}, wanted one number`,
        'return a scalar, such as tf.sum(here.logits("eot"))',
      );
    // Positions that it does not read have the gradient 0.
    const unread = given.map((each) => tf.mul(tf.sum(each), 0));
    return tf.addN([tf.reshape(scalar, []), ...unread]);
  };
  const { value, grads } = withGradients(() => tf.valueAndGrads(scalarOf)(inputs));
  try {
    const [number = Number.NaN] = await numbersOf(value);
    const gradients: Float32Array[] = [];
    for (const grad of grads) gradients.push(await numbersOf(grad));
    return { value: number, gradients };
  } finally {
    tf.dispose([value, ...grads, ...inputs]);
  }
}

function labelled(positions: readonly string[], tensors: readonly tf.Tensor1D[]): LabelledTensors {
  return {
    positions,
    logits: (position) => {
      const found = tensors[positions.indexOf(position)];
      if (found !== undefined) return found;
      throw new UsageError(`No logits at "${position}"`, `they are at ${positions.join(", ")}`);
    },
  };
}
