/** BOT and EOT: the tokens before the first thought and after the last one. */

import type { JSX } from "preact";
import { Term } from "../parts/term.js";
import type { TermName } from "../terms.js";
import { laterClass } from "./play.js";

/** What a mark is. */
export interface MarkOptions {
  readonly name: string;
  readonly term: TermName;
  /** When it appears. */
  readonly step: number;
}

/** A narrow card. */
export function MarkCard({ name, term, step }: MarkOptions): JSX.Element {
  return (
    <div class={`mark-card${laterClass(step)}`}>
      <Term name={term}>{name}</Term>
    </div>
  );
}
