/** A sweep laid out: a condition for each cell and each of its controls, and which of them are the same. */

import { UsageError } from "../../base/errors.js";
import { formatAddress } from "../../model/hooks/address.js";
import { type BoundIntervention, type Doable, isBound } from "../../model/hooks/bound.js";
import type { Hook } from "../../model/hooks/hook.js";
import type { Intervention } from "../../model/hooks/interventions.js";
import { asIntervention } from "../../model/latent/given.js";
import {
  type PlannedCondition,
  type PlannedHook,
  readyCondition,
  type StudyCondition,
} from "../../studies/condition.js";
import { type Axis, cellAt, cellName, type Place, placesOf, type Shown } from "./axes.js";
import { controlOf } from "./control.js";
import type { ControlName, Over } from "./spec.js";

/** A cell of the sweep, or the control of one. */
export interface PlannedCell {
  readonly place: Place;
  /** Null for the cell itself. */
  readonly control: ControlName | null;
  readonly planned: PlannedCondition;
  readonly condition: StudyCondition;
}

/** Cells that come to the same: they are run once. */
export interface SameCells {
  readonly first: PlannedCell;
  readonly others: readonly PlannedCell[];
}

/** What is laid out. */
export interface PlanRequest {
  readonly study: string;
  readonly axes: readonly Axis[];
  readonly over: Over;
  readonly act: (cell: never) => unknown;
  readonly controls: readonly ControlName[];
}

/** What is laid out, and what its interventions hold. */
export interface PlannedCells {
  /** The cells that apply, then those of each control. */
  readonly cells: readonly PlannedCell[];
  readonly bound: readonly BoundIntervention[];
}

/** @throws UsageError where no cell applies, and for what is nothing that can be done. */
export function plannedCells({ study, axes, over, act, controls }: PlanRequest): PlannedCells {
  const done = placesOf(axes).flatMap((place) => {
    const name = cellName(axes, place);
    const given = act(cellAt(over, place) as never);
    return given === null ? [] : [{ place, name, ...doneOf(given, name) }];
  });
  if (done.length === 0)
    throw new UsageError(
      "do gave null for every cell, so that nothing is run",
      "return an intervention for some of them",
    );
  const factorsOf = (place: Place): Record<string, string | number> =>
    Object.fromEntries(axes.map((axis, i) => [axis.name, factor(axis.values[place[i] ?? 0] ?? "")]));
  const cell = (place: Place, control: ControlName | null, planned: PlannedCondition): PlannedCell => ({
    ...{ place, control, planned },
    condition: readyCondition(study, planned),
  });
  const hookOf = plannedHooks(done.flatMap(({ hooks }) => hooks));
  const effects = done.map(({ place, name, interventions, hooks }) =>
    cell(place, null, {
      name: name === "" ? study : name,
      interventions,
      factors: factorsOf(place),
      ...(hooks.length === 0 ? {} : { hooks: hooks.map((each) => hookOf(each, name)) }),
    }),
  );
  const beside = controls.flatMap((control) =>
    done.map(({ place, name, interventions, hooks }) => {
      const factors = factorsOf(place);
      const [first] = axes;
      return cell(place, control, {
        name: name === "" ? control : `${control} at ${name}`,
        interventions: controlOf(control, { interventions, hooks, name }),
        // The analysis draws what stands for a cell in a map of its own.
        factors: { ...factors, control, ...(first === undefined ? {} : { instead: factors[first.name] ?? "" }) },
        ...(control === "identity" ? { isIdentity: true } : {}),
      });
    }),
  );
  return { cells: [...effects, ...beside], bound: done.flatMap(({ bound }) => bound) };
}

/** What is done in one cell, by kind. */
export interface Done {
  readonly interventions: readonly Intervention[];
  readonly hooks: readonly Hook[];
  /** Those of the interventions that hold what they refer to. */
  readonly bound: readonly BoundIntervention[];
}

/** @throws UsageError for what is neither text, data nor a hook. */
function doneOf(given: unknown, cell: string): Done {
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  const where = cell === "" ? "do" : `do at ${cell}`;
  for (const each of all)
    if (typeof each !== "string" && (typeof each !== "object" || each === null))
      throw new UsageError(
        `${where} gave ${each === undefined ? "nothing" : `a ${typeof each}`}, wanted an intervention, a hook, a list of them, or null`,
        "return what zero(…) or hook(…) gives, and null where the cell does not apply",
      );
  const doables = all as readonly Doable[];
  return {
    interventions: doables.flatMap((each) => (isHook(each) ? [] : [asIntervention(each)])),
    hooks: doables.filter(isHook),
    bound: doables.filter(isBound),
  };
}

function isHook(each: Doable): each is Hook {
  return typeof each === "object" && "apply" in each;
}

function factor(value: Shown): string | number {
  return typeof value === "boolean" ? String(value) : value;
}

/**
 * Callbacks as a study writes them down: the same one for the same callback, so that cells share its rows. What a function closes over may
 * differ from cell to cell. So its cell stands in its name, unless it has an id or is the very same in several cells.
 */
function plannedHooks(all: readonly Hook[]): (hook: Hook, cell: string) => PlannedHook {
  const known = new Map<Hook, PlannedHook>();
  return (hook, cell) => {
    const { site, addresses, name, id, apply } = hook;
    const isShared = all.indexOf(hook) !== all.lastIndexOf(hook);
    const said = [name === "hook" ? "" : name, isShared ? "" : cell].filter((part) => part !== "").join(", ");
    const planned = known.get(hook) ?? {
      site,
      at: addresses.map(formatAddress).join(","),
      name: id ?? (said === "" ? name : said.replace(/[()\p{Cc}]/gu, " ")),
      apply,
    };
    known.set(hook, planned);
    return planned;
  };
}

/** Cells by what they come to. Callbacks are the same where they are one object: two of one id may close over different things. */
export function sameCells(cells: readonly PlannedCell[]): SameCells[] {
  const groups = new Map<string, PlannedCell[]>();
  const callbacks = [...new Set(cells.flatMap(({ planned }) => planned.hooks ?? []))];
  for (const cell of cells) {
    const { interventions, isIdentity } = cell.condition;
    const hooks = (cell.planned.hooks ?? []).map((each) => callbacks.indexOf(each));
    const key = JSON.stringify([interventions, hooks, isIdentity ?? false]);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()].flatMap(([first, ...others]) => (first === undefined ? [] : [{ first, others }]));
}
