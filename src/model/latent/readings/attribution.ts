/**
 * Direct contributions of the embedding, the position, each head, each MLP and each bias to a logit, and through the projection to the next latent's input. Every
 * non-linear step on the way is held at what it was in this run, so that the contributions sum to the whole:
 *
 * - a norm divides by the scale that it had (as in direct logit attribution, Elhage et al. 2021), and a LayerNorm centres;
 * - GELU(a) = a · Φ(a), and Φ(a) is held. This is the Aumann–Shapley value of GELU on the straight path from a = 0, and so the
 *   integrated gradient of Sundararajan et al. (2017), in closed form: the path's mean slope (GELU(a) − GELU(0)) / (a − 0) is Φ(a).
 *
 * What a component changes by way of a scale, a gate or a later block is not in its contribution.
 */

import { UsageError } from "../../../base/errors.js";
import type { DecoderConfig } from "../../decoder/config.js";
import type { Decoder } from "../../decoder/decoder.js";
import { gaussianGate } from "../../tensor/formulas.js";
import { linear } from "../../tensor/linear.js";
import { numbersOf } from "../../tensor/numbers.js";
import { add, matMul, mean, multiply, reciprocalRoot, shifted, subtract, sum, transpose } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import { LAYER_NORM_EPS, type ProjectionNorm, type ProjectionWeights } from "../projection.js";
import type { Feedback } from "../protocols/loop.js";
import type { Components } from "./components.js";

/** What is taken apart. */
export type Target =
  | { readonly kind: "logit"; readonly position: string; readonly token: number }
  /** The inner product of a latent's input with a direction `[dModel]`. */
  | { readonly kind: "input"; readonly latent: number; readonly along: ArrayLike<number> };

/** What the language model adds whatever its input is. */
export interface BiasContributions {
  /** `[layer]`, of the matrix that writes the heads. */
  readonly attention: readonly number[];
  /** `[layer]`, of the MLP's last matrix. */
  readonly mlp: readonly number[];
  /** Of the norm before the head, or before the projection. */
  readonly finalNorm: number;
}

/** Parts of one number. */
export interface Contributions {
  readonly embed: number;
  /** The position's own vector; left out in a family without such. */
  readonly position?: number;
  /** `[layer][head]`. */
  readonly heads: readonly (readonly number[])[];
  /** `[layer]`, without its bias. */
  readonly mlp: readonly number[];
  /** Left out in a family without biases. */
  readonly biases?: BiasContributions;
  /** Biases of the projection; 0 for a logit, and where there is no projection. */
  readonly bias: number;
  /** The number itself, read from the run and not from the parts. */
  readonly whole: number;
}

/** The model's parts, borrowed. */
export interface AttributionModel {
  readonly decoder: Decoder;
  /** Null where the model has none. */
  readonly projection: ProjectionWeights | null;
  readonly feedback: Feedback;
  readonly logitRows: number;
}

/** Each target as a direction of the residual stream after the last block. */
interface Directions {
  /** `[targets, dModel]`. */
  readonly rows: Tensor2D;
  /** `[targets]`, of the projection. */
  readonly bias: Float32Array;
  /** `[targets]`. */
  readonly finalNormBias: Float32Array;
  readonly whole: Float32Array;
  /** Position where the components are read. */
  readonly positions: readonly string[];
}

/** @returns one entry a target, in order. @throws RangeError for a position that the run has not, or a token beyond the vocabulary. */
export async function attribute(
  model: AttributionModel,
  components: Components,
  targets: readonly Target[],
): Promise<Contributions[]> {
  const results = new Array<Contributions>(targets.length);
  for (const kind of ["logit", "input"] as const) {
    const places = targets.flatMap((target, place) => (target.kind === kind ? [place] : []));
    if (places.length === 0) continue;
    const mine = places.map((place) => targets[place] as Target);
    const directions = await (kind === "logit"
      ? logitDirections(model, components, mine as readonly LogitTarget[])
      : inputDirections(model, components, mine as readonly InputTarget[]));
    try {
      const parts = await partsAlong(model.decoder, components, directions);
      for (const [i, place] of places.entries()) results[place] = parts[i] as Contributions;
    } finally {
      directions.rows.dispose();
    }
  }
  return results;
}

