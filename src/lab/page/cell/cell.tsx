/** The panel `cell`: one block at one latent, opened. */

import type { JSX } from "preact";
import type { CellView } from "../../session/types.js";
import { follow } from "../follow.js";
import { makeEdit } from "../make-edit.js";
import { Button } from "../parts/button.js";
import { short } from "../parts/numbers.js";
import { Panel } from "../parts/panel.js";
import { Term } from "../parts/term.js";
import { clean, edited, hasLatents, isLive, lab, show, showAttention } from "../state.js";
import { toEditPanel } from "../to-edit-panel.js";
import { AttentionTable } from "./attention-table.js";
import { ComponentTable } from "./component-table.js";
import { SaidHere } from "./said-here.js";
import "./cell.css";

const opened = follow("cell", () => {
  const { question, view } = lab.value;
  if (view.cell === null || clean.value?.question !== question || !hasLatents()) return null;
  // Under other edits the head says something else there.
  return { ask: { question, ...view.cell }, version: edited.value?.edited };
});

/** Says how a cell is opened until one is. */
export function Cell(): JSX.Element | null {
  const { cell } = lab.value.view;
  if (clean.value === null || !hasLatents()) return null;
  const view = opened.value;
  const isCurrent = view !== null && view.block === cell?.block && view.latent === cell.latent;
  return (
    <Panel
      id="cell"
      title={cell === null ? "A cell, opened" : `Latent ${cell.latent} after block ${cell.block}`}
      tools={isCurrent ? <Tools view={view} /> : undefined}
    >
      {isCurrent ? <Opened view={view} /> : <Hint isChosen={cell !== null} />}
    </Panel>
  );
}

function Hint({ isChosen }: { readonly isChosen: boolean }): JSX.Element {
  if (!isChosen) return <p class="quiet">Choose a latent or one of its blocks in the strip: it opens here.</p>;
  return <p class="quiet">{isLive.value ? "The cell is being read …" : "The cell opens once the engine is there."}</p>;
}

function Tools({ view: { block, latent } }: { readonly view: CellView }): JSX.Element {
  return (
    <>
      <Button onClick={() => toEditPanel({ kind: "cell", block, latent })}>Edit it</Button>
      <Button onClick={() => makeEdit({ kind: "cell", block, latent }, { kind: "zero" })}>Set it to zero</Button>
      <Button onClick={() => showAttention({ block, head: null, from: `latent.${latent}` })}>
        All attention of block {block}
      </Button>
      <Button look="quiet" label="Close the cell" onClick={() => show({ cell: null })}>
        ✕
      </Button>
    </>
  );
}

function Opened({ view }: { readonly view: CellView }): JSX.Element {
  const { block, latent, norm, attendsTo, attendedBy } = view;
  return (
    <div class="cell-parts">
      <SaidHere view={view} />
      <p class="small quiet">
        The <Term name="residual">residual stream</Term> has <Term name="norm">norm</Term>{" "}
        <span class="number">{short(norm)}</span> here.
      </p>
      <ComponentTable view={view} />
      <div class="cell-attention">
        <AttentionTable title={`Latent ${latent} looks at`} slice={attendsTo} block={block} latent={latent} isFrom />
        <AttentionTable
          title={`Latent ${latent} is looked at by`}
          slice={attendedBy}
          block={block}
          latent={latent}
          isFrom={false}
        />
      </div>
    </div>
  );
}
