/**
 * Many ops as one call of the native engine. A call costs 15 to 60 µs, which is more than most ops of a small model take to compute. What
 * is called in the same order for block after block is written down the first time, and afterwards run as one graph: the same kernels on
 * the same numbers, at about a microsecond an op.
 */

import { graphLoader, type NativeBackend } from "../engine.js";
import { engineOrNull, type HeldConstant } from "../native-call.js";
import { isRecording, type JointCall, recordedCostly, recordedJointly } from "../recording.js";
import type { Tensor } from "../tf.js";
import { type Recorded, Recorder } from "./recorder.js";
import { type GraphNode, savedModel } from "./saved-model.js";

/** Ops that are called one after the other, whatever the shapes. */
export interface Sequence {
  readonly nodes: readonly GraphNode[];
  readonly feeds: string;
  readonly fetches: string;
  readonly number: number;
  /** Ops that were called by themselves so far. */
  called: number;
  /** Null before its graph is worth its making. */
  session: number | null;
}

/** A sequence on inputs of one set of shapes: they alter the constants alone. */
export interface Repeatable {
  readonly sequence: Sequence;
  /** Calls of ops that each use of its graph saves. */
  readonly ops: number;
  /** Which inputs it uses. */
  readonly used: readonly number[];
  readonly constants: readonly (HeldConstant & { readonly id: number })[];
}

/** Kinds and shapes that are remembered; each holds a few small constants. */
const MOST_KNOWN = 4096;
/** Ops that could be called in the time that a graph takes to be made: so many, and as many again for each op that it has. */
const GRAPH_OPS = 400;
const GRAPH_OPS_EACH = 40;
type Load = (message: Uint8Array) => number | null;

/** Null where the calls cannot be repeated. */
const known = new Map<string, Repeatable | null>();
const sequences = new Map<string, Sequence>();

/** What is to be one call. */
export interface Calls {
  /** All that decides which ops `body` calls, beside the shapes of its inputs. */
  readonly kind: string;
  /** Every tensor that `body` uses and does not make, float32. */
  readonly inputs: readonly Tensor[];
  /** The same for derivatives. */
  readonly joint?: JointCall;
}

/**
 * Does what `body` does: by calling it, or at once where the engine has seen it. It may decide nothing by a tensor's numbers.
 *
 * @returns its results, owned by the caller.
 */
export function inOneCall<T extends readonly Tensor[]>(calls: Calls, body: () => T): T {
  const { joint } = calls;
  if (enginesUse() === null || (isRecording() && joint === undefined)) return body();
  if (joint !== undefined && isRecording())
    return joint.isCostly ? recordedCostly(joint, body) : recordedJointly(joint, () => inOneCall(calls, body));
  return (calledAgain(calls) as readonly Tensor[] | null as T | null) ?? writtenDown(calls, body);
}

/** What the calls give, owned by the caller; null where the engine has no graph of them. */
export function calledAgain({ kind, inputs }: Calls): Tensor[] | null {
  const using = enginesUse();
  if (using === null) return null;
  const key = keyOf(kind, inputs);
  const found = known.get(key);
  return found == null ? null : usedAgain(found, { ...using, key, inputs });
}

/** Does what `body` does by calling it, and remembers it. */
export function writtenDown<T extends readonly Tensor[]>({ kind, inputs }: Calls, body: () => T): T {
  const using = enginesUse();
  const key = keyOf(kind, inputs);
  if (using === null || known.has(key)) return body();
  const { engine } = using;
  const recorder = new Recorder(engine, engine.getInputTensorIds(inputs));
  try {
    const results = body();
    const recorded = recorder.result(engine.getInputTensorIds(results));
    remember(engine, { key, calls: recorded === null ? null : repeatable(engine, recorded) });
    return results;
  } finally {
    recorder.end();
  }
}

/** The engine where it runs graphs. A profile is to hear of every op. */
export function enginesUse(): Pick<Use, "engine" | "load"> | null {
  const engine = engineOrNull();
  const load = graphLoader();
  return engine === null || load === null || engine.binding.runSavedModel === undefined ? null : { engine, load };
}

