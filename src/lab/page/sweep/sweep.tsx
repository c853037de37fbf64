/** The panel `sweep`: one operation at every block and latent, live, with progress and a way to stop it. */

import type { JSX } from "preact";
import type { EditOperation } from "../../edits/edit.js";
import { Button } from "../parts/button.js";
import { Panel } from "../parts/panel.js";
import { Slider } from "../parts/slider.js";
import { Term } from "../parts/term.js";
import { clean, isLive, lab, show } from "../state.js";
import { SweepMap } from "./map.js";
import { choicesOf, SIGNALS, signalOf } from "./operations.js";
import { isCurrent, startSweep, stopSweep, sweeping } from "./sweeping.js";
import "./sweep.css";

function choose(operation: EditOperation): void {
  show({ sweep: { operation, signal: signalOf(lab.value.view.sweep?.signal) } });
}

/** Shown beside the first question. */
export function Sweep(): JSX.Element | null {
  if (clean.value === null) return null;
  const operation = lab.value.view.sweep?.operation ?? { kind: "zero" };
  const now = sweeping.value;
  const isRunning = now?.isRunning === true;
  return (
    <Panel
      id="sweep"
      title="Sweep all cells"
      about={
        <>
          The same edit at every <Term name="block">block</Term> and latent, one at a time. A cell is a link that makes
          its edit.
        </>
      }
    >
      <div class="sweep-form">
        <Choose operation={operation} />
        <Amount operation={operation} />
        {isRunning ? (
          <Button onClick={stopSweep}>Stop</Button>
        ) : (
          <Button look="main" disabled={!isLive.value} onClick={() => void startSweep(operation)}>
            Sweep
          </Button>
        )}
      </div>
      {now === null || !isCurrent.value ? (
        <p class="small quiet">
          {isLive.value ? "The map fills as it is computed." : "Sweeps run once the engine is there."}
        </p>
      ) : (
        <>
          <Progress />
          <SweepMap sweeping={now} clean={clean.value} signal={signalOf(lab.value.view.sweep?.signal)} />
        </>
      )}
    </Panel>
  );
}

function Choose({ operation }: { readonly operation: EditOperation }): JSX.Element {
  const choices = choicesOf(lab.value);
  return (
    <label class="sweep-choice">
      <span>Operation</span>
      <select
        value={operation.kind}
        onChange={({ currentTarget }) => {
          const chosen = choices.find(({ kind }) => kind === currentTarget.value);
          if (chosen !== undefined) choose(chosen.first);
        }}
      >
        {choices.map(({ kind, text }) => (
          <option key={kind} value={kind}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

function Amount({ operation }: { readonly operation: EditOperation }): JSX.Element | null {
  switch (operation.kind) {
    case "scale":
      return (
        <Slider
          {...{ label: "factor", value: operation.by, least: -2, most: 3, step: 0.1 }}
          onInput={(by) => choose({ kind: "scale", by })}
        />
      );
    case "noise":
      return (
        <Slider
          {...{ label: "sigma", value: operation.sigma, least: 1, most: 100, step: 1 }}
          onInput={(sigma) => choose({ kind: "noise", sigma })}
        />
      );
    case "steer":
      return (
        <Slider
          {...{ label: "strength", value: operation.scale, least: -5, most: 5, step: 0.1 }}
          onInput={(scale) => choose({ ...operation, scale })}
        />
      );
    default:
      return null;
  }
}

function Progress(): JSX.Element | null {
  const now = sweeping.value;
  if (now === null) return null;
  const { cells, total, isRunning } = now;
  const shown = signalOf(lab.value.view.sweep?.signal);
  const changed = cells.filter((each) => each.changed).length;
  return (
    <div class="sweep-line">
      <p class="small">
        {isRunning ? (
          <>
            <progress max={total ?? 1} value={cells.length} aria-label="Cells that are computed" /> {cells.length}
            {total === null ? "" : ` of ${total}`}
          </>
        ) : (
          <>
            <strong class="number">{changed}</strong> of {cells.length} cells change the answer
            {total !== null && cells.length < total ? `; stopped after ${cells.length} of ${total}` : ""}
          </>
        )}
      </p>
      <label class="sweep-choice">
        <span>Colour</span>
        <select
          value={shown}
          onChange={({ currentTarget }) =>
            show({ sweep: { operation: now.operation, signal: signalOf(currentTarget.value) } })
          }
        >
          {Object.entries(SIGNALS).map(([name, text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
