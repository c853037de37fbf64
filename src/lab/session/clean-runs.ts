/** Runs without edits, kept by question: they are read again and again. */

import { answerLimit, type LatentModel, type RunResult, type SiteName } from "../../browser.js";
import {
  answerView,
  lensWords,
  limitOf,
  modelView,
  positionViews,
  questionTokens,
  RESIDUALS,
  statesOf,
  wordsOf,
} from "./read.js";
import type { CleanView } from "./types.js";

/** A question answered without edits, and what is shown of it. */
export interface CleanRun {
  readonly result: RunResult;
  readonly view: CleanView;
}

// A run of a model of 1B keeps about 60 MB.
const KEPT = 4;
const CAPTURED = [RESIDUALS, "blocks.*.attn.hook_pattern"] as const;

/** The last few questions, each run once. */
export class CleanRuns {
  readonly #model: LatentModel;
  readonly #opened = new Kept<CleanRun>();
  readonly #captured = new Kept<RunResult>();

  constructor(model: LatentModel) {
    this.#model = model;
  }

  /** Answers a question with all that the page shows. */
  async of(question: string): Promise<CleanRun> {
    return this.#opened.of(question, async () => {
      const result = await this.#model.run(question, {
        ...limitOf(this.#model, question),
        capture: CAPTURED,
        lens: true,
        components: true,
      });
      return { result, view: await cleanView(this.#model, result) };
    });
  }

  /** A run that kept some sites; all blocks of a site's kind are kept at once, since a sweep asks for each. */
  async captured(question: string, sites: readonly SiteName[]): Promise<RunResult> {
    const kinds = [...new Set(sites.map((site) => site.replace(/^blocks\.\d+\./, "blocks.*.")))].sort();
    return this.#captured.of(JSON.stringify([question, kinds]), () =>
      this.#model.run(question, { ...limitOf(this.#model, question), capture: kinds as SiteName[] }),
    );
  }
}

/** The last few of something that takes long to make, by name. */
class Kept<T> {
  readonly #all = new Map<string, T>();

  async of(name: string, make: () => Promise<T>): Promise<T> {
    const found = this.#all.get(name) ?? (await make());
    // What was used last stands last.
    this.#all.delete(name);
    this.#all.set(name, found);
    for (const oldest of this.#all.keys()) if (this.#all.size > KEPT) this.#all.delete(oldest);
    return found;
  }
}

async function cleanView(model: LatentModel, result: RunResult): Promise<CleanView> {
  const view = modelView(model);
  const { blocks, latents } = view;
  const limit = answerLimit(model, result.question);
  const positions = positionViews(model, result);
  const said = lensWords(result);
  const states = latents === 0 ? null : statesOf(result);
  const words = states === null ? [] : await wordsOf(model, states.data);
  const norms = states?.at("layer", blocks - 1).norm("dModel").data ?? [];
  return {
    model: view,
    question: result.question,
    maxNewTokens: limit < answerLimit(model) ? limit : null,
    tokens: questionTokens(positions, result.promptIds),
    positions,
    bot: said.get("bot") ?? [],
    latents: Array.from(norms, (norm, latent) => ({ latent, words: said.get(`latent.${latent}`) ?? [], norm })),
    lens: Array.from({ length: blocks }, (_, block) => words.slice(block * latents, (block + 1) * latents)),
    answer: answerView(result),
  };
}
