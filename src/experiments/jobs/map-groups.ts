/** Which problems' maps of patches are computed together: patched ones a problem by itself, predicted ones some problems at once. */

import { range } from "../../base/range.js";
import { isDrawn } from "../../studies/patching/grid.js";
import type { StudyCondition } from "../../studies/study.js";

/** Problems, as places in their batch, and the maps that are made of each. */
export interface MapGroup {
  readonly problems: readonly number[];
  readonly conditions: readonly StudyCondition[];
  /** There is nothing to compute: the records say that the problem was not drawn. */
  readonly isIdle: boolean;
  /** All maps come of the same passes. */
  readonly isWhole: boolean;
}

/** A batch's place in its run. */
export interface BatchPlace {
  /** Problems before it. */
  readonly first: number;
  /** Problems of the run. */
  readonly problems: number;
}

/** Problems whose gradients are rows of common passes: a pass has a price of its own, and a row more is cheap. */
const TOGETHER = 8;

/** @param count problems of the batch. @returns every map of every problem once. Predicted ones are first: they find the pairs of several problems at once. */
export function mapGroups(maps: readonly StudyCondition[], count: number, place: BatchPlace): MapGroup[] {
  const predicted = maps.filter(({ patch }) => patch?.by !== undefined);
  const patched = maps.filter(({ patch }) => patch !== undefined && patch.by === undefined);
  const isHere = ({ patch }: StudyCondition, problem: number): boolean =>
    patch !== undefined && isDrawn(patch, { index: place.first + problem, problems: place.problems });
  const idle = [...new Set(maps.flatMap(({ patch }) => patch?.problems ?? []))].map((most): MapGroup => {
    const conditions = maps.filter(({ patch }) => patch?.problems === most);
    const problems = range(count).filter((problem) => !conditions.every((each) => isHere(each, problem)));
    return { problems, conditions, isIdle: true, isWhole: true };
  });
  return [
    ...[...new Set(predicted.map(({ patch }) => patch?.problems))].flatMap((most) => {
      const conditions = predicted.filter(({ patch }) => patch?.problems === most);
      const drawn = range(count).filter((problem) => conditions.every((each) => isHere(each, problem)));
      return range(Math.ceil(drawn.length / TOGETHER)).map((stretch) => ({
        problems: drawn.slice(stretch * TOGETHER, (stretch + 1) * TOGETHER),
        conditions,
        ...{ isIdle: false, isWhole: true },
      }));
    }),
    ...range(count).map((problem) => ({
      problems: [problem],
      conditions: patched.filter((each) => isHere(each, problem)),
      ...{ isIdle: false, isWhole: false },
    })),
    ...idle,
  ].filter(({ problems, conditions }) => problems.length > 0 && conditions.length > 0);
}
