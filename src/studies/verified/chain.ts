/** Forward chaining (Dilgren and Wiegreffe 2026): equations among the numbers that positions name, chained until they end in the answer. */

import { type Equation, resultOf, SIGNS, type Sign } from "./equation.js";
import type { QuestionNumber } from "./question-numbers.js";
import type { NamedNumber } from "./record.js";

/** One equation, and where its value was named. */
export interface ChainStep extends Equation {
  /** Place among the positions. */
  readonly place: number;
  /** Of the value among the head's choices there. */
  readonly rank: number;
}

/** Equations in the order of their positions. Every value but the last is an operand of a later one; the last is the answer. */
export interface Chain extends ChainCost {
  readonly steps: readonly ChainStep[];
}

/** What is searched. */
export interface ChainSource {
  readonly question: readonly QuestionNumber[];
  /** What each position names. */
  readonly numbers: readonly (readonly NamedNumber[])[];
  readonly answer: number;
}

/** What chains are chosen by: the first difference decides, and less is better. */
export interface ChainCost {
  /** Numbers of the question that no step uses, and uses of anything beyond its first. */
  readonly unmatched: number;
  /** Positions before the answer's without a step. */
  readonly passed: number;
  /** Sum of the values' ranks, from 0. */
  readonly ranks: number;
  /** Steps that do not go on with the value of the step before. */
  readonly apart: number;
  /** Three numbers a step: its operands' places, the question's numbers first and then the steps' values, and its sign's. */
  readonly order: readonly number[];
}

/** Uses of a number beyond its first, in a whole chain. */
export const MOST_REUSES = 1;
/** A set of numbers is the bits of one: later mentions of a question are not looked at. */
export const MOST_MENTIONS = 20;
/** For the same reason. */
const MOST_STEPS = 10;

/** A beginning of a chain. */
interface State extends Omit<ChainCost, "unmatched" | "passed"> {
  readonly steps: readonly ChainStep[];
  /** Bits of the items that were used. */
  readonly used: number;
  readonly reuses: number;
}

/** A number that a step may use. */
interface Item extends QuestionNumber {
  /** An earlier mention that is the same to the search, or −1: that one is used first. */
  readonly twin: number;
}

/**
 * The best chain there is; all of them are compared.
 *
 * @param known a chain that is among them, where there is one: the search ends the sooner.
 * @returns null where no chain ends in the answer.
 */
export function bestChain({ question, numbers, answer }: ChainSource, known: Chain | null = null): Chain | null {
  const last = numbers.findLastIndex((named) => named.some(([value]) => value === answer));
  const mentions = itemsOf(question.slice(0, MOST_MENTIONS));
  let best = known;
  let states = new Map<string, State>([["", { steps: [], used: 0, reuses: 0, ranks: 0, apart: 0, order: [] }]]);
  for (let place = 0; place <= last; place++) {
    const next = new Map<string, State>();
    const ranks = new Map(numbers[place]);
    for (const [key, state] of states) {
      if (openValues(state, mentions.length) > last - place + 2) continue;
      if (best !== null && isWorse(leastCost(state, { mentions, place, last }), best)) continue;
      keep(next, { key, state });
      if (state.steps.length === MOST_STEPS) continue;
      for (const made of continued(state, { mentions, place, ranks })) {
        const open = openValues(made, mentions.length);
        if (open > last - place + 1) continue;
        const chain = made.steps.at(-1)?.value === answer && open === 1 ? chainOf(made, { mentions, place }) : null;
        if (chain !== null && (best === null || isWorse(best, chain))) best = chain;
        keep(next, { key: keyOf(made), state: made });
      }
    }
    states = next;
  }
  return best;
}

function itemsOf(question: readonly QuestionNumber[]): Item[] {
  return question.map((each, place) => ({
    ...each,
    twin: question.findLastIndex(
      (other, earlier) =>
        earlier < place && other.value === each.value && other.only === each.only && other.each === each.each,
    ),
  }));
}

/** Beginnings with one key can be continued in the same ways, so the best of them is enough. */
function keyOf({ used, steps }: State): string {
  return `${used} ${steps.map(({ value }) => value).join(" ")}`;
}

function keep(states: Map<string, State>, { key, state }: { readonly key: string; readonly state: State }): void {
  const known = states.get(key);
  if (known === undefined || compare(before(state), before(known)) < 0) states.set(key, state);
}

function before({ reuses, ranks, apart, order }: State): number[] {
  return [reuses, ranks, apart, ...order];
}

