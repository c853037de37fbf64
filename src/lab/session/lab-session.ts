/** What the page asks of a model: a question answered, edited beside clean with its controls, cells opened, sweeps, attention. No DOM here. */

import { type LatentModel, type RunResult, UsageError } from "../../browser.js";
import type { LabFacts, LabState, LoadFacts } from "../edits/edit.js";
import { EMBEDDED_MODEL, REFERENCE_QUESTIONS } from "../edits/reference.js";
import { directionNumbers, type EditOptions, runOptions } from "../edits/run-options.js";
import { toRun } from "../edits/to-run.js";
import { attentionView } from "./attention.js";
import { type CleanRun, CleanRuns } from "./clean-runs.js";
import { identityOutcome, randomOutcomes, runEdited } from "./edited-run.js";
import { cellView } from "./opened-cell.js";
import { outcomeOf, type Pair } from "./outcome.js";
import { limitOf, modelView } from "./read.js";
import { type SweepOptions, sweep, sweptState } from "./sweep.js";
import { breath, Turns } from "./turns.js";
import type { AttentionView, CellView, CleanView, ControlsView, RunView, SweepView } from "./types.js";

/** How a session computes. */
export interface SessionOptions {
  /** Questions that `mean` is taken over. Default: eight problems of the embedded model's kind. */
  readonly reference?: readonly string[];
  /** How many random directions stand beside an edit. Default 5. */
  readonly draws?: number;
}

/** Ends a computation between two of its passes. */
export interface Stoppable {
  readonly signal?: AbortSignal | undefined;
}

/** Options of `run`. */
export interface RunAsked extends Stoppable {
  /** Is called with the edited answer as soon as it is there; its controls are still null. */
  readonly onEdited?: (view: RunView) => void;
}

/** Options of `cell`. */
export interface CellOptions extends Stoppable {
  readonly block: number;
  readonly latent: number;
}

/** Options of `attention`. */
export interface AttentionOptions extends Stoppable {
  readonly block: number;
  /** `edited`: under the edits of the last run. Default `clean`. */
  readonly run?: "clean" | "edited";
}

/** The last question that was run under edits. */
interface Last {
  readonly options: EditOptions;
  readonly pair: Pair;
}

/** Edits as the library runs them, and the question without them. */
interface Planned {
  readonly clean: CleanRun;
  readonly options: EditOptions;
  /** As text. */
  readonly interventions: readonly string[];
}

const DRAWS = 5;

/** Asks a model, one thing at a time. Keeps runs as plain numbers and no tensor. */
export class LabSession {
  readonly #model: LatentModel;
  readonly #runs: CleanRuns;
  readonly #turns = new Turns();
  readonly #draws: number;
  #last: Last | null = null;
  /** What edits are checked against. */
  readonly facts: LabFacts;

  /** @param model stays the caller's, who disposes it. */
  constructor(model: LatentModel, { reference = REFERENCE_QUESTIONS, draws = DRAWS }: SessionOptions = {}) {
    this.#model = model;
    this.#runs = new CleanRuns(model);
    this.#draws = draws;
    const { name, blocks, heads, latents, dModel, dHead, feedback, hasBos } = modelView(model);
    const sizes = { blocks, heads, latents, width: dModel, headWidth: dHead };
    this.facts = {
      model: name,
      ...sizes,
      reference,
      feedback,
      hasBos,
      load: name === EMBEDDED_MODEL ? {} : loadOf(model),
    };
  }

  /**
   * Answers a question without edits.
   *
   * @throws UsageError for a blank question; BadInputError for one that the tokenizer cannot read; the signal's reason.
   */
  open(question: string, { signal }: Stoppable = {}): Promise<CleanView> {
    return this.#turns.take(async () => (await this.#runs.of(question)).view, signal);
  }

