/**
 * The derivative of each op where it was computed: for each of its inputs a linear map, and that map's transpose. A Jacobian-vector
 * product goes along the maps, a vector-Jacobian product back along their transposes. Both are made of the engine's ops, and of kernels of ours where it has them.
 */

import { hasKernels, kernel, kernelGateBack } from "../tensor/kernels.js";
import { productOfHeads } from "../tensor/linear.js";
import { add, divide, gather, multiply, reshape, scaled, slice, sum, swapHalves, transpose } from "../tensor/ops.js";
import type { OpCall } from "../tensor/recording.js";
import type { Tensor, Tensor2D } from "../tensor/tf.js";
import { slopeOf } from "./activations.js";
import type { Derivative, LinearMap, Pulled, Wanted } from "./derivative.js";
import { pulledThrough, pushedThrough } from "./functions.js";
import { normDerivative, softmaxDerivative } from "./norms.js";
import { broadcastTo, paddedAround, scattered, sizeAlong, summedTo } from "./shapes.js";

type CallOf<Op extends OpCall["op"]> = Extract<OpCall, { readonly op: Op }>;

/** The way back through an op: a gradient by its result to those by its inputs at some places. */
export function pullOf(
  call: OpCall,
  { places, output, keep }: Omit<Wanted, "place"> & { readonly places: readonly number[] },
): (gradient: Tensor) => readonly Pulled[] {
  if (call.op === "slice") {
    const { begin } = call;
    const { shape } = inputAt(call, 0);
    return (box) => [{ box, begin, shape }];
  }
  if (call.op === "siluTimes" && places.length === 2 && hasKernels()) {
    const given = [keep(call.inputs[0]), keep(call.inputs[1])] as const;
    return (gradient) => kernelGateBack(given, gradient);
  }
  const pulls = places.map((place) => derivativeOf(call, { place, output, keep }).pull);
  return (gradient) => pulls.map((pull) => pull(gradient));
}

/** How the result of an op depends on its input at `place`. */
export function derivativeOf(call: OpCall, wanted: Wanted): Derivative {
  switch (call.op) {
    case "same":
    case "shifted":
      return symmetric((x) => x);
    case "scaled":
      return symmetric((x) => scaled(x, call.factor));
    case "swapHalves":
      return symmetric(swapHalves);
    case "turnedBy":
      return turnDerivative(call, wanted);
    case "add":
    case "subtract":
      return termDerivative(call, wanted);
    case "multiply":
      return factorDerivative(call, wanted);
    case "divide":
      return quotientDerivative(call, wanted);
    case "batchMatMul":
      return productDerivative(call, wanted);
    case "linear":
      return { push: (x) => call.times(x as Tensor2D), pull: (y) => call.timesTransposed(y as Tensor2D) };
    case "softmax":
      return softmaxDerivative(wanted.keep(wanted.output));
    case "norm":
      return normDerivative(call, wanted.keep);
    case "geluTanh": {
      if (!hasKernels()) return slopedDerivative(call, wanted);
      const x = wanted.keep(call.inputs[0]);
      return symmetric((change) => kernel("CodilensGeluBack", [x, change]));
    }
    case "function": {
      const x = wanted.keep(call.inputs[0]);
      return { push: (change) => pushedThrough(call.of, x, change), pull: (y) => pulledThrough(call.of, x, y) };
    }
    case "mean":
    case "sum":
    case "reshape":
    case "transpose":
    case "slice":
    case "concat":
    case "gather":
      return movedDerivative(call, wanted);
    default:
      return slopedDerivative(call, wanted);
  }
}

function slopedDerivative(call: OpCall, wanted: Wanted): Derivative {
  const slope = slopeOf(call, wanted);
  return symmetric((x) => multiply(x, slope()));
}

/** A map that is its own transpose. */
function symmetric(map: LinearMap): Derivative {
  return { push: map, pull: map };
}

function inputAt({ inputs }: OpCall, place: number): Tensor {
  const found = inputs[place];
  if (found === undefined) throw new RangeError(`No input ${place}`);
  return found;
}

