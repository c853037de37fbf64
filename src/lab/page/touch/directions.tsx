/** Saved directions: this place's value less another question's, or a vector from a file. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { shortened, UsageError } from "../../../base/errors.js";
import { freeName, withDirection, withoutDirection } from "../../edits/changes.js";
import type { SavedDirection } from "../../edits/edit.js";
import { REFERENCE_QUESTIONS } from "../../edits/reference.js";
import { targetText } from "../../edits/targets.js";
import { draft } from "../draft.js";
import { edit } from "../edit-history.js";
import { Button } from "../parts/button.js";
import { announce } from "../parts/live.js";
import { Term } from "../parts/term.js";
import { fail, lab } from "../state.js";
import { worker } from "../worker.js";
import { QuestionField } from "./edit-row.js";

const minus = signal(REFERENCE_QUESTIONS[0] ?? "");
const typed = signal<string | null>(null);
const fault = signal("");

/** Closed until it is wanted. */
export function Directions(): JSX.Element {
  const { directions } = lab.value;
  const saved = Object.entries(directions);
  const target = draft.value;
  const id = useId();
  return (
    <details class="touch-part directions">
      <summary>
        Saved directions <span class="quiet number">({saved.length})</span>
      </summary>
      {saved.length === 0 ? null : (
        <ul class="direction-list">
          {saved.map(([name, each]) => (
            <li key={name}>
              <span class="mono">{name}</span> <span class="small quiet">{directionText(each)}</span>
              <Button
                look="quiet"
                label={`Remove the direction ${name}, and the edits along it`}
                onClick={() => edit(withoutDirection(lab.value, name))}
              >
                ✕
              </Button>
            </li>
          ))}
        </ul>
      )}
      <p class="small quiet">
        A <Term name="direction">direction</Term> can be added to a latent or a head, as much as one likes.
      </p>
      {target.kind === "edge" ? (
        <p class="small quiet">Choose a latent or a head: an edge has no value to take a direction of.</p>
      ) : (
        <div class="direction-new">
          <p class="small">
            What this question has at <strong>{targetText(target)}</strong>, less what another has there:
          </p>
          <QuestionField
            label="the other question"
            value={minus.value}
            hints={REFERENCE_QUESTIONS}
            onSet={(next) => (minus.value = next)}
          />
          <div class="fields">
            <span class="field">
              <label for={`${id}-name`}>name</label>
              <input
                id={`${id}-name`}
                type="text"
                value={typed.value ?? freeName(lab.value)}
                onInput={({ currentTarget }) => (typed.value = currentTarget.value)}
              />
            </span>
            <Button
              onClick={() => save({ kind: "difference", target, question: lab.value.question, minus: minus.value })}
            >
              Save
            </Button>
          </div>
        </div>
      )}
      <div class="direction-file">
        <label for={`${id}-file`} class="small">
          or a vector from a safetensors file
        </label>
        <input
          id={`${id}-file`}
          type="file"
          accept=".safetensors,.npz"
          onChange={({ currentTarget }) => {
            const [file] = Array.from(currentTarget.files ?? []);
            if (file !== undefined) void saveFile(file);
          }}
        />
      </div>
      {fault.value === "" ? null : (
        <p class="touch-fault small" role="alert">
          {fault.value}
        </p>
      )}
    </details>
  );
}

const MOST = 40;

function directionText(saved: SavedDirection): string {
  return saved.kind === "vector"
    ? `${saved.numbers.length} numbers from a file`
    : `${targetText(saved.target)}: “${shortened(saved.question, MOST)}” less “${shortened(saved.minus, MOST)}”`;
}

function save(saved: SavedDirection, name = typed.value ?? freeName(lab.value)): void {
  try {
    if (saved.kind === "difference" && saved.minus.trim() === "")
      throw new UsageError("There is no other question", "type one");
    edit(withDirection(lab.value, { name, saved }));
    typed.value = null;
    fault.value = "";
    announce(`The direction ${name} is saved.`);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    fault.value = `${error.message}: ${error.hint}.`;
  }
}

async function saveFile(file: File): Promise<void> {
  try {
    const vectors = await worker.call("vectors", { name: file.name, blob: file });
    for (const { name, numbers } of vectors) save({ kind: "vector", numbers: Array.from(numbers) }, name);
  } catch (error) {
    fail(error);
  }
}
