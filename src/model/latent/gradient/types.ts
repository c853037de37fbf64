/** What derivatives are asked for and given: `model.gradient`, `model.gradientBatch`, `model.jvp` and `model.jvpBatch`. */

import type { AddressLike } from "../../hooks/address.js";
import type { Hook } from "../../hooks/hook.js";
import type { SiteLike } from "../../hooks/operation-options.js";
import type { tf } from "../../tensor/tf.js";
import type { Captures } from "../readings/capture.js";
import type { CommonOptions, InterventionLike, SourceOptions } from "../run-types.js";

/** What stands at one position: `bot`, `latent.2`, `eot`, `answer.0`. */
export type PositionText = AddressLike & string;

/** Logits as a function of them sees them. */
export interface LabelledTensors {
  /** Positions whose logits can be read: those of EOT, which predict the answer, and of the answer's tokens that were fed. */
  readonly positions: readonly string[];
  /** Logits at one of them, `[vocab]`, on tfjs's tape. @throws UsageError for another position. */
  logits(position: string): tf.Tensor1D;
}

/**
 * What a gradient is of: a number that a run gives.
 *
 * @example
 * ```ts
 * const difference: Metric = { kind: "logit-difference", position: "eot", token: 7, minus: 8 };
 * const largest: Metric = { kind: "function", value: (here) => tf.max(here.logits("eot")) };
 * ```
 */
export type Metric =
  /** The logit of a token where it is predicted: at `eot` for the answer's first token. */
  | { readonly kind: "logit"; readonly position: PositionText; readonly token: number }
  /** The logit of `token` less that of `minus`. */
  | {
      readonly kind: "logit-difference";
      readonly position: PositionText;
      readonly token: number;
      readonly minus: number;
    }
  /** Natural logarithm of a token's odds: its probability over that of all others together. It goes on rising where the probability is near 1. */
  | { readonly kind: "log-odds"; readonly position: PositionText; readonly token: number }
  /** Natural logarithm of the probability of these answer ids, each after those before it; the first is predicted at EOT. */
  | { readonly kind: "log-probability"; readonly ids: readonly number[] }
  /** Divergence in nats from the distribution of `reference`, logits of all tokens, to the one here: KL(reference ‖ here). */
  | { readonly kind: "kl"; readonly position: PositionText; readonly reference: Float32Array }
  /** ⟨vector, what the site has at the address⟩. Its gradient is a vector-Jacobian product. Several positions take their vectors one after the other. */
  | { readonly kind: "dot"; readonly site: SiteLike; readonly address: AddressLike; readonly vector: Float32Array }
  /** What a function makes of the logits, out of tfjs's ops. */
  | { readonly kind: "function"; readonly value: (here: LabelledTensors) => tf.Scalar };

/** What is done to a run that is differentiated. */
export type Edit = InterventionLike | Hook;

/** What holds for every derivative of a run. */
export interface DerivativeOptions extends SourceOptions, Pick<CommonOptions, "latents"> {
  /** Sites to read it at, as names or globs such as `blocks.*.hook_resid_post`; all positions are read. */
  readonly at: readonly SiteLike[];
  /**
   * Whether what changes a latent's state changes the inputs of later latents too. `propagate`, the default: yes, through the projection;
   * `pin`: inputs of latents are constants, and what is left are the paths through keys and values.
   */
  readonly downstream?: "propagate" | "pin";
  /** Token ids that are fed after EOT, for all questions or by question. Default: as many as a log-probability needs, else none. */
  readonly answer?: readonly number[] | ((question: number) => readonly number[]);
  /**
   * As in `run`, callbacks among them, which act after the others. Derivatives are taken there, and are those of what the site has after
   * them. What a callback makes out of tfjs's ops is differentiated.
   */
  readonly interventions?: readonly Edit[] | ((question: number) => readonly Edit[]);
  /** Bytes that activations and derivatives may take at once. Questions beyond that go one batch after the other; one that alone needs more is refused. Default 1 GiB. */
  readonly budgetBytes?: number;
}

/** Options of `gradient` and `gradientBatch`. */
export interface GradientOptions extends DerivativeOptions {
  /** What the gradient is of, for all questions or by the question's number. */
  readonly of: Metric | ((question: number) => Metric);
}

/** What `gradient` gives of one question. */
export interface GradientResult {
  readonly question: string;
  /** What the metric is. */
  readonly value: number;
  /** ∂value/∂site, laid out as `captures`: 0 where nothing read the site. */
  readonly gradients: Captures;
  /** What the sites had, after interventions. */
  readonly captures: Captures;
}

/** A direction at a site: what is changed there. */
export interface Along {
  readonly site: SiteLike;
  readonly address: AddressLike;
  /** As many numbers as the site has at the address; for several positions one below the other. */
  readonly direction: Float32Array;
}

/** Options of `jvp` and `jvpBatch`. */
export interface JvpOptions extends DerivativeOptions {
  /** What is changed, all of it together; a function where it differs by question. */
  readonly along: readonly Along[] | ((question: number) => readonly Along[]);
}

/** What `jvp` gives of one question. */
export interface JvpResult {
  readonly question: string;
  /** By how much each site changes for an infinitely small step along the directions, divided by the step; laid out as `captures`. */
  readonly changes: Captures;
  /** What the sites had, after interventions. */
  readonly captures: Captures;
}
