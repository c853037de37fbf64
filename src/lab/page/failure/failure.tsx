/** What happened and what to do, where something failed: reads `failure` of `state.ts`. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { cleanState } from "../../edits/edit.js";
import { Button } from "../parts/button.js";
import { engine, failure, isLive, lab, startEngine } from "../state.js";
import { worker } from "../worker.js";
import { faceOf } from "./faces.js";
import "./failure.css";

/** Puts everything back: no edit, the question alone, a new worker on WASM with the page's own model. */
export function startAfresh(): void {
  failure.value = null;
  lab.value = cleanState(lab.value.question);
  worker.restart();
  void startEngine("wasm", null);
}

/** Starts again with what was set by hand. */
function startAgain(): void {
  failure.value = null;
  worker.restart();
  void startEngine(engine.value.name);
}

function putAway(): void {
  failure.value = null;
}

/** Stands at the top of the page while there is a failure. */
export function FailureFace(): JSX.Element | null {
  const failed = failure.value;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (failed !== null) title.current?.focus();
  }, [failed]);
  if (failed === null) return null;
  const face = faceOf(failed);
  const isOver = !isLive.value || !face.canGoOn;
  return (
    <section
      class="panel failure"
      data-panel="failure"
      data-face={face.kind}
      role="alert"
      aria-labelledby="failure-title"
    >
      <h2 id="failure-title" tabIndex={-1} ref={title}>
        {face.title}
      </h2>
      <p>{face.means}</p>
      <dl class="failure-facts small">
        <dt>What happened</dt>
        <dd>{failed.message}</dd>
        <dt>What to do</dt>
        <dd>{(face.speaksForItself ? null : failed.hint) ?? face.advice}</dd>
      </dl>
      <div class="failure-tools">
        <Button onClick={startAfresh} look="main">
          Start afresh
        </Button>
        {isOver && face.kind !== "simd" && face.kind !== "webgpu" ? (
          <Button onClick={startAgain}>Start again, keep my edits</Button>
        ) : null}
        <Button onClick={putAway}>Put this away</Button>
      </div>
    </section>
  );
}
