/**
 * From EOT to the answers. The clean rows are decoded first; every other row is given its question's clean answer in one forward and
 * decoded only from where it stops agreeing, which gives the same tokens as decoding it from the start.
 */

import { Ascent } from "../../decoder/ascent.js";
import type { KvCache } from "../../decoder/kv-cache.js";
import { identity } from "../../decoder/row-map.js";
import type { Position, Step } from "../../hooks/step.js";
import type { Tensor2D } from "../../tensor/tf.js";
import { answerParts, type Part } from "../plan/answer-parts.js";
import type { Group } from "../plan/row-tree.js";
import { type AnswerKeys, laterStep } from "../plan/steps.js";
import { AnswerBook } from "./answer-book.js";
import { type ForcedPass, forcedPass, type TokensOf } from "./forced-pass.js";
import { forwardOnce, type LoopRun, type LoopState } from "./loop.js";
import { piecesOf } from "./pieces.js";
import { cleanCells, readForced } from "./read-forced.js";
import { RowTargets } from "./row-targets.js";
import { scoreRest } from "./score-rest.js";
import { Scorer } from "./scorer.js";
import { readTop, type TopTokens } from "./top-tokens.js";

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
  readonly #book: AnswerBook;
  readonly #targets: RowTargets;
  readonly #scorer: Scorer | null;

  constructor(run: LoopRun, state: LoopState) {
    this.#run = run;
    this.#state = state;
    this.#book = new AnswerBook(run);
    this.#targets = new RowTargets(this.#book);
    this.#scorer = run.options.targetOf === null ? null : new Scorer(run.head, run.options.scoreFirstToken);
  }

  dispose(): void {
    this.#scorer?.dispose();
  }

  async run(): Promise<void> {
    const { plan, options, counts } = this.#run;
    const { leaders, followers } = answerParts(plan, this.#state.groups, options.verify);
    const known: TokensOf = (id) => this.#book.knownAnswer(id);
    for (const piece of piecesOf(leaders, this.#run, known)) await this.#answerPart(piece, known);
    const clean: TokensOf = (id) => this.#book.cleanAnswer(id);
    for (const piece of piecesOf(followers, this.#run, clean)) {
      counts.verified += piece.rows;
      await this.#answerPart(piece, clean);
    }
    if (this.#scorer !== null)
      await scoreRest(this.#book, this.#state, { targets: this.#targets, scorer: this.#scorer });
  }

  /**
   * Feeds EOT and `given` answer tokens to some rows, takes what agrees, and decodes on from there.
   *
   * @param given the clean answer of a row's question, or nothing.
   */
  async #answerPart(part: Part, given: TokensOf): Promise<void> {
    const cache = this.#state.cache.select(part.order);
    const forced = forcedPass(this.#run, cache, { part, tokensOf: given, counts: true });
    try {
      const [scorer, targets] = [this.#scorer, this.#targets];
      const scores = scorer === null ? null : { scorer, targets, targetOf: (id: number) => targets.free(id) };
      const tops = await readForced(this.#book, forced, scores);
      const kept = this.#take(forced, tops, given);
      const width = forced.step.columns;
      const eot = this.#run.model.eotIds.length;
      const keptOf = new Map(forced.groups.map(({ lead }, place) => [lead, kept[place] ?? 0]));
      await this.#decode({
        cache: forced.cache.truncated(
          width,
          kept.map((tokens) => eot + tokens),
        ),
        groups: forced.groups,
        going: forced.groups.flatMap((group, place) => (this.#book.goesOn(group) ? [place] : [])),
        keys: { width: width - eot, kept: (id) => keptOf.get(id) ?? 0 },
      });
    } finally {
      forced.dispose();
    }
  }

  /** Takes of each row's predictions what agrees with the given tokens, and the first that does not. @returns tokens kept as fed. */
  #take({ groups, cells }: ForcedPass, tops: readonly TopTokens[], given: TokensOf): number[] {
    const kept = groups.map(() => 0);
    const done = groups.map(() => false);
    for (const [i, { place, index }] of cells.entries()) {
      const group = groups[place];
      const top = tops[i];
      if (done[place] === true || group === undefined || top === undefined) continue;
      const wanted = given(group.lead);
      const token = this.#book.accept(this.#book.of(group), top);
      const agrees = token !== null && token === wanted[index];
      const last = index >= wanted.length - 1;
      done[place] = !agrees || last;
      if (agrees && !last) kept[place] = index + 1;
      if (agrees && last) this.#run.counts.agreed += 1;
    }
    for (const [place, group] of groups.entries()) {
      this.#book.share(group);
      for (const id of group.rows) this.#run.options.hooks.retract(id, kept[place] ?? 0);
    }
    return kept;
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
          groups = going.map((place) => groups[place] as Group);
          going = identity(groups.length);
        }
        const step = this.#decodeStep(groups, new Set(going), start.keys);
        const fed = groups.map((group) => this.#book.of(group).ids.at(-1) ?? 0);
        const next = forwardOnce(this.#run, this.#run.model.decoder.embed(fed), { cache, ascent: Ascent.flat(step) });
        cache.dispose();
        cache = next.cache;
        try {
          await this.#acceptNext(next.hidden, step, { groups, going });
        } finally {
          next.hidden.dispose();
        }
        going = going.filter((place) => this.#book.goesOn(groups[place] as Group));
      }
    } finally {
      cache.dispose();
    }
  }

  #decodeStep(groups: readonly Group[], going: ReadonlySet<number>, answerKeys: AnswerKeys): Step {
    const fed = groups.map((group, place): Position[] =>
      going.has(place) ? [{ part: "answer", index: this.#book.of(group).ids.length - 1 }] : [],
    );
    const earliest = Math.min(...fed.flatMap((cells) => cells.map(({ index }) => index)));
    return laterStep(this.#run.frame, groups, { label: `answer.${earliest}`, fed, counts: true, answerKeys });
  }

  async #acceptNext(
    hidden: Tensor2D,
    step: Step,
    { groups, going }: { readonly groups: readonly Group[]; readonly going: readonly number[] },
  ): Promise<void> {
    const groupAt = (place: number): Group => groups[place] as Group;
    const cells = going.map((place) => ({ place, index: this.#book.of(groupAt(place)).ids.length, cell: place }));
    this.#scorer?.hold(hidden, cleanCells(this.#book, groups, cells));
    await this.#run.head.read({ hidden, step, cells: going }, async (logits, from) => {
      const tops = await readTop(logits, 2);
      for (const [i, { place }] of cells.slice(from, from + tops.length).entries()) {
        const top = tops[i];
        if (top === undefined) continue;
        this.#book.accept(this.#book.of(groupAt(place)), top);
        this.#book.share(groupAt(place));
      }
    });
  }
}
