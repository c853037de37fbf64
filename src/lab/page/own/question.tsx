/** The question field at the top of the page: what is asked, with marks at what the model cannot know. */

import { computed, effect, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { EXAMPLES } from "../../own/examples.js";
import { MARK_SENTENCES, type MarkKind, markQuestion } from "../../own/marks.js";
import { type QuestionReading, readQuestion } from "../../own/reading.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { announce } from "../parts/live.js";
import { Panel } from "../parts/panel.js";
import { Term } from "../parts/term.js";
import { change, clean, lab, loaded } from "../state.js";
import "./own.css";

/** What is typed, until it is asked. */
const typed = signal(lab.peek().question);

const asked = computed(() => lab.value.question);

// Another question came from elsewhere, such as the address or an example.
effect(() => {
  typed.value = asked.value;
});

function ask(question: string): void {
  const text = question.trim();
  if (text === "" || text === lab.value.question) return;
  announce("The question is answered anew.");
  change({ question: text });
}

/** Stands above the strip. */
export function Question(): JSX.Element {
  const id = useId();
  const text = typed.value;
  const isAsked = text.trim() === lab.value.question;
  return (
    <Panel id="question" title="The question">
      <div class="question-row">
        <label class="unseen" for={id}>
          Question
        </label>
        <textarea
          id={id}
          class="question-text"
          rows={2}
          spellcheck={false}
          value={text}
          aria-describedby={`${id}-marks`}
          onInput={({ currentTarget }) => {
            typed.value = currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            ask(text);
          }}
        />
        <div class="question-tools">
          <Button onClick={() => ask(text)} look="main" disabled={isAsked || text.trim() === ""}>
            Ask
          </Button>
          <Examples />
        </div>
      </div>
      <div id={`${id}-marks`} class="question-notes small">
        {loaded.value === null ? <OwnKind text={text} /> : <OtherModel />}
      </div>
    </Panel>
  );
}

/** Examples with their answers. */
function Examples(): JSX.Element {
  return (
    <div class="question-examples">
      <Select
        label="Example questions"
        isLabelUnseen
        value={EXAMPLES.find(({ question }) => question === lab.value.question)?.id ?? ""}
        options={[["", "Examples …"] as const, ...EXAMPLES.map((each) => [each.id, exampleText(each)] as const)]}
        onChoose={(id) => {
          const example = EXAMPLES.find((each) => each.id === id);
          if (example !== undefined) ask(example.question);
        }}
      />
    </div>
  );
}

function exampleText({ question, answer }: (typeof EXAMPLES)[number]): string {
  return `${question.split(/(?<=\.)\s/).length - 1} sentences, answer ${answer}: ${question.slice(0, 42)} …`;
}

/** Marks, and whether the question is of the kind that the embedded model was trained on. */
function OwnKind({ text }: { readonly text: string }): JSX.Element {
  const stretches = markQuestion(text);
  const kinds = [...new Set(stretches.flatMap(({ mark }) => mark ?? []))];
  return (
    <>
      {kinds.length === 0 ? null : (
        <>
          <p class="question-marked">
            {stretches.map(({ text: part, mark }, i) =>
              mark === null ? part : <Marked key={i} kind={mark} text={part} />,
            )}
          </p>
          <ul class="question-why">
            {kinds.map((kind) => (
              <li key={kind}>{MARK_SENTENCES[kind]}</li>
            ))}
          </ul>
        </>
      )}
      <p class="quiet">
        The embedded model, tiny-codi, knows one kind of problem: one person, one kind of thing, and a count that
        changes step by step. {verdict(readQuestion(text))}
      </p>
    </>
  );
}

function verdict({ totals, trouble }: QuestionReading): string {
  if (trouble !== null) return `${trouble} Its answer to this one means little.`;
  const steps = totals ?? [];
  const count = steps.length === 1 ? "1 step" : `${steps.length} steps`;
  return `This is one of them, with ${count}: ${steps.join(" → ")}. The right answer is ${steps.at(-1)}.`;
}

function Marked({ kind, text }: { readonly kind: MarkKind; readonly text: string }): JSX.Element {
  return (
    <mark class={`mark-${kind}`} title={MARK_SENTENCES[kind]}>
      {text}
    </mark>
  );
}

/** Of a checkpoint that was dropped, nothing is known but its vocabulary. */
function OtherModel(): JSX.Element {
  const tokens = clean.value?.question === lab.value.question ? clean.value.tokens : [];
  const unknown = tokens.filter((token) => token.unknown);
  if (unknown.length === 0)
    return (
      <p class="quiet">
        Every word of this question has <Term name="token">tokens</Term> of its own.
      </p>
    );
  return (
    <>
      <p class="question-marked">
        {tokens.map(({ name, text, unknown: isUnknown }) =>
          isUnknown ? <Marked key={name} kind="word" text={text} /> : text,
        )}
      </p>
      <p class="quiet">
        Marked: pieces of words or characters for which the vocabulary has no <Term name="token">token</Term> of their
        own.
      </p>
    </>
  );
}
