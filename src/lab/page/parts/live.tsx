/** What a screen reader says by itself when something new is there. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";

const said = signal("");

/** Says a sentence once the reader is free; the newest counts. */
export function announce(sentence: string): void {
  said.value = sentence;
}

/** The region that is read aloud; stands once in the page. */
export function Live(): JSX.Element {
  return (
    <p class="unseen" role="status" aria-live="polite">
      {said.value}
    </p>
  );
}
