/** A sparse autoencoder of a residual site: features of states, and what a change of features does to them. All of it on the engine. */

import { UsageError } from "../../../base/errors.js";
import { printsAs } from "../../../base/printing.js";
import { type FeatureSite, type ParsedSite, parseSite, type SiteName } from "../../hooks/names.js";
import type { SiteView } from "../../hooks/site-view.js";
import { numbersOf } from "../../tensor/numbers.js";
import { matMul } from "../../tensor/ops.js";
import { type Tensor, type Tensor2D, tf } from "../../tensor/tf.js";
import { featuresOf, type SaeConfig } from "./sae-config.js";

/** Weights on the engine, owned by the autoencoder. */
export interface SaeWeights {
  /** `[dIn, features]`. */
  readonly encoder: Tensor2D;
  /** `[1, features]`. */
  readonly encoderBias: Tensor2D;
  /** `[features, dIn]`: the direction of each feature. */
  readonly decoder: Tensor2D;
  /** `[1, dIn]`. */
  readonly decoderBias: Tensor2D;
  /** `[1, features]`, of JumpReLU; else null. */
  readonly threshold: Tensor2D | null;
}

/** What is divided out of states before they are encoded, a row each; null where nothing is. */
interface Scaling {
  readonly shift: Tensor | null;
  readonly into: Tensor;
  readonly back: Tensor;
}

const LAYER_NORM_EPSILON = 1e-5;
let made = 0;

/** A sparse autoencoder as `loadSae` gives it. Owns its weights; `dispose()` frees them. */
export class SparseAutoencoder implements SiteView {
  readonly #weights: SaeWeights;
  /** `[1, features]`: length of each direction, where features are counted in it; else null. */
  readonly #norms: Tensor | null;
  #disposed = false;
  /** Set apart from all others that were loaded. */
  readonly identity = made++;
  readonly site: ParsedSite & { readonly name: `blocks.${number}.${FeatureSite}` };

  constructor(
    /** Its folder. */
    readonly name: string,
    readonly config: SaeConfig,
    weights: SaeWeights,
  ) {
    this.#weights = weights;
    this.#norms = config.byDirectionNorm
      ? tf.tidy(() => tf.reshape(tf.norm(weights.decoder, "euclidean", 1), [1, -1]))
      : null;
    const site = featuresOf(config);
    this.site = { ...parseSite(site, Number.POSITIVE_INFINITY), name: site };
  }

  /** The site whose states it encodes. */
  get of(): SiteName {
    return this.config.of;
  }

  /** Number of features. */
  get features(): number {
    return this.config.features;
  }

