/** A term with its explanation on hover, focus and touch. */

import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import { clean } from "../state.js";
import { type TermName, termText } from "../terms.js";
import "./parts.css";

/** Which term, and the words that stand for it. */
export interface TermOptions {
  readonly name: TermName;
  readonly children: ComponentChildren;
}

const MARGIN = 8;

/** A button that does nothing but carry its explanation, so that the keyboard reaches it; Escape hides it. */
export function Term({ name, children }: TermOptions): JSX.Element {
  const id = useId();
  const hover = useRef<HTMLSpanElement>(null);
  const show = ({ currentTarget }: { readonly currentTarget: Element }): void => open(currentTarget, hover.current);
  const hide = (): void => hover.current?.hidePopover();
  return (
    <span class="term">
      <button
        type="button"
        class="term-word"
        aria-describedby={id}
        onPointerEnter={show}
        onFocus={show}
        onClick={show}
        onPointerLeave={hide}
        onBlur={hide}
        onKeyDown={({ key }) => key === "Escape" && hide()}
      >
        {children}
      </button>
      <span class="term-hover" role="tooltip" id={id} popover="manual" ref={hover}>
        {termText(name, clean.value?.model.feedback ?? "projection")}
      </span>
    </span>
  );
}

/** Above all else, so that no panel cuts it off; below the word, and within the window. */
function open(word: Element, hover: HTMLElement | null): void {
  if (hover === null) return;
  hover.showPopover();
  const { left, bottom, top } = word.getBoundingClientRect();
  const { width, height } = hover.getBoundingClientRect();
  const most = document.documentElement.clientWidth - width - MARGIN;
  const isBelow = bottom + height + 2 * MARGIN < innerHeight;
  hover.style.left = `${Math.max(MARGIN, Math.min(left, most))}px`;
  hover.style.top = `${isBelow ? bottom + MARGIN : Math.max(MARGIN, top - height - MARGIN)}px`;
}
