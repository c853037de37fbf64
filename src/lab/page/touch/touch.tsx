/** The panel `touch`: choose a place, choose what is done there, and see what it changes. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { canRedo, canUndo, onHistoryKey, redo, undo } from "../edit-history.js";
import { again, fault, isCurrent } from "../live.js";
import { Button } from "../parts/button.js";
import { Panel } from "../parts/panel.js";
import { busy, clean, isLive } from "../state.js";
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
        title="Edit a latent"
        about="Change what the model thinks, and see what it answers then."
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
        <Directions />
      </Panel>
      <Leave />
    </>
  );
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
