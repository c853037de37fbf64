/** The panel `touch`: choose a place, choose what is done there, and see what it changes. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ModelView } from "../../session/types.js";
import { canRedo, canUndo, onHistoryKey, redo, undo } from "../edit-history.js";
import { again, fault, isCurrent } from "../live.js";
import { Button } from "../parts/button.js";
import { Panel } from "../parts/panel.js";
import { busy, clean, hasLatents, isLive } from "../state.js";
import { Directions } from "./directions.js";
import { Leave } from "./leave.js";
import { Operations } from "./operations.js";
import { Result } from "./result.js";
import { Stack } from "./stack.js";
import { Where } from "./where.js";
import "./touch.css";

/** Two panels: what is edited, and how one leaves with it. */
export function Touch(): JSX.Element | null {
  useEffect(() => {
    addEventListener("keydown", onHistoryKey);
    return () => removeEventListener("keydown", onHistoryKey);
  }, []);
  if (clean.value === null) return null;
  return (
    <>
      <Panel
        id="touch"
        title={hasLatents() ? "Edit a latent" : "Cut an edge"}
        about={aboutEdits(clean.value.model)}
        tools={
          <>
            <Button label="Undo (Ctrl+Z)" disabled={!canUndo.value} onClick={undo}>
              Undo
            </Button>
            <Button label="Redo (Ctrl+Shift+Z)" disabled={!canRedo.value} onClick={redo}>
              Redo
            </Button>
          </>
        }
      >
        <Where />
        <Operations />
        <Stack />
        <Progress />
        <Result />
        {hasLatents() ? <Directions /> : null}
      </Panel>
      <Leave />
    </>
  );
}

/** How an edit reaches what comes after it. */
function aboutEdits({ feedback }: ModelView): string {
  switch (feedback) {
    case "constant":
      return "Change a latent, and see what the model answers then. Later latents’ inputs cannot change: each is the same learned vector, and an edit passes on by attention alone.";
    case "none":
      return "This model has no latents to edit. An edge of its attention can be cut.";
    default:
      return "Change what the model thinks, and see what it answers then.";
  }
}

/** What is being computed, with the way to stop it. It keeps its height, so that nothing jumps. */
function Progress(): JSX.Element {
  const now = busy.value;
  if (now !== null)
    return (
      <p class="touch-progress small quiet">
        computing {now.what} …
        <Button look="quiet" onClick={now.cancel}>
          Stop
        </Button>
      </p>
    );
  const isStopped = !isCurrent.value && fault.value === null && isLive.value;
  return (
    <p class="touch-progress small quiet">
      {isStopped ? (
        <>
          not computed
          <Button look="quiet" onClick={again}>
            Compute again
          </Button>
        </>
      ) : null}
    </p>
  );
}
