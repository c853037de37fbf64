/** The tables of the study `steering`: every dose, and the latents whose directions were taken. */

import { integer, interval, number, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import { rateText } from "../../exhibits/headline.js";
import { show, signed } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import { ADDED_NAMES } from "./names.js";
import { SITE_NAMES } from "./sites.js";
import type { SteeringSummary } from "./summary.js";

/** A row a dose. */
export function dosesTable({ doses }: SteeringSummary): TableData {
  return table("Steering: every dose", {
    header: [
      "added at",
      "what",
      "strength",
      "answers as predicted",
      "answers changed",
      "logits toward it",
      "change / said",
      "direction beyond it, logits",
    ],
    rows: doses.map(({ site, added, strength, moved, changed, toward, share, behind }) => [
      ...[SITE_NAMES[site], ADDED_NAMES[added], signed(strength)],
      ...[rateText(moved), rateText(changed), show(toward), show(share)],
      behind === null ? "–" : show(behind),
    ]),
  });
}

/** The same with all digits. */
export function dosesFile({ doses }: SteeringSummary): TableFile {
  return {
    file: "steering",
    about: "What a direction added at a latent does to answers: a row a site, what is added, and strength.",
    columns: [
      text(
        "site",
        "input: what is fed at the latent; resid: residual stream after the middle block; kv: keys and values of all blocks",
      ),
      text(
        "added",
        "own: the direction; random: a random one of the same length; elsewhere: the direction at another latent",
      ),
      number("strength", "what the direction is multiplied by"),
      integer("n", "problems"),
      integer("moved", "problems whose answer becomes the predicted number"),
      ...interval("moved_share", "moved / n"),
      integer("changed", "problems whose answer is no longer the model's own number"),
      ...interval("changed_share", "changed / n"),
      ...interval("toward", "way of the logit difference from the model's own number to the predicted one"),
      ...interval(
        "change_share",
        "change of the answer in the direction that was said, over the change that was said; a change counts as at most 5 times as much",
      ),
      ...interval(
        "beyond",
        "toward of the direction itself less this one's, problem by problem; empty for the direction itself",
      ),
    ],
    rows: doses.map(({ site, added, strength, moved, changed, toward, share, behind }) => [
      ...[site, added, strength, moved.n, moved.count],
      ...cells(moved.rate),
      changed.count,
      ...[changed.rate, toward, share].flatMap(cells),
      ...(behind === null ? [null, null, null] : cells(behind)),
    ]),
  };
}

/** A row a site, step and latent. */
export function picksTable({ picks }: SteeringSummary): TableData {
  return table("Steering: latents whose directions were taken", {
    header: ["added at", "step", "latent", "problems"],
    rows: picks.map(({ site, step, latent, count, n }) => [
      ...[SITE_NAMES[site], `step ${step}`, `latent ${latent}`, `${count} of ${n}`],
    ]),
  });
}

/** The same. */
export function picksFile({ picks }: SteeringSummary): TableFile {
  return {
    file: "steering_latents",
    about: "From which latent a step's direction was taken: a row a site, step and latent.",
    columns: [
      text("site", "as in steering.csv"),
      integer("step", "place of the step in the solution, from 1"),
      integer("latent", "latent where the differences of the pairs of questions have most in common"),
      integer("problems", "problems with this latent"),
      integer("n", "problems that were steered at this step"),
    ],
    rows: picks.map(({ site, step, latent, count, n }) => [site, step, latent, count, n]),
  };
}
