/** Ops that are too costly to compute again on the way back: with what that needs of them they become one call, and their way back another. */

import { calledAgain, hasGraph, inOneCall, keyOf, writtenDown } from "../tensor/one-call/one-call.js";
import type { JointCall } from "../tensor/recording.js";
import { type Tensor, tf } from "../tensor/tf.js";
import type { Gradient } from "./derivative.js";
import { Gradients } from "./gradients.js";
import { type KeptTensors, Needs } from "./kept.js";
import type { Link } from "./link.js";

/** Gradients by results to those by the inputs that depend on watched tensors. */
type Pull = (gradients: readonly Gradient[]) => readonly Gradient[];

/** The way back as one call. */
interface BackCall {
  readonly kind: string;
  readonly key: string;
  /** Of which of the link's outputs it is given gradients, and of which of its inputs it gives them. */
  readonly given: readonly number[];
  readonly found: readonly number[];
}

/** A tensor that the way back needs, by its place. */
type HeldPlace = { readonly input: number } | { readonly fetched: number };

/** What is known of ops of one kind on inputs of some shapes, by places. */
interface Pattern {
  readonly results: number;
  /** Results that depend on a watched tensor. */
  readonly outputs: readonly number[];
  /** Inputs by which there are gradients. */
  readonly inputs: readonly number[];
  readonly held: readonly HeldPlace[];
  /** The last one; null before the first. */
  back: BackCall | null;
}

/** Patterns that are remembered; a few numbers each. */
const MOST_PATTERNS = 4096;
const patterns = new Map<string, Pattern>();

/** Ops as a tape sees them. */
export interface CostlyOps {
  readonly call: JointCall;
  /** Which of `call.moving` depend on a watched tensor. */
  readonly places: readonly number[];
  /** What `compute` adds: a link for each op that depends on one. */
  readonly links: readonly Link[];
  readonly kept: KeptTensors;
  /** The way back by computing the ops again on held inputs. */
  readonly again: (moving: readonly Tensor[]) => Pull;
}

/** What came of them: a link for all, null where there is nothing to go back to, or each op has its own. */
export interface CostlyResults {
  readonly results: readonly Tensor[];
  readonly link: Link | null;
}

/** Computes the ops: by `compute`, or at once where the engine has seen them and their way back. */
export function computedCostly(ops: CostlyOps, compute: () => readonly Tensor[]): CostlyResults {
  const { call, places, links } = ops;
  if (places.length === 0) return { results: compute(), link: null };
  const calls = { kind: `${call.kind} kept for ${places}`, inputs: [...call.moving, ...call.fixed] };
  const key = keyOf(calls.kind, calls.inputs);
  const pattern = patterns.get(key);
  if (pattern?.back != null && hasGraph(pattern.back.key)) {
    const all = calledAgain(calls);
    if (all !== null) return { results: all.slice(0, pattern.results), link: linkAtOnce(ops, { pattern, all }) };
  }
  let results: readonly Tensor[] = [];
  writtenDown(calls, () => {
    results = compute();
    return [...results, ...fetchedOf(links, calls.inputs)];
  });
  return { results, link: links.length < 2 ? null : joinedLink(ops, { key, kind: calls.kind, results }) };
}

function heldOf(links: readonly Link[]): readonly Tensor[] {
  return [...new Set(links.flatMap(({ held }) => held))];
}

/** Held tensors are clones, which share their numbers. */
function placeAmong(tensors: readonly Tensor[], { dataId }: Tensor): number {
  return tensors.findIndex((each) => each.dataId === dataId);
}

function fetchedOf(links: readonly Link[], inputs: readonly Tensor[]): readonly Tensor[] {
  return heldOf(links).filter((tensor) => placeAmong(inputs, tensor) < 0);
}

interface Found {
  readonly key: string;
  readonly kind: string;
  readonly results: readonly Tensor[];
}

