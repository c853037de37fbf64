/** One latent: what the head says after it, its norm, and how an edit moved it. */

import type { JSX } from "preact";
import type { LatentView, Movement, Word } from "../../session/types.js";
import { Bar } from "../parts/bar.js";
import { percent, short, shownToken } from "../parts/numbers.js";

/** What the card shows. */
export interface ThoughtCardOptions {
  readonly latent: LatentView;
  /** What the head says under the edits; null where there are none. */
  readonly now: readonly Word[] | null;
  readonly moved: Movement | null;
  readonly isChosen: boolean;
  /** Does Tab stop here? */
  readonly isStop: boolean;
  readonly onOpen: () => void;
}

const WORDS = 3;

/** A button that opens the latent after the last block. */
export function ThoughtCard({ latent, now, moved, isChosen, isStop, onOpen }: ThoughtCardOptions): JSX.Element {
  const [best] = latent.words;
  const [other] = now ?? [];
  return (
    <button
      type="button"
      class={`thought${isChosen ? " thought-chosen" : ""}`}
      data-row={0}
      data-column={latent.latent}
      tabIndex={isStop ? 0 : -1}
      onClick={onOpen}
    >
      <span class="thought-head small quiet">
        <span>latent {latent.latent}</span>
        <span class="number" title="norm: the length of the vector">
          <span class="unseen">, norm </span>‖{short(latent.norm)}‖
        </span>
      </span>
      <span class="unseen">: the head says </span>
      <span class="thought-word">
        {best === undefined ? "" : shownToken(best.text)}
        {other === undefined || other.id === best?.id ? null : (
          <span class="thought-now">
            {" "}
            <span aria-hidden="true">→</span>
            <span class="unseen">, under the edits</span> {shownToken(other.text)}
          </span>
        )}
      </span>
      <span class="unseen">; probabilities </span>
      <span class="thought-words">
        {latent.words.slice(0, WORDS).map(({ id, text, probability }) => (
          <span key={id} class="thought-line small">
            <span class="thought-text">{shownToken(text)} </span>
            <Bar share={probability} />
          </span>
        ))}
      </span>
      <span class="thought-moved small">{moved === null ? "" : `moved ${percent(moved.relative)}`}</span>
    </button>
  );
}
