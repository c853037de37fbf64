/** Steps of a solution, each in its place, whether or not its value can be read. */

import { stepValue } from "../../model/latent/answer/step-value.js";

/** Steps in order; `values` and `equations` have the same places. */
export interface Steps {
  readonly equations: readonly string[];
  readonly values: readonly (number | null)[];
}

// A mark that is not closed ends at the next one or at the line's end: the steps after it keep their places.
const MARK = /<<(.*?)(?:(>>)|(?=<<)|$)/gm;

/** The steps that a solution marks: `<<48/2=24>>`. None where no mark is closed: then `<<` is something else. */
export function markedSteps(solution: string): Steps {
  const found = [...solution.matchAll(MARK)];
  const isMarked = found.some(([, , end]) => end !== undefined);
  return together(isMarked ? found.map(([, text = "", end]) => step(text, end !== undefined)) : []);
}

/**
 * The steps of a list, an entry each: `<<18-2=16>>`, `18-2=16`, `16 pens` or a number. An entry of several marks is several steps; one that
 * says no value keeps its place.
 */
export function listedSteps(entries: readonly unknown[]): Steps {
  return together(
    entries.flatMap((entry) => {
      const text = typeof entry === "string" ? entry : JSON.stringify(entry);
      const { equations, values } = markedSteps(text);
      return equations.length === 0
        ? [step(text, PLAIN.test(text))]
        : equations.map((equation, place) => ({ equation, value: values[place] ?? null }));
    }),
  );
}

// Nothing but arithmetic before one `=`, or a value alone: prose with sums in it is not taken apart.
const PLAIN = /^[^\p{L}=]*=?[^=]*$/u;

interface Step {
  readonly equation: string;
  readonly value: number | null;
}

function step(equation: string, closed: boolean): Step {
  return { equation, value: closed ? stepValue(equation.slice(equation.lastIndexOf("=") + 1)) : null };
}

function together(steps: readonly Step[]): Steps {
  return { equations: steps.map(({ equation }) => equation), values: steps.map(({ value }) => value) };
}
