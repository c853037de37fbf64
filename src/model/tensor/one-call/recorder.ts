/** Writes down which ops are called, on what, and in which order, while they are called as ever. */

import type { NativeBackend } from "../engine.js";
import { type Attribute, type HeldConstant, knownConstant } from "../native-call.js";
import { overridden } from "../overridden.js";
import type { GraphNode } from "./saved-model.js";

/** What was written down. */
export interface Recorded {
  /** The graph: a placeholder for each input that is used and each constant, then the ops. */
  readonly nodes: readonly GraphNode[];
  readonly ops: number;
  /** Which inputs it uses, in the order of their placeholders. */
  readonly used: readonly number[];
  readonly constants: readonly HeldConstant[];
  /** Placeholders of the inputs, then of the constants. */
  readonly feeds: readonly string[];
  /** Where the outputs come from. */
  readonly fetches: readonly string[];
}

type Binding = NativeBackend["binding"];

/** Records the calls of one engine between its making and `end`. */
export class Recorder {
  readonly #binding: Binding;
  /** Calls go past the recorder again. */
  readonly end: () => void;
  readonly #sources = new Map<number, string>();
  readonly #ops: GraphNode[] = [];
  readonly #placeholders: GraphNode[] = [];
  readonly #made = new Map<number, HeldConstant>();
  readonly #constants = new Map<string, { readonly name: string; readonly numbers: HeldConstant }>();
  readonly #used: number[] = [];
  /** A tensor that is neither input nor constant: what depends on it cannot be called again for others. */
  #stranger = false;

  /** @param inputs numbers of the tensors that may change from call to call. */
  constructor(
    engine: NativeBackend,
    readonly inputs: readonly number[],
  ) {
    this.#binding = engine.binding;
    this.end = overridden(engine, {
      createTensor: (shape, dtype, values) => {
        const id = this.#binding.createTensor(shape, dtype, values);
        this.#made.set(id, { shape: [...shape], dtype, values: values.slice() });
        return id;
      },
      executeOp: (op, attributes, ids, outputs) => {
        const results = this.#binding.executeOp(op, attributes, ids, outputs);
        const name = `n${this.#ops.length}`;
        this.#ops.push({ name, op, inputs: ids.map((id) => this.#source(id)), attributes: attributes as Attribute[] });
        for (const [place, { id }] of results.entries()) this.#sources.set(id, place === 0 ? name : `${name}:${place}`);
        return results;
      },
    });
  }

  /** @param outputs numbers of the results. @returns null where the calls cannot be repeated for other inputs. */
  result(outputs: readonly number[]): Recorded | null {
    const fetches = outputs.map((id) => this.#sources.get(id));
    const own = fetches.filter((fetch) => fetch?.startsWith("n") === true);
    if (this.#stranger || own.length < outputs.length) return null;
    const constants = [...this.#constants.values()];
    return {
      nodes: [...this.#placeholders, ...this.#ops],
      ops: this.#ops.length,
      used: this.#used,
      constants: constants.map(({ numbers }) => numbers),
      feeds: [...this.#used.map((input) => `i${input}`), ...constants.map(({ name }) => name)],
      fetches: own as string[],
    };
  }

  #source(id: number): string {
    const found = this.#sources.get(id);
    if (found !== undefined) return found;
    const input = this.inputs.indexOf(id);
    const name = input < 0 ? this.#constant(id) : this.#placeholder(`i${input}`, this.#binding.TF_FLOAT);
    if (input >= 0) this.#used.push(input);
    this.#sources.set(id, name);
    return name;
  }

  #constant(id: number): string {
    const numbers = this.#made.get(id) ?? knownConstant(id);
    if (numbers === undefined) {
      this.#stranger = true;
      return "stranger";
    }
    const key = `${numbers.dtype} ${numbers.shape.join()} ${numbers.values.join()}`;
    const found = this.#constants.get(key);
    if (found !== undefined) return found.name;
    const name = this.#placeholder(`c${this.#constants.size}`, numbers.dtype);
    this.#constants.set(key, { name, numbers });
    return name;
  }

  #placeholder(name: string, dtype: number): string {
    const type = { name: "dtype", type: this.#binding.TF_ATTR_TYPE, value: dtype };
    this.#placeholders.push({ name, op: "Placeholder", inputs: [], attributes: [type] });
    return name;
  }
}
