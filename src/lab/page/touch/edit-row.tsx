/** One edit of the stack: its switch, its words, its slider or question, and where it stands in the order. */

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { withChangedEdit, withCounterfactual, withMovedEdit, withoutEdit } from "../../edits/changes.js";
import { MOST_STEER, SCALES } from "../../edits/check.js";
import type { Edit, EditOperation } from "../../edits/edit.js";
import { REFERENCE_QUESTIONS } from "../../edits/reference.js";
import { targetText } from "../../edits/targets.js";
import { aim } from "../draft.js";
import { edit, settle } from "../edit-history.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { Slider } from "../parts/slider.js";
import { Term } from "../parts/term.js";
import { facts, lab, names } from "../state.js";
import { fitting, OPERATION_NAMES } from "./operations.js";

/** What a row shows. */
export interface EditRowOptions {
  readonly each: Edit;
  /** Place among the edits, from 0, and how many there are. */
  readonly at: number;
  readonly count: number;
}

/** A list item. */
export function EditRow({ each, at, count }: EditRowOptions): JSX.Element {
  const { id, target, operation, on } = each;
  const name = `edit ${at + 1}`;
  const check = useId();
  return (
    <li class={`edit${on ? "" : " edit-off"}`}>
      <div class="edit-head">
        <input
          id={check}
          type="checkbox"
          checked={on}
          onChange={() => edit(withChangedEdit(lab.value, { id, on: !on }))}
        />
        <label for={check}>
          <strong>{OPERATION_NAMES[operation.kind]}</strong>{" "}
          <span class="edit-where">{targetText(target, names.value)}</span>
        </label>
        <span class="edit-tools">
          {target.kind === "edge" ? null : (
            <Button look="quiet" label={`Open the cell of ${name}`} onClick={() => aim(target)}>
              open
            </Button>
          )}
          <Button
            look="quiet"
            label={`Move ${name} up`}
            disabled={at === 0}
            onClick={() => edit(withMovedEdit(lab.value, { id, by: -1 }))}
          >
            ↑
          </Button>
          <Button
            look="quiet"
            label={`Move ${name} down`}
            disabled={at === count - 1}
            onClick={() => edit(withMovedEdit(lab.value, { id, by: 1 }))}
          >
            ↓
          </Button>
          <Button look="quiet" label={`Remove ${name}`} onClick={() => edit(withoutEdit(lab.value, id))}>
            ✕
          </Button>
        </span>
      </div>
      <Parameter each={each} />
    </li>
  );
}

function Parameter({ each }: { readonly each: Edit }): JSX.Element | null {
  const { id, target, operation } = each;
  const set = (next: EditOperation, as: string | null = null): void =>
    edit(withChangedEdit(lab.value, { id, operation: next }), { as: as === null ? null : `${as} of edit ${id}` });
  switch (operation.kind) {
    case "scale":
      return (
        <Drag
          label="times"
          value={operation.by}
          range={[SCALES.least, SCALES.most, 0.05]}
          onSet={(by) => set({ kind: "scale", by }, "scale")}
        />
      );
    case "noise":
      return (
        <>
          <Drag
            label="sigma"
            value={operation.sigma}
            range={[0.05, 10, 0.05]}
            onSet={(sigma) => set({ kind: "noise", sigma }, "sigma")}
          />
          <Seed />
        </>
      );
    case "steer": {
      const known = facts.value;
      const directions = known === null ? [operation.direction] : fitting(lab.value, { target, facts: known });
      return (
        <>
          <Select
            label="along"
            value={operation.direction}
            options={directions.map((name) => [name, name] as const)}
            onChoose={(direction) => set({ ...operation, direction })}
          />
          <Drag
            label="strength"
            value={operation.scale}
            range={[-MOST_STEER / 10, MOST_STEER / 10, 0.1]}
            onSet={(scale) => set({ ...operation, scale }, "strength")}
          />
        </>
      );
    }
    case "other":
      return (
        <QuestionField
          label="of the question"
          value={operation.question}
          hints={REFERENCE_QUESTIONS}
          onSet={(question) => set({ kind: "other", question }, "question")}
        />
      );
    case "patch":
      return <CounterfactualField />;
    default:
      return null;
  }
}

interface DragOptions {
  readonly label: string;
  readonly value: number;
  readonly range: readonly [least: number, most: number, step: number];
  readonly onSet: (value: number) => void;
}

/** A slider whose drag is one step of undo. */
function Drag({ label, value, range: [least, most, step], onSet }: DragOptions): JSX.Element {
  return (
    <div class="edit-parameter" onChange={settle}>
      <Slider
        label={label}
        value={value}
        least={least}
        most={most}
        step={step}
        onInput={(next) => onSet(Number(next.toFixed(2)))}
        text={value.toFixed(2).replace("-", "−")}
      />
    </div>
  );
}

function Seed(): JSX.Element {
  const { seed } = lab.value;
  return (
    <p class="edit-parameter small">
      <span class="quiet">drawn with seed {seed}</span>{" "}
      <Button look="quiet" onClick={() => edit({ ...lab.value, seed: seed + 1 })}>
        Draw again
      </Button>
    </p>
  );
}

interface QuestionFieldOptions {
  readonly label: string;
  /** Beside the label: what a term in it means. */
  readonly about?: JSX.Element;
  readonly value: string;
  readonly hints?: readonly string[];
  readonly onSet: (question: string) => void;
}

/** A question that is typed; what is typed in a row is one step of undo. */
export function QuestionField({ label, about, value, hints = [], onSet }: QuestionFieldOptions): JSX.Element {
  const id = useId();
  return (
    <div class="edit-parameter question-field">
      <span class="small">
        <label for={id}>{label}</label> {about}
      </span>
      <textarea
        id={id}
        rows={2}
        value={value}
        onInput={({ currentTarget }) => onSet(currentTarget.value)}
        onBlur={settle}
      />
      {hints.length === 0 ? null : (
        <Select
          label="or"
          value={hints.includes(value) ? value : ""}
          options={[["", "choose one …"] as const, ...hints.map((each) => [each, each] as const)]}
          onChoose={(next) => next !== "" && onSet(next)}
        />
      )}
    </div>
  );
}

/** The counterfactual, which all edits that patch from it share. */
export function CounterfactualField(): JSX.Element {
  return (
    <QuestionField
      label="the counterfactual question"
      about={
        <span class="quiet">
          (<Term name="counterfactual">what is that?</Term>)
        </span>
      }
      value={lab.value.counterfactual}
      onSet={(question) => edit(withCounterfactual(lab.value, question), { as: "counterfactual" })}
    />
  );
}
