/** Steps of a solution that is given as one equation: SVAMP's `( ( 3.0 + 4.0 ) * 2.0 )`, MultiArith's `X=((3.0+4.0)*2.0)`. */

import { plainNumber } from "../../model/latent/answer/plain-number.js";
import { exactQuotient } from "../../model/latent/answer/step-value.js";
import type { Steps } from "./steps.js";

/**
 * An operation is a step, the innermost first: `3+4=7`, `7*2=14`.
 *
 * @returns null where the text is no arithmetic of plain numbers. A step whose value has no last decimal keeps its place as null, and so do
 *   those that go on with it.
 */
export function equationSteps(text: string): Steps | null {
  const right = text
    .trim()
    .replace(/^[a-z]\s*=/i, "")
    .replace(/=\s*[a-z]$/i, "");
  const tokens = right.match(/\d+(?:\.\d+)?|\S/g) ?? [];
  const reader = new Reader(tokens);
  const whole = reader.sum();
  return whole === null || !reader.isDone ? null : { equations: reader.equations, values: reader.values };
}

/** A number that was written or worked out; `value` null where it is not exact. */
interface Term {
  readonly text: string;
  readonly value: number | null;
}

/** Reads sums of products by descent, and notes every operation as it is worked out. */
class Reader {
  readonly equations: string[] = [];
  readonly values: (number | null)[] = [];
  #place = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get isDone(): boolean {
    return this.#place === this.tokens.length;
  }

  sum(): Term | null {
    return this.#chain(["+", "-"], () => this.#chain(["*", "/"], () => this.#factor()));
  }

  #chain(operators: readonly string[], part: () => Term | null): Term | null {
    let left = part();
    for (let sign = this.tokens[this.#place]; left !== null && sign !== undefined; sign = this.tokens[this.#place]) {
      if (!operators.includes(sign)) break;
      this.#place += 1;
      const right = part();
      left = right === null ? null : this.#worked(left, sign, right);
    }
    return left;
  }

  #factor(): Term | null {
    const token = this.tokens[this.#place++] ?? "";
    if (/^\d/.test(token)) return termOf(finite(Number(token)));
    if (token !== "(") return null;
    const inner = this.sum();
    return this.tokens[this.#place++] === ")" ? inner : null;
  }

  #worked(left: Term, sign: string, right: Term): Term {
    const value = left.value === null || right.value === null ? null : resultOf(left.value, sign, right.value);
    const term = termOf(value);
    this.equations.push(`${left.text}${sign}${right.text}=${term.text}`);
    this.values.push(value);
    return term;
  }
}

function termOf(value: number | null): Term {
  return { text: value === null ? "?" : plainNumber(value), value };
}

// Beyond double precision is unknown.
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function resultOf(left: number, sign: string, right: number): number | null {
  if (sign === "/") return exactQuotient(left, right);
  const [a, b] = [decimalOf(left), decimalOf(right)];
  if (sign === "*") return numberOf({ digits: a.digits * b.digits, places: a.places + b.places });
  const places = Math.max(a.places, b.places);
  const [over, under] = [a, b].map((each) => each.digits * 10n ** BigInt(places - each.places)) as [bigint, bigint];
  return numberOf({ digits: sign === "+" ? over + under : over - under, places });
}

/** `digits / 10^places`. */
interface Decimal {
  readonly digits: bigint;
  readonly places: number;
}

// As it is written: 0.1 + 0.2 is meant in tenths, and long products keep all their digits.
function decimalOf(value: number): Decimal {
  const [whole = "", rest = ""] = plainNumber(value).split(".");
  return { digits: BigInt(whole + rest), places: rest.length };
}

function numberOf({ digits, places }: Decimal): number | null {
  return finite(Number(`${digits}e-${places}`));
}