  /** Opens a cell of block × latent. @throws UsageError where the model has none such. */
  cell(question: string, { block, latent, signal }: CellOptions): Promise<CellView> {
    return this.#turns.take(async () => {
      this.#check({ block, latent });
      return cellView(this.#model, this.#runs, { question, block, latent, edited: this.#editedOf(question) });
    }, signal);
  }

  /**
   * Answers a question under the edits that are on, beside the answer without them, and then the controls.
   *
   * @throws UsageError for an edit that cannot be; NumericError where numbers stop being finite; the signal's reason.
   */
  run(state: LabState, { signal, onEdited }: RunAsked = {}): Promise<RunView> {
    return this.#turns.take(async () => {
      const started = performance.now();
      const { clean, options, interventions } = await this.#planned(state);
      if (interventions.length === 0) {
        this.#last = null;
        const edited = outcomeOf({ run: clean.result, clean: clean.result });
        return {
          state,
          clean: clean.view,
          edited,
          interventions,
          controls: null,
          durationMs: performance.now() - started,
        };
      }
      await breath(signal);
      const pair = await runEdited(this.#model, { state, clean, options });
      this.#last = { options, pair };
      const view = (controls: ControlsView | null): RunView => ({
        ...{ state, clean: clean.view, edited: outcomeOf(pair), interventions, controls },
        durationMs: performance.now() - started,
      });
      onEdited?.(view(null));
      await breath(signal);
      const random = await randomOutcomes(this.#model, { state, clean, edited: pair, draws: this.#draws });
      await breath(signal);
      const identity = await identityOutcome(this.#model, { state, clean });
      return view({ random, noRandom: random.length === 0 ? NO_PLACE : null, identity });
    }, signal);
  }

  /**
   * Does one operation at every block and latent, without the state's own edits.
   *
   * @throws UsageError for an operation that cannot be; the signal's reason between two batches.
   */
  sweep(state: LabState, options: SweepOptions): Promise<SweepView> {
    return this.#turns.take(async () => {
      const planned = await this.#planned(sweptState(this.#model, state, options));
      return sweep(this.#model, planned, options);
    }, options.signal);
  }

  /** The numbers of saved directions, by name. @throws what their questions' runs throw. */
  directions(
    { directions }: Pick<LabState, "directions">,
    { signal }: Stoppable = {},
  ): Promise<Readonly<Record<string, Float32Array>>> {
    return this.#turns.take(async () => {
      const numbers: [string, Float32Array][] = [];
      for (const [name, saved] of Object.entries(directions))
        numbers.push([name, await directionNumbers(saved, (question, sites) => this.#runs.captured(question, sites))]);
      return Object.fromEntries(numbers);
    }, signal);
  }

  /** Attention of all heads of a block. @throws UsageError where the model has no such block, or no edits were run. */
  attention(question: string, { block, run = "clean", signal }: AttentionOptions): Promise<AttentionView> {
    return this.#turns.take(async () => {
      this.#check({ block });
      const result =
        run === "clean" ? (await this.#runs.of(question)).result : await this.#editedPattern(question, block);
      return attentionView(this.#model, result, { block, run });
    }, signal);
  }

  #check(asked: { readonly block: number; readonly latent?: number }): void {
    for (const [what, value] of Object.entries(asked)) {
      const count = what === "block" ? this.facts.blocks : this.facts.latents;
      if (!Number.isInteger(value) || value < 0 || value >= count)
        throw new UsageError(
          count === 0
            ? `There is no ${what} ${value}: the model has none`
            : `There is no ${what} ${value}, the model has ${count}`,
          count === 0 ? "look at its attention, or edit an edge of that" : `choose one from 0 to ${count - 1}`,
        );
    }
  }

  async #planned(state: LabState): Promise<Planned> {
    const planned = toRun(state, this.facts);
    const clean = await this.#runs.of(state.question);
    const options = await runOptions(planned, (question, sites) => this.#runs.captured(question, sites));
    return { clean, options, interventions: planned.interventions };
  }

  #editedOf(question: string): RunResult | null {
    return this.#last?.pair.run.question === question ? this.#last.pair.run : null;
  }

  async #editedPattern(question: string, block: number): Promise<RunResult> {
    const last = this.#last;
    if (last === null || last.pair.run.question !== question)
      throw new UsageError("The question was not run under edits", "make an edit first, or look at the clean run");
    return this.#model.run(question, {
      ...limitOf(this.#model, question),
      ...last.options,
      capture: [`blocks.${block}.attn.hook_pattern`],
    });
  }
}

/** What was decided of a model, said in full: a program or a command then decides nothing anew. What its own files state stays with them. */
function loadOf({ protocol, because, codi }: LatentModel): LoadFacts {
  const isStated = codi.numLatents === 0 || because.latents === STATED;
  return { protocol, ...(isStated ? {} : { latents: codi.numLatents }) };
}

const STATED = "codi.json says so";
const NO_PLACE = "Neither run has a position that the edits act at, so no random direction stands beside them.";
