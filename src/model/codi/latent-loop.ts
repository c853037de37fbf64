/** The latent loop over a batch of rows: prefill, latents, EOT, greedy decoding. Branches join their parent's rows at their fork point. */

import type { NumericError } from "../errors.js";
import type { RunHooks } from "../hooks/run-hooks.js";
import type { Step } from "../hooks/step.js";
import { KvCache } from "../llama/kv-cache.js";
import type { Llama } from "../llama/llama.js";
import { type Tensor2D, type Tensor3D, tf } from "../tensor/tf.js";
import { nonFinite, readTop, type TopTokens } from "./logit-read.js";
import { type ProjectionWeights, project } from "./projection.js";
import { activeRows, continuation, type RowPlan } from "./row-plan.js";
import { laterStep, prefillStep, type StepFrame } from "./row-steps.js";

/** The parts of a model that the loop runs on; borrowed. */
export interface LoopModel {
  readonly llama: Llama;
  readonly projection: ProjectionWeights;
  readonly protocol: "codi" | "seed";
  readonly numLatents: number;
  readonly botTokenId: number;
  /** EOT, and EOS after it where the protocol wants it. */
  readonly eotIds: readonly number[];
  readonly eosTokenIds: readonly number[];
  /** Vocabulary rows that logits keep: all but the last id. */
  readonly logitRows: number;
}

/** What one run asks for. */
export interface LoopOptions {
  readonly hooks: RunHooks;
  readonly maxNewTokens: number;
  /** Read the head's best tokens at BOT and after each latent. */
  readonly lens: boolean;
}

/** What one row gave. */
export interface RowOutcome {
  readonly ids: number[];
  /** Best tokens where each answer token was chosen. */
  readonly tops: TopTokens[];
  /** Best tokens at BOT and after each latent, when asked for. */
  readonly lens: { readonly at: string; readonly top: TopTokens }[];
  finish: "eos" | "limit";
  /** Set when logits were not finite; the row is neither right nor wrong. */
  failure: NumericError | null;
}

/** State after EOT, kept for teacher-forced scoring. Owns its tensors. */
export interface AfterEot {
  readonly frame: StepFrame;
  readonly rowIds: readonly number[];
  readonly cache: KvCache;
  /** Logits that predict answer token 0, `[rows, logitRows]`. */
  readonly logits: Tensor2D;
  dispose(): void;
}

const LENS_TOKENS = 5;

interface LoopState {
  rowIds: readonly number[];
  cache: KvCache;
  /** Final-norm state at each row's last position, `[rows, dModel]`. */
  hidden: Tensor2D;
}

/**
 * Runs all rows to their answers.
 *
 * @returns an outcome a row, and the state after EOT, which the caller disposes.
 * @throws UsageError from a hook, or when a sequence is too long.
 */
export async function runLatentLoop(
  model: LoopModel,
  rows: readonly RowPlan[],
  options: LoopOptions,
): Promise<{ outcomes: RowOutcome[]; afterEot: AfterEot }> {
  const loop = new LatentLoop(model, rows, options);
  try {
    return await loop.run();
  } finally {
    loop.dispose();
  }
}

class LatentLoop {
  readonly #outcomes: RowOutcome[];
  readonly #frame: StepFrame;
  #state: LoopState | null = null;
  #afterEot: AfterEot | null = null;

