/** The parts that a number is taken apart into, in the order of a record's list. */

import type { ResidualReading } from "./record.js";

/** One part of the residual stream; `attention` is the sum of its block's heads. */
export interface Component {
  readonly name: string;
  readonly kind: ComponentKind;
  /** Null outside the blocks. */
  readonly block: number | null;
}

/** What a component is. */
export type ComponentKind =
  | "embedding"
  | "position"
  | "head"
  | "attention"
  | "attention bias"
  | "mlp"
  | "mlp bias"
  | "norm bias"
  | "biases";

/** A component of a record's list. */
export interface ListedComponent extends Component {
  /** Null for what is no single head. */
  readonly head: number | null;
}

/** What decides on the parts. */
export type ResidualShape = Pick<ResidualReading, "layers" | "heads" | "hasBiases">;

/** As a record lists them; after them stands the whole. A family has a vector a position and biases, or neither. */
export function listedComponents({ layers, heads, hasBiases = false }: ResidualShape): ListedComponent[] {
  const outside = (name: string, kind: ComponentKind): ListedComponent => ({ name, kind, block: null, head: null });
  const blocks = Array.from({ length: layers }, (_, block): ListedComponent[] => {
    const inside = (name: string, kind: ComponentKind): ListedComponent => ({
      name: `block ${block} ${name}`,
      kind,
      block,
      head: null,
    });
    return [
      ...Array.from({ length: heads }, (__, head) => ({ ...inside(`head ${head}`, "head"), head })),
      ...(hasBiases ? [inside("attention bias", "attention bias")] : []),
      inside("MLP", "mlp"),
      ...(hasBiases ? [inside("MLP bias", "mlp bias")] : []),
    ];
  });
  return [
    outside("embedding", "embedding"),
    ...(hasBiases ? [outside("position", "position")] : []),
    ...blocks.flat(),
    ...(hasBiases ? [outside("final norm's bias", "norm bias")] : []),
    outside("projection's biases", "biases"),
  ];
}
