/** A slider with its number. */

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import "./parts.css";

/** What a slider sets. */
export interface SliderOptions {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  readonly onInput: (value: number) => void;
  /** The number as text, which is said too. */
  readonly text?: string;
}

/** Arrow keys move it by a step, Home and End to its ends. */
export function Slider({ label, value, least, most, step, onInput, text }: SliderOptions): JSX.Element {
  const id = useId();
  const shown = text ?? String(value);
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={({ currentTarget }) => onInput(currentTarget.valueAsNumber)}
      />
      <output for={id}>{shown}</output>
    </div>
  );
}
