/** Where everything sits in one sequence. Nothing outside this file turns a named position into a number. */

import { UsageError } from "../../base/errors.js";
import { printsAs } from "../../base/printing.js";
import { type Address, formatAddress } from "../hooks/address.js";
import { coveredByAny, type Position, positionName } from "../hooks/step.js";

/** How many positions each part has. */
export interface LayoutParts {
  /** BOS and the question's tokens (and EOS before BOT where the protocol wants it). */
  readonly question: number;
  /** 1 under `codi`; 0 under `seed`, whose "token 0" is BOT's embedding. */
  readonly bot: 0 | 1;
  readonly latents: number;
  /** 1, or 2 where EOS follows EOT. */
  readonly eot: number;
  /** Answer tokens that were fed; the last one predicted is not. */
  readonly answer: number;
}

/**
 * The named positions of one sequence: question, BOT, latents, EOT, answer.
 * @example
 * ```ts
 * const { layout } = await model.run(question);
 * layout.names.slice(26, 29); // → [ 'bot', 'latent.0', 'latent.1' ]
 * ```
 */
export class SequenceLayout {
  readonly positions: readonly Position[];

  constructor(readonly parts: LayoutParts) {
    const { question, bot, latents, eot, answer } = parts;
    this.positions = [
      ...run("question", question),
      ...run("bot", bot),
      ...run("latent", latents),
      ...run("eot", eot),
      ...run("answer", answer),
    ];
  }

  /** Number of positions. */
  get length(): number {
    return this.positions.length;
  }

  /** Names in order: `question.0`, …, `bot`, `latent.0`, …, `eot`, `answer.0`. */
  get names(): string[] {
    return this.positions.map(positionName);
  }

  /**
   * @returns place of one position from 0, or null when the sequence has none such.
   * @example
   * ```ts
   * const { layout } = await model.run(question);
   * layout.find({ part: "bot", index: 0 }) === layout.parts.question; // → true
   * ```
   */
  find(position: Position): number | null {
    const { question, bot, latents, eot, answer } = this.parts;
    const place = (before: number, size: number): number | null =>
      position.index < size ? before + position.index : null;
    switch (position.part) {
      case "question":
        return place(0, question);
      case "bot":
        return place(question, bot);
      case "latent":
        return place(question + bot, latents);
      case "eot":
        return place(question + bot + latents, eot);
      case "answer":
        return place(question + bot + latents + eot, answer);
    }
  }

  /**
   * @returns all places that the address covers.
   *
   * @throws UsageError when it covers none.
   * @example
   * ```ts
   * const { layout } = await model.run(question);
   * layout.indicesOf(at.latent()).length; // → 6
   * ```
   */
  indicesOf(address: Address): number[] {
    const places = this.positions.flatMap((position, place) => (coveredByAny([address], position) ? [place] : []));
    if (places.length === 0)
      throw new UsageError(`Address "${formatAddress(address)}" is not in this sequence`, `it has ${this.describe()}`);
    return places;
  }

  /**
   * @returns the one place of an address such as `at.latent(2)`.
   *
   * @throws UsageError when it covers none or several.
   * @example
   * ```ts
   * const { layout } = await model.run(question);
   * layout.indexOf(at.eot) - layout.indexOf(at.bot); // → 7
   * ```
   */
  indexOf(address: Address): number {
    const places = this.indicesOf(address);
    const [only] = places;
    if (places.length !== 1 || only === undefined) {
      throw new UsageError(
        `Address "${formatAddress(address)}" covers ${places.length} positions, wanted one`,
        "give an index",
      );
    }
    return only;
  }

  /**
   * For messages: `question.0–41, bot, latent.0–5, eot, answer.0–6`.
   * @example
   * ```ts
   * const { layout } = await model.run(question);
   * layout.describe(); // → question.0–25, bot, latent.0–5, eot, answer.0–5
   * ```
   */
  describe(): string {
    const { question, bot, latents, eot, answer } = this.parts;
    const range = (part: string, size: number): string[] =>
      size === 0 ? [] : [size === 1 ? `${part}.0` : `${part}.0–${size - 1}`];
    return [
      ...range("question", question),
      ...(bot === 1 ? ["bot"] : []),
      ...range("latent", latents),
      ...(eot > 0 ? ["eot"] : []),
      ...range("answer", answer),
    ].join(", ");
  }
}

printsAs(SequenceLayout.prototype, {
  whole: (layout) => `SequenceLayout ${layout.describe()}`,
  line: (layout) => `SequenceLayout ${layout.describe()}`,
});

function run(part: Position["part"], size: number): Position[] {
  return Array.from({ length: size }, (_, index) => ({ part, index }));
}
