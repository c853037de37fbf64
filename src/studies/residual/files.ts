/** Every component of every target of the study `residual`, as numbers. */

import { integer, interval, text } from "../../exhibits/columns.js";
import { cells } from "../../exhibits/csv-cells.js";
import type { TableFile } from "../../exhibits/exhibit.js";
import type { ComponentKind } from "./components.js";
import type { ResidualSummary } from "./summary.js";

/** A row a target and component, `all` for their sum. */
export function residualFile({ targets }: ResidualSummary): TableFile {
  const kinds = new Set(targets.flatMap(({ components }) => components.map(({ kind }) => kind)));
  const only = (kind: ComponentKind, words: string): string => (kinds.has(kind) ? words : "");
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
        `answer: the logit of the answer's number above the next best number's${targets.some(({ name }) => name === "latents") ? "; latent.0 …: the next latent's input; latents: their mean" : ""}`,
      ),
      text(
        "component",
        `which part: the embedding, ${only("position", "the position, ")}a head, a block's attention or MLP${only("norm bias", ", a bias of these or of the final norm")}${only("biases", ", the projection's biases")}; all: their sum`,
      ),
      text(
        "kind",
        `embedding, ${only("position", "position, ")}head, attention (the sum of a block's heads), ${only("attention bias", "attention bias, ")}mlp, ${only("mlp bias", "mlp bias, ")}${only("norm bias", "norm bias, ")}${only("biases", "biases ")}or all`,
      ),
      integer("block", "the block's index, from 0; empty outside the blocks"),
      integer("n", "problems"),
      ...interval("contribution", "mean contribution: logits to the answer, shares of the whole to a latent"),
      ...interval("control", "the same to what it is not meant for: a random other number, another problem's latent"),
    ],
    rows,
  };
}
