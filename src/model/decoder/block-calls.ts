/** Which ops of a block are one call of the engine: up to its queries, keys and values; their attention; and what follows. */

import type { BlockSite } from "../hooks/names.js";
import { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { tensorsIn } from "../tensor/held-matrix.js";
import type { Calls } from "../tensor/one-call/one-call.js";
import type { JointCall } from "../tensor/recording.js";
import type { Tensor, Tensor2D, Tensor4D } from "../tensor/tf.js";
import { mixed } from "./attention.js";
import { type BlockKinds, type BlockOfCalls, blocksAtOnce } from "./block-chain.js";
import { entered, left, thought } from "./block-ops.js";
import type { BlockContext, BlockWeights } from "./block-parts.js";
import type { DecoderConfig } from "./config.js";
import type { Fold } from "./folds.js";
import type { KeyBlock } from "./key-book.js";
import { tensorsOfNorm } from "./norm.js";
import type { Rotation } from "./rope.js";

const ENTERING: ReadonlySet<BlockSite> = new Set([
  "ln1.hook_scale",
  "ln1.hook_normalized",
  "attn.hook_q",
  "attn.hook_k",
  "attn.hook_v",
  "attn.hook_rot_q",
  "attn.hook_rot_k",
]);
const ATTENDING: ReadonlySet<BlockSite> = new Set(["attn.hook_attn_scores", "attn.hook_pattern"]);
const THINKING: ReadonlySet<BlockSite> = new Set([
  "ln2.hook_scale",
  "ln2.hook_normalized",
  "mlp.hook_pre",
  "mlp.hook_pre_linear",
  "mlp.hook_post",
]);
const LEAVING: ReadonlySet<BlockSite> = new Set([
  "attn.hook_z",
  "attn.hook_result",
  "hook_attn_out",
  "hook_resid_mid",
  ...THINKING,
  "hook_mlp_out",
]);
/** All sites between a block's input and its output. */
const INSIDE: ReadonlySet<BlockSite> = new Set([...ENTERING, ...ATTENDING, ...LEAVING]);
const ANY_BUT_OUTPUT: ReadonlySet<BlockSite> = new Set<BlockSite>(["hook_resid_pre", ...INSIDE]);

/** Attention as one call. */
export interface AttendingCalls extends Calls {
  /** Is the pattern a result too, for those who look at it? */
  readonly showsPattern: boolean;
}

/** The calls of a block. Each is null where a hook looks between its ops, or weights are widened in passing. */
export interface BlockCalls {
  /** The block's output by all of them at once; null also where they are not known so far. */
  whole(pre: Tensor2D): Tensor2D | null;
  entering(pre: Tensor2D): Calls | null;
  attending(query: Tensor4D, blocks: readonly KeyBlock[]): AttendingCalls | null;
  leaving(pre: Tensor2D, values: Tensor4D): Calls | null;
  /** The part of `leaving` that is one call where hooks look around the MLP alone. */
  thinking(mid: Tensor2D): Calls | null;
}

/** Who computes again for a derivative has visited every hook already. */
export const NO_HOOKS = new RunHooks([], [], []);

/** @param context a model's blocks call the same ops: its number stands for family, heads and norms. */
export function callsOfBlock(context: BlockContext): BlockCalls {
  const { layer, hooks, step, rotation, mask, weights } = context;
  const own = weightsOf(weights);
  const { shape, ...kinds } = kindsOf(context);
  const looked = (kinds: ReadonlySet<BlockSite>): boolean => hooks.wantsAnyOf(layer, kinds, step);
  const quiet = (): BlockContext => ({ ...context, hooks: NO_HOOKS });
  const isCostly = own?.isSmall !== true;
  return {
    whole(pre) {
      const whole = quietBlock(context);
      return whole === null ? null : blocksAtOnce(pre, [whole]);
    },
    entering(pre) {
      if (own === null || looked(ENTERING)) return null;
      const turned = rotation === null ? [] : [rotation.cos, rotation.sin];
      return callsOf(kinds.entering, {
        moving: [pre, ...turned],
        fixed: own.entering,
        again: ([x, cos, sin]) => entered(x as Tensor2D, { ...quiet(), rotation: rotationOf(cos, sin) }),
        isCostly,
      });
    },
    attending(query, blocks) {
      const showsPattern =
        hooks.isOnlySeen(layer, "attn.hook_pattern", step) && !hooks.wants(layer, "attn.hook_attn_scores", step);
      if (!showsPattern && looked(ATTENDING)) return null;
      const kind = kinds.attending(blocks.map(({ fold }) => fold));
      const calls = callsOf(showsPattern ? `${kind} shown` : kind, {
        moving: [query, ...blocks.flatMap(({ k, v }) => [k, v]), ...(mask === null ? [] : [mask])],
        fixed: [],
        again: ([own, ...others]) => {
          const read = blocks.map((each, i) => ({
            ...each,
            k: others[2 * i] as Tensor4D,
            v: others[2 * i + 1] as Tensor4D,
          }));
          const both = mixed(own as Tensor4D, read, {
            ...quiet(),
            weights: weights.attention,
            mask: (others[2 * blocks.length] ?? null) as Tensor4D | null,
          });
          return both.slice(0, showsPattern ? 2 : 1);
        },
        isCostly,
      });
      return { ...calls, showsPattern };
    },
    leaving(pre, values) {
      if (own === null || looked(LEAVING)) return null;
      return callsOf(kinds.leaving, {
        moving: [pre, values],
        fixed: own.leaving,
        again: ([x, mixed]) => [left({ pre: x as Tensor2D, values: mixed as Tensor4D }, quiet())],
        isCostly,
      });
    },
    thinking(mid) {
      if (own === null || looked(THINKING)) return null;
      return callsOf(`thinking ${shape}`, {
        moving: [mid],
        fixed: own.thinking,
        again: ([x]) => [thought(x as Tensor2D, quiet())],
        isCostly,
      });
    },
  };
}

/** Does no hook look at a block's sites before its output? */
export function isQuiet(layer: number, hooks: RunHooks, { step }: { readonly step: Step }): boolean {
  return !hooks.wantsAnyOf(layer, ANY_BUT_OUTPUT, step);
}

/** A block in which no hook looks between its input and its output; null where one does, or weights are widened in passing. */
export function quietBlock(context: BlockContext): BlockOfCalls | null {
  const { layer, hooks, step } = context;
  const weights = weightsOf(context.weights);
  if (weights === null || hooks.wantsAnyOf(layer, INSIDE, step)) return null;
  return { ...context, kinds: { ...kindsOf(context), weights } };
}

function kindsOf({ config, step, mask }: BlockContext): Omit<BlockKinds, "weights"> & { readonly shape: string } {
  const shape = `${modelNumber(config)} ${step.rows}x${step.columns}`;
  return {
    shape,
    entering: `entering ${shape}`,
    attending: (folds) => `attending ${shape} ${folds.map(foldText).join(";")}${mask === null ? "" : " masked"}`,
    leaving: `leaving ${shape}`,
  };
}

function callsOf(
  kind: string,
  { moving, fixed, ...more }: Pick<JointCall, "moving" | "fixed" | "again" | "isCostly">,
): Calls {
  return { kind, inputs: [...moving, ...fixed], joint: { kind, moving, fixed, ...more } };
}

function rotationOf(cos: Tensor | undefined, sin: Tensor | undefined): Rotation | null {
  return cos === undefined || sin === undefined ? null : { cos: cos as Tensor4D, sin: sin as Tensor4D };
}

/** The tensors that each part of a block uses. */
interface OwnTensors {
  readonly entering: readonly Tensor[];
  readonly leaving: readonly Tensor[];
  readonly thinking: readonly Tensor[];
  /** Are its products cheaper than calls of the engine? */
  readonly isSmall: boolean;
}

/** Numbers of a weight from which a product takes longer than some calls of the engine. */
const LARGE = 2 ** 18;

const known = new WeakMap<BlockWeights, OwnTensors | null>();

function weightsOf(weights: BlockWeights): OwnTensors | null {
  const found = known.get(weights);
  if (found !== undefined) return found;
  const { norm1, attention, norm2, mlp } = weights;
  const { qkv, qkvBias, output, outputBias } = attention;
  const entering = tensorsIn([...tensorsOfNorm(norm1), qkv, qkvBias]);
  const written = tensorsIn([output, outputBias]);
  const thinking = tensorsIn([...tensorsOfNorm(norm2), ...mlp.tensors]);
  const own =
    entering === null || written === null || thinking === null
      ? null
      : {
          entering,
          leaving: [...written, ...thinking],
          thinking,
          isSmall: [...entering, ...written, ...thinking].every(({ size }) => size < LARGE),
        };
  known.set(weights, own);
  return own;
}

const models = new WeakMap<object, number>();
let modelCount = 0;

function modelNumber(config: Pick<DecoderConfig, "dModel">): number {
  const found = models.get(config) ?? modelCount++;
  models.set(config, found);
  return found;
}

const placeTexts = new WeakMap<object, string>();

function foldText({ rows, fanout, places }: Fold): string {
  if (places === null) return `${rows},${fanout}`;
  // `rowAt` is no key: what stands in a gap there is a row's number too.
  const text = placeTexts.get(places) ?? `${rows},${fanout},${places.placeOf.join("+")}`;
  placeTexts.set(places, text);
  return text;
}
