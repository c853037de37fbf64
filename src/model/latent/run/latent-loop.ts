/** The latent loop over a tree of rows: prompt, latents, then EOT and the answer. Rows that are still one are computed once. */

import type { Ascent } from "../../decoder/ascent.js";
import { visitColumns } from "../../decoder/columns.js";
import { KvCache } from "../../decoder/kv-cache.js";
import { isIdentity, type RowMap } from "../../decoder/row-map.js";
import type { Position, Step } from "../../hooks/step.js";
import { gather } from "../../tensor/ops.js";
import { type Tensor2D, tf } from "../../tensor/tf.js";
import type { TreeLevel } from "../plan/row-tree.js";
import type { PlannedRows } from "../plan/rows.js";
import { laterStep, prefillStep } from "../plan/steps.js";
import { project } from "../projection.js";
import type { LatentInputs } from "../protocols/protocol.js";
import type { LoopCounts } from "../run-types.js";
import { answerAll } from "./decode-answers.js";
import { Readout } from "./head.js";
import {
  ascentOf,
  forwardOnce,
  type LoopModel,
  type LoopOptions,
  type LoopRun,
  type LoopState,
  type RowOutcome,
} from "./loop.js";
import { nonFinite, readTop } from "./top-tokens.js";

const LENS_TOKENS = 5;

/**
 * Runs all rows to their answers.
 *
 * @returns an outcome a row.
 * @throws UsageError from a hook, or when a sequence is too long.
 */
export async function runLatentLoop(
  model: LoopModel,
  plan: PlannedRows,
  options: LoopOptions,
): Promise<{ outcomes: RowOutcome[]; counts: LoopCounts }> {
  const { rows } = plan;
  const run: LoopRun = {
    model,
    plan,
    options,
    frame: {
      rows,
      hasBot: model.protocol.hasBot,
      latents: model.numLatents,
      eotTokens: model.eotIds.length,
      prefillColumns: rows.reduce((longest, row) => Math.max(longest, row.promptIds.length), 0),
    },
    readout: new Readout(model.decoder, model.logitRows, options.hooks),
    outcomes: rows.map(() => ({ ids: [], tops: [], lens: [], finish: "limit", failure: null, score: null })),
    counts: { tokenForwards: 0, verified: 0, agreed: 0, mostCells: 0 },
  };
  const loop = new LatentLoop(run);
  try {
    await answerAll(run, await loop.toEot());
    return { outcomes: [...run.outcomes], counts: run.counts };
  } finally {
    loop.dispose();
  }
}

class LatentLoop {
  #state: LoopState | null = null;

  constructor(readonly run: LoopRun) {}

  async toEot(): Promise<LoopState> {
    await this.#prefill();
    for (let latent = 0; latent < this.run.model.numLatents; latent++) await this.#latent(latent);
    this.#flatten();
    return this.#current();
  }

  dispose(): void {
    this.#state?.cache.dispose();
    this.#state?.hidden.dispose();
    this.#state = null;
  }

