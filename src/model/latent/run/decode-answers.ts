/**
 * From EOT to the answers. The clean rows are decoded first; every other row is given its question's clean answer in one forward and
 * decoded only from where it stops agreeing, which gives the same tokens as decoding it from the start.
 */

import { Ascent } from "../../decoder/ascent.js";
import type { KvCache } from "../../decoder/kv-cache.js";
import { identity } from "../../decoder/row-map.js";
import type { Position, Step } from "../../hooks/step.js";
import type { Tensor2D } from "../../tensor/tf.js";
import type { Group } from "../plan/row-tree.js";
import { isDecodedFirst } from "../plan/rows.js";
import { type AnswerKeys, laterStep } from "../plan/steps.js";
import { type ForcedCell, type ForcedPass, forcedPass } from "./forced-pass.js";
import { forwardOnce, type LoopRun, type LoopState, type RowOutcome } from "./loop.js";
import { type Part, type Piece, partOf, piecesOf } from "./pieces.js";
import { Scorer, type ScoreTarget } from "./scorer.js";
import { nonFinite, readTop, type TopTokens } from "./top-tokens.js";

/** Runs all rows of a state to their answers and scores; both go to the run's outcomes. @param state borrowed. */
export async function answerAll(run: LoopRun, state: LoopState): Promise<void> {
  const answers = new Answers(run, state);
  try {
    await answers.run();
  } finally {
    answers.dispose();
  }
}

class Answers {
  readonly #run: LoopRun;
  readonly #state: LoopState;
  readonly #scorer: Scorer | null;
  readonly #targets = new Map<number, ScoreTarget | null>();

  constructor(run: LoopRun, state: LoopState) {
    this.#run = run;
    this.#state = state;
    this.#scorer = run.options.targetOf === null ? null : new Scorer(run.readout, run.options.scoreFirstToken);
  }

  dispose(): void {
    this.#scorer?.dispose();
  }

  async run(): Promise<void> {
    const { plan, options } = this.#run;
    const isLeader = (group: Group, id: number): boolean => !options.verify || isDecodedFirst(plan, group, id);
    const { groups } = this.#state;
    const split = (leaders: boolean): Part =>
      partOf(groups.map((group) => group.filter((id) => isLeader(group, id) === leaders)));
    const [leaders, followers] = [split(true), split(false)];
    const known = (id: number): readonly number[] => this.#known(id);
    for (const piece of this.#pieces(leaders, known)) await this.#answerPart(piece, known);
    const clean = (id: number): readonly number[] => this.#cleanAnswer(id)?.ids ?? [];
    for (const piece of this.#pieces(followers, clean)) {
      this.#run.counts.verified += piece.rows;
      await this.#answerPart(piece, clean);
    }
    await this.#scoreRest();
  }

  /** The clean answer as far as it is known beforehand; nothing where rows must be decoded token by token. */
  #known(id: number): readonly number[] {
    const { plan, options, model } = this.#run;
    if (!options.verify || plan.plainRows.size > 0) return [];
    const known = options.knownAnswer(plan.rows[id]?.question ?? -1).slice(0, options.maxNewTokens);
    const end = known.findIndex((token) => model.protocol.stops(token, model.ids));
    return end < 0 ? known : known.slice(0, end + 1);
  }

