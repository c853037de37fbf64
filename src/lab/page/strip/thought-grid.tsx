/** The latents as columns: a card of what the head says, and below it a cell for each block. One grid for the keyboard. */

import type { JSX } from "preact";
import { activeEdits } from "../../edits/edit.js";
import { isInCell } from "../../edits/targets.js";
import type { CleanView, Outcome, Word } from "../../session/types.js";
import { openCell } from "../draft.js";
import { moveFocus } from "../parts/grid-keys.js";
import { percent, shownToken } from "../parts/numbers.js";
import { scaleClass } from "../parts/scale.js";
import { Term } from "../parts/term.js";
import { lab, names } from "../state.js";
import { laterClass } from "./play.js";
import { ThoughtCard } from "./thought-card.js";

/** What the grid shows. */
export interface ThoughtGridOptions {
  readonly view: CleanView;
  /** The edited run; null where there is none. */
  readonly outcome: Outcome | null;
  /** Are the blocks on show, or the cards alone? */
  readonly isOpen: boolean;
}

/** Row 0 holds the cards; row b + 1 the cells of block b. */
export function ThoughtGrid({ view, outcome, isOpen }: ThoughtGridOptions): JSX.Element {
  const rows = isOpen ? view.lens.length + 1 : 1;
  const size = { rows, columns: view.latents.length };
  return (
    // No table: that cannot share its columns with the cards beside it.
    <div
      class="thought-grid"
      role="grid"
      aria-label="Latents and blocks"
      aria-rowcount={rows}
      onKeyDown={(event) => moveFocus(event, size)}
    >
      <CardRow view={view} outcome={outcome} />
      {isOpen
        ? view.lens.map((words, block) => <BlockRow key={block} block={block} words={words} outcome={outcome} />)
        : null}
    </div>
  );
}

function CardRow({ view, outcome }: Omit<ThoughtGridOptions, "isOpen">): JSX.Element {
  const cell = lab.value.view.cell;
  return (
    <div class="grid-row" role="row">
      <div role="rowheader" class={`bot-card${laterClass(0)}`}>
        {view.positions.some(({ part }) => part === "bot") ? <Term name="bot">{names.value.bot}</Term> : null}
        {view.bot.length === 0 ? null : <Said words={view.bot} />}
      </div>
      {view.latents.map((latent, i) => (
        <div key={latent.latent} role="gridcell" class={`thought-place${laterClass(i + 1)}`}>
          <ThoughtCard
            latent={latent}
            now={outcome?.words[i] ?? null}
            moved={outcome?.latents[i] ?? null}
            isChosen={cell?.latent === i}
            // The first card is the grid's stop in the order of Tab, unless a cell is chosen.
            isStop={cell === null ? i === 0 : cell.latent === i && cell.block === view.lens.length - 1}
            onOpen={() => openCell({ block: view.lens.length - 1, latent: i })}
          />
        </div>
      ))}
    </div>
  );
}

function Said({ words: [best] }: { readonly words: readonly Word[] }): JSX.Element | null {
  if (best === undefined) return null;
  return (
    <span class="said small" title={`The head says “${best.text}” with ${percent(best.probability)}`}>
      {shownToken(best.text)}
    </span>
  );
}

interface BlockRowOptions {
  readonly block: number;
  readonly words: readonly (readonly Word[])[];
  readonly outcome: Outcome | null;
}

function BlockRow({ block, words, outcome }: BlockRowOptions): JSX.Element {
  return (
    <div class="grid-row" role="row">
      <div role="rowheader" class="block-name small quiet">
        block {block}
      </div>
      {words.map(([best], latent) => (
        <LensCell
          key={latent}
          block={block}
          latent={latent}
          best={best ?? null}
          moved={outcome?.moved[block]?.[latent] ?? null}
        />
      ))}
    </div>
  );
}

interface LensCellOptions {
  readonly block: number;
  readonly latent: number;
  readonly best: Word | null;
  readonly moved: number | null;
}

function LensCell({ block, latent, best, moved }: LensCellOptions): JSX.Element {
  const { view } = lab.value;
  const isChosen = view.cell?.block === block && view.cell.latent === latent;
  const isEdited = activeEdits(lab.value).some(({ target }) => isInCell(target, { block, latent }));
  const classes = [
    "lens-cell",
    scaleClass(best?.probability ?? 0),
    laterClass(latent + 1),
    isChosen ? "lens-chosen" : "",
    isEdited ? "lens-edited" : "",
    moved === null ? "" : `moved-${Math.min(4, Math.ceil(moved * 4 - 1e-4))}`,
  ];
  const said = best === null ? "" : `: “${best.text}” ${percent(best.probability)}`;
  const change = moved === null ? "" : `, moved by ${percent(moved)}${isEdited ? ", edited here" : ""}`;
  const name = `Block ${block}, latent ${latent}${said}${change}`;
  return (
    <div role="gridcell" aria-selected={isChosen}>
      <button
        type="button"
        class={classes.join(" ")}
        data-row={block + 1}
        data-column={latent}
        tabIndex={isChosen ? 0 : -1}
        aria-label={name}
        title={name}
        onClick={() => openCell({ block, latent })}
      >
        {best === null ? "" : shownToken(best.text)}
      </button>
    </div>
  );
}
