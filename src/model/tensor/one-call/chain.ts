/** Calls that follow one another, each of them known as one, as a single one: their graphs joined where one reads what another makes. */

import type { NativeBackend } from "../engine.js";
import { isRecording } from "../recording.js";
import type { Tensor } from "../tf.js";
import {
  enginesUse,
  handedOver,
  keyOf,
  type Repeatable,
  remember,
  rememberedAt,
  sequenceOf,
  usedAgain,
} from "./one-call.js";
import type { GraphNode } from "./saved-model.js";

/** A result of an earlier link. */
export interface Made {
  readonly link: number;
  readonly output: number;
  readonly shape: readonly number[];
}

/** The calls that `inOneCall` knows by this kind and these shapes. The kinds of a chain decide which of their inputs are made where. */
export interface Link {
  readonly kind: string;
  readonly inputs: readonly (Tensor | Made)[];
}

/** Links that follow one another. */
export interface Chain {
  readonly links: readonly Link[];
  /** What is wanted of them. */
  readonly results: readonly Made[];
}

/** A chain before its links are looked at. */
export interface ChainCalls {
  /** All that decides its links, the shapes of their inputs among it. */
  readonly key: string;
  /** The tensors that its links are given, link by link, without what is made in it. */
  readonly given: readonly Tensor[];
  /** Made when the key is a new one. */
  readonly chain: () => Chain;
}

/** Ops that could be called in the time that a call of a graph takes. */
const CALL_OPS = 5;

/** @returns the results of all links together, owned by the caller; null where not every link has a graph so far. */
export function inOneChain({ key, given, chain }: ChainCalls): Tensor[] | null {
  const using = enginesUse();
  if (using === null || isRecording()) return null;
  let found = rememberedAt(key);
  if (found === undefined) {
    const { links, results } = chain();
    const known = links.map(({ kind, inputs }) => rememberedAt(keyOf(kind, inputs)));
    if (!known.every(isReady)) return null;
    found = joined(using.engine, { links, known, results });
    remember(using.engine, { key, calls: found });
  }
  return found === null ? null : usedAgain(found, { ...using, key, inputs: given });
}

function isReady(calls: Repeatable | null | undefined): calls is Repeatable {
  return calls != null && calls.sequence.session !== null;
}

interface Joint extends Chain {
  readonly known: readonly Repeatable[];
}

function joined({ binding }: NativeBackend, { links, known, results }: Joint): Repeatable {
  const wires = links.map(({ inputs }) => inputs.map((input) => ("link" in input ? fetchOf(known, input) : "")).join());
  const structure = `${known.map(({ sequence }) => sequence.number)} ${wires.join(";")} ${results.map((made) => fetchOf(known, made))}`;
  let before = 0;
  const used = links.flatMap(({ inputs }, place) => {
    const places = inputs.map((input) => ("link" in input ? null : before++));
    return (known[place] as Repeatable).used.flatMap((own) => places[own] ?? []);
  });
  // A constant that several links have is one.
  const shared = new Map<string, Repeatable["constants"][number]>();
  const constants = known
    .flatMap((each) => each.constants)
    .map((constant) => {
      const text = `${constant.dtype} ${constant.shape} ${constant.values}`;
      const own = shared.get(text) ?? handedOver(binding, constant);
      shared.set(text, own);
      return own;
    });
  return {
    sequence: sequenceOf(structure, () => sequenceOfAll({ links, known, results })),
    ops: CALL_OPS * (links.length - 1),
    used,
    constants,
  };
}

/** Nodes of all, each link's under names of its own, without placeholders for what is made before. */
function sequenceOfAll({ links, known, results }: Joint): {
  readonly nodes: readonly GraphNode[];
  readonly feeds: string;
  readonly fetches: string;
} {
  const feeds = { inputs: [] as string[], constants: [] as string[] };
  const nodes = known.flatMap(({ sequence, used }, place) => {
    const inputs = links[place]?.inputs ?? [];
    const wired = new Map<string, string>();
    for (const [at, feed] of sequence.feeds.split(",").entries()) {
      const input = inputs[used[at] ?? -1];
      if (at >= used.length) feeds.constants.push(nameIn(place, feed));
      else if (input !== undefined && "link" in input) wired.set(feed, fetchOf(known, input));
      else feeds.inputs.push(nameIn(place, feed));
    }
    return sequence.nodes
      .filter(({ name }) => !wired.has(name))
      .map((node) => ({
        ...node,
        name: nameIn(place, node.name),
        inputs: node.inputs.map((name) => wired.get(name) ?? nameIn(place, name)),
      }));
  });
  return {
    nodes,
    feeds: [...feeds.inputs, ...feeds.constants].join(),
    fetches: results.map((made) => fetchOf(known, made)).join(),
  };
}

function fetchOf(known: readonly Repeatable[], { link, output }: Made): string {
  return nameIn(link, known[link]?.sequence.fetches.split(",")[output] ?? "");
}

function nameIn(link: number, name: string): string {
  return `p${link}_${name}`;
}
