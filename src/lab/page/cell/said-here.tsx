/** What the head says of a cell's state, and what it says there under the edits. */

import type { JSX } from "preact";
import type { CellView, Word } from "../../session/types.js";
import { Bar } from "../parts/bar.js";
import { shownToken } from "../parts/numbers.js";
import { Term } from "../parts/term.js";

/** One list, or two beside each other. */
export function SaidHere({ view: { words, editedWords } }: { readonly view: CellView }): JSX.Element {
  return (
    <section class="said-here">
      <h3>
        The <Term name="lens">lens</Term> here
      </h3>
      <div class="said-lists">
        <Words words={words} tone="accent" name={editedWords === null ? null : "without edits"} />
        {editedWords === null ? null : <Words words={editedWords} tone="edited" name="under the edits" />}
      </div>
    </section>
  );
}

interface WordsOptions {
  readonly words: readonly Word[];
  readonly tone: "accent" | "edited";
  readonly name: string | null;
}

function Words({ words, tone, name }: WordsOptions): JSX.Element {
  return (
    <div>
      {name === null ? null : <p class={`small ${tone === "edited" ? "said-edited" : "quiet"}`}>{name}</p>}
      <ol class="said-words">
        {words.map(({ id, text, probability }) => (
          <li key={id}>
            <span class="mono said-word">{shownToken(text)}</span> <Bar share={probability} tone={tone} />
          </li>
        ))}
      </ol>
    </div>
  );
}
