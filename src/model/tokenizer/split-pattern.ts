/**
 * Which regular expressions of `tokenizer.json` are known to split a text as Python's tokenizers (Oniguruma) splits it. The rest is refused:
 * the two languages differ in possessive and lazy quantifiers, anchors, sets within sets and the folding of case.
 */

/** What ByteLevel of Python's tokenizers splits by, where it uses a regular expression. */
export const BYTE_LEVEL_REGEX = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

// Written with possessive quantifiers that give nothing back here: what follows each of them never matches what it took.
const CL100K =
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

const ESCAPED = String.raw`\\[pP]\{[LN]\}|\\[sSrnt]|\\[\\.*+?()[\]{}|/^$]`;
const CLASS_ITEM = String.raw`(?:${ESCAPED}|[a-zA-Z0-9]-[a-zA-Z0-9]|[^\\[\]&^-])`;
const ATOM = String.raw`(?:${ESCAPED}|\[\^?${CLASS_ITEM}+\]|[^\\.*+?()[\]{}|/^$])`;
const QUANTIFIER = String.raw`(?:[?*+](?![?*+])|\{\d{1,3}(?:,\d{0,3})?\}(?![?*+]))`;
// Others may fold two letters into one, as Oniguruma folds ss into ß.
const FOLDED = String.raw`\(\?i:(?:'s\|'t\|'re\|'ve\|'m\|'ll\|'d|\[sdmt\]\|ll\|ve\|re)\)`;
const NOT_AHEAD = String.raw`\(\?!${ATOM}\)`;
const PIECE = new RegExp(`${FOLDED}|${NOT_AHEAD}|${ATOM}${QUANTIFIER}?|\\|`, "uy");

/**
 * @returns the expression as the JavaScript library has to be given it, or null for one that is not known to split alike: outside the
 * listed constructs, or able to match nothing.
 */
export function knownPattern(regex: string): string | null {
  const pattern = regex === CL100K ? regex.replaceAll(/([?+])\+/g, "$1") : regex;
  const pieces: string[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < pattern.length) {
    const [piece] = PIECE.exec(pattern) ?? [];
    if (piece === undefined) return null;
    pieces.push(piece.startsWith("(?i:") ? unfolded(piece) : piece);
  }
  const known = pieces.join("");
  return matchesNothing(known) ? null : known;
}

/** A match of length 0 is where readers differ in going on; without lookaheads that ask for more it exists on "" or nowhere. */
function matchesNothing(pattern: string): boolean {
  try {
    return new RegExp(pattern, "u").test("");
  } catch {
    // A range from back to front.
    return true;
  }
}

// Oniguruma folds by Unicode: ſ is an s, and the Kelvin sign a k. The JavaScript library folds ASCII only.
const MORE_FORMS: Readonly<Record<string, string>> = { s: "\u017f", k: "\u212a" };

/** `(?i:'s)` → `(?:'[sSſ])`. */
function unfolded(group: string): string {
  const forms = (letter: string): string => {
    const low = letter.toLowerCase();
    return low + low.toUpperCase() + (MORE_FORMS[low] ?? "");
  };
  const inside = group.slice("(?i:".length, -1);
  const written = inside.replaceAll(/\[([a-zA-Z]+)\]|[a-zA-Z]/g, (all, letters: string | undefined) => {
    return `[${[...(letters ?? all)].map(forms).join("")}]`;
  });
  return `(?:${written})`;
}
