/** Every cell and every group of cells of the study `attribution`, as numbers. */

import { integer, interval, number, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import { WAYS } from "./agreement.js";
import type { AttributionSummary } from "./summary.js";

/** A row a cell. */
export function attributionFile({ cells: all }: AttributionSummary): TableFile {
  return {
    file: "attribution",
    about:
      "Every cell that was patched, as patched and as predicted, mean over the pairs that were patched: a row a cell.",
    columns: [
      text("site", "resid, attn, mlp or head"),
      text("position", "the position, of a head with its number"),
      integer("block", "the block, from 0"),
      integer("n", "pairs of problems"),
      number("patched", "mean effect of the patch on the logit difference: 0 none, 1 all the way to the other run"),
      number("gradient", "the same as one gradient predicts it"),
      number("integrated", "the same as integrated gradients predict it"),
      number("gradient_error", "root mean square over pairs of gradient less patched"),
      number("integrated_error", "root mean square over pairs of integrated less patched"),
    ],
    rows: all.map(({ site, row, block, pairs, patched, predicted, error }) => [
      ...[site, row, block, pairs, patched],
      ...[predicted.gradient, predicted.integrated, error.gradient, error.integrated],
    ]),
  };
}

/** A row a cell. */
export function predictedFile({ predictions }: AttributionSummary): TableFile {
  return {
    file: "attribution_predicted",
    about: "Every cell as predicted, mean over all pairs: a row a cell.",
    columns: [
      text("site", "resid, attn, mlp or head"),
      text("position", "the position, of a head with its number"),
      integer("block", "the block, from 0"),
      integer("n", "pairs of problems"),
      number("gradient", "mean effect of a patch as one gradient predicts it: 0 none, 1 all the way to the other run"),
      number("integrated", "the same as integrated gradients predict it"),
    ],
    rows: predictions.map(({ site, row, block, pairs, predicted }) => [
      ...[site, row, block, pairs],
      ...[predicted.gradient, predicted.integrated],
    ]),
  };
}

/** A row a group and way. */
export function agreementFile({ groups }: AttributionSummary): TableFile {
  return {
    file: "attribution_agreement",
    about: "Predicted beside patched effects: a row a group of cells and way of predicting.",
    columns: [
      text("sorted_by", "all, site, step, attention, effect, block or position"),
      text("cells", "which cells"),
      text("way", "gradient: one gradient at the base run; integrated: the mean of eight on the way to the source"),
      integer("n", "cells of all pairs"),
      ...interval("r", "Pearson's r of predicted and patched effects over these cells"),
      ...interval("slope", "slope of predicted over patched effects: 1 is the right size"),
      ...interval("sign_right", "share of the cells that move the logit difference whose predicted sign is right"),
      ...interval("mean_error", "mean of |predicted - patched|"),
    ],
    rows: groups.flatMap(({ by, name, agreement }) =>
      WAYS.map((way) => {
        const { cells: n, r, slope, signs, error } = agreement[way];
        return [by, name, way, n, ...cells(r), ...cells(slope), ...cells(signs), ...cells(error)];
      }),
    ),
  };
}
