/** The map of a sweep: a table of links, with what each cell comes to on hover and focus. */

import { signal as stateOf } from "@preact/signals";
import type { JSX } from "preact";
import type { EditTarget } from "../../edits/edit.js";
import { cellText, mostOf, SIGNALS, type SignalName, shareOf } from "../../edits/sweep-signals.js";
import type { CleanView, SweepCell } from "../../session/types.js";
import { aim } from "../draft.js";
import { makeEdit } from "../make-edit.js";
import { moveFocus } from "../parts/grid-keys.js";
import { short, signed } from "../parts/numbers.js";
import { SCALE_STEPS, scaleClass } from "../parts/scale.js";
import { lab, show } from "../state.js";
import type { Sweeping } from "./sweeping.js";

/** What is drawn. */
export interface SweepMapOptions {
  readonly sweeping: Sweeping;
  readonly clean: CleanView;
  readonly signal: SignalName;
}

/** The cell that is pointed at. */
const pointed = stateOf<SweepCell | null>(null);

/** Blocks are rows, latents columns, as in the strip. */
export function SweepMap({ sweeping, clean, signal }: SweepMapOptions): JSX.Element {
  const { blocks, latents } = clean.model;
  const most = mostOf(sweeping.cells, signal);
  const columns = Array.from({ length: latents }, (_, latent) => latent);
  const byPlace = new Map(sweeping.cells.map((cell) => [cell.block * latents + cell.latent, cell]));
  return (
    <>
      <div class="scroll">
        <table class="sweep-map" onKeyDown={(event) => moveFocus(event, { rows: blocks, columns: latents })}>
          <caption class="unseen">
            The answer when the edit is made at each block and latent; without edits it is {textOf(clean)}. Each cell
            makes its edit.
          </caption>
          <thead>
            <tr>
              <td />
              {columns.map((latent) => (
                <th key={latent} scope="col">
                  <span class="unseen">latent </span>
                  <span aria-hidden="true">L</span>
                  {latent}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: blocks }, (_, block) => (
              <tr key={block}>
                <th scope="row">
                  <span class="sweep-block">block </span>
                  {block}
                </th>
                {columns.map((latent) => (
                  <td key={latent}>
                    <MapCell
                      {...{ block, latent, sweeping }}
                      cell={byPlace.get(block * latents + latent) ?? null}
                      share={shareOf(byPlace.get(block * latents + latent), { signal, most })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="sweep-said small" aria-hidden="true">
        {pointed.value === null ? "Point at a cell for its numbers." : numbersOf(pointed.value)}
      </p>
      <Legend signal={signal} most={most} answer={textOf(clean)} />
    </>
  );
}

interface MapCellOptions {
  readonly block: number;
  readonly latent: number;
  readonly cell: SweepCell | null;
  readonly share: number;
  readonly sweeping: Sweeping;
}

function MapCell({ block, latent, cell, share, sweeping: { operation } }: MapCellOptions): JSX.Element {
  if (cell === null) return <span class="sweep-cell sweep-empty" aria-label="not computed" role="img" />;
  const target: EditTarget =
    operation.kind === "cut"
      ? { kind: "edge", block, head: null, query: "eot", key: `latent.${latent}` }
      : { kind: "cell", block, latent };
  const opened = lab.value.view.cell;
  const isChosen = opened?.block === block && opened.latent === latent;
  return (
    <button
      type="button"
      class={`sweep-cell ${scaleClass(share)}${isChosen ? " sweep-chosen" : ""}`}
      data-row={block}
      data-column={latent}
      tabIndex={block === 0 && latent === 0 ? 0 : -1}
      aria-label={`Make the edit at block ${block}, latent ${latent}: ${numbersOf(cell)}`}
      onClick={() => {
        makeEdit(target, operation);
        aim(target);
        show({ cell: { block, latent } });
      }}
      onPointerEnter={() => {
        pointed.value = cell;
      }}
      onFocus={() => {
        pointed.value = cell;
      }}
    >
      {cellText(cell)}
    </button>
  );
}

function numbersOf({ block, latent, answer, changed, kl, deltaLogProb, failure }: SweepCell): string {
  const where = `block ${block}, latent ${latent}`;
  if (failure !== null) return `${where}: ${failure}`;
  const numbers = [
    ...(kl === null ? [] : [`KL ${short(kl)} nats`]),
    ...(deltaLogProb === null ? [] : [`log-probability ${signed(deltaLogProb)}`]),
  ];
  return [`${where}: “${answer}”, ${changed ? "changed" : "unchanged"}`, ...numbers].join("; ");
}

function textOf({ answer: { value, text } }: CleanView): string {
  return value === null ? text : String(value);
}

function Legend({ signal, most, answer }: { signal: SignalName; most: number; answer: string }): JSX.Element {
  return (
    <div class="sweep-legend small quiet">
      <span class="number">0</span>
      <span class="sweep-scale" aria-hidden="true">
        {Array.from({ length: SCALE_STEPS }, (_, step) => (
          <span key={step} class={`scale-${step}`} />
        ))}
      </span>
      <span class="number">{signal === "changed" ? "1" : `${short(most)} nats`}</span>
      <p>
        {SIGNALS[signal]}
        {signal === "changed" ? "" : ", by its square root"}. A number is another answer; · is the same one, {answer}.
      </p>
    </div>
  );
}