/** What stands for calls of a kind on inputs of some shapes. */
export function keyOf(kind: string, inputs: readonly { readonly shape: readonly number[] }[]): string {
  return `${kind}|${inputs.map(({ shape }) => shape.join()).join("|")}`;
}

/** What was remembered under a key: null where it cannot be repeated, undefined where nothing was. */
export function rememberedAt(key: string): Repeatable | null | undefined {
  return known.get(key);
}

/** Have calls of this key a graph? */
export function hasGraph(key: string): boolean {
  return typeof known.get(key)?.sequence.session === "number";
}

/** What a graph is called with. */
export interface Use {
  readonly engine: NativeBackend;
  readonly load: Load;
  readonly key: string;
  readonly inputs: readonly Tensor[];
}

/** @returns its results, owned by the caller; null where it has no graph so far. */
export function usedAgain(found: Repeatable, { engine, load, key, inputs }: Use): Tensor[] | null {
  // The one that was used last goes last.
  known.delete(key);
  known.set(key, found);
  const session = sessionOf(found, { engine, load });
  return session === null ? null : repeated(found, { engine, session, inputs });
}

/** Makes the graph once the calls that it would have saved cost as much as it does. */
function sessionOf({ sequence, ops }: Repeatable, { engine, load }: Pick<Use, "engine" | "load">): number | null {
  if (sequence.session !== null || sequence.called === Number.POSITIVE_INFINITY) return sequence.session;
  sequence.called += ops;
  if (sequence.called < GRAPH_OPS + GRAPH_OPS_EACH * ops) return null;
  sequence.session = load(savedModel(sequence.nodes, engine.binding));
  // One that cannot be made is not tried again.
  sequence.called = Number.POSITIVE_INFINITY;
  return sequence.session;
}

function repeated(
  { sequence, used, constants }: Repeatable,
  {
    engine,
    session,
    inputs,
  }: { readonly engine: NativeBackend; readonly session: number; readonly inputs: readonly Tensor[] },
): Tensor[] {
  const { binding } = engine;
  if (binding.runSavedModel === undefined) throw new RangeError("The engine runs no graphs");
  const ids = engine.getInputTensorIds(used.map((place) => inputs[place] as Tensor));
  for (const { id } of constants) ids.push(id);
  return binding
    .runSavedModel(session, ids, sequence.feeds, sequence.fetches)
    .map((output) => engine.createOutputTensor(output));
}

/** Finds the sequence of a recording, and gives its constants to the engine. */
function repeatable({ binding }: NativeBackend, { nodes, ops, used, constants, feeds, fetches }: Recorded): Repeatable {
  const structure = JSON.stringify([nodes, fetches]);
  const sequence = sequenceOf(structure, () => ({ nodes, feeds: feeds.join(), fetches: fetches.join() }));
  return { sequence, ops, used, constants: constants.map((constant) => handedOver(binding, constant)) };
}

/** The sequence of a structure, which has one graph. */
export function sequenceOf(structure: string, make: () => Pick<Sequence, "nodes" | "feeds" | "fetches">): Sequence {
  const found = sequences.get(structure) ?? { ...make(), number: sequences.size, called: 0, session: null };
  sequences.set(structure, found);
  return found;
}

/** A constant of its own. The engine shares the array's memory: it is kept beside the number. */
export function handedOver(
  binding: NativeBackend["binding"],
  { shape, dtype, values }: HeldConstant,
): HeldConstant & { readonly id: number } {
  return { id: binding.createTensor([...shape], dtype, values), shape, dtype, values };
}

/** Remembers calls under their key. */
export function remember(
  { binding }: NativeBackend,
  { key, calls }: { readonly key: string; readonly calls: Repeatable | null },
): void {
  const [oldest] = known;
  if (known.size >= MOST_KNOWN && oldest !== undefined) {
    for (const { id } of new Set(oldest[1]?.constants)) binding.deleteTensor(id);
    known.delete(oldest[0]);
  }
  known.set(key, calls);
}
