/** The tour: a card that goes through the page with the reader. It is a dialog that blocks nothing. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { loadOwn } from "../own/found.js";
import { Button } from "../parts/button.js";
import { lab, loaded, show } from "../state.js";
import { TOUR } from "./steps.js";
import "./tour.css";

/** Was it opened since the page was? Nothing else is kept of it. */
const wasOpened = signal(false);
let opener: HTMLElement | null = null;

function close(): void {
  show({ tour: null });
  opener?.focus();
  opener = null;
}

/** Opens the tour; stands in the page's head, whether or not it was taken. */
export function TourButton(): JSX.Element {
  return (
    <button
      type="button"
      class={`button ${wasOpened.value ? "button-quiet" : "button-main"}`}
      onClick={({ currentTarget }) => {
        opener = currentTarget;
        wasOpened.value = true;
        show({ tour: 0 });
      }}
    >
      {wasOpened.value ? "Tour" : "New here? Take the tour"}
    </button>
  );
}

/** Marks the panel that is spoken of, and brings it into view. */
function light(name: string): () => void {
  const panel = document.querySelector(`[data-panel="${name}"]`);
  panel?.classList.add("tour-lit");
  panel?.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
  return () => panel?.classList.remove("tour-lit");
}

function calm(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Stands over the page while it is on. */
export function Tour(): JSX.Element | null {
  const at = lab.value.view.tour;
  const step = at === null ? undefined : TOUR[at];
  const title = useRef<HTMLHeadingElement>(null);
  const panel = step?.panel;
  // Before the next paint, so that no panel stays marked after the card is gone.
  useLayoutEffect(() => {
    if (panel === undefined) return;
    wasOpened.value = true;
    title.current?.focus({ preventScroll: true });
    return light(panel);
  }, [at, panel]);
  useEffect(() => {
    if (at === null) return;
    const hear = (event: KeyboardEvent): void => {
      if (event.key === "Escape" && !event.defaultPrevented) close();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [at]);
  if (at === null || step === undefined) return null;
  const isLast = at === TOUR.length - 1;
  return (
    <div class="tour" role="dialog" aria-modal="false" aria-labelledby="tour-title" aria-describedby="tour-text">
      <p class="tour-count quiet small number">
        Tour, step {at + 1} of {TOUR.length}
      </p>
      <h2 id="tour-title" tabIndex={-1} ref={title}>
        {step.title}
      </h2>
      {loaded.value === null ? null : (
        <p class="small tour-other">
          The tour speaks of tiny-codi, the page’s own model. What is on show now is {loaded.value.name}, of which its
          words and numbers need not be true.
        </p>
      )}
      <p id="tour-text">{step.text}</p>
      {loaded.value !== null ? (
        <div class="tour-tools">
          <Button onClick={loadOwn}>Back to tiny-codi</Button>
        </div>
      ) : step.action === undefined ? null : (
        <div class="tour-tools">
          <Button onClick={step.action.act}>{step.action.label}</Button>
        </div>
      )}
      <div class="tour-tools tour-ways">
        <Button onClick={() => show({ tour: at - 1 })} disabled={at === 0}>
          Back
        </Button>
        <Button onClick={() => (isLast ? close() : show({ tour: at + 1 }))} look="main">
          {isLast ? "Done" : "Next"}
        </Button>
        <Button onClick={close} look="quiet">
          Close
        </Button>
      </div>
    </div>
  );
}
