/** The edits that stack, in the order in which they are done. */

import type { JSX } from "preact";
import { withoutEdits } from "../../edits/changes.js";
import { edit } from "../edit-history.js";
import { Button } from "../parts/button.js";
import { lab } from "../state.js";
import { EditRow } from "./edit-row.js";

/** A list, or what to do where there is none. */
export function Stack(): JSX.Element {
  const { edits } = lab.value;
  return (
    <div class="touch-part">
      <div class="touch-line">
        <h3>Edits</h3>
        {edits.length === 0 ? null : (
          <Button look="quiet" onClick={() => edit(withoutEdits(lab.value))}>
            Remove all
          </Button>
        )}
      </div>
      {edits.length === 0 ? (
        <p class="quiet small">None yet: choose what is done, and the answer is computed again.</p>
      ) : (
        <ol class="edits">
          {edits.map((each, at) => (
            <EditRow key={each.id} each={each} at={at} count={edits.length} />
          ))}
        </ol>
      )}
    </div>
  );
}
