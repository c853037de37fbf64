/**
 * Prompt and latents as one synchronous run of planned passes. Nothing is read back to the host in between, so that gradients can go
 * through all of it; what was asked for is read afterwards.
 */

import type { Ascent } from "../../decoder/ascent.js";
import { visitColumns } from "../../decoder/columns.js";
import { KvCache } from "../../decoder/kv-cache.js";
import { isIdentity, type RowMap } from "../../decoder/row-map.js";
import type { Position, Step } from "../../hooks/step.js";
import { concat, gather, same } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import { stretchLimits } from "../plan/forward-cost.js";
import { groupsAfter, latentPasses, type Pass, promptPasses } from "../plan/passes.js";
import type { Group, TreeLevel } from "../plan/row-tree.js";
import { laterStep, prefillStep } from "../plan/steps.js";
import { project } from "../projection.js";
import { ascentOf, forwardOnce, type LoopRun, type LoopState } from "./loop.js";

/** Final-norm states that the head is to read once the latents are run. */
export interface LensStates {
  /** `bot`, `latent.2`. */
  readonly at: string;
  readonly groups: readonly Group[];
  /** `[dModel, groups]`. */
  readonly hidden: Tensor2D;
}

/** What the passes gave; owned by the caller. */
export interface LatentRun {
  readonly state: LoopState;
  readonly lens: readonly LensStates[];
}

/** Runs prompts and latents. @throws UsageError from a hook, or when a sequence is too long; nothing is held then. */
export function runLatentPasses(run: LoopRun): LatentRun {
  const { decoder } = run.model;
  const lens: LensStates[] = [];
  let state: LoopState | null = null;
  try {
    const limits = stretchLimits(decoder.config, run.options.mostCells);
    state = prefillAll(run, promptPasses(run.plan, limits, run.options));
    if (run.frame.hasBot) lens.push(...lensStates(run, state, "bot"));
    for (const pass of latentPasses(run.plan, state.groups)) {
      const { feed } = pass;
      if (feed.kind !== "latent") throw new RangeError(`A ${feed.kind} pass cannot be run among the latents`);
      const next = latentStep(run, pass, { before: state, latent: feed.latent });
      disposeState(state);
      state = next;
      lens.push(...lensStates(run, state, `latent.${feed.latent}`));
    }
    const flat = flattened(state);
    disposeState(state);
    return { state: flat, lens };
  } catch (error) {
    if (state !== null) disposeState(state);
    tf.dispose(lens.map(({ hidden }) => hidden));
    throw error;
  }
}

/** Frees a state; safe to call twice. */
export function disposeState({ cache, hidden }: LoopState): void {
  cache.dispose();
  hidden.dispose();
}

/** All prompts, as rows of one state. */
function prefillAll(run: LoopRun, passes: readonly Pass[]): LoopState {
  const states: LoopState[] = [];
  try {
    for (const pass of passes) states.push(prefill(run, pass, isContinued(pass) ? (states.pop() ?? null) : null));
    return {
      groups: states.flatMap(({ groups }) => groups),
      cache: KvCache.joined(states.map(({ cache }) => cache)),
      hidden: tf.tidy(() =>
        concat(
          states.map(({ hidden }) => same(hidden)),
          1,
        ),
      ),
    };
  } finally {
    for (const state of states) disposeState(state);
  }
}

function isContinued({ feed }: Pass): boolean {
  return feed.kind === "prompt" && feed.from > 0;
}

/** @param before what the prompt's first piece gave, which is consumed; null where there is none. */
function prefill(run: LoopRun, pass: Pass, before: LoopState | null): LoopState {
  const { rows } = run.plan;
  const { from, columns } = pass.feed.kind === "prompt" ? pass.feed : { from: 0, columns: 0 };
  const ascent = ascentOf(pass, (groups) => prefillStep(run.frame, groups, { from, columns }));
  const { step } = ascent;
  const promptOf = (id: number): readonly number[] => rows[id]?.promptIds ?? [];
  const ids = step.rowIds.flatMap((id) => {
    const prompt = promptOf(id).slice(from, from + columns);
    return [...prompt, ...Array.from({ length: step.columns - prompt.length }, () => prompt[0] ?? 0)];
  });
  const last = ascent.last.rowIds.map((id) => Math.min(columns, Math.max(1, promptOf(id).length - from)) - 1);
  try {
    const { order } = pass.levels[0] as TreeLevel;
    const cache = before === null ? KvCache.empty(step.rows) : before.cache.select(order);
    return advance(run, { x: run.model.decoder.embed(ids), cache, ascent, last }, pass);
  } finally {
    if (before !== null) disposeState(before);
  }
}

