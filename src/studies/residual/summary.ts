/** Direct contributions over all problems: which component writes the answer's number, and which the next latent's input. */

import type { Estimate } from "../../statistics/estimate.js";
import { meanEstimate } from "../../statistics/mean-estimate.js";
import { type Component, type ListedComponent, listedComponents, type ResidualShape } from "./components.js";
import type { ResidualReading } from "./record.js";

/** One problem's baseline. */
export interface ResidualRow {
  readonly problemId: string;
  readonly residual: ResidualReading;
}

/** What one component contributes on average. */
export interface ComponentMean extends Component {
  readonly own: Estimate;
  /** To what it must not be meant for: a random other number's logit, another problem's latent. */
  readonly control: Estimate;
}

/** Everything that is said of one number that was taken apart. */
export interface ResidualTarget {
  /** `answer`, `latent.0` …, or `latents` for their mean. */
  readonly name: string;
  readonly problems: number;
  /** What the components' means sum to. */
  readonly own: Estimate;
  readonly control: Estimate;
  /** In the record's order (`components.ts`), each block's heads followed by their sum. */
  readonly components: readonly ComponentMean[];
}

/** The study. */
export interface ResidualSummary {
  readonly problems: number;
  readonly blocks: number;
  /** The answer in logits (above the next best number token); latents in shares of their input. */
  readonly targets: readonly ResidualTarget[];
}

/** One problem's parts in the order of `componentsOf`, then the whole. */
interface Parts {
  readonly own: readonly number[];
  readonly control: readonly number[] | null;
}

/** @param isProjected do latents' inputs come through a projection, whose biases are a part? @returns null where no record has a reading. */
export function residualSummary(
  rows: readonly ResidualRow[],
  { seed, isProjected = true }: { readonly seed: number; readonly isProjected?: boolean },
): ResidualSummary | null {
  const [first] = rows;
  if (first === undefined) return null;
  // What was not taken apart does not say whether there are biases.
  const taken = rows.find(({ residual: { number, inputs } }) => number !== null || inputs.length > 0) ?? first;
  const shape: ResidualShape & Pick<ResidualReading, "inputs"> = taken.residual;
  const { layers, inputs } = shape;
  const components = componentsOf(shape);
  const target = (name: string, parts: readonly (Parts | null)[]): ResidualTarget => {
    const known = parts.flatMap((each) => each ?? []);
    const controls = known.flatMap(({ control }) => (control === null ? [] : [control]));
    const at = (lists: readonly (readonly number[])[], place: number): Estimate =>
      meanEstimate(
        lists.map((list) => list[place] ?? 0),
        seed,
      );
    const own = known.map((each) => each.own);
    return {
      name,
      problems: known.length,
      own: at(own, components.length),
      control: at(controls, components.length),
      components: components
        .map((component, place) => ({ ...component, own: at(own, place), control: at(controls, place) }))
        .filter(({ kind }) => isProjected || kind !== "biases"),
    };
  };
  return {
    problems: rows.length,
    blocks: layers,
    targets: [
      target(
        "answer",
        rows.map(({ residual }) => answerParts(residual, shape)),
      ),
      ...(inputs.length === 0
        ? []
        : [
            target(
              "latents",
              rows.map(({ residual }) => inputParts(residual, shape, null)),
            ),
          ]),
      ...inputs.map((_, latent) =>
        target(
          `latent.${latent}`,
          rows.map(({ residual }) => inputParts(residual, shape, latent)),
        ),
      ),
    ],
  };
}

/** What a component contributes to each answer's number. */
export function contributionsOf(
  rows: readonly ResidualRow[],
  name: string,
): { readonly problemId: string; readonly value: number }[] {
  return rows.flatMap(({ problemId, residual }) => {
    const parts = answerParts(residual, residual);
    const value = parts?.own[componentsOf(residual).findIndex((each) => each.name === name)];
    return value === undefined ? [] : [{ problemId, value }];
  });
}

/** Whether the position and the language model's biases are among the components, as on GPT-2. */
export function hasBiases({ targets }: Pick<ResidualSummary, "targets">): boolean {
  return targets.some(({ components }) => components.some(({ kind }) => kind === "norm bias"));
}

/** As listed, with the sum of a block's heads after them. */
function componentsOf(shape: ResidualShape): Component[] {
  return withSums(
    listedComponents(shape),
    ([first]): Component => ({
      name: `block ${first?.block} attention`,
      kind: "attention",
      block: first?.block ?? null,
    }),
  ).map(({ name, kind, block }) => ({ name, kind, block }));
}

/** The record's list with each block's heads summed up beside them. */
function withAttention(list: readonly number[], shape: ResidualShape): number[] {
  const places = listedComponents(shape).map((component, place) => ({ ...component, value: list[place] ?? 0 }));
  const summed = withSums(places, (heads) => ({ value: heads.reduce((sum, { value }) => sum + value, 0) }));
  return [...summed.map(({ value }) => value), ...list.slice(places.length)];
}

/** Items with one more after the heads of each block, made of these. */
function withSums<T extends ListedComponent, S>(items: readonly T[], sumOf: (heads: readonly T[]) => S): (T | S)[] {
  return items.flatMap((item, place) => {
    const isLastHead = item.kind === "head" && items[place + 1]?.kind !== "head";
    return isLastHead
      ? [item, sumOf(items.filter(({ kind, block }) => kind === "head" && block === item.block))]
      : [item];
  });
}

/** Both above the next best number's logit. */
function answerParts({ number }: ResidualReading, shape: ResidualShape): Parts | null {
  if (number === null) return null;
  const above = (list: readonly number[]): number[] =>
    withAttention(
      list.map((value, i) => value - (number.alternative[i] ?? 0)),
      shape,
    );
  return { own: above(number.answer), control: above(number.control) };
}

/** @param latent null for the mean over all. */
function inputParts({ inputs, others }: ResidualReading, shape: ResidualShape, latent: number | null): Parts {
  const of = (lists: readonly (readonly number[])[]): number[] => {
    const some = latent === null ? lists : lists.slice(latent, latent + 1);
    const mean = (some[0] ?? []).map((_, i) => some.reduce((sum, list) => sum + (list[i] ?? 0), 0) / some.length);
    return withAttention(mean, shape);
  };
  return { own: of(inputs), control: others === null ? null : of(others) };
}

/** Embedding, heads and MLPs, those that contribute most (in size) first. */
export function strongest({ components }: ResidualTarget, count: number): ComponentMean[] {
  const size = ({ own }: ComponentMean): number => (own.kind === "value" ? Math.abs(own.value) : -1);
  return components
    .filter(isPicked)
    .sort((a, b) => size(b) - size(a))
    .slice(0, count);
}

/** Whether a component can be picked: a block's attention contains its heads, and the biases behind the last block are no part of the stream. */
export function isPicked({ kind }: Component): boolean {
  return kind !== "attention" && kind !== "biases" && kind !== "norm bias";
}
