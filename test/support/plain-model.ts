/** A language model without latents, for comparisons: single forwards of the engine, beside what the loader reads of its files. */

import { openFolder } from "../../src/model/checkpoint/folder.js";
import { type Checkpoint, openCheckpoint } from "../../src/model/checkpoint/load.js";
import { Ascent } from "../../src/model/decoder/ascent.js";
import type { Decoder } from "../../src/model/decoder/decoder.js";
import { KvCache } from "../../src/model/decoder/kv-cache.js";
import { allSites, parseSite, type SiteName } from "../../src/model/hooks/names.js";
import { RunHooks } from "../../src/model/hooks/run-hooks.js";
import type { Step } from "../../src/model/hooks/step.js";
import { SequenceLayout } from "../../src/model/latent/layout.js";
import { uploadModel } from "../../src/model/latent/load/upload-model.js";
import { groupOf } from "../../src/model/latent/plan/row-tree.js";
import { laterStep, prefillStep, type StepFrame } from "../../src/model/latent/plan/steps.js";
import { type Activation, SiteRecorder } from "../../src/model/latent/readings/capture.js";
import { Head } from "../../src/model/latent/run/head.js";
import type { EngineInfo } from "../../src/model/tensor/engine.js";
import type { EngineName } from "../../src/model/tensor/engine-names.js";
import { startEngine } from "../../src/model/tensor/engines/start.js";
import { numbersOf } from "../../src/model/tensor/numbers.js";
import { gather } from "../../src/model/tensor/ops.js";
import { type Tensor2D, tf } from "../../src/model/tensor/tf.js";
import { Tokenizer } from "../../src/model/tokenizer/tokenizer.js";

/** What a continuation gives. */
export interface Continuation {
  readonly tokens: readonly number[];
  /** Of each token: the logits that it was chosen from. */
  readonly logits: readonly Float32Array[];
}

/** A plain language model on the engine. Owns its weights. */
export class PlainModel {
  private constructor(
    readonly engine: EngineInfo,
    readonly tokenizer: Tokenizer,
    private readonly decoder: Decoder,
    private readonly vocabRows: number,
  ) {}

  /** Loads a folder of transformers. */
  static async open(folder: string, engine: EngineName): Promise<PlainModel> {
    const checkpoint = await openCheckpoint(openFolder(folder));
    try {
      const tokenizer = plainTokenizer(checkpoint);
      const info = await startEngine(engine);
      const { decoder } = await uploadModel(checkpoint);
      return new PlainModel(info, tokenizer, decoder, checkpoint.vocabRows);
    } finally {
      await checkpoint.close();
    }
  }

  /** Its sites: all but those of latents and projection. */
  get sites(): SiteName[] {
    return allSites(this.decoder.config).filter((site) => !/^(latents|prj)\./.test(site));
  }

  /** One pass over all ids. @param sites whose values are brought to the host. */
  async capture(ids: readonly number[], sites: readonly SiteName[]): Promise<Activation[]> {
    const recorders = sites.map((name) => new SiteRecorder(parseSite(name, this.decoder.config)));
    const observers = recorders.map(({ observer }) => observer);
    const hooks = new RunHooks([], observers, [0]);
    const step = prefillStep(frameOf(ids), [groupOf([0])]);
    const { hidden, cache } = this.#forward(ids, KvCache.empty(1), { step, hooks });
    new Head(this.decoder, this.vocabRows, hooks).visit(hidden, step);
    tf.dispose(hidden);
    cache.dispose();
    await hooks.flush();
    const layout = new SequenceLayout({ question: ids.length, bot: 0, latents: 0, eot: 0, answer: 0 });
    return recorders.map((recorder) => recorder.assemble(0, layout));
  }

  /** Greedy, token by token over a cache. */
  async continueFrom(ids: readonly number[], count: number): Promise<Continuation> {
    const hooks = new RunHooks([], [], [0]);
    const tokens: number[] = [];
    const logits: Float32Array[] = [];
    let step = prefillStep(frameOf(ids), [groupOf([0])]);
    let fed = ids;
    let cache = KvCache.empty(1);
    for (let index = 0; index < count; index++) {
      const made = this.#forward(fed, cache, { step, hooks });
      cache.dispose();
      cache = made.cache;
      const row = await this.#lastLogits(made.hidden);
      logits.push(row);
      tokens.push(row.indexOf(row.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)));
      fed = tokens.slice(-1);
      const at = { part: "answer", index } as const;
      step = laterStep(frameOf(ids), [groupOf([0])], { label: `answer.${index}`, fed: [[at]], counts: true });
    }
    cache.dispose();
    return { tokens, logits };
  }

  dispose(): void {
    this.decoder.dispose();
  }

  #forward(
    ids: readonly number[],
    cache: KvCache,
    { step, hooks }: { readonly step: Step; readonly hooks: RunHooks },
  ): { readonly hidden: Tensor2D; readonly cache: KvCache } {
    const x = this.decoder.embed(ids);
    try {
      return this.decoder.forward(x, cache, { ascent: Ascent.flat(step), hooks });
    } finally {
      x.dispose();
    }
  }

  async #lastLogits(hidden: Tensor2D): Promise<Float32Array> {
    const logits = tf.tidy(() => this.decoder.logits(gather(hidden, [hidden.shape[1] - 1], 1)));
    hidden.dispose();
    try {
      return await numbersOf(logits);
    } finally {
      logits.dispose();
    }
  }
}

/** A checkpoint's tokenizer; there is no BOT and EOT that it would have to have. */
export function plainTokenizer({ tokenizerJson, tokenizerConfig, vocabRows, config }: Checkpoint): Tokenizer {
  return Tokenizer.create(tokenizerJson, tokenizerConfig, { vocabRows, bosTokenId: config.bosTokenId });
}

function frameOf(promptIds: readonly number[]): StepFrame {
  const row = { question: 0, condition: null, promptIds, pin: null };
  return { rows: [row], hasBot: false, latents: 0, eotTokens: 0, prefillColumns: promptIds.length };
}
