/** Tokens as texts that can be seen: special ones by our names, blanks by a mark. */

const SPECIAL: Readonly<Record<string, string>> = {
  s: "BOS",
  bos: "BOS",
  begin_of_text: "BOS",
  "/s": "EOS",
  eos: "EOS",
  end_of_text: "EOS",
  endoftext: "EOS",
  bot: "BOT",
  bocot: "BOT",
  eot: "EOT",
  eocot: "EOT",
  pad: "PAD",
};

/** @returns our name of a special token; null for any other text. */
export function specialName(token: string): string | null {
  const [, inner = ""] = /^<\|?([a-z_/]+)\|?>$/i.exec(token.trim()) ?? [];
  return SPECIAL[inner.toLowerCase()] ?? null;
}

/** A token that stands alone: `␣20`, `↵`, `BOT`. */
export function visibleToken(token: string): string {
  return (
    specialName(token) ?? (token === "" ? "∅" : token.replaceAll(" ", "␣").replaceAll("\n", "↵").replaceAll("\t", "⇥"))
  );
}

/** A token in running text: its blanks stay blanks, unless there is nothing else. */
export function runningToken(token: string): string {
  return token.trim() === "" ? visibleToken(token) : (specialName(token) ?? token);
}

/** `bot` → `BOT`, `latent.2` → `latent 2`. */
export function readerName(reader: string): string {
  return reader.startsWith("latent") ? reader.replace(".", " ") : reader.toUpperCase();
}
