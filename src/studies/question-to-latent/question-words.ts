/** Which tokens of a question are numbers, operation words and names: closed lists and rules over whole words, with any tokenizer. */

import { range } from "../../base/range.js";

/**
 * Words that say which operation quantities take part in, in lower case. A closed list: what a word means in its sentence is not looked at.
 * Verbs stand in every form; words that are used as much without an operation (`make`, `go`, `cost`, `third` as a place) are left out.
 */
export const OPERATION_WORDS: Readonly<Record<"add" | "subtract" | "multiply" | "divide", ReadonlySet<string>>> = {
  add: words(`
    plus sum total totals totaling altogether combined combine combines together more another additional extra
    add adds added adding increase increases increased increasing gain gains gained gaining
    get gets got getting receive receives received receiving earn earns earned earning win wins won winning
    buy buys bought buying purchase purchases purchased purchasing find finds found finding
    collect collects collected collecting gather gathers gathered gathering pick picks picked picking
    save saves saved saving deposit deposits deposited grow grows grew grown growing older longer taller
    raise raises raised join joins joined
  `),
  subtract: words(`
    minus less fewer left leftover remain remains remained remaining remainder rest difference
    subtract subtracts subtracted decrease decreases decreased decreasing reduce reduces reduced discount discounts
    lose loses lost losing give gives gave given giving away donate donates donated donating
    sell sells sold selling spend spends spent spending pay pays paid paying use uses used using
    eat eats ate eaten eating drink drinks drank drunk take takes took taken taking
    remove removes removed throw throws threw thrown break breaks broke broken die dies died
    younger shorter off
  `),
  multiply: words(`
    times multiply multiplies multiplied each every per apiece
    twice thrice double doubles doubled doubling triple triples tripled tripling quadruple quadruples quadrupled
  `),
  divide: words(`
    half halves halve halved thirds quarter quarters fourths fifths sixths eighths tenths
    divide divides divided dividing split splits splitting share shares shared sharing equally evenly average
    percent percentage %
  `),
};

// Capitals at the beginning of a sentence say nothing of these. No name is among them.
const OPENERS = words(`
  a an the this that these those there here it he she they we you i his her its their our your my mine one ones someone everyone
  everybody anyone nobody each every all both some any many much most few several no none neither either other others another half
  in on at by for from to of with without into onto over under above below between among after before during since until till
  through across along around near behind beside besides within about against as like than per up down out off inside outside
  and but or nor so yet if when whenever while where wherever because although though unless whether once whereas
  how what which who whom whose why
  is are was were be been being am do does did done has have had having will would can could shall should may might must let
  not now then today tomorrow yesterday tonight later next last first second third fourth finally also again already still just only
  however therefore thus instead meanwhile afterwards currently initially originally eventually usually recently suddenly together
  altogether additionally assuming given suppose considering using following starting beginning calculate determine find give
  compute write solve round express answer add
  zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty
  thirty forty fifty sixty seventy eighty ninety hundred thousand million twice
  people children students kids girls boys men women tickets adults teachers
`);
const TITLES = words("mr mrs ms miss dr prof st sir mister uncle aunt grandma grandpa");
const CALENDAR = words(`
  monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays thursdays fridays saturdays sundays
  january february march april may june july august september october november december
`);

/**
 * Positions of the tokens with a digit in them; never the first, which is BOS.
 *
 * @param tokens text of each position.
 * @example
 * ```ts
 * numberPositions(["<s>", "Tom", " has", " 3", " pens", "."]); // → [ 3 ]
 * ```
 */
export function numberPositions(tokens: readonly string[]): number[] {
  return range(tokens.length).filter((i) => i > 0 && /\d/.test(tokens[i] ?? ""));
}

/** Stretches of neighbouring positions: a number may be several tokens. */
export function runsOf(positions: readonly number[]): number[][] {
  const all: number[][] = [];
  for (const position of positions) {
    const last = all.at(-1);
    if (last?.at(-1) === position - 1) last.push(position);
    else all.push([position]);
  }
  return all;
}

/**
 * Positions of the tokens that an operation word lies in.
 *
 * @param tokens text of each position, BOS first.
 * @example
 * ```ts
 * operationPositions(["<s>", "Tom", " buys", " 4", " more", "."]); // → [ 2, 4 ]
 * ```
 */
export function operationPositions(tokens: readonly string[]): number[] {
  const all = Object.values(OPERATION_WORDS);
  return positionsOf(
    tokens,
    wordsOf(tokens).filter(({ text }) => all.some((list) => list.has(text.toLowerCase()))),
  );
}

/**
 * Positions of the tokens that a proper name lies in: of a person, an animal, a place, a firm.
 *
 * A name is a word with one capital letter, at its beginning, that is no title, weekday or month. Where a sentence begins, it must
 * not be a word that often begins one (a closed list), nor stand in small letters elsewhere in the question.
 * @example
 * ```ts
 * namePositions(["<s>", "Tom", " has", " 3", " pens", "."]); // → [ 1 ]
 * ```
 */
export function namePositions(tokens: readonly string[]): number[] {
  const all = wordsOf(tokens);
  const small = new Set(all.map(({ text }) => text).filter((text) => text === text.toLowerCase()));
  const isName = ({ text, beginsSentence }: Word): boolean => {
    if (!/^\p{Lu}\p{Ll}+(\p{Lu}\p{Ll}+)?$/u.test(text)) return false;
    const lower = text.toLowerCase();
    if (TITLES.has(lower) || CALENDAR.has(lower)) return false;
    return !beginsSentence || !(OPENERS.has(lower) || small.has(lower));
  };
  // What is a name in the middle of a sentence is one at its beginning.
  const known = new Set(all.filter((word) => isName(word)).map(({ text }) => text));
  return positionsOf(
    tokens,
    all.filter(({ text }) => known.has(text)),
  );
}

interface Word {
  readonly text: string;
  /** Places in the joined text, `from` inclusive. */
  readonly from: number;
  readonly to: number;
  readonly beginsSentence: boolean;
}

/** Letters in a row, or `%`; `'s` and the like are no words. */
function wordsOf(tokens: readonly string[]): Word[] {
  const text = tokens.slice(1).join("");
  const found: Word[] = [];
  for (const match of text.matchAll(/(?<!\p{L}['’])\p{L}+|%/gu)) {
    const from = match.index;
    const before = found.at(-1);
    const between = text.slice(before?.to ?? 0, from);
    const isAfterTitle = before !== undefined && TITLES.has(before.text.toLowerCase()) && /^\.\s*$/.test(between);
    const beginsSentence = before === undefined || (!isAfterTitle && /[.!?:;\n“"]/.test(between));
    found.push({ text: match[0], from, to: from + match[0].length, beginsSentence });
  }
  return found;
}

/** Every position whose text has at least one character of one of the words, in ascending order. */
function positionsOf(tokens: readonly string[], chosen: readonly Word[]): number[] {
  const taken: number[] = [];
  let at = 0;
  for (const [position, token] of tokens.entries()) {
    if (position === 0) continue;
    const end = at + token.length;
    if (chosen.some(({ from, to }) => from < end && to > at)) taken.push(position);
    at = end;
  }
  return taken;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ""));
}