  // Few rows fork after the latents, and each segment costs two products a block at every step.
  #flatten(): void {
    const { groups, cache, hidden } = this.#current();
    this.#state = { groups, hidden, cache: cache.flatten() };
    cache.dispose();
  }

  async #prefill(): Promise<void> {
    const { tree, rows } = this.run.plan;
    const levels = tree.levels(0, tree.roots);
    const ascent = ascentOf(levels, (groups) => prefillStep(this.run.frame, groups));
    const { step } = ascent;
    const lengths = ascent.last.rowIds.map((id) => rows[id]?.promptIds.length ?? 1);
    const ids = step.rowIds.flatMap((id) => {
      const prompt = rows[id]?.promptIds ?? [];
      return [...prompt, ...Array.from({ length: step.columns - prompt.length }, () => prompt[0] ?? 0)];
    });
    const x = this.run.model.decoder.embed(ids);
    await this.#advance(
      x,
      KvCache.empty(step.rows),
      ascent,
      lengths.map((length) => length - 1),
    );
    if (this.run.frame.hasBot) await this.#readLens("bot");
  }

  async #latent(latent: number): Promise<void> {
    const { tree } = this.run.plan;
    const before = this.#current();
    const levels = tree.levels(latent + 1, before.groups);
    const at: Position = { part: "latent", index: latent };
    const ascent = ascentOf(levels, (groups) =>
      laterStep(this.run.frame, groups, { label: `latent.${latent}`, fed: groups.map(() => [at]), counts: true }),
    );
    const order = (levels[0] as TreeLevel).order;
    const input = tf.tidy(() => {
      const own = this.#ownInput(latent, this.#pinned(before, latent, ascent.step, order), ascent.step);
      return visitColumns(this.run.options.hooks, { layer: null, kind: "latents.hook_input" }, own, ascent.step);
    });
    await this.#advance(input, before.cache.select(order), ascent, null);
    await this.#readLens(`latent.${latent}`);
  }

  #ownInput(latent: number, hidden: Tensor2D, step: Step): Tensor2D {
    const { decoder, projection, protocol, ids } = this.run.model;
    const from: LatentInputs<Tensor2D> = {
      projected: () => project(hidden, projection, this.run.options.hooks, step),
      bot: () => decoder.embed(step.rowIds.map(() => ids.bot)),
    };
    return latent === 0 ? protocol.firstInput(from) : protocol.next(from);
  }

  // Pinned is what is projected, not the input, so that hooks on the projection act on pinned latents too.
  #pinned({ groups, hidden }: LoopState, latent: number, step: Step, order: RowMap): Tensor2D {
    const from = step.rowIds.map((id, place) => {
      const pin = this.run.plan.rows[id]?.pin;
      if (pin == null || latent < pin.from) return order[place] ?? 0;
      return groups.findIndex((group) => group.includes(pin.cleanRow));
    });
    return isIdentity(from, hidden.shape[1]) ? hidden : gather(hidden, from, 1);
  }

  async #readLens(at: string): Promise<void> {
    const { groups, hidden } = this.#current();
    const { lens } = this.run.options;
    const places = groups.flatMap((group, place) => (lens === null || group.some((id) => lens.has(id)) ? [place] : []));
    const size = this.run.readout.pieceCells;
    for (let from = 0; from < places.length; from += size) {
      const some = places.slice(from, from + size);
      const logits = tf.tidy(() =>
        this.run.readout.plain(isIdentity(some, groups.length) ? hidden : gather(hidden, some, 1)),
      );
      try {
        for (const [i, top] of (await readTop(logits, LENS_TOKENS)).entries()) {
          for (const id of groups[some[i] ?? -1] ?? []) {
            const outcome = this.run.outcomes[id];
            if (outcome === undefined) continue;
            outcome.failure ??= nonFinite(top, at);
            outcome.lens.push({ at, top });
          }
        }
      } finally {
        logits.dispose();
      }
    }
  }

  /** One forward of a stage; replaces the state. `last[row]` is the column whose state is kept (null: the last one). Consumes `x` and the cache. */
  async #advance(x: Tensor2D, cache: KvCache, ascent: Ascent, last: readonly number[] | null): Promise<void> {
    try {
      const { hidden, cache: grown } = await forwardOnce(this.run, x, cache, ascent);
      const { last: step } = ascent;
      const cells = step.rowIds.map((_, row) => row * step.columns + (last?.[row] ?? step.columns - 1));
      try {
        await this.run.readout.read(hidden, step, [], () => Promise.resolve());
        const own = tf.tidy(() => (step.columns === 1 ? hidden.clone() : gather(hidden, cells, 1)));
        this.dispose();
        this.#state = { groups: step.members, cache: grown, hidden: own };
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

  #current(): LoopState {
    if (this.#state === null) throw new Error("The loop has no state before the prefill");
    return this.#state;
  }
}
