/** A number as a text has it: no exponent. */

/** Digits and exponent of JavaScript's `1.25e-7`. */
const WITH_EXPONENT = /^(?<sign>-?)(?<whole>\d)(?:\.(?<rest>\d+))?e(?<exponent>[+-]\d+)$/;

/**
 * Plain decimals with the fewest digits that give the same double: JavaScript's own, but `1e+21` as `1000000000000000000000` and `5e-7` as
 * `0.0000005`, since no solution is written with an exponent.
 *
 * @param value finite.
 */
export function plainNumber(value: number): string {
  const text = String(value);
  const { sign = "", whole = "", rest = "", exponent } = WITH_EXPONENT.exec(text)?.groups ?? {};
  if (exponent === undefined) return text;
  const digits = whole + rest;
  const point = 1 + Number(exponent);
  return point > 0 ? sign + digits.padEnd(point, "0") : `${sign}0.${"0".repeat(-point)}${digits}`;
}
