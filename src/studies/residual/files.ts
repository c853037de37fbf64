/** Every component of every target of the study `residual`, as numbers. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import type { ResidualSummary } from "./summary.js";

/** A row a target and component, `all` for their sum. */
export function residualFile({ targets }: ResidualSummary): TableFile {
  const hasBiases = targets.some(({ components }) => components.some(({ kind }) => kind === "norm bias"));
  const rows = targets.flatMap(({ name, problems, components, ...whole }) =>
    [...components, { name: "all", kind: "all", block: null, ...whole }].map((each) => [
      name,
      each.name,
      each.kind,
      each.block,
      problems,
      ...cells(each.own),
      ...cells(each.control),
    ]),
  );
  return {
    file: "residual",
    about: "Direct contributions of the parts of the residual stream: a row a target and component.",
    columns: [
      text(
        "target",
        "answer: the logit of the answer's number above the next best number's; latent.0 …: the next latent's input; latents: their mean",
      ),
      text(
        "component",
        hasBiases
          ? "which part: the embedding, the position, a head, a block's attention or MLP, a bias of these or of the final norm, the projection's biases; all: their sum"
          : "which part: the embedding, a head, a block's attention or MLP, the projection's biases; all: their sum",
      ),
      text(
        "kind",
        hasBiases
          ? "embedding, position, head, attention (the sum of a block's heads), attention bias, mlp, mlp bias, norm bias, biases or all"
          : "embedding, head, attention (the sum of a block's heads), mlp, biases or all",
      ),
      integer("block", "the block's index, from 0; empty outside the blocks"),
      integer("n", "problems"),
      ...interval("contribution", "mean contribution: logits to the answer, shares of the whole to a latent"),
      ...interval("control", "the same to what it is not meant for: a random other number, another problem's latent"),
    ],
    rows,
  };
}
