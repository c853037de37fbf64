/** The strip of thoughts: question, BOT, latents, EOT, answer; each latent with what the head says, over its block × latent cells. */

import type { JSX } from "preact";
import type { CleanView } from "../../session/types.js";
import { Button } from "../parts/button.js";
import { Panel } from "../parts/panel.js";
import { Term } from "../parts/term.js";
import { clean, edited, lab, show } from "../state.js";
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
      about={
        <>
          The model thinks in <Term name="latent">latents</Term>, without words. Under each stands what its{" "}
          <Term name="lens">head would say</Term> there.
        </>
      }
      tools={
        <Button pressed={!lab.value.view.isFolded} onClick={turn}>
          Blocks
        </Button>
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

function Flow({ view }: { readonly view: CleanView }): JSX.Element {
  const run = edited.value?.clean.question === view.question ? edited.value : null;
  const [eot] = view.positions.filter(({ part }) => part === "eot");
  return (
    <>
      <QuestionRow tokens={view.tokens} />
      <div class="scroll strip-scroll">
        <div class="strip-flow" style={{ "--latents": String(view.latents.length) }}>
          <ThoughtGrid view={view} outcome={run?.edited ?? null} isOpen={!lab.value.view.isFolded} />
          {eot === undefined ? null : <MarkCard name="EOT" term="eot" step={view.latents.length + 1} />}
          <AnswerCard clean={view.answer} edited={run?.edited ?? null} step={view.latents.length + 2} />
        </div>
      </div>
    </>
  );
}
