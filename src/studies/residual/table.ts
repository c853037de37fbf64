/** The table of the study `residual`. */

import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { Component, ResidualSummary } from "./summary.js";

/** A row a block, a column a component and target. Heads and single latents are in tables/residual.csv. */
export function residualTable({ targets, blocks }: ResidualSummary): TableData {
  const [answer, latents] = ["answer", "latents"].map((name) => targets.find((each) => each.name === name));
  const cells = (kind: Component["kind"], block: number | null): string[] =>
    [answer, latents].flatMap((target) => {
      const found = target?.components.find((each) => each.kind === kind && each.block === block);
      return found === undefined ? ["–", "–"] : [show(found.own), show(found.control)];
    });
  const rows = [
    ["embedding", "–", ...cells("embedding", null)],
    ...Array.from({ length: blocks }, (_, block) =>
      (["attention", "mlp"] as const).map((kind) => [
        String(block),
        kind === "mlp" ? "MLP" : kind,
        ...cells(kind, block),
      ]),
    ).flat(),
    ["projection's biases", "–", ...cells("biases", null)],
    [
      "all",
      "",
      ...[answer, latents].flatMap((each) => (each === undefined ? ["–", "–"] : [show(each.own), show(each.control)])),
    ],
  ];
  const header = [
    "block",
    "component",
    "answer, logits [95 %]",
    "random other number (control)",
    "latents' inputs, share [95 %]",
    "another problem's latent (control)",
  ];
  return table("Direct contributions by block", { header, rows });
}