/** @returns the logits at a position of a run, `[logitRows]`. */
export async function logitsAt(
  { decoder, logitRows }: AttributionModel,
  { final }: Components,
  position: string,
): Promise<Float32Array> {
  const logits = tf.tidy(() => decoder.logits(decoder.finalNorm(columnsOf([valueAt(final, position)]))));
  try {
    return (await numbersOf(logits)).subarray(0, logitRows);
  } finally {
    logits.dispose();
  }
}

type LogitTarget = Target & { readonly kind: "logit" };
type InputTarget = Target & { readonly kind: "input" };

async function logitDirections(
  { decoder, logitRows }: AttributionModel,
  { final }: Components,
  targets: readonly LogitTarget[],
): Promise<Directions> {
  const beyond = targets.find(({ token }) => !Number.isInteger(token) || token < 0 || token >= logitRows);
  if (beyond !== undefined) throw new RangeError(`Token ${beyond.token} is not among the ${logitRows} logits`);
  const positions = targets.map(({ position }) => position);
  const [rows, whole, finalNormBias] = tf.tidy(() => {
    const residual = columnsOf(positions.map((name) => valueAt(final, name)));
    const tokens = decoder.headColumns(targets.map(({ token }) => token)); // [dModel, targets]
    const whole = sum(multiply(decoder.finalNorm(residual), tokens), 0);
    return [asRows(decoder.throughFinalNorm(tokens, residual)), whole, ofFinalNorm(decoder, tokens)];
  });
  const bias = new Float32Array(targets.length);
  return { rows, whole: await taken(whole), bias, finalNormBias: await taken(finalNormBias), positions };
}

async function inputDirections(
  { decoder, projection, feedback }: AttributionModel,
  { final, embed }: Components,
  targets: readonly InputTarget[],
): Promise<Directions> {
  if (feedback !== "identity" && (feedback !== "projection" || projection === null))
    throw new UsageError(
      "The latents' inputs are not made from states here: each is the same learned vector, or there are none",
      "take logits apart",
    );
  const positions = targets.map(({ latent }) => (latent === 0 ? "bot" : `latent.${latent - 1}`));
  const [rows, bias, finalNormBias] = tf.tidy(() => {
    const residual = columnsOf(positions.map((name) => valueAt(final, name)));
    const along = columnsOf(targets.map((target) => Float32Array.from(target.along)));
    const { directions, constant } =
      feedback === "identity" || projection === null
        ? { directions: along, constant: tf.zeros([1, targets.length]) }
        : throughProjection(along, decoder.finalNorm(residual), projection);
    return [asRows(decoder.throughFinalNorm(directions, residual)), constant, ofFinalNorm(decoder, directions)];
  });
  const whole = Float32Array.from(targets.map(({ latent, along }) => dot(valueAt(embed, `latent.${latent}`), along)));
  return { rows, bias: await taken(bias), finalNormBias: await taken(finalNormBias), whole, positions };
}

/** What the final norm's bias adds along each direction behind it, `[1, directions]`. */
function ofFinalNorm(decoder: Decoder, directions: Tensor2D): Tensor2D {
  const { finalNorm } = decoder.biases();
  return finalNorm === null ? tf.zeros([1, directions.shape[1]]) : sum(multiply(directions, finalNorm), 0);
}

/** Back through the projection of `hidden`, its gates held. @returns directions before it, and what its biases add, `[1, directions]`. */
function throughProjection(
  along: Tensor2D,
  hidden: Tensor2D,
  projection: ProjectionWeights,
): { readonly directions: Tensor2D; readonly constant: Tensor2D } {
  const inner = linear(projection.inner, hidden, projection.innerBias);
  const gate = gaussianGate(inner);
  const outer = linear(projection.outer, multiply(inner, gate), projection.outerBias);
  // From here back along the way, each step transposed.
  const atOuter = projection.norm === null ? along : throughNorm(along, outer, projection.norm);
  const atInner = multiply(asColumns(matMul(asRows(atOuter), projection.outer)), gate);
  const directions = asColumns(matMul(asRows(atInner), projection.inner));
  const biases = add(sum(multiply(atOuter, projection.outerBias), 0), sum(multiply(atInner, projection.innerBias), 0));
  const constant = projection.norm === null ? biases : add(sum(multiply(along, projection.norm.bias), 0), biases);
  return { directions, constant };
}

