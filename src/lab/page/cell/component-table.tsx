/** What each head and the MLP of the block wrote at the latent: its length, and its direct effects. */

import type { JSX } from "preact";
import type { EditTarget } from "../../edits/edit.js";
import { targetText } from "../../edits/targets.js";
import type { CellView, ComponentView } from "../../session/types.js";
import { makeEdit } from "../make-edit.js";
import { percent, short, shownToken, signed } from "../parts/numbers.js";
import { Term } from "../parts/term.js";
import { clean } from "../state.js";
import { toEditPanel } from "../to-edit-panel.js";

/** A row a component; heads can be switched off from here. */
export function ComponentTable({ view }: { readonly view: CellView }): JSX.Element {
  const { block, latent, components, word } = view;
  // Where each input is one learned vector, no part of a state reaches the next.
  const isFed = clean.value?.model.feedback !== "constant";
  return (
    <div class="scroll">
      <table class="numbers">
        <caption>
          What block {block} wrote here
          <span class="quiet">
            {" "}
            · direct parts of the <Term name="logit">logit</Term> of “{shownToken(word.text)}” ({short(word.logit)})
            {isFed ? " and of the next latent’s input" : ""}
          </span>
        </caption>
        <thead>
          <tr>
            <th scope="col">part</th>
            <th scope="col">norm</th>
            <th scope="col">to “{shownToken(word.text)}”</th>
            {isFed ? <th scope="col">to the next</th> : null}
            <th scope="col">
              <span class="unseen">edit</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {components.map((part) => (
            <Row key={nameOf(part)} part={part} block={block} latent={latent} isFed={isFed} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowOptions {
  readonly part: ComponentView;
  readonly block: number;
  readonly latent: number;
  readonly isFed: boolean;
}

function Row({ part, block, latent, isFed }: RowOptions): JSX.Element {
  const { head, norm, toWord, toNext } = part;
  return (
    <tr>
      <th scope="row">{part.kind === "mlp" ? <Term name="mlp">MLP</Term> : nameOf(part)}</th>
      <td>{short(norm)}</td>
      <td>{signed(toWord)}</td>
      {isFed ? <td>{toNext === null ? "–" : `${toNext < 0 ? "−" : ""}${percent(Math.abs(toNext))}`}</td> : null}
      <td>
        {head === null ? null : (
          <span class="cell-links">
            <Link name="zero it" target={{ kind: "head", block, head, latent }} act={zero} />
            <Link name="edit it" target={{ kind: "head", block, head, latent }} act={toEditPanel} />
          </span>
        )}
      </td>
    </tr>
  );
}

interface LinkOptions {
  readonly name: string;
  readonly target: EditTarget;
  readonly act: (target: EditTarget) => void;
}

function Link({ name, target, act }: LinkOptions): JSX.Element {
  return (
    <button type="button" class="link" onClick={() => act(target)}>
      {name}
      <span class="unseen">: {targetText(target)}</span>
    </button>
  );
}

function zero(target: EditTarget): void {
  makeEdit(target, { kind: "zero" });
}

function nameOf({ kind, head }: ComponentView): string {
  if (kind === "position") return "position, before the block";
  if (kind === "bias") return "bias beside the heads";
  return head === null ? "MLP" : `head ${head}`;
}
