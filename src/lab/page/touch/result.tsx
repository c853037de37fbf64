/** The answer under the edits beside the clean one and beside the controls, token by token, and how far later latents moved. */

import type { JSX } from "preact";
import type { AnswerView, ControlsView, Outcome, RunView } from "../../session/types.js";
import { fault, isCurrent } from "../live.js";
import { Bar } from "../parts/bar.js";
import { percent, short, shownToken, signed } from "../parts/numbers.js";
import { Term } from "../parts/term.js";
import { edited } from "../state.js";

/** Nothing where no edit is on. */
export function Result(): JSX.Element | null {
  const run = edited.value;
  const why = fault.value;
  if (why !== null)
    return (
      <p class="touch-fault" role="alert">
        {why.message}. {why.hint === null ? "" : `What to do: ${why.hint}.`}
      </p>
    );
  if (run === null) return null;
  return (
    <div class={`touch-part result${isCurrent.value ? "" : " result-old"}`} aria-busy={!isCurrent.value}>
      <h3>What it changes</h3>
      <Answers run={run} />
      {run.edited.latents.length === 0 ? null : <Movements run={run} />}
    </div>
  );
}

function Answers({ run }: { readonly run: RunView }): JSX.Element {
  const { clean, edited: now, controls } = run;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls has to be reached by the keyboard
    <section class="scroll" tabIndex={0} aria-label="Answers">
      <table class="answers">
        <thead>
          <tr>
            <th scope="col">run</th>
            <th scope="col">answer</th>
            <th scope="col" class="number-head">
              <Term name="logprob">Δ log p</Term>
            </th>
            <th scope="col" class="number-head">
              <Term name="kl">KL</Term>
            </th>
            <th scope="col">tokens and their probabilities</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">clean</th>
            <td class="answer-cell">{valueText(clean.answer)}</td>
            <td class="number">–</td>
            <td class="number">–</td>
            <td>
              <Words answer={clean.answer} beside={null} />
            </td>
          </tr>
          <OutcomeRow name="edited" outcome={now} clean={clean.answer} tone="edited" />
          <Controls controls={controls} clean={clean.answer} />
        </tbody>
      </table>
    </section>
  );
}

interface OutcomeRowOptions {
  readonly name: JSX.Element | string;
  readonly outcome: Pick<Outcome, "answer" | "changed" | "deltaLogProb" | "kl">;
  readonly clean: AnswerView;
  readonly tone?: "edited" | "control";
}

function OutcomeRow({ name, outcome, clean, tone = "control" }: OutcomeRowOptions): JSX.Element {
  const { answer, changed, deltaLogProb, kl } = outcome;
  return (
    <tr class={`outcome-${tone}`}>
      <th scope="row">{name}</th>
      <td class="answer-cell">
        {valueText(answer)}{" "}
        <span class={`small ${changed ? "changed" : "quiet"}`}>{changed ? "changed" : "the same"}</span>
      </td>
      <td class="number">{deltaLogProb === null ? "–" : signed(deltaLogProb)}</td>
      <td class="number">{kl === null ? "–" : short(kl)}</td>
      <td>
        <Words answer={answer} beside={clean} />
      </td>
    </tr>
  );
}

/** The tokens; those that the clean answer does not have at the same place are marked. */
function Words({ answer, beside }: { readonly answer: AnswerView; readonly beside: AnswerView | null }): JSX.Element {
  return (
    <span class="words">
      {answer.words.map((word, i) => {
        const isNew = beside !== null && beside.words[i]?.id !== word.id;
        return (
          <span
            key={`${i} ${word.id}`}
            class={`word${isNew ? " word-new" : ""}${i === answer.numberWord ? " word-number" : ""}`}
          >
            <span class="word-text">{/^<\|?.*\|?>$/.test(word.text) ? "end" : shownToken(word.text)}</span>
            {isNew ? <span class="unseen"> (new) </span> : null}
            <span class="word-share number">{percent(word.probability)}</span>
          </span>
        );
      })}
    </span>
  );
}

function Controls({
  controls,
  clean,
}: {
  readonly controls: ControlsView | null;
  readonly clean: AnswerView;
}): JSX.Element {
  if (controls === null)
    return (
      <tr>
        <th scope="row">
          <Term name="control">controls</Term>
        </th>
        <td colSpan={4} class="quiet">
          being computed …
        </td>
      </tr>
    );
  const { random, noRandom, identity } = controls;
  return (
    <>
      {random.map((outcome, i) => (
        <OutcomeRow
          key={i}
          name={i === 0 ? <Term name="control">random direction</Term> : `draw ${i + 1}`}
          outcome={outcome}
          clean={clean}
        />
      ))}
      {noRandom === null ? null : (
        <tr>
          <th scope="row">random direction</th>
          <td colSpan={4} class="quiet">
            {noRandom}
          </td>
        </tr>
      )}
      <OutcomeRow
        name={
          <>
            identity{" "}
            <span class="small quiet">{identity.exact ? "(bit for bit)" : `(off by ${short(identity.largest)})`}</span>
          </>
        }
        outcome={{
          answer: identity.answer,
          changed: valueText(identity.answer) !== valueText(clean),
          // Bit for bit the same scores, or nothing that was scored.
          deltaLogProb: identity.exact ? 0 : null,
          kl: identity.exact ? 0 : null,
        }}
        clean={clean}
      />
    </>
  );
}

/** How far each latent is from where it was, beside the mean over the random directions. */
function Movements({ run: { edited: now, controls } }: { readonly run: RunView }): JSX.Element {
  const random = controls?.random ?? [];
  const meanOf = (latent: number): number | null =>
    random.length === 0
      ? null
      : random.reduce((sum, each) => sum + (each.latents[latent]?.relative ?? 0), 0) / random.length;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a table that scrolls has to be reached by the keyboard
    <section class="scroll" tabIndex={0} aria-label="How far latents moved">
      <table class="moves">
        <caption class="small quiet">How far each latent moved, of its own length, after the last block</caption>
        <thead>
          <tr>
            <th scope="col">latent</th>
            <th scope="col">edited</th>
            <th scope="col">random direction</th>
            <th scope="col" class="number-head">
              <Term name="cosine">cosine</Term>
            </th>
          </tr>
        </thead>
        <tbody>
          {now.latents.map(({ latent, relative, cosine }) => {
            const mean = meanOf(latent);
            return (
              <tr key={latent}>
                <th scope="row">{latent}</th>
                <td>
                  <Bar share={relative} tone="edited" />
                </td>
                <td>{mean === null ? "–" : <Bar share={mean} tone="quiet" />}</td>
                <td class="number">{short(cosine)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function valueText({ value, text }: AnswerView): string {
  return value === null ? text.trim() || "no words" : String(value);
}
