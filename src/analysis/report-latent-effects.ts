/** The report's table of what knockouts change in the latents themselves. */

import { htmlTable, show, table } from "./report-tables.js";
import { comparedEffects } from "./studies/latent-effects.js";
import type { StudySummary } from "./studies/study-types.js";

/** @returns a folded table beside what they do to the answer; nothing where it was not recorded. */
export function effectTable({ name, conditions }: StudySummary): string {
  const effects = comparedEffects(conditions);
  if (effects.length === 0) return "";
  const rows = effects.map(({ condition: { condition, broken }, effect, control }) => [
    condition,
    show(effect.reader),
    control === null ? "–" : show(control.reader),
    show(effect.later),
    control === null ? "–" : show(control.later),
    `${broken.count} of ${broken.n}`,
  ]);
  const made = table(
    `Change of what the latents hand on, share of its norm, mean over problems, ${name}`,
    [
      "condition",
      "the reader's",
      "the reader's (control)",
      "later latents', mean",
      "later latents', mean (control)",
      "broken",
    ],
    rows,
  );
  return `<details><summary>What each knockout changes in the latents themselves (<code>tables/latent_effects.csv</code>)</summary>${htmlTable(made)}</details>`;
}