/** Back through the LayerNorm, its scale held at what it was for `outer`. */
function throughNorm(along: Tensor2D, outer: Tensor2D, { weight }: ProjectionNorm): Tensor2D {
  const centred = subtract(outer, mean(outer, 0));
  const scale = reciprocalRoot(shifted(mean(multiply(centred, centred), 0), LAYER_NORM_EPS));
  const weighted = multiply(along, weight);
  return multiply(subtract(weighted, mean(weighted, 0)), scale);
}

/** Inner products of every component with its target's direction, summed in double precision. */
async function partsAlong(decoder: Decoder, components: Components, directions: Directions): Promise<Contributions[]> {
  const { config } = decoder;
  const all = await taken(directions.rows.clone());
  const own = directions.positions.map((_, i) => all.subarray(i * config.dModel, (i + 1) * config.dModel));
  const heads: number[][][] = own.map(() => []);
  for (let layer = 0; layer < config.layers; layer++) {
    const back = await taken(tf.tidy(() => matMul(directions.rows, decoder.attentionOutput(layer)))); // [targets, heads * dHead]
    const width = config.heads * config.dHead;
    for (const [i, position] of directions.positions.entries())
      heads[i]?.push(
        byHead(writtenAt(components.z[layer], position), back.subarray(i * width, (i + 1) * width), config),
      );
  }
  const biases = await biasesAlong(decoder, own, directions);
  return own.map((direction, i): Contributions => {
    const position = directions.positions[i] ?? "";
    const added = biases?.[i];
    return {
      embed: dot(valueAt(components.embed, position), direction),
      ...(components.position === null ? {} : { position: dot(valueAt(components.position, position), direction) }),
      heads: heads[i] ?? [],
      mlp: components.mlp.map(
        (written, layer) => dot(valueAt(written, position), direction) - (added?.mlp[layer] ?? 0),
      ),
      ...(added === undefined ? {} : { biases: added }),
      bias: directions.bias[i] ?? 0,
      whole: directions.whole[i] ?? Number.NaN,
    };
  });
}

/** By direction of the residual stream: what each bias adds along it. Null where the family has none. */
async function biasesAlong(
  decoder: Decoder,
  own: readonly Float32Array[],
  { finalNormBias }: Pick<Directions, "finalNormBias">,
): Promise<BiasContributions[] | null> {
  const { attention, mlp, finalNorm } = decoder.biases();
  if ([...attention, ...mlp, finalNorm].every((bias) => bias === null)) return null;
  const read = (biases: readonly (Tensor2D | null)[]): Promise<(Float32Array | null)[]> =>
    Promise.all(biases.map((bias) => (bias === null ? null : numbersOf(bias))));
  const [ofAttention, ofMlp] = [await read(attention), await read(mlp)];
  return own.map((direction, i) => {
    const along = (bias: Float32Array | null): number => (bias === null ? 0 : dot(bias, direction));
    return { attention: ofAttention.map(along), mlp: ofMlp.map(along), finalNorm: finalNormBias[i] ?? 0 };
  });
}

function byHead(z: Float32Array, back: Float32Array, { heads, dHead }: DecoderConfig): number[] {
  return Array.from({ length: heads }, (_, head) =>
    dot(z.subarray(head * dHead, (head + 1) * dHead), back.subarray(head * dHead, (head + 1) * dHead)),
  );
}

function columnsOf(vectors: readonly Float32Array[]): Tensor2D {
  const width = vectors[0]?.length ?? 0;
  const values = new Float32Array(width * vectors.length);
  for (const [i, vector] of vectors.entries()) values.set(vector, i * width);
  return asColumns(tf.tensor2d(values, [vectors.length, width]));
}

const asRows = (x: Tensor2D): Tensor2D => transpose(x, [1, 0]);
const asColumns = asRows;

async function taken(tensor: tf.Tensor): Promise<Float32Array> {
  try {
    return await numbersOf(tensor);
  } finally {
    tensor.dispose();
  }
}

function writtenAt(written: ReadonlyMap<string, Float32Array> | undefined, position: string): Float32Array {
  if (written === undefined) throw new RangeError("A block without heads");
  return valueAt(written, position);
}

function valueAt(written: ReadonlyMap<string, Float32Array>, position: string): Float32Array {
  const values = written.get(position);
  if (values === undefined)
    throw new RangeError(`The run has no position "${position}"; it has ${[...written.keys()].join(", ")}`);
  return values;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i] ?? 0) * (b[i] ?? 0);
  return total;
}
