/** What the head would say at BOT and after each latent, as a table. */

import type { RunResult } from "../../model/latent/run-types.js";
import { probabilityText, type ShownTable } from "./fragment.js";

/** @returns the lens of a run that was made with `lens: true`, else null. */
export function lensTableOf({ lens }: Pick<RunResult, "lens">): ShownTable | null {
  const [first] = lens;
  if (first === undefined) return null;
  return {
    caption: "What the head would say at BOT and after each latent, with its probability",
    header: ["position", ...first.top.map((_, rank) => `${rank + 1}`)],
    rows: lens.map(({ at, top }) => [
      at,
      ...top.map(({ text, logProb }) => ({
        text: `${visible(text)} ${probabilityText(logProb)}`,
        share: Math.exp(logProb),
      })),
    ]),
  };
}

/** A token with its blank where that is all it has. */
export function visible(text: string): string {
  return text.trim() === "" ? JSON.stringify(text) : text.trim();
}
