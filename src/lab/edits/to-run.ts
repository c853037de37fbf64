/** Edits as the library's interventions: `model.run(question, await runOptions(toRun(state, facts), captureOf))`. */

import { checkEdits } from "./check.js";
import {
  activeEdits,
  type Edit,
  type EditOperation,
  type LabFacts,
  type LabState,
  type SavedDirection,
} from "./edit.js";
import { placeOf, siteOf } from "./targets.js";

/** A run that has to be there before: a question without edits, with these sites kept. */
export interface SourceQuestion {
  readonly question: string;
  readonly capture: readonly ReturnType<typeof siteOf>[];
}

/** What the library has to be given, as data: runs and vectors still by where they come from. */
export interface PlannedRun {
  /** As text, in the order of the edits; those that are switched off are left out. */
  readonly interventions: readonly string[];
  /** By the name that `patch(name)` uses. */
  readonly sources: Readonly<Record<string, SourceQuestion>>;
  /** By the name that `add(name)` uses. */
  readonly directions: Readonly<Record<string, SavedDirection>>;
  /** Questions that `mean` is taken over; empty where none is. */
  readonly reference: readonly string[];
  readonly seed: number;
}

/** @throws UsageError for an edit that cannot be run with this model. */
export function toRun(state: LabState, facts: LabFacts): PlannedRun {
  checkEdits(state, facts);
  const edits = activeEdits(state);
  const names = sourceNames(edits);
  const wanted = new Set(edits.flatMap(({ operation }) => (operation.kind === "steer" ? [operation.direction] : [])));
  return {
    interventions: edits.map((edit) => interventionOf(edit, names)),
    sources: sourcesOf(edits, names),
    directions: Object.fromEntries(Object.entries(state.directions).filter(([name]) => wanted.has(name))),
    reference: edits.some(({ operation }) => operation.kind === "mean") ? facts.reference : [],
    seed: state.seed,
  };
}

/** One edit as text. @param names of the runs that are read, by their questions. */
export function interventionOf({ target, operation }: Pick<Edit, "target" | "operation">, names: SourceNames): string {
  if (target.kind === "edge") return `knockout(${target.query}→${target.key}):${placeOf(target)}`;
  return `${operationText(operation, names)}:${placeOf(target)}`;
}

/** Name of each run that edits read, by its question. */
export type SourceNames = ReadonlyMap<string, string>;

/** Names for the runs that edits read: `counterfactual`, `other`, `other2`, … */
export function sourceNames(edits: readonly Pick<Edit, "operation">[]): SourceNames {
  const read = edits.map(({ operation }) => operation);
  const patched = read.flatMap((each) => (each.kind === "patch" ? [each.question] : []));
  const others = read.flatMap((each) => (each.kind === "other" ? [each.question] : []));
  const numbered = (name: string, questions: readonly string[]): [string, string][] =>
    questions.map((question, i) => [question, i === 0 ? name : `${name}${i + 1}`]);
  const first = [...new Set(patched)];
  const rest = [...new Set(others)].filter((question) => !first.includes(question));
  return new Map([...numbered("counterfactual", first), ...numbered("other", rest)]);
}

function operationText(operation: EditOperation, names: SourceNames): string {
  switch (operation.kind) {
    case "zero":
    case "mean":
      return operation.kind;
    case "noise":
      return `noise(${operation.sigma})`;
    case "scale":
      return `scale(${operation.by})`;
    case "steer":
      return `add(${operation.direction},${operation.scale})`;
    case "other":
    case "patch":
      return `patch(${names.get(operation.question) ?? ""})`;
    case "cut":
      throw new RangeError("An edge is needed to cut it");
  }
}

function sourcesOf(edits: readonly Edit[], names: SourceNames): Record<string, SourceQuestion> {
  return Object.fromEntries(
    [...names].map(([question, name]) => {
      const sites = edits.flatMap(({ operation, target }) =>
        "question" in operation && operation.question === question && target.kind !== "edge" ? [siteOf(target)] : [],
      );
      return [name, { question, capture: [...new Set(sites)] }];
    }),
  );
}
