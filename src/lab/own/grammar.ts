/** The word problems that the embedded model was trained on (`weights/tiny-codi/make/problems.py`): its words and its sentences. */

/** Who the problems are about. */
export const NAMES = ["Tom", "Ann", "Ben", "Mia", "Sam", "Lily", "Jack", "Emma", "Noah", "Zoe", "Max", "Ruth"] as const;
/** What is counted. */
export const ITEMS = [
  ...["apples", "books", "coins", "cards", "pens"],
  ...["eggs", "stamps", "marbles", "shells", "stickers"],
] as const;
/** What it comes in. */
export const BOXES = ["boxes", "bags", "packs", "jars"] as const;
/** Numbers in a question, and the running total. */
export const NUMBERS = { least: 1, most: 20, mostTotal: 60 } as const;
/** Steps of a problem. */
export const MOST_STEPS = 6;

/** The numbers of a sentence; 0 where it has none. */
export interface StepNumbers {
  readonly a: number;
  readonly b: number;
}

/** A sentence, and what it does to the running total: the totals after its steps. */
export interface Step {
  /** The sentence, with `{n}` the name, `{it}` the item, `{box}` a container, `{a}` and `{b}` numbers. */
  readonly template: string;
  readonly totals: (total: number, numbers: StepNumbers) => readonly number[];
  /** Bounds of its numbers. */
  readonly a?: readonly [number, number];
  readonly b?: readonly [number, number];
}

const plus = (template: string): Step => ({ template, totals: (total, { b }) => [total + b], b: [1, 12] });
const minus = (template: string): Step => ({ template, totals: (total, { b }) => [total - b], b: [1, 12] });

/** How a problem begins. A number of its own is no step; boxes times items are one. */
export const STARTS: readonly Step[] = [
  { template: "{n} has {b} {it}.", totals: () => [], b: [2, 20] },
  { template: "{n} has {a} {box} with {b} {it} in each.", totals: (_, { a, b }) => [a * b], a: [2, 6], b: [2, 9] },
];

/** How it goes on. */
export const STEPS: readonly Step[] = [
  ...[
    "{n} buys {b} more.",
    "{n} finds {b} more.",
    "{n} gets {b} more from a friend.",
    "Then {n} picks up {b} more.",
  ].map(plus),
  ...["{n} gives away {b}.", "{n} loses {b}.", "{n} sells {b}.", "Then {n} uses {b}."].map(minus),
  { template: "Then {n} doubles the {it}.", totals: (total) => [total * 2] },
  { template: "Then {n} gives away half.", totals: (total) => [total / 2] },
  {
    template: "{n} buys {a} {box} with {b} {it} in each.",
    totals: (total, { a, b }) => [a * b, total + a * b],
    a: [2, 5],
    b: [2, 9],
  },
];

/** How it ends. */
export const END = "How many {it} does {n} have now?";

/** Every word of the sentences above, as it is spelt there. */
export const WORDS: ReadonlySet<string> = new Set([
  ...NAMES,
  ...ITEMS,
  ...BOXES,
  ...[...STARTS, ...STEPS]
    .map(({ template }) => template)
    .concat(END)
    .flatMap((template) => template.replace(/\{\w+\}/g, " ").match(/\p{L}+/gu) ?? []),
]);