function latentStep(
  run: LoopRun,
  pass: Pass,
  { before, latent }: { readonly before: LoopState; readonly latent: number },
): LoopState {
  const at: Position = { part: "latent", index: latent };
  const ascent = ascentOf(pass, (groups) =>
    laterStep(run.frame, groups, { label: `latent.${latent}`, fed: groups.map(() => [at]), counts: true }),
  );
  const { step } = ascent;
  const { order } = pass.levels[0] as TreeLevel;
  const x = tf.tidy(() => {
    const own = ownInput(run, pinned(run, before, { latent, step, order }), { latent, step });
    return visitColumns(own, step, { hooks: run.options.hooks, layer: null, kind: "latents.hook_input" });
  });
  return advance(run, { x, cache: flatCache(before.cache, order), ascent, last: null }, pass);
}

/** The cache of rows that go on: those that parted have the keys since the prompt side by side again, which costs less than to read them apart. */
function flatCache(cache: KvCache, order: RowMap): KvCache {
  const chosen = cache.select(order);
  try {
    return chosen.flatten();
  } finally {
    chosen.dispose();
  }
}

function ownInput(
  run: LoopRun,
  hidden: Tensor2D,
  { latent, step }: { readonly latent: number; readonly step: Step },
): Tensor2D {
  const { decoder, protocol, ids } = run.model;
  if (latent < protocol.firstFedBack) return decoder.embed(step.rowIds.map(() => ids.bot));
  const state = visitColumns(hidden, step, { hooks: run.options.hooks, layer: null, kind: "latents.hook_hidden" });
  return fedBack(run, { state, step });
}

/** What a state becomes as the next latent's input. */
function fedBack(
  { model, options }: LoopRun,
  { state, step }: { readonly state: Tensor2D; readonly step: Step },
): Tensor2D {
  const { protocol, projection, pause } = model;
  switch (protocol.feedback) {
    case "projection":
      if (projection === null) throw new RangeError(`Protocol ${protocol.name} without a projection`);
      return project(state, projection, { hooks: options.hooks, step });
    case "identity":
      return state;
    case "constant":
      if (pause === null) throw new RangeError(`Protocol ${protocol.name} without its learned vector`);
      return gather(
        pause,
        step.rowIds.map(() => 0),
        1,
      );
    case "none":
      throw new RangeError(`Protocol ${protocol.name} has no latents`);
  }
}

// Pinned is what is fed back, not the input, so that hooks on the projection act on pinned latents too.
function pinned(
  { plan }: LoopRun,
  { groups, hidden }: LoopState,
  { latent, step, order }: { readonly latent: number; readonly step: Step; readonly order: RowMap },
): Tensor2D {
  const from = step.rowIds.map((id, place) => {
    const pin = plan.rows[id]?.pin;
    if (pin == null || latent < pin.from) return order[place] ?? 0;
    return groups.findIndex(({ rows }) => rows.includes(pin.cleanRow));
  });
  return isIdentity(from, hidden.shape[1]) ? hidden : gather(hidden, from, 1);
}

/** One forward as it is fed. */
interface Fed {
  readonly x: Tensor2D;
  readonly cache: KvCache;
  readonly ascent: Ascent;
  /** By row, the column whose state goes on; null where each row has one column. */
  readonly last: readonly number[] | null;
}

/** Consumes what is fed. */
function advance(run: LoopRun, { x, cache, ascent, last }: Fed, pass: Pass): LoopState {
  try {
    const { hidden, cache: grown } = forwardOnce(run, x, { cache, ascent });
    const { last: step } = ascent;
    try {
      run.head.visit(hidden, step);
      const cells = step.rowIds.map((_, row) => row * step.columns + (last?.[row] ?? step.columns - 1));
      const own = tf.tidy(() => (step.columns === 1 ? same(hidden) : gather(hidden, cells, 1)));
      return { groups: groupsAfter(pass), cache: grown, hidden: own };
    } catch (error) {
      grown.dispose();
      throw error;
    } finally {
      hidden.dispose();
    }
  } finally {
    cache.dispose();
  }
}

function lensStates({ options }: LoopRun, { groups, hidden }: LoopState, at: string): LensStates[] {
  const { lens } = options;
  const places = groups.flatMap(({ rows }, place) => (lens === null || rows.some((id) => lens.has(id)) ? [place] : []));
  if (places.length === 0) return [];
  const own = tf.tidy(() => (isIdentity(places, groups.length) ? hidden.clone() : gather(hidden, places, 1)));
  return [{ at, groups: places.map((place) => groups[place] as Group), hidden: own }];
}

// Few rows fork after the latents, and each segment costs two products a block at every step.
function flattened({ groups, cache, hidden }: LoopState): LoopState {
  return { groups, hidden: same(hidden), cache: cache.flatten() };
}