function termDerivative(call: CallOf<"add" | "subtract">, { place, output }: Wanted): Derivative {
  const { shape } = inputAt(call, place);
  const signed = (x: Tensor): Tensor => (call.op === "subtract" && place === 1 ? scaled(x, -1) : x);
  return { push: (x) => signed(broadcastTo(x, output.shape)), pull: (y) => signed(summedTo(y, shape)) };
}

function factorDerivative(call: CallOf<"multiply">, { place, keep }: Wanted): Derivative {
  const { shape } = inputAt(call, place);
  const other = keep(inputAt(call, 1 - place));
  return { push: (x) => multiply(x, other), pull: (y) => summedTo(multiply(y, other), shape) };
}

/** A turn is linear. */
function turnDerivative(call: CallOf<"turnedBy">, { keep }: Wanted): Derivative {
  const [cos, sin] = [keep(call.cos), keep(call.sin)];
  return {
    push: (x) => add(multiply(x, cos), multiply(swapHalves(x), sin)),
    pull: (y) => {
      if (hasKernels()) return kernel("CodilensRotateBack", [y, cos, sin]);
      return add(multiply(y, cos), swapHalves(multiply(y, sin)));
    },
  };
}

/** `a / b` moves by `da / b` and by `-(a / b) · db / b`. */
function quotientDerivative(call: CallOf<"divide">, { place, output, keep }: Wanted): Derivative {
  const { shape } = inputAt(call, place);
  const below = keep(call.inputs[1]);
  if (place === 0) return { push: (x) => divide(x, below), pull: (y) => summedTo(divide(y, below), shape) };
  const quotient = keep(output);
  const moved = (x: Tensor): Tensor => scaled(divide(multiply(x, quotient), below), -1);
  return { push: moved, pull: (y) => summedTo(moved(y), shape) };
}

function productDerivative(call: CallOf<"batchMatMul">, { place, keep }: Wanted): Derivative {
  const { transposeB } = call;
  const other = keep(inputAt(call, 1 - place));
  if (place === 0)
    return {
      push: (x) => productOfHeads(x, other, { transposeB }),
      pull: (y) => productOfHeads(y, other, { transposeB: !transposeB }),
    };
  return {
    push: (x) => productOfHeads(other, x, { transposeB }),
    pull: (y) => {
      const [a, b] = transposeB ? [turned(y), other] : [turned(other), y];
      return productOfHeads(a, b, { transposeB: false });
    },
  };
}

/** The last two axes exchanged. */
function turned(x: Tensor): Tensor {
  const order = x.shape.map((_, axis) => axis);
  return transpose(x, [...order.slice(0, -2), ...order.slice(-2).reverse()]);
}

/** Ops that move numbers, and sums along an axis. */
function movedDerivative(
  call: CallOf<"mean" | "sum" | "reshape" | "transpose" | "slice" | "concat" | "gather">,
  { place, output }: Wanted,
): Derivative {
  const { shape } = inputAt(call, place);
  switch (call.op) {
    case "sum":
      return { push: (x) => sum(x, call.axis), pull: (y) => broadcastTo(y, shape) };
    case "mean": {
      const share = 1 / (shape[call.axis] ?? 1);
      return {
        push: (x) => scaled(sum(x, call.axis), share),
        pull: (y) => scaled(broadcastTo(y, shape), share),
      };
    }
    case "reshape": {
      const to = output.shape;
      return { push: (x) => reshape(x, to as [number]), pull: (y) => reshape(y, shape as [number]) };
    }
    case "transpose": {
      const back = call.order.map((_, axis) => call.order.indexOf(axis));
      return { push: (x) => transpose(x, call.order), pull: (y) => transpose(y, back) };
    }
    case "slice": {
      const { begin } = call;
      const size = output.shape;
      return { push: (x) => slice(x, begin, size), pull: (y) => paddedAround(y, { begin, shape }) };
    }
    case "concat": {
      const begin = shape.map((_, axis) => (axis === call.axis ? sizeAlong(call.inputs.slice(0, place), axis) : 0));
      const whole = output.shape;
      return { push: (x) => paddedAround(x, { begin, shape: whole }), pull: (y) => slice(y, begin, shape) };
    }
    case "gather": {
      const index = Array.from(call.index);
      return { push: (x) => gather(x, index, call.axis), pull: (y) => scattered(y, { index, axis: call.axis, shape }) };
    }
  }
}
