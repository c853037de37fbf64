/** What Python's `str.strip()`, `\d` and `float()` take a text for: the reference and the original study are written in it. */

// str.isspace(): wider than JavaScript's \s by U+001C to U+001F and U+0085, and without U+FEFF.
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const OUTER_SPACE = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
// Of the spaces float() turns into blanks those beyond ASCII; of the others it knows what C calls space.
const WIDE_SPACE = /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/g;
const DIGIT = /^\p{Nd}$/u;

/** `text.strip()` as Python has it. */
export function pythonStrip(text: string): string {
  return text.replace(OUTER_SPACE, "");
}

/** Decimal digits of any script as 0 to 9. Python's `\d` matches them all, and `float()` reads them. */
export function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => String(digitValue(digit.codePointAt(0) ?? 0)));
}

// Unicode has the digits of a script as ten in a row, from 0; some rows of ten follow each other.
function digitValue(point: number): number {
  let first = point;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (point - first) % 10;
}

const DIGITS = String.raw`\d+(?:_\d+)*`;
const DECIMAL = new RegExp(String.raw`^[-+]?(?:${DIGITS}\.?(?:${DIGITS})?|\.${DIGITS})(?:[eE][-+]?${DIGITS})?$`);
const NAMED = /^([-+]?)(?:(inf(?:inity)?)|nan)$/i;

/** `float(text)` as Python has it: digits of any script, `1_000`, `1e5`, `inf` and `nan`; null where it raises ValueError. */
export function pythonFloat(text: string): number | null {
  const plain = asciiDigits(text.replace(WIDE_SPACE, " ")).replace(/^[\t-\r ]+|[\t-\r ]+$/g, "");
  const named = NAMED.exec(plain);
  if (named !== null) return named[2] === undefined ? Number.NaN : named[1] === "-" ? -Infinity : Infinity;
  return DECIMAL.test(plain) ? Number(plain.replaceAll("_", "")) : null;
}
