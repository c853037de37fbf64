/** A dropped trace: its question and answer, and what it holds. */

import type { JSX } from "preact";
import type { TraceView } from "../../files/trace.js";
import { Button } from "../parts/button.js";
import { percent, short, shownToken } from "../parts/numbers.js";
import { Term } from "../parts/term.js";
import { change, lab } from "../state.js";
import { WhoAnswers } from "./who-answers.js";

/** The trace keeps no edits, so its question is asked here without any. */
export function TraceFound({ trace }: { readonly trace: TraceView }): JSX.Element {
  const isAsked = lab.value.question === trace.question;
  return (
    <>
      <h3>{trace.name}</h3>
      <p>{trace.question}</p>
      <p>
        Its answer, under the protocol {trace.protocol}: <q>{trace.answer}</q>
      </p>
      {trace.words.length === 0 ? null : (
        <p class="small">
          Tokens:{" "}
          {trace.words.map(({ text, probability }) => `${shownToken(text)} ${percent(probability)}`).join(" · ")}
        </p>
      )}
      {trace.latentNorms.length === 0 ? null : (
        <p class="small">
          <Term name="norm">Norm</Term> of what each latent is given:{" "}
          {trace.latentNorms.map(({ name, norm }) => `${name} ${short(norm)}`).join(" · ")}
        </p>
      )}
      <WhoAnswers of="trace" protocol={trace.protocol} />
      <div class="own-tools">
        <Button onClick={() => change({ question: trace.question, edits: [] })} look="main" disabled={isAsked}>
          Ask this question here
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard. */}
      <section class="scroll own-scroll" aria-label="Tensors of the trace" tabIndex={0}>
        <table class="own-table">
          <thead>
            <tr>
              <th scope="col">tensor</th>
              <th scope="col">axes</th>
              <th scope="col">shape</th>
              <th scope="col">type</th>
            </tr>
          </thead>
          <tbody>
            {trace.tensors.map(({ name, axes, shape, dtype }) => (
              <tr key={name}>
                <td class="mono">{name}</td>
                <td>{axes.join(", ")}</td>
                <td class="number">{shape.join(" × ")}</td>
                <td>{dtype}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}
