/** What the controls of the apparatus show, in words. */

import { counted } from "../../exhibits/number-text.js";
import type { StudyCondition } from "../finding.js";

/** How many runs that must change nothing did, and what is left without any latent. */
export function apparatusSentence(all: readonly StudyCondition[]): string {
  const none = all.find(({ factors }) => factors["control"] === "no latents");
  const conditions = all.filter((each) => each !== none);
  const runs = conditions.reduce((sum, { right }) => sum + right.n, 0);
  const moved = conditions.reduce((sum, { broken }) => sum + broken.count, 0);
  const left =
    none === undefined ? "" : ` Without any latent to read ${none.right.count} of ${none.right.n} answers are right.`;
  const broke = moved === 0 ? "none broke a right answer" : `${moved} broke a right answer`;
  return `Of ${counted(runs, "control run")} that must change nothing ${broke}; one that changes an answer is counted as failed.${left}`;
}
