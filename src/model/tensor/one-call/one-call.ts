/**
 * Many ops as one call of the native engine. A call costs 15 to 60 µs, which is more than most ops of a small model take to compute. What
 * is called in the same order for block after block is written down the first time, and afterwards run as one graph: the same kernels on
 * the same numbers, at about a microsecond an op.
 */

import { graphLoader, type NativeBackend } from "../engine.js";
import { engineOrNull } from "../native-call.js";
import { isRecording, type JointCall, recordedJointly } from "../recording.js";
import type { Tensor } from "../tf.js";
import { type Recorded, Recorder } from "./recorder.js";
import { type GraphNode, savedModel } from "./saved-model.js";

/** Ops that are called one after the other, whatever the shapes. */
interface Sequence {
  readonly nodes: readonly GraphNode[];
  readonly feeds: string;
  readonly fetches: string;
  /** Ops that were called by themselves so far. */
  called: number;
  /** Null before its graph is worth its making. */
  session: number | null;
}

/** A sequence on inputs of one set of shapes: they alter the constants alone. */
interface Repeatable {
  readonly sequence: Sequence;
  readonly ops: number;
  /** Which inputs it uses. */
  readonly used: readonly number[];
  readonly constants: readonly { readonly id: number; readonly values: Float32Array | Int32Array }[];
}

/** Kinds and shapes that are remembered; each holds a few small constants. */
const MOST_KNOWN = 2048;
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
  /** The same for derivatives; absent where they want op by op. */
  readonly joint?: JointCall;
}

/**
 * Does what `body` does: by calling it, or at once where the engine has seen it. It may decide nothing by a tensor's numbers.
 *
 * @returns its results, owned by the caller.
 */
export function inOneCall<T extends readonly Tensor[]>(calls: Calls, body: () => T): T {
  const engine = engineOrNull();
  const load = graphLoader();
  // A profile is to hear of every op.
  if (engine === null || load === null || engine.binding.runSavedModel === undefined) return body();
  const { kind, inputs, joint } = calls;
  if (isRecording()) return joint === undefined ? body() : recordedJointly(joint, () => inOneCall(calls, body));
  const key = `${kind}|${inputs.map(({ shape }) => shape.join()).join("|")}`;
  const found = known.get(key);
  if (found === null) return body();
  if (found !== undefined) {
    // The one that was used last goes last.
    known.delete(key);
    known.set(key, found);
    const session = sessionOf(found, { engine, load });
    return session === null ? body() : (repeated(found, { engine, session, inputs }) as readonly Tensor[] as T);
  }
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

/** Makes the graph once the calls that it would have saved cost as much as it does. */
function sessionOf(
  { sequence, ops }: Repeatable,
  { engine, load }: { readonly engine: NativeBackend; readonly load: Load },
): number | null {
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
  const sequence = sequences.get(structure) ?? {
    nodes,
    feeds: feeds.join(),
    fetches: fetches.join(),
    called: 0,
    session: null,
  };
  sequences.set(structure, sequence);
  return {
    sequence,
    ops,
    used,
    // The engine shares the array's memory: it is kept beside the number.
    constants: constants.map(({ shape, dtype, values }) => ({
      id: binding.createTensor([...shape], dtype, values),
      values,
    })),
  };
}

function remember(
  { binding }: NativeBackend,
  { key, calls }: { readonly key: string; readonly calls: Repeatable | null },
): void {
  const [oldest] = known;
  if (known.size >= MOST_KNOWN && oldest !== undefined) {
    for (const { id } of oldest[1]?.constants ?? []) binding.deleteTensor(id);
    known.delete(oldest[0]);
  }
  known.set(key, calls);
}
