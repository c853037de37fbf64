/**
 * Cuts a batch into parts: what is computed and appended together, and computed again together where it was torn. Each is a function of
 * the plan alone and needs no other, so that neither the moment of a kill nor the machine changes what a run ends with.
 */

import { range } from "../../base/range.js";
import { levelCells, stretchLimits } from "../../model/latent/plan/forward-cost.js";
import { limitsFor, mostCellsFor, pack } from "../../model/latent/plan/packing.js";
import { planRows } from "../../model/latent/plan/rows.js";
import { treeCost } from "../../model/latent/plan/tree-cost.js";
import type { Condition } from "../../model/latent/run-types.js";
import { withIdleHooks } from "../../studies/condition.js";
import { plannedCells } from "../../studies/patching/cost.js";
import type { StudyCondition } from "../../studies/study.js";
import { ANSWER_TOKENS, type BatchCost, type Layout } from "./estimate.js";
import { type BatchPlace, mapGroups } from "./map-groups.js";
import { slowSeconds } from "./part-cost.js";
import { byLatents } from "./same-latents.js";

/** One part of a batch. The baseline is run in each; its record comes of the one whose conditions it is among. */
export interface Part {
  /** Places of the problems in the batch, in its order. */
  readonly problems: readonly number[];
  /** Places of the conditions whose records come of it, in the run's order; 0 is the baseline. */
  readonly conditions: readonly number[];
  readonly costs: readonly BatchCost[];
}

/** Seconds that a part may take on a slow machine; a single record that takes longer is a part of its own. */
const MOST_SECONDS = 50;

/** As many parts of it are what reading alone may take. */
const MOST_TO_READ = 10;

type CostOf = (problems: readonly number[], conditions: readonly StudyCondition[]) => BatchCost[];

/** Problems and conditions that run together, as they are cut. */
interface Block {
  readonly problems: readonly number[];
  readonly conditions: readonly StudyCondition[];
  readonly costOf: CostOf;
  /** What reading the baselines costs beside them: it goes with the first of the conditions. */
  readonly readingOf?: (problems: readonly number[]) => BatchCost[];
  /** Its conditions are not parted. */
  readonly isWhole?: boolean;
}

/** How a batch is cut. */
interface PartOptions {
  readonly layout: Layout;
  readonly place?: BatchPlace;
  readonly mostSeconds?: number;
  /** What studies compute when they read a problem's baseline; default: nothing. @param place of the problem in the batch. */
  readonly reading?: (place: number) => BatchCost[];
}

/**
 * @param questions of one batch. @param conditions the baseline first. @param place of the batch in the run; default: it is all of it.
 * @returns the parts in the order in which they run: what is the same for every question, then other numbers of latents, maps of patches,
 *   and what depends on a question.
 */
export function partsOf(
  questions: readonly string[],
  conditions: readonly StudyCondition[],
  { layout, place, mostSeconds = MOST_SECONDS, reading = () => [] }: PartOptions,
): Part[] {
  const [baseline] = conditions;
  if (baseline === undefined) return [];
  const { trained, others } = byLatents(conditions);
  const plain = trained.slice(1).filter(({ forQuestion, patch }) => forQuestion === undefined && patch === undefined);
  const maps = trained.filter(({ patch }) => patch !== undefined);
  const own = trained.filter(({ forQuestion }) => forQuestion !== undefined);
  const textsOf = (problems: readonly number[]): string[] => problems.map((place) => questions[place] ?? "");
  const blocksOf = (rowsEach: number, latents: number, block: Omit<Block, "problems">): Block[] =>
    groupsOf(questions, rowsEach, { ...layout, numLatents: latents }).map((problems) => ({ ...block, problems }));
  const single = ({ length }: readonly unknown[], block: Omit<Block, "problems">): Block[] =>
    length === 0 ? [] : range(questions.length).map((place) => ({ ...block, problems: [place] }));
  const costsOfMaps = mapCosts(baseline, textsOf, layout);
  const leads = blocksOf(plain.length + 1, layout.numLatents, {
    conditions: plain,
    costOf: (problems, some) => packed(textsOf(problems), [baseline, ...some], layout),
    readingOf: (problems) => problems.flatMap(reading),
  });
  const rest: Block[] = [
    ...others.flatMap(({ latents, conditions: [bare, ...mine] }) =>
      blocksOf(mine.length + 1, latents, {
        conditions: conditions.filter((each) => each === bare || mine.includes(each)),
        costOf: (problems, some) => [
          ...packed(textsOf(problems), [baseline], layout),
          ...packed(textsOf(problems), bare === undefined ? some : [bare, ...some.filter((each) => each !== bare)], {
            ...layout,
            numLatents: latents,
          }),
        ],
      }),
    ),
    ...mapGroups(maps, questions.length, place ?? { first: 0, problems: questions.length }).map(
      ({ problems, conditions: some, isIdle, isWhole }): Block => ({
        isWhole,
        problems,
        conditions: some,
        costOf: isIdle ? () => [] : costsOfMaps,
      }),
    ),
    ...single(own, {
      conditions: own,
      costOf: (problems, some) =>
        problems.flatMap((place) => {
          const question = questions[place] ?? "";
          return packed([question], [baseline, ...acting(some, layout.tokensOf(question))], layout);
        }),
    }),
  ];
  const placeOf = new Map(conditions.map((each, place) => [each, place]));
  const partOf = ({ problems, conditions: mine, costs }: Piece, hasBaseline: boolean): Part => ({
    problems,
    conditions: [...(hasBaseline ? [0] : []), ...mine.flatMap((each) => placeOf.get(each) ?? [])],
    costs,
  });
  const rule = { mostSeconds, config: layout.config };
  return [
    ...leads.flatMap((lead) => {
      const pieces = cut(lead, rule);
      // The first piece of each problem has its baseline.
      return pieces.map((piece, i) => partOf(piece, piece.problems[0] !== pieces[i - 1]?.problems[0]));
    }),
    ...rest.flatMap((each) => cut(each, rule).map((piece) => partOf(piece, false))),
  ];
}

