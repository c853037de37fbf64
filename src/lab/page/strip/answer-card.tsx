/** The answer with the probability of each token, and the edited one below it. */

import type { JSX } from "preact";
import type { AnswerView, Outcome } from "../../session/types.js";
import { percent, shownToken } from "../parts/numbers.js";
import { scaleClass } from "../parts/scale.js";
import { laterClass } from "./play.js";

/** What the card shows. */
export interface AnswerCardOptions {
  readonly clean: AnswerView;
  readonly edited: Outcome | null;
  /** When it appears. */
  readonly step: number;
}

/** Stands at the end of the strip. */
export function AnswerCard({ clean, edited, step }: AnswerCardOptions): JSX.Element {
  return (
    <div class={`answer-card${laterClass(step)}`}>
      <h3 class="quiet">Answer</h3>
      <Answer answer={clean} />
      {edited === null ? null : (
        <>
          <h3 class="answer-edited">Under the edits{edited.changed ? "" : " (unchanged)"}</h3>
          <Answer answer={edited.answer} />
        </>
      )}
    </div>
  );
}

function Answer({ answer: { text, words, value, numberWord, finish } }: { readonly answer: AnswerView }): JSX.Element {
  return (
    <div class="answer">
      <p class="answer-value">{value === null ? (text.trim() === "" ? "no words" : text) : String(value)}</p>
      <p class="answer-words">
        {words.map((word, i) => (
          <span
            key={`${i} ${word.id}`}
            class={`answer-word ${scaleClass(word.probability)}${i === numberWord ? " answer-number" : ""}`}
            title={`“${word.text}” ${percent(word.probability)}`}
          >
            {/^<\|.*\|>$/.test(word.text) ? "end" : shownToken(word.text)}
            <span class="unseen"> {percent(word.probability)} </span>
          </span>
        ))}
      </p>
      {finish === "limit" ? <p class="small quiet">The answer was cut off at its longest length.</p> : null}
    </div>
  );
}
