/** The question as the model reads it, token by token. */

import type { JSX } from "preact";
import type { QuestionToken } from "../../session/types.js";
import { shownToken } from "../parts/numbers.js";

/** Tokens that the vocabulary has no word for are marked. */
export function QuestionRow({ tokens }: { readonly tokens: readonly QuestionToken[] }): JSX.Element {
  return (
    <p class="strip-question">
      <span class="unseen">The question in {tokens.length} tokens: </span>
      {tokens.map(({ name, id, text, unknown }, i) => (
        <span
          key={name}
          class={`token${unknown ? " token-unknown" : ""}${i === 0 ? " token-begin" : ""}`}
          title={`${name}, token ${id}${unknown ? ": not a word that the model knows" : ""}`}
        >
          {i === 0 && /^<.*>$/.test(text) ? "begin" : shownToken(text)}
        </span>
      ))}
    </p>
  );
}
