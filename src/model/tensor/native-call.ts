/** Calls of the native CPU engine past tfjs. */

import { type NativeBackend, type NativeTensor, rawEngine } from "./engine.js";
import type { Tensor } from "./tf.js";

/** An attribute of an op. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** The attributes of an op that has its type alone; empty before the first call. */
export let typed: readonly Attribute[] = [];
/** Those of the other ops. */
export let attributesOf: Record<
  | "MatMul"
  | "MatMulT"
  | "BatchMatMul"
  | "BatchMatMulT"
  | "SmallMatMul"
  | "SmallMatMulT"
  | "Reduce"
  | "Shape"
  | "Perm"
  | "Slice"
  | "Split"
  | "Roll"
  | "Gather",
  Attribute[]
>;

function prepared({ binding }: NativeBackend): void {
  if (typed.length > 0) return;
  const type = (name: string, value: number): Attribute => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean): Attribute => ({ name, type: binding.TF_ATTR_BOOL, value });
  const t = type("T", binding.TF_FLOAT);
  const outer = [type("Ta", binding.TF_FLOAT), type("Tb", binding.TF_FLOAT), type("Tout", binding.TF_FLOAT)];
  typed = [t];
  attributesOf = {
    MatMul: [flag("transpose_a", false), flag("transpose_b", false), t],
    MatMulT: [flag("transpose_a", true), flag("transpose_b", false), t],
    BatchMatMul: [t, flag("adj_x", false), flag("adj_y", false)],
    BatchMatMulT: [t, flag("adj_x", false), flag("adj_y", true)],
    SmallMatMul: [...outer, flag("adj_x", false), flag("adj_y", false)],
    SmallMatMulT: [...outer, flag("adj_x", false), flag("adj_y", true)],
    Reduce: [flag("keep_dims", true), t, type("Tidx", binding.TF_INT32)],
    Shape: [t, type("Tshape", binding.TF_INT32)],
    Perm: [t, type("Tperm", binding.TF_INT32)],
    Slice: [t, type("Index", binding.TF_INT32)],
    Split: [t, type("Tlen", binding.TF_INT32)],
    Roll: [t, type("Tshift", binding.TF_INT32), type("Taxis", binding.TF_INT32)],
    Gather: [
      { name: "batch_dims", type: binding.TF_ATTR_INT, value: 0 },
      type("Tparams", binding.TF_FLOAT),
      type("Tindices", binding.TF_INT32),
      type("Taxis", binding.TF_INT32),
    ],
  };
}

/** An operand that is known beforehand: whole numbers (a shape, an order), one whole number (an axis), or one float. */
export type Constant = readonly number[] | number | { readonly float: number };

/** What an op is given: its attributes, tensors, and the constants that follow them. */
export interface Operands {
  readonly attributes: readonly Attribute[];
  readonly inputs: readonly Tensor[];
  readonly constants?: readonly Constant[];
}

/** Calls an op past tfjs. @returns its result, owned by the caller. */
export function run(engine: NativeBackend, op: string, operands: Operands): Tensor {
  const [output] = runForAll(engine, op, { operands, outputs: 1 });
  if (output === undefined) throw new RangeError(`${op} gave no output`);
  return output;
}

/** Calls an op that gives several results. */
export function runForAll(
  engine: NativeBackend,
  op: string,
  { operands, outputs }: { readonly operands: Operands; readonly outputs: number },
): Tensor[] {
  const { attributes, inputs, constants = [] } = operands;
  const ids = engine.getInputTensorIds(inputs);
  for (const constant of constants) ids.push(constantId(engine, constant));
  const made = engine.binding.executeOp(op, attributes as unknown[], ids, outputs);
  return made.map((output) => engine.createOutputTensor(output));
}

// Shapes, permutations and the like come again at every forward: they are made once. Bounded, because lengths vary without end.
const MOST_CONSTANTS = 1024;
const known = new Map<string, HeldConstant & { readonly id: number }>();
const byId = new Map<number, HeldConstant>();

/** A constant as the engine holds it. */
export interface HeldConstant {
  readonly shape: readonly number[];
  readonly dtype: number;
  readonly values: Float32Array | Int32Array;
}

/** The number of a constant, which nobody deletes. */
export function constantId({ binding }: NativeBackend, constant: Constant): number {
  const isFloat = typeof constant === "object" && "float" in constant;
  const key = isFloat ? `f${constant.float}` : typeof constant === "number" ? `${constant}` : `[${constant.join()}]`;
  const found = known.get(key);
  if (found !== undefined) {
    known.delete(key);
    known.set(key, found);
    return found.id;
  }
  const [oldest] = known;
  if (known.size >= MOST_CONSTANTS && oldest !== undefined) {
    binding.deleteTensor(oldest[1].id);
    byId.delete(oldest[1].id);
    known.delete(oldest[0]);
  }
  const values = isFloat
    ? Float32Array.of(constant.float)
    : Int32Array.from(typeof constant === "number" ? [constant] : constant);
  const shape = isFloat || typeof constant === "number" ? [] : [values.length];
  // The engine shares the array's memory: it is kept beside the number.
  const dtype = isFloat ? binding.TF_FLOAT : binding.TF_INT32;
  const id = binding.createTensor(shape, dtype, values);
  known.set(key, { id, shape, dtype, values });
  byId.set(id, { shape, dtype, values });
  return id;
}

/** What a constant's number stands for; undefined for any other number. */
export function knownConstant(id: number): HeldConstant | undefined {
  return byId.get(id);
}

/** The native engine where its ops may be called past tfjs. */
export function engineOrNull(): NativeBackend | null {
  const engine = rawEngine();
  if (engine !== null) prepared(engine);
  return engine;
}

/** What a formula's op is given, its tensors by their numbers. */
export interface FormulaOperands {
  /** Its type alone where left out. */
  readonly attributes?: readonly Attribute[];
  readonly inputs: readonly number[];
  readonly constants?: readonly Constant[];
}

/**
 * Several calls of which the last one's result alone becomes a tensor. What passes between them goes as soon as it is used: its memory is
 * the next one's, and tfjs, whose part of a call is as long as the engine's, never hears of it.
 */
export class Formula {
  readonly #live = new Map<number, NativeTensor>();
  readonly #held = new Set<number>();

  constructor(readonly engine: NativeBackend) {}

  /** The inputs that this formula made are freed, unless they are held. @returns the result's number. */
  call(op: string, { attributes = typed, inputs, constants = [] }: FormulaOperands): number {
    const { binding } = this.engine;
    const ids = [...inputs, ...constants.map((constant) => constantId(this.engine, constant))];
    const [output] = binding.executeOp(op, attributes as unknown[], ids, 1);
    if (output === undefined) throw new RangeError(`${op} gave no output`);
    for (const id of inputs) {
      if (!this.#held.has(id) && this.#live.delete(id)) binding.deleteTensor(id);
    }
    this.#live.set(output.id, output);
    return output.id;
  }

  /** A result that is used more than once. */
  hold(id: number): number {
    this.#held.add(id);
    return id;
  }

  /** Makes a result a tensor and frees the others. */
  result(id: number): Tensor {
    const last = this.#live.get(id);
    if (last === undefined) throw new RangeError("A formula's result is one of its own");
    this.#live.delete(id);
    for (const other of this.#live.keys()) this.engine.binding.deleteTensor(other);
    this.#live.clear();
    return this.engine.createOutputTensor(last);
  }
}
