/** Text that came from data as LaTeX that prints it, and nothing else. */

import { visibleText } from "../report/html.js";

const SPECIAL: ReadonlyMap<string, string> = new Map([
  ["\\", "\\textbackslash{}"],
  ["{", "\\{"],
  ["}", "\\}"],
  ["$", "\\$"],
  ["&", "\\&"],
  ["#", "\\#"],
  ["_", "\\_"],
  ["%", "\\%"],
  ["^", "\\textasciicircum{}"],
  ["~", "\\textasciitilde{}"],
  ["<", "\\textless{}"],
  [">", "\\textgreater{}"],
  ["|", "\\textbar{}"],
  ['"', "\\textquotedbl{}"],
  ["`", "\\textasciigrave{}"],
  // Neighbours of these become other signs in T1 (`--` a dash, `''` a quotation mark, `,,` and `?` + grave likewise).
  ["-", "-{}"],
  ["'", "'{}"],
  [",", ",{}"],
  ["\u2212", "\\ensuremath{-}"],
  ["\u2013", "\\textendash{}"],
  ["\u2014", "\\textemdash{}"],
  ["\u2018", "\\textquoteleft{}"],
  ["\u2019", "\\textquoteright{}"],
  ["\u201c", "\\textquotedblleft{}"],
  ["\u201d", "\\textquotedblright{}"],
  ["\u2026", "\\ldots{}"],
  ["\u00a0", "~"],
  ["\u00b0", "\\ensuremath{^\\circ}"],
  ["\u00b1", "\\ensuremath{\\pm}"],
  ["\u00b2", "\\ensuremath{^2}"],
  ["\u00b7", "\\ensuremath{\\cdot}"],
  ["\u00d7", "\\ensuremath{\\times}"],
  ["\u0394", "\\ensuremath{\\Delta}"],
  ["\u03c3", "\\ensuremath{\\sigma}"],
  ["\u2192", "\\ensuremath{\\to}"],
  ["\u2264", "\\ensuremath{\\le}"],
  ["\u2265", "\\ensuremath{\\ge}"],
]);

// Letters of Latin-1 and of Latin Extended-A that T1 fonts hold; any other sign stands by its code point.
const PLAIN =
  /^[\x20-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0107\u010c-\u0111\u0118-\u011b\u0141-\u0144\u0147\u0148\u0158-\u015b\u0160\u0161\u0179-\u017e]$/u;

/** What cannot be seen becomes visible; a line break is a blank. */
export function escapeLatex(text: string): string {
  return [...visibleText(text)].map(escaped).join("");
}

function escaped(char: string, place: number, all: readonly string[]): string {
  if (char === "\n" || char === "\t") return " ";
  // After a line's end, `\\`, these would be its argument.
  if (place === 0 && (char === "[" || char === "*")) return `{${char}}`;
  // The empty group is for a neighbour of the same sign only: names with one hyphen stay readable.
  if ((char === "-" || char === "'" || char === ",") && all[place + 1] !== char) return char;
  const known = SPECIAL.get(char);
  if (known !== undefined) return known;
  return PLAIN.test(char) ? char : `[U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`;
}

/** A sentence for a caption or a method: a number stays on the line of its per cent sign. */
export function proseLatex(text: string): string {
  return escapeLatex(text.replaceAll("95 %", "95\u00a0%"));
}

/** Plain text with references, `logit lens [@nostalgebraist2020]`, several as `[@meng2022; @zhang2024]`. */
export function citedLatex(text: string): string {
  return text
    .split(/(\[@[^\]]*\])/)
    .map((part, place) => (place % 2 === 0 ? plainLatex(part) : `\\cite{${part.slice(2, -1).split("; @").join(",")}}`))
    .join("");
}

function plainLatex(text: string): string {
  return escapeLatex(text).replaceAll("R\\ensuremath{^2}", "$R^2$");
}