/** The ops' own links as one, whose way back is written down. */
function joinedLink({ call, links }: CostlyOps, { key, kind, results }: Found): Link {
  const { moving, fixed } = call;
  const made = new Set(links.flatMap((link) => link.outputs));
  const outputs = results.flatMap(({ id }, place) => (made.has(id) ? [place] : []));
  const ids = outputs.map((place) => (results[place] as Tensor).id);
  const inputs = moving.flatMap(({ id }, place) =>
    links.some((link) => link.inputs.includes(id)) && !made.has(id) ? [place] : [],
  );
  const held = heldOf(links);
  const fetched = fetchedOf(links, [...moving, ...fixed]);
  const pattern: Pattern = patterns.get(key) ?? {
    results: results.length,
    outputs,
    inputs,
    held: held.map((tensor) => {
      const input = placeAmong([...moving, ...fixed], tensor);
      return input < 0 ? { fetched: fetched.indexOf(tensor) } : { input };
    }),
    back: null,
  };
  remember(key, pattern);
  const inputIds = inputs.map((place) => (moving[place] as Tensor).id);
  return {
    outputs: ids,
    inputs: inputIds,
    needs: links.flatMap(({ needs }) => needs),
    held,
    pull(gradients) {
      const given = givenIn(gradients);
      const starts = new Map(given.map((place) => [ids[place] as number, gradients[place] as Tensor]));
      const reached = reachedFrom(starts.keys(), links);
      const found = inputIds.flatMap((id, place) => (reached.has(id) ? [place] : []));
      const calls = { kind: `${kind} back from ${given}`, inputs: [...fixed, ...held, ...starts.values()] };
      pattern.back = { kind: calls.kind, key: keyOf(calls.kind, calls.inputs), given, found };
      const wanted = found.map((place) => inputIds[place] as number);
      const pulled = inOneCall(calls, () => pulledBack(links, { starts, wanted }));
      return inputIds.map((_, place) => pulled[found.indexOf(place)] ?? null);
    },
  };
}

/** The link of ops of which the engine gave what the way back needs. */
function linkAtOnce(
  { call, kept, again }: CostlyOps,
  { pattern, all }: { readonly pattern: Pattern; readonly all: readonly Tensor[] },
): Link {
  const { moving, fixed } = call;
  const needs = new Needs(kept);
  const inputs = moving.map(needs.keep);
  const given = [...inputs, ...fixed];
  const held = pattern.held.map((place) =>
    "input" in place ? (given[place.input] as Tensor) : needs.keep(all[pattern.results + place.fetched] as Tensor),
  );
  return {
    outputs: pattern.outputs.map((place) => (all[place] as Tensor).id),
    inputs: pattern.inputs.map((place) => (moving[place] as Tensor).id),
    ...needs.all,
    pull(gradients) {
      const { back } = pattern;
      const from = givenIn(gradients);
      if (back !== null && back.given.join() === from.join()) {
        const starts = from.map((place) => gradients[place] as Tensor);
        const pulled = calledAgain({ kind: back.kind, inputs: [...fixed, ...held, ...starts] });
        if (pulled !== null) return pattern.inputs.map((_, place) => pulled[back.found.indexOf(place)] ?? null);
      }
      // The next ones are to write down this way back.
      pattern.back = null;
      return again(inputs)(gradients);
    },
  };
}

function remember(key: string, pattern: Pattern): void {
  const [oldest] = patterns.keys();
  if (patterns.size >= MOST_PATTERNS && oldest !== undefined) patterns.delete(oldest);
  patterns.set(key, pattern);
}

function givenIn(gradients: readonly Gradient[]): readonly number[] {
  return gradients.flatMap((gradient, place) => (gradient === null ? [] : [place]));
}

/** The tensors that get a gradient where some have one. */
function reachedFrom(ids: Iterable<number>, links: readonly Link[]): ReadonlySet<number> {
  const reached = new Set(ids);
  for (const { outputs, inputs } of links.toReversed())
    if (outputs.some((id) => reached.has(id))) for (const id of inputs) reached.add(id);
  return reached;
}

function pulledBack(
  links: readonly Link[],
  { starts, wanted }: { readonly starts: ReadonlyMap<number, Tensor>; readonly wanted: readonly number[] },
): readonly Tensor[] {
  const gradients = new Gradients();
  try {
    for (const [id, start] of starts) gradients.add(id, start);
    for (const { outputs, inputs, pull } of links.toReversed()) {
      const own = outputs.map((id) => gradients.of(id));
      if (own.every((gradient) => gradient === null)) continue;
      for (const [place, pulled] of pull(own).entries()) gradients.add(inputs[place] as number, pulled);
    }
    return wanted.map((id) => tf.clone(gradients.of(id) as Tensor));
  } finally {
    gradients.dispose();
  }
}
