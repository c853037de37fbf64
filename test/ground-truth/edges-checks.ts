/** What `edges` says of the embedded model, against what was planted. */

import type { KnownStudy } from "../support/known-study.js";
import type { Check } from "./checks.js";

/** What passes on through the projection, and what few edges keep. */
export function edges({ edges: found }: KnownStudy): Check[] {
  if (found === undefined) return [];
  const value = (each: typeof found.carrying.same): number => (each.kind === "value" ? each.value : Number.NaN);
  const { differs, same } = found.carrying;
  const largest = found.circuits?.sizes.at(-1);
  return [
    {
      study: "edges",
      planted:
        "a latent's value passes on through the projection: what that reads matters where the named value differs, not where it is the same",
      found: `scores sum up to ${value(differs).toFixed(4)} where it differs, ${value(same).toFixed(4)} where it is the same, ${found.pairs} pairs`,
      holds: value(differs) > 5 * value(same),
    },
    ...(largest === undefined
      ? []
      : [
          {
            study: "edges",
            planted:
              "a quarter of the edges, the strongest, keep 0.9 of the logit difference, and as many at random less than 0.1",
            found: `${value(largest.kept).toFixed(2)} kept, at random ${value(largest.random).toFixed(4)}, ${found.circuits?.pairs} pairs`,
            holds: value(largest.kept) >= 0.9 && value(largest.random) < 0.1,
          },
        ]),
  ];
}
