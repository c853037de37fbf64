/**
 * The one place where the bench reaches below the public API: single forwards of the engine, which `CodiModel` does not offer.
 * Whoever changes `Decoder.forward` changes this file, and no other file of the bench.
 */

import { openFolder } from "../../src/model/checkpoint/folder.js";
import { openCheckpoint } from "../../src/model/checkpoint/load.js";
import { Ascent } from "../../src/model/decoder/ascent.js";
import type { Decoder } from "../../src/model/decoder/decoder.js";
import { KvCache } from "../../src/model/decoder/kv-cache.js";
import { expandSites, parseSite } from "../../src/model/hooks/names.js";
import { RunHooks } from "../../src/model/hooks/run-hooks.js";
import type { Step } from "../../src/model/hooks/step.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import type { StepRate } from "../../src/model/latent/plan/rates.js";
import type { RowPlan } from "../../src/model/latent/plan/row.js";
import { groupOf } from "../../src/model/latent/plan/row-tree.js";
import { measureSteps } from "../../src/model/latent/plan/step-rates.js";
import { laterStep, prefillStep, type StepFrame } from "../../src/model/latent/plan/steps.js";
import { type ProjectionWeights, project } from "../../src/model/latent/projection.js";
import { protocolOf } from "../../src/model/latent/protocols/index.js";
import { SiteRecorder } from "../../src/model/latent/readings/capture.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import type { Hold } from "../../src/model/tensor/hold-names.js";
import { gather } from "../../src/model/tensor/ops.js";
import { type Tensor, type Tensor2D, tf } from "../../src/model/tensor/tf.js";

/** How many numbers a checkpoint's weights are. */
export async function parametersOf(folder: string): Promise<number> {
  const checkpoint = await openCheckpoint(openFolder(folder));
  await checkpoint.close();
  return checkpoint.parameters;
}

/** A batch of sequences that continue one prompt. Owned by whoever made it. */
export interface Sequences {
  readonly cache: KvCache;
  /** Final-norm states of the last position, `[dModel, rows]`. */
  readonly hidden: Tensor2D;
  readonly promptIds: readonly number[];
  readonly rows: number;
  /** Positions after the prompt. */
  readonly fed: number;
}

/** Hooks that look up nothing, whatever they are asked. */
class UnaskedHooks extends RunHooks {
  constructor() {
    super([], [], []);
  }

  override visit<T extends Tensor>(x: T): T {
    return x;
  }

  override has(): boolean {
    return false;
  }

  override wants(): boolean {
    return false;
  }

  override wantsAnyOf(): boolean {
    return false;
  }

  override hiddenKeys(): [] {
    return [];
  }

  override isOnlySeen(): boolean {
    return false;
  }
}

/** The engine with a model's weights. */
export class Engine {
  private constructor(
    readonly version: string,
    readonly parameters: number,
    readonly layers: number,
    private readonly decoder: Decoder,
    private readonly projection: ProjectionWeights | null,
    private readonly logitRows: number,
    private readonly bosTokenId: number | null,
  ) {}

  /** Loads a checkpoint of CODI or Coconut. */
  static async open(folder: string, options: { readonly hold?: Hold } = {}): Promise<Engine> {
    const info = await startEngine("auto");
    const checkpoint = await openCheckpoint(openFolder(folder));
    const weights = await uploadModel(checkpoint, options);
    await checkpoint.close();
    const { config, codi, parameters, vocabRows } = checkpoint;
    const { feedback, logitRows } = protocolOf(codi.protocol);
    if (feedback === "constant" || feedback === "none") throw new RangeError(`${folder} feeds no state back`);
    const version = `${info.name} ${info.version} (${info.device})`;
    const { decoder, projection } = weights;
    const rows = logitRows(vocabRows);
    return new Engine(version, parameters, config.layers, decoder, projection, rows, config.bosTokenId);
  }

  /** Runs a prompt. @param capture sites, as names or globs; their values are brought to the host. */
  async prefill(ids: readonly number[], capture: readonly string[] = []): Promise<Sequences & { captured: number }> {
    const recorders = expandSites([...capture], this.layers).map(
      (name) => new SiteRecorder(parseSite(name, this.layers)),
    );
    const hooks = new RunHooks(
      [],
      recorders.map(({ observer }) => observer),
      [0],
    );
    const step = prefillStep(frameOf(ids, 1), [groupOf([0])]);
    const made = await this.#forward(this.decoder.embed(ids), KvCache.empty(1), step, hooks);
    await hooks.flush();
    return { ...made, promptIds: ids, rows: 1, fed: 0, captured: recorders.length };
  }

