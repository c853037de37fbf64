/** The questions of a state by number: 0 the question, 1 its counterfactual, then all others. Each stands in a fragment once. */

import { Refusal, readWhole } from "./words.js";

/** Numbers for questions, and questions for numbers. */
export class Questions {
  readonly #all: string[];
  readonly #own: number;

  /** @param asked the question and its counterfactual. @param further those that are known to come after them. */
  constructor(asked: readonly string[], further: readonly string[] = []) {
    this.#own = asked.length;
    this.#all = [...asked, ...further];
  }

  /** Those beside the question and its counterfactual, in order. */
  get further(): readonly string[] {
    return this.#all.slice(this.#own);
  }

  /** The number of a question; a new one gets the next. */
  numberOf(question: string): number {
    const known = this.#all.indexOf(question);
    return known >= 0 ? known : this.#all.push(question) - 1;
  }

  /** The question of a number, as text. */
  read(text: string): string {
    const question = this.#all[readWhole(text, "the number of a question")];
    if (question === undefined) throw new Refusal(`it refers to question ${text}, and holds ${this.#all.length}`);
    return question;
  }
}