  /**
   * Features of states.
   *
   * @param x `[…, dIn]`, borrowed. @returns `[…, features]`, owned by the caller.
   * @throws UsageError for states of another width.
   * @example
   * ```ts
   * using sae = await loadSae(saeDir);
   * using states = tf.randomNormal([6, 64]);
   * using features = sae.encode(states);
   * features.shape; // → [ 6, 256 ]
   * ```
   */
  encode(x: Tensor): Tensor {
    return tf.tidy(() => {
      const states = this.#rows(x, this.config.dIn);
      return tf.reshape(this.#features(states), [...x.shape.slice(0, -1), this.features]);
    });
  }

  /**
   * States that features stand for, without the part that they cannot express.
   *
   * @param features `[…, features]`, borrowed. @param x the states `[…, dIn]` that they were encoded from: where states are scaled before they are
   *   encoded, the scale is theirs. Borrowed. @returns `[…, dIn]`, owned by the caller.
   * @throws UsageError for another number of features, or of states.
   * @example
   * ```ts
   * using sae = await loadSae(saeDir);
   * using states = tf.randomNormal([6, 64]);
   * using features = sae.encode(states);
   * using decoded = sae.decode(features, states);
   * decoded.shape; // → [ 6, 64 ]
   * ```
   */
  decode(features: Tensor, x: Tensor): Tensor {
    return tf.tidy(() => {
      const states = this.#rows(x, this.config.dIn);
      const some = this.#rows(features, this.features);
      if (some.shape[0] !== states.shape[0])
        throw new UsageError(
          `decode: features of ${some.shape[0]} states, and ${states.shape[0]} states`,
          "give the states that they were encoded from",
        );
      const scaling = this.#scaling(states);
      const out = tf.add(this.#written(some), this.#weights.decoderBias);
      const back = scaling === null ? out : tf.mul(out, scaling.back);
      const whole = scaling?.shift == null ? back : tf.add(back, scaling.shift);
      return tf.reshape(whole, x.shape);
    });
  }

  /**
   * What the features do not express: `x − decode(encode(x))`. An intervention leaves it as it is.
   *
   * @param x `[…, dIn]`, borrowed. @returns the same shape, owned by the caller.
   * @throws UsageError for states of another width.
   * @example
   * ```ts
   * using sae = await loadSae(saeDir);
   * using states = tf.randomNormal([6, 64]);
   * using error = sae.error(states);
   * error.shape; // → [ 6, 64 ]
   * ```
   */
  error(x: Tensor): Tensor {
    return tf.tidy(() => tf.sub(x, this.decode(this.encode(x), x)));
  }

  /**
   * States after their features changed. What was not a feature stays as it is.
   *
   * @param states `[cells, dIn]`, borrowed. @param change of their features, `[cells, features]`, borrowed. @returns `[cells, dIn]`, owned by the caller.
   * @example
   * ```ts
   * using sae = await loadSae(saeDir);
   * using states = tf.randomNormal([6, 64]);
   * using change = tf.zeros([6, 256]);
   * using moved = sae.moved(states, change);
   * moved.shape; // → [ 6, 64 ]
   * ```
   */
  moved(states: Tensor, change: Tensor): Tensor {
    return tf.tidy(() => {
      const written = this.#written(change as Tensor2D);
      const scaling = this.#scaling(states as Tensor2D);
      return tf.add(states, scaling === null ? written : tf.mul(written, scaling.back));
    });
  }

  /**
   * What one unit of a feature adds to a state, before any scaling.
   *
   * @param feature from 0. @returns `[dIn]`.
   * @throws UsageError for a feature that it does not have.
   * @example
   * ```ts
   * using sae = await loadSae(saeDir);
   * const direction = await sae.direction(12);
   * const run = await model.run(question, { interventions: [add(sae.of, at.latent(2), { vector: direction, scale: 4 })] });
   * run.fired.length; // → 1
   * ```
   */
  async direction(feature: number): Promise<Float32Array> {
    this.#checkLive();
    if (!Number.isInteger(feature) || feature < 0 || feature >= this.features)
      throw new UsageError(`Feature ${feature} of ${this.name}`, `it has features 0 to ${this.features - 1}`);
    const row = tf.tidy(() => {
      const all = tf.slice(this.#weights.decoder, [feature, 0], [1, this.config.dIn]);
      return this.#norms === null ? all : tf.div(all, tf.slice(this.#norms, [0, feature], [1, 1]));
    });
    try {
      return await numbersOf(row);
    } finally {
      row.dispose();
    }
  }

  /**
   * Frees the weights; safe to call twice.
   * @example
   * ```ts
   * const another = await loadSae(saeDir);
   * another.dispose();
   * ```
   */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const tensor of [...Object.values(this.#weights), this.#norms]) tensor?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Was it freed? */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  #features(states: Tensor2D): Tensor2D {
    const { encoder, encoderBias, decoderBias, threshold } = this.#weights;
    const scaling = this.#scaling(states);
    const shifted = scaling?.shift == null ? states : tf.sub(states, scaling.shift);
    const scaled = scaling === null ? shifted : tf.mul(shifted, scaling.into);
    const input = this.config.subtractsBias ? tf.sub(scaled, decoderBias) : scaled;
    const before = tf.add(matMul(input as Tensor2D, encoder), encoderBias) as Tensor2D;
    const positive = tf.relu(before);
    if (threshold !== null) return tf.mul(positive, tf.cast(tf.greater(before, threshold), "float32"));
    const { k } = this.config;
    if (k === null) return positive;
    return largest(this.#norms === null ? before : tf.mul(before, this.#norms), k);
  }

  /** What features add to scaled states, `[cells, dIn]`. */
  #written(features: Tensor2D): Tensor2D {
    const counted = this.#norms === null ? features : (tf.div(features, this.#norms) as Tensor2D);
    return matMul(counted, this.#weights.decoder);
  }

  #scaling(states: Tensor2D): Scaling | null {
    const { normalization, dIn } = this.config;
    if (normalization === "constant_norm_rescale") {
      const back = tf.div(tf.norm(states, "euclidean", 1, true), Math.sqrt(dIn));
      return { shift: null, into: tf.reciprocal(back), back };
    }
    if (normalization !== "layer_norm") return null;
    const shift = tf.mean(states, 1, true);
    // Of a sample: PyTorch's std divides by one less than the width.
    const variance = tf.div(tf.sum(tf.square(tf.sub(states, shift)), 1, true), dIn - 1);
    const back = tf.sqrt(variance);
    return { shift, into: tf.reciprocal(tf.add(back, LAYER_NORM_EPSILON)), back };
  }

  #rows(x: Tensor, width: number): Tensor2D {
    this.#checkLive();
    if (x.shape.at(-1) !== width)
      throw new UsageError(
        `${this.name} was given [${x.shape.join(", ")}], wanted a last axis of ${width}`,
        `it encodes ${this.config.dIn} numbers of ${this.of} as ${this.features} features`,
      );
    return tf.reshape(x, [-1, width]);
  }

  #checkLive(): void {
    if (this.#disposed) throw new UsageError(`The autoencoder ${this.name} was disposed`, "load it again");
  }
}

printsAs(SparseAutoencoder.prototype, { whole: saeText, line: saeText });

function saeText({ name, config }: SparseAutoencoder): string {
  const kept = config.k === null ? "" : `, ${config.k} active`;
  return `SparseAutoencoder ${name}: ${config.architecture}, ${config.features} features of ${config.of} (${config.dIn})${kept}`;
}

/** The k largest of each row, where they are above 0; all else 0. */
function largest(rows: Tensor2D, k: number): Tensor2D {
  const { values, indices } = tf.topk(rows, k, false);
  const [count] = rows.shape;
  const row = tf.broadcastTo(tf.reshape(tf.range(0, count, 1, "int32"), [count, 1]), [count, k]);
  const places = tf.reshape(tf.stack([row, indices], 2), [count * k, 2]) as Tensor2D;
  return tf.scatterND(places, tf.reshape(tf.relu(values), [count * k]), rows.shape) as Tensor2D;
}