  /** The same prompt with hooks that are not even asked: what the calls into unused hooks cost is the difference to `prefill`. */
  async prefillWithoutHooks(ids: readonly number[]): Promise<Sequences> {
    const step = prefillStep(frameOf(ids, 1), [groupOf([0])]);
    const made = await this.#forward(this.decoder.embed(ids), KvCache.empty(1), step, new UnaskedHooks());
    return { ...made, promptIds: ids, rows: 1, fed: 0 };
  }

  /** `rows` sequences that continue a prompt of one row. */
  branch({ cache, hidden, promptIds }: Sequences, rows: number): Sequences {
    const order = Array.from({ length: rows }, () => 0);
    return { cache: cache.select(order), hidden: tf.tile(hidden, [1, rows]), promptIds, rows, fed: 0 };
  }

  /** What the next latents are fed `[dModel, rows]`: projections, or the states themselves where there is none; each row's times its factor. */
  inputs({ hidden, promptIds, rows, fed }: Sequences, factors?: readonly number[]): Tensor2D {
    return tf.tidy(() => {
      const step = { hooks: noHooks(rows), step: stepOf(promptIds, rows, fed) };
      const x = this.projection === null ? tf.clone(hidden) : project(hidden, this.projection, step);
      return factors === undefined ? x : tf.mul<Tensor2D>(x, tf.tensor2d([...factors], [1, rows]));
    });
  }

  /** One position of every row. Consumes `x` and the sequences. */
  async feed(x: Tensor2D, sequences: Sequences): Promise<Sequences> {
    const { cache, promptIds, rows, fed } = sequences;
    const made = await this.#forward(x, cache, stepOf(promptIds, rows, fed), noHooks(rows));
    release(sequences);
    return { ...made, promptIds, rows, fed: fed + 1 };
  }

  /** How long steps of few and many rows take, as a run's estimate measures it. */
  stepRates(): Promise<StepRate[]> {
    return measureSteps(this.decoder, { logitRows: this.logitRows, bosTokenId: this.bosTokenId });
  }

  /** Embeddings `[dModel, rows]`. */
  embed(ids: readonly number[]): Tensor2D {
    return this.decoder.embed(ids);
  }

  /** Best token of each row. */
  async best({ hidden, rows }: Pick<Sequences, "hidden" | "rows">): Promise<number[]> {
    const found = tf.tidy(() => {
      const logits = tf.slice(this.decoder.logits(hidden), [0, 0], [this.logitRows, rows]);
      return tf.argMax(tf.transpose(logits), 1);
    });
    try {
      return [...(await found.data())];
    } finally {
      found.dispose();
    }
  }

  async #forward(
    x: Tensor2D,
    cache: KvCache,
    step: Step,
    hooks: RunHooks,
  ): Promise<Pick<Sequences, "cache" | "hidden">> {
    const { hidden, cache: next } = this.decoder.forward(x, cache, { ascent: Ascent.flat(step), hooks });
    const cells = Array.from({ length: step.rows }, (_, row) => (row + 1) * step.columns - 1);
    const last = tf.tidy(() => gather(hidden, cells, 1));
    tf.dispose([x, hidden]);
    // One number is read: a GPU's queue has run then.
    const one = tf.slice(last, [0, 0], [1, 1]);
    await one.data();
    one.dispose();
    return { cache: next, hidden: last };
  }
}

/** Frees a batch. */
export function release({ cache, hidden }: Pick<Sequences, "cache" | "hidden">): void {
  cache.dispose();
  hidden.dispose();
}

// Positions right after the prompt are called answers here, so that they begin where the prompt ends.
function frameOf(promptIds: readonly number[], rows: number): StepFrame {
  const row: RowPlan = { question: 0, condition: null, promptIds, pin: null };
  return {
    rows: Array.from({ length: rows }, () => row),
    hasBot: true,
    latents: 0,
    eotTokens: 0,
    prefillColumns: promptIds.length,
  };
}

function stepOf(promptIds: readonly number[], rows: number, fed: number): Step {
  const groups = Array.from({ length: rows }, (_, row) => groupOf([row]));
  const at = { part: "answer", index: fed } as const;
  return laterStep(frameOf(promptIds, rows), groups, {
    label: `answer.${fed}`,
    fed: groups.map(() => [at]),
    counts: true,
  });
}

function noHooks(rows: number): RunHooks {
  return new RunHooks(
    [],
    [],
    Array.from({ length: rows }, () => 0),
  );
}