  constructor(
    readonly model: LoopModel,
    readonly rows: readonly RowPlan[],
    readonly options: LoopOptions,
  ) {
    this.#outcomes = rows.map(() => ({ ids: [], tops: [], lens: [], finish: "limit", failure: null }));
    this.#frame = {
      rows,
      hasBot: model.protocol === "codi",
      latents: model.numLatents,
      eotTokens: model.eotIds.length,
      prefillColumns: rows.reduce((longest, row) => Math.max(longest, row.promptIds.length), 0),
    };
  }

  async run(): Promise<{ outcomes: RowOutcome[]; afterEot: AfterEot }> {
    await this.#prefill();
    for (let latent = 0; latent < this.model.numLatents; latent++) await this.#latent(latent);
    const logits = await this.#eot();
    await this.#decode(logits);
    const afterEot = this.#afterEot;
    if (afterEot === null) throw new Error("The loop ended without reaching EOT");
    this.#afterEot = null;
    return { outcomes: this.#outcomes, afterEot };
  }

  dispose(): void {
    this.#afterEot?.dispose();
    this.#dropState();
  }

  async #prefill(): Promise<void> {
    const rowIds = this.rows.flatMap((row, id) => (row.branch === null ? [id] : []));
    const step = prefillStep(this.#frame, rowIds);
    const lengths = rowIds.map((id) => this.rows[id]?.promptIds.length ?? 0);
    const ids = rowIds.flatMap((id) => {
      const prompt = this.rows[id]?.promptIds ?? [];
      return [...prompt, ...Array.from({ length: step.columns - prompt.length }, () => prompt[0] ?? 0)];
    });
    const x = this.model.llama.embed(ids, rowIds.length);
    const last = lengths.map((length) => length - 1);
    await this.#forward(x, KvCache.empty(rowIds.length), step, last);
    if (this.model.protocol === "codi") await this.#readBeforeAnswer(step, "bot");
  }

  async #latent(latent: number): Promise<void> {
    this.#advanceTo(latent);
    const { rowIds, hidden, cache } = this.#current();
    const step = this.#later(rowIds, { part: "latent", index: latent }, 1);
    const input = tf.tidy(() => {
      const own = this.#ownInput(latent, this.#pinned(hidden, latent, rowIds), step);
      return this.options.hooks.visit(null, "latents.hook_input", own, step);
    });
    await this.#forward(input, cache, step, null);
    await this.#readBeforeAnswer(step, `latent.${latent}`);
  }

  // Under `seed`, "token 0" is BOT's embedding and only the later ones are projections.
  #ownInput(latent: number, hidden: Tensor2D, step: Step): Tensor3D {
    const { llama, projection, protocol, botTokenId } = this.model;
    if (protocol === "seed" && latent === 0)
      return llama.embed(
        step.rowIds.map(() => botTokenId),
        step.rows,
      );
    return project(tf.expandDims(hidden, 1) as Tensor3D, projection, this.options.hooks, step);
  }

  // Pinned is what is projected, not the input, so that hooks on the projection act on pinned latents too.
  #pinned(hidden: Tensor2D, latent: number, rowIds: readonly number[]): Tensor2D {
    const order = rowIds.map((id, place) => {
      const pin = this.rows[id]?.pin;
      return pin != null && latent >= pin.from ? rowIds.indexOf(pin.cleanRow) : place;
    });
    return order.every((from, place) => from === place) ? hidden : tf.gather(hidden, tf.tensor1d(order, "int32"), 0);
  }

  async #eot(): Promise<Tensor2D> {
    this.#advanceTo(this.model.numLatents);
    const { rowIds, cache } = this.#current();
    const { eotIds, llama } = this.model;
    const step = this.#later(rowIds, { part: "eot", index: 0 }, eotIds.length);
    const x = llama.embed(
      rowIds.flatMap(() => [...eotIds]),
      rowIds.length,
    );
    const logits = await this.#forwardToLogits(x, cache, step);
    const kept = this.#current().cache.fork();
    this.#afterEot = {
      frame: this.#frame,
      rowIds,
      cache: kept,
      logits,
      dispose: () => {
        kept.dispose();
        logits.dispose();
      },
    };
    return logits;
  }

  async #decode(first: Tensor2D): Promise<void> {
    let top = await readTop(first, 2);
    for (let answer = 0; ; answer++) {
      const going = this.#accept(top, answer);
      if (going.length === 0) return;
      this.#compact(going);
      const { rowIds, cache } = this.#current();
      const lengths = rowIds.map((id) => (going.includes(id) ? 1 : 0));
      const step = laterStep(
        this.#frame,
        rowIds,
        { part: "answer", index: answer },
        { lengths, width: 1, counts: true },
      );
      const fed = rowIds.map((id) => this.#outcomes[id]?.ids.at(-1) ?? 0);
      const logits = await this.#forwardToLogits(this.model.llama.embed(fed, rowIds.length), cache, step);
      try {
        top = await readTop(logits, 2);
      } finally {
        logits.dispose();
      }
    }
  }

  /** Takes the best token of each unfinished row; returns the rows that go on. */
  #accept(top: readonly TopTokens[], answer: number): number[] {
    const { maxNewTokens } = this.options;
    const going: number[] = [];
    for (const [place, id] of this.#current().rowIds.entries()) {
      const outcome = this.#outcomes[id];
      const best = top[place];
      if (outcome === undefined || best === undefined || outcome.failure !== null || outcome.ids.length < answer)
        continue;
      if (outcome.ids.length > 0 && this.#ended(outcome)) continue;
      outcome.failure = nonFinite(best, `answer.${answer}`);
      const token = best.ids[0];
      if (outcome.failure !== null || token === undefined) continue;
      outcome.ids.push(token);
      outcome.tops.push(best);
      if (this.#ended(outcome)) outcome.finish = "eos";
      else if (outcome.ids.length < maxNewTokens) going.push(id);
    }
    return going;
  }

  #ended(outcome: RowOutcome): boolean {
    return this.model.eosTokenIds.includes(outcome.ids.at(-1) ?? -1);
  }

  // Rows that have finished only cost; once they are half of the batch, the copy of the others' keys pays.
  #compact(going: readonly number[]): void {
    const { rowIds } = this.#current();
    if (going.length * 2 > rowIds.length) return;
    this.#continueAs(
      going,
      going.map((id) => rowIds.indexOf(id)),
    );
  }

  /** Replaces the rows: the new row i continues the old row `order[i]`. */
  #continueAs(next: readonly number[], order: readonly number[]): void {
    const { cache, hidden } = this.#current();
    this.#state = {
      rowIds: next,
      cache: cache.select(order),
      hidden: tf.tidy(() => tf.gather(hidden, tf.tensor1d([...order], "int32"), 0)),
    };
    cache.dispose();
    hidden.dispose();
  }

  /** Lets branches that begin at this step join. */
  #advanceTo(step: number): void {
    const { rowIds } = this.#current();
    const next = activeRows(this.rows, step);
    if (next.length === rowIds.length) return;
    const order = continuation(this.rows, rowIds, next);
    this.#continueAs(next, order);
    for (const [place, id] of next.entries()) this.#inherit(id, rowIds[order[place] ?? -1]);
  }

  #inherit(id: number, from: number | undefined): void {
    if (from === undefined || from === id) return;
    const parent = this.#outcomes[from];
    const child = this.#outcomes[id];
    if (parent === undefined || child === undefined) return;
    child.lens.push(...parent.lens);
    child.failure = parent.failure;
  }

  #later(rowIds: readonly number[], first: { part: "latent" | "eot"; index: number }, width: number): Step {
    return laterStep(this.#frame, rowIds, first, { lengths: rowIds.map(() => width), width, counts: true });
  }

  async #readBeforeAnswer(step: Step, at: string): Promise<void> {
    if (!this.options.lens) return;
    const logits = tf.tidy(() => this.#headOf(this.#current().hidden));
    try {
      const tops = await readTop(logits, LENS_TOKENS);
      for (const [place, id] of step.rowIds.entries()) {
        const top = tops[place];
        const outcome = this.#outcomes[id];
        if (top === undefined || outcome === undefined) continue;
        outcome.failure ??= nonFinite(top, at);
        outcome.lens.push({ at, top });
      }
    } finally {
      logits.dispose();
    }
  }

  #headOf(hidden: Tensor2D): Tensor2D {
    const all = this.model.llama.logits(hidden);
    return tf.slice(all, [0, 0], [all.shape[0], this.model.logitRows]);
  }

  async #forwardToLogits(x: Tensor3D, cache: KvCache, step: Step): Promise<Tensor2D> {
    let logits: Tensor2D | null = null;
    await this.#forward(x, cache, step, null, (value) => {
      logits = value;
    });
    return logits ?? tf.tidy(() => this.#headOf(this.#current().hidden));
  }

  /** One forward; replaces the state. `last[row]` is the column whose state is read (null: the last one). Consumes `x` and the old cache. */
  async #forward(
    x: Tensor3D,
    cache: KvCache,
    step: Step,
    last: readonly number[] | null,
    onLogits?: (logits: Tensor2D) => void,
  ): Promise<void> {
    const { hooks } = this.options;
    const columns = last ?? step.rowIds.map(() => step.columns - 1);
    let result: ReturnType<Llama["forward"]>;
    try {
      result = this.model.llama.forward(x, cache, step, hooks);
    } finally {
      x.dispose();
      if (this.#state === null) cache.dispose();
    }
    const hidden = tf.tidy(() => lastColumns(result.hidden, columns));
    this.#dropState();
    this.#state = { rowIds: step.rowIds, cache: result.cache, hidden };
    try {
      if (hooks.wants(null, "hook_logits", step)) this.#visitLogits(result.hidden, step, columns, onLogits);
    } finally {
      result.hidden.dispose();
    }
    await hooks.flush();
  }

  #visitLogits(hidden: Tensor3D, step: Step, columns: readonly number[], onLogits?: (logits: Tensor2D) => void): void {
    const kept = tf.tidy(() => {
      const flat: Tensor2D = tf.reshape(hidden, [step.rows * step.columns, hidden.shape[2]]);
      const logits: Tensor3D = tf.reshape(this.#headOf(flat), [step.rows, step.columns, this.model.logitRows]);
      return lastColumns(this.options.hooks.visit(null, "hook_logits", logits, step), columns);
    });
    if (onLogits === undefined) kept.dispose();
    else onLogits(kept);
  }

  #current(): LoopState {
    if (this.#state === null) throw new Error("The loop has no state before the prefill");
    return this.#state;
  }

  #dropState(): void {
    this.#state?.cache.dispose();
    this.#state?.hidden.dispose();
    this.#state = null;
  }
}

/** `x` `[rows, columns, n]` at one column a row → `[rows, n]`. */
function lastColumns(x: Tensor3D, columns: readonly number[]): Tensor2D {
  const [rows, width, size] = x.shape;
  const flat: Tensor2D = tf.reshape(x, [rows * width, size]);
  if (width === 1) return flat.clone();
  return tf.gather(
    flat,
    tf.tensor1d(
      columns.map((column, row) => row * width + column),
      "int32",
    ),
    0,
  );
}