/** What no chain from a beginning on can be better than. @param place of the next step, at the earliest. */
function leastCost(
  state: State,
  { mentions, place, last }: { readonly mentions: readonly Item[]; readonly place: number; readonly last: number },
): ChainCost {
  const { steps, ranks, apart, reuses } = state;
  // A step joins two numbers into one, so as many are left over as there are steps too few.
  const over = unusedMentions(state, mentions) + openValues(state, mentions.length) - 1 - (last - place + 1);
  return { unmatched: Math.max(0, over) + reuses, passed: place - steps.length, ranks, apart, order: [] };
}

function isWorse(one: ChainCost, other: ChainCost): boolean {
  return compare(costs(one), costs(other)) > 0;
}

function costs({ unmatched, passed, ranks, apart, order }: ChainCost): number[] {
  return [unmatched, passed, ranks, apart, ...order];
}

/** By the first difference; a list that ends is the lesser. */
function compare(one: readonly number[], other: readonly number[]): number {
  for (const [i, each] of one.entries()) {
    const difference = each - (other[i] ?? Number.NEGATIVE_INFINITY);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

function chainOf(
  state: State,
  { mentions, place }: { readonly mentions: readonly Item[]; readonly place: number },
): Chain {
  const { steps, ranks, apart, order, reuses } = state;
  const unmatched = unusedMentions(state, mentions) + reuses;
  return { steps, unmatched, passed: place + 1 - steps.length, ranks, apart, order };
}

function unusedMentions({ used }: State, { length }: readonly Item[]): number {
  return length - bitsOf(used & ((1 << length) - 1));
}

/** Values of steps that no later step uses. */
function openValues({ used, steps }: State, mentions: number): number {
  return steps.length - bitsOf(used >>> mentions);
}

function bitsOf(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/** Every way to get one of the position's numbers from two that are there. */
function* continued(
  state: State,
  {
    mentions,
    place,
    ranks,
  }: { readonly mentions: readonly Item[]; readonly place: number; readonly ranks: ReadonlyMap<number, number> },
): Iterable<State> {
  const items = [...mentions, ...state.steps.map(({ value }): Item => ({ value, only: null, each: null, twin: -1 }))];
  for (const [j, second] of items.entries())
    for (const [i, first] of items.slice(0, j).entries()) {
      if (!isNext(state, { items, own: i, other: j }) || !isNext(state, { items, own: j, other: i })) continue;
      const reuses = state.reuses + bitsOf(state.used & ((1 << i) | (1 << j)));
      if (reuses > MOST_REUSES) continue;
      for (const [sign, left, right] of readings(first, second)) {
        const value = wholeValue({ left: left.value, sign, right: right.value });
        const rank = ranks.get(value);
        if (rank === undefined) continue;
        // A running value stands before what is added to it.
        const [l, r] =
          (sign === "+" || sign === "×") && i < mentions.length && j >= mentions.length ? [right, left] : [left, right];
        const step = { left: l.value, sign, right: r.value, value, place, rank };
        const follows = state.steps.length === 0 || j === items.length - 1;
        yield {
          steps: [...state.steps, step],
          used: state.used | (1 << i) | (1 << j),
          reuses,
          ranks: state.ranks + rank - 1,
          apart: state.apart + (follows ? 0 : 1),
          order: [...state.order, i, j, orderOf(sign, [first, second])],
        };
      }
    }
}

/** An earlier mention of the same number goes first, unless it is the other operand. */
function isNext(
  { used }: State,
  { items, own, other }: { readonly items: readonly Item[]; readonly own: number; readonly other: number },
): boolean {
  const twin = items[own]?.twin ?? -1;
  return twin < 0 || twin === other || (used & (1 << twin)) !== 0;
}

type Reading = readonly [sign: Sign, left: Item, right: Item];

function readings(first: Item, second: Item): Reading[] {
  const all: Reading[] = [
    ["+", first, second],
    ["−", first, second],
    ["−", second, first],
    ["×", first, second],
    ["÷", first, second],
    ["÷", second, first],
  ];
  return all.filter(
    ([sign, left, right]) =>
      (left.only === null || (left.only === sign && sign !== "÷")) && (right.only === null || right.only === sign),
  );
}

// In a sentence with `each`, two numbers are multiplied before they are added.
function orderOf(sign: Sign, [first, second]: readonly [Item, Item]): number {
  const isEach = first.each !== null && first.each === second.each;
  return isEach && sign === "×" ? -1 : SIGNS.indexOf(sign);
}

/** NaN where it is no whole number. */
function wholeValue(operation: Omit<Equation, "value">): number {
  const value = resultOf(operation);
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-9 ? whole : Number.NaN;
}
