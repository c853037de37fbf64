/** The panel `sweep`: one operation at every block and latent, live, with progress and a way to stop it. */

import type { JSX } from "preact";
import type { EditOperation } from "../../edits/edit.js";
import { sweepSvg } from "../../edits/export/sweep-svg.js";
import { REFERENCE_QUESTIONS } from "../../edits/reference.js";
import { SIGNALS, type SignalName, signalOf } from "../../edits/sweep-signals.js";
import type { CleanView } from "../../session/types.js";
import { Button } from "../parts/button.js";
import { Select } from "../parts/choice.js";
import { Panel } from "../parts/panel.js";
import { Slider } from "../parts/slider.js";
import { Term } from "../parts/term.js";
import { drawing, saveAs, toPng } from "../save.js";
import { clean, facts, fail, hasLatents, isLive, lab, show } from "../state.js";
import { SweepMap } from "./map.js";
import { choicesOf, sweptDirections } from "./operations.js";
import { isCurrent, type Sweeping, startSweep, stopSweep, sweeping } from "./sweeping.js";
import "./sweep.css";

/** What the map's colours stand for. */
function shownSignal(): SignalName {
  return signalOf(lab.value.view.sweep?.signal);
}

function choose(operation: EditOperation): void {
  show({ sweep: { operation, signal: shownSignal() } });
}

/** Shown beside the first question. */
export function Sweep(): JSX.Element | null {
  if (clean.value === null || !hasLatents()) return null;
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
          <SweepMap sweeping={now} clean={clean.value} signal={shownSignal()} />
          {isRunning ? null : <Save sweeping={now} clean={clean.value} />}
        </>
      )}
    </Panel>
  );
}

function Save({ sweeping: { operation, cells }, clean: view }: SaveOptions): JSX.Element {
  const svg = (): Blob => drawing(sweepSvg({ clean: view, operation, cells, signal: shownSignal() }));
  return (
    <div class="sweep-save">
      <Button onClick={() => saveAs(svg(), "codilens-sweep.svg")}>Save map as SVG</Button>
      <Button onClick={() => void toPng(svg()).then((png) => saveAs(png, "codilens-sweep.png"), fail)}>
        Save map as PNG
      </Button>
    </div>
  );
}

interface SaveOptions {
  readonly sweeping: Sweeping;
  readonly clean: CleanView;
}

function Choose({ operation }: { readonly operation: EditOperation }): JSX.Element {
  const choices = choicesOf(lab.value, facts.value);
  return (
    <Select
      label="Operation"
      value={operation.kind}
      options={choices.map(({ kind, text }) => [kind, text] as const)}
      onChoose={(next) => {
        const chosen = choices.find(({ kind }) => kind === next);
        if (chosen !== undefined) choose(chosen.first);
      }}
    />
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
        <>
          <Select
            label="along"
            value={operation.direction}
            options={sweptDirections(lab.value, facts.value).map((name) => [name, name] as const)}
            onChoose={(direction) => choose({ ...operation, direction })}
          />
          <Slider
            {...{ label: "strength", value: operation.scale, least: -5, most: 5, step: 0.1 }}
            onInput={(scale) => choose({ ...operation, scale })}
          />
        </>
      );
    case "other":
      return (
        <Select
          label="of"
          value={operation.question}
          options={[...new Set([operation.question, ...REFERENCE_QUESTIONS])].map((each) => [each, each] as const)}
          onChoose={(question) => choose({ kind: "other", question })}
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
  const shown = shownSignal();
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
      <Select
        label="Colour"
        value={shown}
        options={Object.entries(SIGNALS)}
        onChoose={(name) => show({ sweep: { operation: now.operation, signal: signalOf(name) } })}
      />
    </div>
  );
}
