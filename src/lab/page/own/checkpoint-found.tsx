/** A checkpoint before it is loaded: what it would take, and what is odd about it. */

import type { JSX } from "preact";
import type { Fit } from "../../files/memory.js";
import type { DroppedCheckpoint } from "../../worker/messages.js";
import { Button } from "../parts/button.js";
import { engine, facts, loaded } from "../state.js";
import { loadDropped } from "./found.js";

/** What was found of it. */
export interface CheckpointFoundOptions {
  readonly dropped: DroppedCheckpoint;
  readonly fit: Fit;
  readonly notices: readonly string[];
}

/** Nothing is loaded before the button is pressed. */
export function CheckpointFound({ dropped, fit, notices }: CheckpointFoundOptions): JSX.Element {
  const isBusy = ["engine", "files", "model"].includes(engine.value.phase);
  const isThere = engine.value.phase === "ready" && loaded.value === dropped;
  return (
    <>
      <h3>{dropped.name}</h3>
      <p>{fit.sentence}</p>
      {notices.length === 0 ? null : (
        <ul class="small quiet">
          {notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      )}
      <div class="own-tools">
        {isThere ? (
          <p>It is loaded, and answers the question above.</p>
        ) : (
          <Button onClick={() => void loadDropped(dropped)} look="main" disabled={isBusy}>
            Load it in place of {facts.value?.name ?? "tiny-codi"}
          </Button>
        )}
      </div>
    </>
  );
}
