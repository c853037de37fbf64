/** The strip of thoughts: question, BOT, latents, EOT, answer; each latent with what the head says, over its block × latent cells. */

import type { JSX } from "preact";
import type { CleanView } from "../../session/types.js";
import { Button } from "../parts/button.js";
import { Panel } from "../parts/panel.js";
import { Term } from "../parts/term.js";
import { clean, edited, hasLatents, lab, names, show } from "../state.js";
import { AnswerCard } from "./answer-card.js";
import { MarkCard } from "./mark-card.js";
import { QuestionRow } from "./question-row.js";
import { ThoughtGrid } from "./thought-grid.js";
import "./strip.css";

function turn(): void {
  show({ isFolded: !lab.value.view.isFolded });
}

/** Shows the run without edits, and beside it the edited one. */
export function Strip(): JSX.Element {
  const view = clean.value;
  return (
    <Panel
      id="strip"
      title="The strip of thoughts"
      about={<About />}
      tools={
        hasLatents() ? (
          <Button pressed={!lab.value.view.isFolded} onClick={turn}>
            Blocks
          </Button>
        ) : undefined
      }
    >
      {view === null ? (
        <p class="strip-wait quiet">The thoughts appear here once the model has answered.</p>
      ) : (
        <Flow view={view} />
      )}
    </Panel>
  );
}

/** True of the model on show. */
function About(): JSX.Element {
  const { feedback, name, protocol } = clean.value?.model ?? {};
  const says = (
    <>
      Under each stands what its <Term name="lens">head would say</Term> there.
    </>
  );
  if (feedback === "none")
    return (
      <>
        {name} is run without latents (protocol {protocol}): after the question it writes its answer, steps and all.
      </>
    );
  if (feedback === "constant")
    return (
      <>
        This model is fed no thoughts: each <Term name="latent">latent</Term> has the same learned vector as its input,
        whatever came before. {says}
      </>
    );
  return (
    <>
      The model thinks in <Term name="latent">latents</Term>, without words. {says}
    </>
  );
}

function Flow({ view }: { readonly view: CleanView }): JSX.Element {
  const run = edited.value?.clean.question === view.question ? edited.value : null;
  const [eot] = view.positions.filter(({ part }) => part === "eot");
  return (
    <>
      <QuestionRow tokens={view.tokens} />
      <div class="scroll strip-scroll">
        <div class="strip-flow" style={{ "--latents": String(view.latents.length) }}>
          {view.latents.length === 0 ? null : (
            <ThoughtGrid view={view} outcome={run?.edited ?? null} isOpen={!lab.value.view.isFolded} />
          )}
          {eot === undefined || view.latents.length === 0 ? null : (
            <MarkCard name={names.value.eot} term="eot" step={view.latents.length + 1} />
          )}
          <AnswerCard clean={view.answer} edited={run?.edited ?? null} step={view.latents.length + 2} />
        </div>
      </div>
    </>
  );
}
