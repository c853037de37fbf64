/** Where the next edit acts: a cell, a head, or an edge. */

import type { JSX } from "preact";
import { placeOf } from "../../edits/targets.js";
import { choosePlace, chosenHead, draft, edge, headOf, place, type TargetKind, targetKind } from "../draft.js";
import { numbered, Radios, Select } from "../parts/choice.js";
import { Term } from "../parts/term.js";
import { clean } from "../state.js";
import { EdgePicker } from "./edge-picker.js";

const KINDS: readonly (readonly [TargetKind, string])[] = [
  ["cell", "A latent"],
  ["head", "A head"],
  ["edge", "An edge of attention"],
];

/** The place, as lists and as what was clicked in the strip. */
export function Where(): JSX.Element {
  const { blocks = 1, latents = 1, heads = 1, feedback } = clean.value?.model ?? {};
  const { block, latent } = place.value;
  const { kind } = draft.value;
  const headValue = kind === "edge" ? edge.value.head : chosenHead.value;
  const isOfLatent = kind !== "edge" || edge.value.query.startsWith("latent.");
  const isUnread = feedback === "constant" && block === blocks - 1 && isOfLatent;
  return (
    <div class="touch-part">
      <h3>
        Where <span class="quiet mono touch-site">{placeOf(draft.value)}</span>
      </h3>
      {latents === 0 ? null : (
        <Radios label="What is edited" value={kind} options={KINDS} onChoose={(next) => (targetKind.value = next)} />
      )}
      <div class="fields">
        <Select
          label={kind === "cell" ? "after" : "of"}
          value={`${block}`}
          options={numbered(blocks, "block")}
          onChoose={(next) => choosePlace({ block: Number(next) })}
        />
        {kind === "edge" ? null : (
          <Select
            label="at"
            value={`${latent}`}
            options={numbered(latents, "latent")}
            onChoose={(next) => choosePlace({ latent: Number(next) })}
          />
        )}
        {kind === "cell" ? null : (
          <Select
            label="in"
            value={headValue === null ? "all" : `${headValue}`}
            options={[
              ...(kind === "edge" ? [["all", "all heads"] as [string, string]] : []),
              ...numbered(heads, "head"),
            ]}
            onChoose={chooseHead}
          />
        )}
      </div>
      {kind === "edge" ? <EdgePicker /> : null}
      <p class="small quiet">
        {kind === "cell" ? (
          <>
            The whole <Term name="residual">vector</Term> at that <Term name="latent">latent</Term>; a cell of the strip
            chooses it too.
          </>
        ) : kind === "head" ? (
          <>
            What one <Term name="head">head</Term> reads of earlier positions, before it is written.
          </>
        ) : (
          <>
            How much one position <Term name="attention">looks at</Term> another.
          </>
        )}
      </p>
      {isUnread ? (
        <p class="small touch-unread">
          Nothing reads this place. No attention comes after it, and each latent’s input is the same learned vector: an
          edit here changes no later latent and no answer.
        </p>
      ) : null}
    </div>
  );
}

function chooseHead(next: string): void {
  if (draft.value.kind === "edge") edge.value = { ...edge.value, head: next === "all" ? null : Number(next) };
  else headOf.value = Number(next);
}
