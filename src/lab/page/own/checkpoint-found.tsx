/** A checkpoint before it is loaded: what it would take, how it is run, and what is odd about it. */

import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { ProtocolName } from "../../../browser.js";
import type { CheckpointLook, DroppedCheckpoint } from "../../worker/messages.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { engine, facts, loaded } from "../state.js";
import { loadDropped, OWN_PROTOCOL, runOtherwise } from "./found.js";

/** What was found of it. */
export interface CheckpointFoundOptions {
  readonly dropped: DroppedCheckpoint;
  readonly look: CheckpointLook | "refused" | null;
}

/** Nothing is loaded before the button is pressed. */
export function CheckpointFound({ dropped, look }: CheckpointFoundOptions): JSX.Element {
  const isBusy = ["engine", "files", "model"].includes(engine.value.phase);
  const isThere = engine.value.phase === "ready" && loaded.value === dropped;
  return (
    <>
      <h3>
        {dropped.name}
        {dropped.base === null ? null : <span class="quiet"> on {dropped.base.name}</span>}
      </h3>
      {look === null || look === "refused" ? (
        <p>{look === null ? "Looking at it …" : "It was refused as it is; the top of the page says why."}</p>
      ) : (
        <>
          <p>{look.sentence}</p>
          <p data-run>{look.run}</p>
          {look.notices.length === 0 ? null : (
            <ul class="small quiet">
              {look.notices.map((notice) => (
                <li key={notice}>{notice}</li>
              ))}
            </ul>
          )}
        </>
      )}
      <Choices dropped={dropped} />
      <div class="own-tools">
        {isThere ? (
          <p>It is loaded, and answers the question above.</p>
        ) : (
          <Button
            onClick={() => void loadDropped(dropped)}
            look="main"
            disabled={isBusy || look === null || look === "refused"}
          >
            Load it in place of {facts.value?.name ?? "tiny-codi"}
          </Button>
        )}
      </div>
    </>
  );
}

const SHOWN = "";
const OWN = "own";
/** Every protocol of the package, as it is chosen. */
const PROTOCOLS: Readonly<Record<ProtocolName, string>> = {
  codi: "codi",
  coconut: "coconut",
  pause: "pause",
  "codi-pause": "codi-pause",
  none: "none: no latents",
  seed: "seed: the original study's loop",
};

/** How it is run, where its files do not say it or one wants another way. */
function Choices({ dropped }: { readonly dropped: DroppedCheckpoint }): JSX.Element {
  const id = useId();
  const { protocol, latents } = dropped;
  const own = OWN_PROTOCOL === null ? [] : [[OWN, OWN_PROTOCOL.file.replace(/^own\//, "./")] as const];
  const choose = (next: string): void => {
    const named = Object.hasOwn(PROTOCOLS, next) ? (next as ProtocolName) : null;
    void runOtherwise(dropped, { protocol: next === OWN ? OWN_PROTOCOL : named });
  };
  return (
    <div class="own-tools">
      <Select
        label="Protocol"
        value={protocol === null ? SHOWN : typeof protocol === "string" ? protocol : OWN}
        options={[[SHOWN, "as its files show"] as const, ...own, ...Object.entries(PROTOCOLS)]}
        onChoose={choose}
      />
      <span class="field">
        <label for={id}>Latents</label>
        <input
          id={id}
          class="own-latents number"
          type="number"
          min={1}
          max={64}
          step={1}
          placeholder="as its files say"
          value={latents ?? ""}
          onChange={({ currentTarget }) => {
            const count = currentTarget.valueAsNumber;
            void runOtherwise(dropped, { latents: Number.isInteger(count) && count >= 1 ? count : null });
          }}
        />
      </span>
    </div>
  );
}
