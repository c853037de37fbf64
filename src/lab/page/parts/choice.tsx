/** One of several, as a row of radio buttons or a list. */

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import "./parts.css";

/** What is chosen among. */
export interface ChoiceOptions<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly onChoose: (value: T) => void;
}

/** How a list is shown. */
export interface SelectOptions<T extends string> extends ChoiceOptions<T> {
  /** Is the label read aloud alone, because its place says the same to the eye? */
  readonly isLabelUnseen?: boolean;
  readonly disabled?: boolean;
}

/** Radio buttons side by side; arrow keys move among them. */
export function Radios<T extends string>({ label, value, options, onChoose }: ChoiceOptions<T>): JSX.Element {
  const name = useId();
  return (
    <fieldset class="radios">
      <legend class="unseen">{label}</legend>
      {options.map(([each, text]) => (
        <label key={each} class={`radio${each === value ? " radio-chosen" : ""}`}>
          <input type="radio" name={name} checked={each === value} onChange={() => onChoose(each)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

/** A list to choose from. */
export function Select<T extends string>({
  label,
  value,
  options,
  onChoose,
  isLabelUnseen = false,
  disabled = false,
}: SelectOptions<T>): JSX.Element {
  const id = useId();
  return (
    <span class="field">
      <label for={id} class={isLabelUnseen ? "unseen" : ""}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={({ currentTarget }) => onChoose(currentTarget.value as T)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Whole numbers from 0, as options of a list. */
export function numbered(count: number, name: string): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`${i}`, `${name} ${i}`]);
}
