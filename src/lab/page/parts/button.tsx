/** Buttons: plain ones, and switches. */

import type { ComponentChildren, JSX } from "preact";
import "./parts.css";

/** What a button does and says. */
export interface ButtonOptions {
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  /** The one thing to do next is `main`. */
  readonly look?: "plain" | "main" | "quiet";
  /** Where given, the button is a switch. */
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  /** Said instead of the contents, where these are a sign. */
  readonly label?: string;
}

/** A button. */
export function Button({
  onClick,
  children,
  look = "plain",
  pressed,
  disabled = false,
  label,
}: ButtonOptions): JSX.Element {
  return (
    <button
      type="button"
      class={`button button-${look}`}
      disabled={disabled}
      onClick={onClick}
      {...(pressed === undefined ? {} : { "aria-pressed": pressed })}
      {...(label === undefined ? {} : { "aria-label": label, title: label })}
    >
      {children}
    </button>
  );
}