interface Piece extends Pick<Block, "problems" | "conditions"> {
  readonly costs: readonly BatchCost[];
}

/** Problems are parted first: a problem whose conditions are parted runs its baseline once more for each part. */
function cut(block: Block, rule: { readonly mostSeconds: number; readonly config: Layout["config"] }): Piece[] {
  const { readingOf, ...unread } = block;
  const { problems, conditions, costOf } = unread;
  const { mostSeconds, config } = rule;
  const costs = costOf(problems, conditions);
  const reading = readingOf?.(problems) ?? [];
  const whole: Piece = { problems, conditions, costs: [...costs, ...reading] };
  const [seconds, more] = [slowSeconds(costs, config), slowSeconds(reading, config)];
  // Problems are read one by one: where that is most of the work, smaller parts cost nothing, and no worker waits for another.
  const isMostlyRead = more > Math.max(seconds, mostSeconds / MOST_TO_READ);
  if (seconds + more <= mostSeconds && !(isMostlyRead && problems.length > 1)) return [whole];
  if (problems.length > 1) return stretches(problems, 2).flatMap((some) => cut({ ...block, problems: some }, rule));
  if (seconds <= mostSeconds || conditions.length <= 1 || block.isWhole === true) return [whole];
  const base = slowSeconds(costOf(problems, []), config);
  const pieces = Math.ceil((seconds - base) / Math.max(mostSeconds - base, mostSeconds / 4));
  return stretches(conditions, Math.min(conditions.length, Math.max(2, pieces))).flatMap((some, i) =>
    cut({ ...(i === 0 ? block : unread), conditions: some }, rule),
  );
}

/** As many stretches of nearly the same length. */
function stretches<T>(values: readonly T[], pieces: number): T[][] {
  const edge = (piece: number): number => Math.round((piece * values.length) / pieces);
  return range(pieces).map((piece) => values.slice(edge(piece), edge(piece + 1)));
}

/** Questions that the model packs as rows of one batch. */
function groupsOf(questions: readonly string[], rowsEach: number, layout: Layout): number[][] {
  if (layout.batchProblems === 1) return range(questions.length).map((place) => [place]);
  const lengths = questions.map((question) => layout.promptOf(question).length);
  return pack(lengths, rowsEach + 1, limitsOf(layout)).map((places) => [...places].sort((a, b) => a - b));
}

function limitsOf({ config, rows, numLatents, maxNewTokens }: Layout): ReturnType<typeof limitsFor> {
  return limitsFor(config, rows, numLatents + 2 + maxNewTokens);
}

function acting(own: readonly StudyCondition[], tokens: readonly string[]): Condition[] {
  return own
    .map((each) => ({ name: each.name, interventions: each.forQuestion?.(tokens) ?? [] }))
    .filter(({ interventions }) => interventions.length > 0);
}

/** A map's cells are laid out alike for every question, so that its length tells their cost. */
function mapCosts(
  baseline: StudyCondition,
  textsOf: (problems: readonly number[]) => string[],
  layout: Layout,
): CostOf {
  const known = new Map<string, BatchCost[]>();
  return (problems, some) =>
    textsOf(problems).flatMap((question) => {
      const key = [layout.promptOf(question).length, ...some.map(({ name }) => name)].join("|");
      const costs =
        known.get(key) ?? packed([question], [baseline, ...plannedCells(some, layout.config, layout)], layout);
      known.set(key, costs);
      return costs;
    });
}

function packed(
  questions: readonly string[],
  conditions: readonly (Condition & Pick<StudyCondition, "hooked">)[],
  layout: Layout,
): BatchCost[] {
  const { config, numLatents, eotTokens } = layout;
  const lengths = questions.map((question) => layout.promptOf(question).length);
  return pack(lengths, conditions.length + 1, limitsOf(layout)).map((places) => {
    const batch = {
      questions: places.map((place) => questions[place] ?? ""),
      conditions: conditions.map(withIdleHooks),
    };
    const planned = planRows(batch, layout.promptOf, {
      ...{ numLatents, layers: config.layers, family: config.family },
      levelCells: levelCells(config),
    });
    return {
      ...treeCost(planned, {
        ...{ eotTokens, answerTokens: ANSWER_TOKENS },
        ...stretchLimits(config, mostCellsFor(config)),
      }),
      latents: numLatents,
      prompts: planned.rows.map(({ promptIds }) => promptIds.length),
    };
  });
}
