/** What `trace --tokens` prints: every position of the sequence that has a token, by its name. */

import { escapeUnprintable } from "../base/errors.js";
import type { RunResult } from "../model/latent/run-types.js";
import type { Tokenizer } from "../model/tokenizer/tokenizer.js";

/** A position with its token. */
export interface NamedToken {
  readonly position: string;
  readonly id: number;
  readonly text: string;
}

/** The prompt's tokens and the answer's. Latents have none, and the answer's last token has no position: it is predicted and not fed. */
export function namedTokens({ promptIds, answer, layout }: RunResult, tokenizer: Tokenizer): NamedToken[] {
  const token = (position: string, id: number): NamedToken => ({ position, id, text: tokenizer.tokenText(id) });
  return [
    ...promptIds.map((id, place) => token(layout.names[place] ?? "", id)),
    ...answer.ids.slice(0, layout.parts.answer).map((id, place) => token(`answer.${place}`, id)),
  ];
}

/** The same in lines. */
export function tokenLines(tokens: readonly NamedToken[]): string[] {
  const width = Math.max(0, ...tokens.map(({ position }) => position.length));
  return [
    "tokens:",
    ...tokens.map(
      ({ position, id, text }) => `  ${position.padEnd(width)} ${String(id).padStart(6)}  "${escapeUnprintable(text)}"`,
    ),
  ];
}
