/** A term with its explanation on hover, focus and touch. */

import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { TERMS, type TermName } from "../terms.js";
import "./parts.css";

/** Which term, and the words that stand for it. */
export interface TermOptions {
  readonly name: TermName;
  readonly children: ComponentChildren;
}

/** A button that does nothing but carry its explanation, so that the keyboard reaches it; Escape hides it. */
export function Term({ name, children }: TermOptions): JSX.Element {
  const id = useId();
  return (
    <span class="term">
      <button
        type="button"
        class="term-word"
        aria-describedby={id}
        onKeyDown={({ key, currentTarget }) => key === "Escape" && currentTarget.blur()}
      >
        {children}
      </button>
      <span class="term-hover" role="tooltip" id={id}>
        {TERMS[name]}
      </span>
    </span>
  );
}
