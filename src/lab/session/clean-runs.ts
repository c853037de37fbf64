/** Runs without edits, kept by question: they are read again and again. */

import type { LatentModel, RunResult, SiteName } from "../../browser.js";
import {
  answerView,
  lensWords,
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
  readonly #opened = new Map<string, CleanRun>();
  readonly #captured = new Map<string, RunResult>();

  constructor(model: LatentModel) {
    this.#model = model;
  }

  /** Answers a question with all that the page shows. */
  async of(question: string): Promise<CleanRun> {
    return kept(this.#opened, question, async () => {
      const result = await this.#model.run(question, { capture: CAPTURED, lens: true, components: true });
      return { result, view: await cleanView(this.#model, result) };
    });
  }

  /** A run that kept some sites; all blocks of a site's kind are kept at once, since a sweep asks for each. */
  async captured(question: string, sites: readonly SiteName[]): Promise<RunResult> {
    const kinds = [...new Set(sites.map((site) => site.replace(/^blocks\.\d+\./, "blocks.*.")))].sort();
    return kept(this.#captured, JSON.stringify([question, kinds]), () =>
      this.#model.run(question, { capture: kinds as SiteName[] }),
    );
  }
}

async function kept<T>(all: Map<string, T>, key: string, make: () => Promise<T>): Promise<T> {
  const found = all.get(key) ?? (await make());
  // What was used last stands last.
  all.delete(key);
  all.set(key, found);
  for (const oldest of all.keys()) if (all.size > KEPT) all.delete(oldest);
  return found;
}

async function cleanView(model: LatentModel, result: RunResult): Promise<CleanView> {
  const view = modelView(model);
  const { blocks, latents } = view;
  const positions = positionViews(model, result);
  const said = lensWords(result);
  const states = statesOf(result);
  const words = await wordsOf(model, states.data);
  const norms = states.at("layer", blocks - 1).norm("dModel").data;
  return {
    model: view,
    question: result.question,
    tokens: questionTokens(positions, result.promptIds),
    positions,
    bot: said.get("bot") ?? [],
    latents: Array.from(norms, (norm, latent) => ({ latent, words: said.get(`latent.${latent}`) ?? [], norm })),
    lens: Array.from({ length: blocks }, (_, block) => words.slice(block * latents, (block + 1) * latents)),
    answer: answerView(result),
  };
}
