/** Two answers of one problem side by side, with what differs. */

import { answerOf, type PageRun } from "./counts.js";
import { differingPart } from "./difference.js";
import { type DropDown, element, type Option, setOptions } from "./dom.js";
import type { PageProblem } from "./page-data.js";

/** @returns every run as a choice, the baseline first; those that give another answer say so. */
export function runOptions(problem: PageProblem, runs: readonly PageRun[]): Option[] {
  const named = runs.map(({ key, study, name }): Option => {
    const found = answerOf(problem, key);
    const end = found === null ? " (not run)" : found.answer === problem.answer ? "" : " ≠";
    return { value: key, text: `${name}${end}`, group: study };
  });
  return [{ value: "baseline", text: "baseline" }, ...named];
}

/** The first run that breaks the answer, or changes it, or the first of all: the one worth looking at. */
export function tellingRun(problem: PageProblem, runs: readonly PageRun[]): string {
  const has = (test: (answer: { answer: string; right: boolean }) => boolean): string | undefined =>
    runs.find(({ key }) => {
      const found = answerOf(problem, key);
      return found !== null && test(found);
    })?.key;
  return (
    has(({ right }) => problem.right && !right) ??
    has(({ answer }) => answer !== problem.answer) ??
    runs[0]?.key ??
    "baseline"
  );
}

/** What two runs are compared with. */
export interface Pair {
  readonly left: DropDown;
  readonly right: DropDown;
  readonly keys: readonly [left: string, right: string];
  readonly runs: readonly PageRun[];
}

/** @returns both answers; what differs is marked in each. */
export function comparison(problem: PageProblem, { left, right, keys, runs }: Pair): HTMLElement {
  const options = runOptions(problem, runs);
  setOptions(left.select, options, keys[0]);
  setOptions(right.select, options, keys[1]);
  const [one, other] = keys.map((key) => answerOf(problem, key));
  const text = (answer: { readonly answer: string } | null | undefined): string => answer?.answer ?? "";
  const side = (choice: DropDown, mine: typeof one, yours: typeof one): HTMLElement =>
    element(
      "div",
      {},
      choice.whole,
      mine === null || mine === undefined
        ? element("p", { class: "meta" }, "This problem was not run under that condition.")
        : element(
            "p",
            { class: "said" },
            yours === null ? mine.answer : marked(text(yours), mine.answer),
            element("span", { class: "meta" }, mine.right ? " – right" : " – wrong"),
          ),
    );
  return element("div", { class: "pair" }, side(left, one, other), side(right, other, one));
}

/** @returns an answer with what differs from another one marked. */
export function marked(other: string, answer: string): Node {
  const whole = element("span", { class: "wrap" });
  const shown = (text: string): string => (text === "" ? "(empty)" : text);
  if (answer === other) whole.append(shown(answer));
  else {
    const [before, middle, after] = differingPart(other, answer);
    whole.append(before, element("mark", {}, answer === "" ? "(empty)" : middle === "" ? "(left out)" : middle), after);
  }
  return whole;
}