  /** What the clean row of a row's question answered; null where it failed or there is none. */
  #cleanAnswer(id: number): RowOutcome | null {
    const outcome = this.#run.outcomes[this.#cleanRowOf(id) ?? -1];
    return outcome === undefined || outcome.failure !== null ? null : outcome;
  }

  #cleanRowOf(id: number): number | null {
    return this.#run.plan.cleanRows[this.#run.plan.rows[id]?.question ?? -1] ?? null;
  }

  /**
   * Feeds EOT and `given` answer tokens to some rows, takes what agrees, and decodes on from there.
   *
   * @param given the clean answer of a row's question, or nothing.
   */
  async #answerPart({ groups, order }: Part, given: (id: number) => readonly number[]): Promise<void> {
    const { tree } = this.#run.plan;
    const levels = tree.levels(tree.answerStage, groups);
    const forced = await forcedPass(this.#run, this.#state.cache.select(order), levels, given, true);
    try {
      const tops = await this.#readForced(forced, this.#scorer, (id) => this.#freeTarget(id));
      this.#takeScores(forced.groups, this.#scorer);
      const kept = this.#take(forced, tops, given);
      const width = forced.step.columns;
      const eot = this.#run.model.eotIds.length;
      const keptOf = new Map(forced.groups.map((group, place) => [group[0] ?? -1, kept[place] ?? 0]));
      await this.#decode({
        cache: forced.cache.truncated(
          width,
          kept.map((tokens) => eot + tokens),
        ),
        groups: forced.groups,
        going: forced.groups.flatMap((group, place) => (this.#goesOn(group) ? [place] : [])),
        keys: { width: width - eot, kept: (id) => keptOf.get(id) ?? 0 },
      });
    } finally {
      forced.dispose();
    }
  }

  #pieces(part: Part, tokensOf: (id: number) => readonly number[]): Piece[] {
    const { plan, model, options } = this.#run;
    const longest = part.groups.flat().reduce((most, id) => Math.max(most, tokensOf(id).length), 1);
    return piecesOf(part, plan.tree, Math.floor(options.mostCells / (model.eotIds.length + longest - 1)));
  }

  /** Best tokens of each cell of a forced pass, and what the scorer wants of them. */
  async #readForced(
    forced: ForcedPass,
    scorer: Scorer | null,
    targetOf: (id: number) => ScoreTarget | null,
  ): Promise<TopTokens[]> {
    const { cells, groups, hidden, step } = forced;
    const idAt = (place: number): number => groups[place]?.[0] ?? -1;
    scorer?.hold(hidden, this.#cleanCells(groups, cells));
    const tops: TopTokens[] = [];
    await this.#run.readout.read(
      hidden,
      step,
      cells.map(({ cell }) => cell),
      async (logits, from) => {
        const some = await readTop(logits, 2);
        tops.push(...some);
        const scored = cells.slice(from, from + some.length).map(({ place, index }, i) => ({
          id: idAt(place),
          index,
          logSumExp: some[i]?.logSumExp ?? Number.NaN,
        }));
        await scorer?.add(logits, scored, (id) => {
          const target = targetOf(id);
          return target === null ? null : { ...target, cleanRow: this.#cleanRowOf(id) ?? -1 };
        });
      },
    );
    return tops;
  }

  /** Cells of the clean rows among some, which the others are measured from. */
  #cleanCells(groups: readonly Group[], cells: readonly ForcedCell[]): { row: number; index: number; cell: number }[] {
    return cells.flatMap(({ place, index, cell }) => {
      const group = groups[place] ?? [];
      const row = this.#cleanRowOf(group[0] ?? -1);
      return row !== null && group.includes(row) ? [{ row, index, cell }] : [];
    });
  }

  /** Takes of each row's predictions what agrees with the given tokens, and the first that does not. @returns tokens kept as fed. */
  #take({ groups, cells }: ForcedPass, tops: readonly TopTokens[], given: (id: number) => readonly number[]): number[] {
    const kept = groups.map(() => 0);
    const done = groups.map(() => false);
    for (const [i, { place, index }] of cells.entries()) {
      const [id = -1] = groups[place] ?? [];
      const outcome = this.#run.outcomes[id];
      const top = tops[i];
      if (done[place] === true || outcome === undefined || top === undefined) continue;
      const wanted = given(id);
      const token = this.#accept(outcome, top, index);
      const agrees = token !== null && token === wanted[index];
      const last = index >= wanted.length - 1;
      done[place] = !agrees || last;
      if (agrees && !last) kept[place] = index + 1;
      if (agrees && last) this.#run.counts.agreed += 1;
    }
    for (const [place, group] of groups.entries()) {
      this.#share(group);
      for (const id of group) this.#run.options.hooks.retract(id, kept[place] ?? 0);
    }
    return kept;
  }

  /** Adds a prediction to a row's answer; null where it was not finite. */
  #accept(outcome: RowOutcome, top: TopTokens, index: number): number | null {
    const { model } = this.#run;
    outcome.failure ??= nonFinite(top, index === 0 ? "eot" : `answer.${index - 1}`);
    const [token] = top.ids;
    if (outcome.failure !== null || token === undefined) return null;
    outcome.ids.push(token);
    outcome.tops.push(top);
    if (model.protocol.stops(token, model.ids)) outcome.finish = "eos";
    return token;
  }

  #goesOn(group: Group): boolean {
    const outcome = this.#run.outcomes[group[0] ?? -1];
    if (outcome === undefined || outcome.failure !== null) return false;
    return outcome.finish !== "eos" && outcome.ids.length < this.#run.options.maxNewTokens;
  }

  /** All rows of a group have the answer of its first. */
  #share(group: Group): void {
    const [id = -1, ...others] = group;
    const outcome = this.#run.outcomes[id];
    if (outcome === undefined) return;
    const { ids, tops, finish, failure } = outcome;
    for (const other of others) Object.assign(this.#run.outcomes[other] ?? {}, { ids, tops, finish, failure });
  }

  /** Decodes token by token. Consumes the cache. */
  async #decode(start: {
    readonly cache: KvCache;
    readonly groups: readonly Group[];
    readonly going: readonly number[];
    readonly keys: AnswerKeys;
  }): Promise<void> {
    let { cache, groups, going } = start;
    try {
      while (going.length > 0) {
        // Rows that have finished only cost; once they are half of the batch, going on without them pays.
        if (going.length * 2 <= groups.length) {
          const smaller = cache.select(going);
          cache.dispose();
          cache = smaller.flatten();
          smaller.dispose();
          groups = going.map((place) => groups[place] ?? []);
          going = identity(groups.length);
        }
        const step = this.#decodeStep(groups, new Set(going), start.keys);
        const fed = groups.map((group) => this.#run.outcomes[group[0] ?? -1]?.ids.at(-1) ?? 0);
        const next = await forwardOnce(this.#run, this.#run.model.decoder.embed(fed), cache, Ascent.flat(step));
        cache.dispose();
        cache = next.cache;
        try {
          await this.#acceptNext(next.hidden, step, groups, going);
        } finally {
          next.hidden.dispose();
        }
        going = going.filter((place) => this.#goesOn(groups[place] ?? []));
      }
    } finally {
      cache.dispose();
    }
  }

  #decodeStep(groups: readonly Group[], going: ReadonlySet<number>, answerKeys: AnswerKeys): Step {
    const lengths = groups.map((group) => this.#run.outcomes[group[0] ?? -1]?.ids.length ?? 1);
    const fed = groups.map((_, place): Position[] =>
      going.has(place) ? [{ part: "answer", index: (lengths[place] ?? 1) - 1 }] : [],
    );
    const earliest = Math.min(...fed.flatMap((cells) => cells.map(({ index }) => index)));
    return laterStep(this.#run.frame, groups, { label: `answer.${earliest}`, fed, counts: true, answerKeys });
  }

  async #acceptNext(hidden: Tensor2D, step: Step, groups: readonly Group[], going: readonly number[]): Promise<void> {
    const outcomeAt = (place: number): RowOutcome | undefined => this.#run.outcomes[groups[place]?.[0] ?? -1];
    const cells = going.map((place) => ({ place, index: outcomeAt(place)?.ids.length ?? 0, cell: place }));
    this.#scorer?.hold(hidden, this.#cleanCells(groups, cells));
    await this.#run.readout.read(hidden, step, going, async (logits, from) => {
      const tops = await readTop(logits, 2);
      for (const [i, top] of tops.entries()) {
        const place = going[from + i] ?? -1;
        const outcome = outcomeAt(place);
        if (outcome === undefined) continue;
        this.#accept(outcome, top, outcome.ids.length);
        this.#share(groups[place] ?? []);
      }
    });
  }

  /** Scores the clean rows, and by a pass of their own the rows whose target is not their clean answer's beginning. */
  async #scoreRest(): Promise<void> {
    if (this.#scorer === null) return;
    const { cleanRows, rows } = this.#run.plan;
    for (const row of cleanRows) if (row !== null) await this.#scoreFromOwnAnswer(row, this.#scorer);
    const open = new Set(
      rows.flatMap(({ question }, id) =>
        this.#run.outcomes[id]?.score === null && this.#targetOf(id) !== null ? [question] : [],
      ),
    );
    const { groups } = this.#state;
    const part = (wanted: (id: number) => boolean): Part =>
      partOf(groups.map((group) => group.filter((id) => open.has(rows[id]?.question ?? -1) && wanted(id))));
    const tokensOf = (id: number): readonly number[] => this.#targetOf(id)?.ids ?? [];
    const whole = this.#pieces(
      part(() => true),
      tokensOf,
    );
    // KL is measured from the clean rows, so they come first where not all fit at once.
    const isClean = (id: number): boolean => cleanRows.includes(id);
    const pieces =
      whole.length <= 1
        ? whole
        : [isClean, (id: number) => !isClean(id)].flatMap((wanted) => this.#pieces(part(wanted), tokensOf));
    const scorer = new Scorer(this.#run.readout, this.#run.options.scoreFirstToken);
    try {
      for (const piece of pieces) await this.#scorePiece(piece, tokensOf, scorer);
    } finally {
      scorer.dispose();
    }
  }

  async #scorePiece(
    { groups, order }: Part,
    tokensOf: (id: number) => readonly number[],
    scorer: Scorer,
  ): Promise<void> {
    const { tree } = this.#run.plan;
    const levels = tree.levels(tree.answerStage, groups);
    const forced = await forcedPass(this.#run, this.#state.cache.select(order), levels, tokensOf, false);
    try {
      await this.#readForced(forced, scorer, (id) => this.#targetOf(id));
      this.#takeScores(forced.groups, scorer);
    } finally {
      forced.dispose();
    }
  }

  #takeScores(groups: readonly Group[], scorer: Scorer | null): void {
    for (const group of groups)
      for (const id of group)
        Object.assign(this.#run.outcomes[id] ?? {}, { score: scorer?.scoreOf(group[0] ?? -1) ?? null });
  }

  async #scoreFromOwnAnswer(row: number, scorer: Scorer): Promise<void> {
    const outcome = this.#run.outcomes[row];
    const target = this.#freeTarget(row);
    if (outcome === undefined || target === null) return;
    const logProb = outcome.tops
      .slice(target.from, target.ids.length)
      .reduce((sum, { logits, logSumExp }) => sum + ((logits[0] ?? Number.NaN) - logSumExp), 0);
    outcome.score = {
      expectedLogProb: Number.isFinite(logProb) ? logProb : null,
      klAtNumber: 0,
      klAtFirst: scorer.atFirst ? 0 : null,
      logitDifference: await scorer.cleanDifference(row, target),
    };
  }

  // A target that is the clean answer's own beginning is scored on what verifying computes anyway.
  #freeTarget(id: number): ScoreTarget | null {
    const target = this.#targetOf(id);
    const clean = this.#cleanAnswer(id);
    if (target === null || clean === null || target.ids.length > clean.ids.length) return null;
    return target.ids.every((token, i) => token === clean.ids[i]) ? target : null;
  }

  #targetOf(id: number): ScoreTarget | null {
    const clean = this.#cleanAnswer(id);
    // Before its question's clean row is answered nothing is known of what its score is of.
    if (this.#run.options.targetOf === null || clean === null || clean.ids.length === 0) return null;
    const question = this.#run.plan.rows[id]?.question ?? -1;
    const known = this.#targets.get(question) ?? this.#run.options.targetOf(question, clean.ids);
    this.#targets.set(question, known);
    return known;
  }
}
