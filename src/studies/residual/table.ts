/** The table of the study `residual`. */

import { show } from "../../exhibits/number-text.js";
import { type TableData, table } from "../../exhibits/table.js";
import type { ComponentKind } from "./components.js";
import type { ResidualSummary } from "./summary.js";

const BLOCK_KINDS = ["attention", "attention bias", "mlp", "mlp bias"] as const;

/** A row a block, a column a component and target. Heads and single latents are in tables/residual.csv. */
export function residualTable({ targets, blocks }: ResidualSummary): TableData {
  // Without a number in any answer, or latents' inputs to take apart, there are no columns of them.
  const [answer, latents] = ["answer", "latents"].map((name) =>
    targets.find((each) => each.name === name && each.problems > 0),
  );
  const shown = [answer, latents].filter((each) => each !== undefined);
  const cells = (kind: ComponentKind, block: number | null): string[] =>
    shown.flatMap((target) => {
      const found = target.components.find((each) => each.kind === kind && each.block === block);
      return found === undefined ? ["–", "–"] : [show(found.own), show(found.control)];
    });
  const has = (kind: ComponentKind): boolean =>
    shown.some((target) => target.components.some((each) => each.kind === kind));
  const inBlocks = BLOCK_KINDS.filter(has);
  const rows = [
    ["embedding", "–", ...cells("embedding", null)],
    ...(has("position") ? [["position", "–", ...cells("position", null)]] : []),
    ...Array.from({ length: blocks }, (_, block) =>
      inBlocks.map((kind) => [String(block), kind.replace("mlp", "MLP"), ...cells(kind, block)]),
    ).flat(),
    ...(has("norm bias") ? [["final norm's bias", "–", ...cells("norm bias", null)]] : []),
    ...(has("biases") ? [["projection's biases", "–", ...cells("biases", null)]] : []),
    ["all", "", ...shown.flatMap((each) => [show(each.own), show(each.control)])],
  ];
  const header = [
    "block",
    "component",
    ...(answer === undefined ? [] : ["answer, logits [95 %]", "random other number (control)"]),
    ...(latents === undefined ? [] : ["latents' inputs, share [95 %]", "another problem's latent (control)"]),
  ];
  return table("Direct contributions by block", { header, rows });
}
