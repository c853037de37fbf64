/** Equations of two numbers: as a solution writes them, as the search finds them, and when two chains of them are the same. */

/** In the order in which equals are tried. */
export const SIGNS = ["+", "−", "×", "÷"] as const;

/** One of the four operations. */
export type Sign = (typeof SIGNS)[number];

/** `left sign right = value`. */
export interface Equation {
  readonly left: number;
  readonly sign: Sign;
  readonly right: number;
  readonly value: number;
}

const WRITTEN: Readonly<Record<string, Sign>> = {
  "+": "+",
  "-": "−",
  "−": "−",
  "*": "×",
  "×": "×",
  x: "×",
  "/": "÷",
  "÷": "÷",
};
const NUMBER = String.raw`\$?(\d+(?:\.\d*)?|\.\d+)`;
const EQUATION = new RegExp(String.raw`^${NUMBER}\s*([-−+*×x/÷])\s*${NUMBER}\s*=\s*${NUMBER}$`, "u");

/**
 * A marked step such as `48/2=24`.
 *
 * @returns null where it is anything but two numbers, a sign and a value: `16-3-4=9`, `50%*8=4`.
 */
export function equationOf(text: string): Equation | null {
  const [, left, sign = "", right, value] = EQUATION.exec(text.trim().replaceAll(/(?<=\d),(?=\d{3})/g, "")) ?? [];
  const known = WRITTEN[sign];
  return known === undefined ? null : { left: Number(left), sign: known, right: Number(right), value: Number(value) };
}

/** The value of an operation; NaN of a division by 0. */
export function resultOf({ left, sign, right }: Omit<Equation, "value">): number {
  switch (sign) {
    case "+":
      return left + right;
    case "−":
      return left - right;
    case "×":
      return left * right;
    case "÷":
      return right === 0 ? Number.NaN : left / right;
  }
}

/** Are these the same equations in the same order? What is added or multiplied may change places. */
export function isSameChain(one: readonly Equation[], other: readonly Equation[]): boolean {
  return one.length === other.length && one.every((each, i) => isSame(each, other[i]));
}

function isSame(one: Equation, other: Equation | undefined): boolean {
  if (other === undefined || one.sign !== other.sign || one.value !== other.value) return false;
  if (one.left === other.left && one.right === other.right) return true;
  return (one.sign === "+" || one.sign === "×") && one.left === other.right && one.right === other.left;
}

/** `18 − 2 = 16`. */
export function equationText({ left, sign, right, value }: Equation): string {
  return `${left} ${sign} ${right} = ${value}`;
}
