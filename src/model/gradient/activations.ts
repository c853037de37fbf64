/** Slopes of the functions that act number by number. */

import { gaussianGate, TANH_CUBIC, TANH_SLOPE } from "../tensor/formulas.js";
import { add, divide, exponential, multiply, scaled, shifted, sigmoid } from "../tensor/ops.js";
import type { OpCall } from "../tensor/recording.js";
import { type Tensor, tf } from "../tensor/tf.js";
import type { Wanted } from "./derivative.js";

/** 1 / √(2π): the normal density at 0. */
const DENSITY_AT_0 = 1 / Math.sqrt(2 * Math.PI);

/** By how much the result rises with the input at `place`, number by number; computed when it is asked for. */
export function slopeOf(call: OpCall, { place, output, keep }: Wanted): () => Tensor {
  switch (call.op) {
    case "exponential": {
      const y = keep(output);
      return () => y;
    }
    case "sigmoid": {
      const y = keep(output);
      return () => sigmoidSlope(y);
    }
    case "squareRoot": {
      const y = keep(output);
      return () => divide(tf.scalar(0.5), y);
    }
    case "reciprocalRoot": {
      const y = keep(output);
      return () => scaled(multiply(y, multiply(y, y)), -0.5);
    }
    case "geluTanh": {
      const x = keep(call.inputs[0]);
      return () => geluTanhSlope(x);
    }
    case "geluExact": {
      const x = keep(call.inputs[0]);
      return () => geluExactSlope(x);
    }
    case "siluTimes": {
      const [x, up] = call.inputs;
      const gate = keep(x);
      // Multiplied by 1 for the same reason as in `siluTimes`: no fused op in a graph.
      if (place === 1) return () => multiply(scaled(gate, 1), sigmoid(gate));
      const factor = keep(up);
      return () => multiply(siluSlope(gate), factor);
    }
    default:
      throw new RangeError(`No derivative of ${call.op} is known`);
  }
}

/** σ' of y = σ(x): y · (1 - y). */
function sigmoidSlope(y: Tensor): Tensor {
  return multiply(y, shifted(scaled(y, -1), 1));
}

/** (x · σ(x))' = σ(x) + x · σ'(x). */
function siluSlope(x: Tensor): Tensor {
  const y = sigmoid(x);
  return add(y, multiply(x, sigmoidSlope(y)));
}

/** (x · σ(u))' = σ(u) + x · σ'(u) · u', where u is the cubic of `geluTanh`. */
function geluTanhSlope(x: Tensor): Tensor {
  const square = multiply(x, x);
  const cubic = (weight: number): Tensor => shifted(scaled(square, weight * TANH_CUBIC * TANH_SLOPE), TANH_SLOPE);
  const y = sigmoid(multiply(x, cubic(1)));
  return add(y, multiply(multiply(x, sigmoidSlope(y)), cubic(3)));
}

/** (x · Φ(x))' = Φ(x) + x · φ(x). */
function geluExactSlope(x: Tensor): Tensor {
  const density = scaled(exponential(scaled(multiply(x, x), -0.5)), DENSITY_AT_0);
  return add(gaussianGate(x), multiply(x, density));
}
