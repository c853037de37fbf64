/** What an intervention writes, where that does not depend on the site's own values. */

import { UsageError } from "../../../base/errors.js";
import { formatIntervention, type Intervention, scopeOf } from "../../hooks/interventions.js";
import type { ParsedSite } from "../../hooks/names.js";
import type { Scope } from "../../hooks/scope.js";
import type { Writer } from "../../hooks/writer.js";
import { fixedCuts } from "./within.js";
import type { QuestionCell, WriterContext } from "./writer-context.js";

/** One site of one intervention. */
interface Written {
  readonly intervention: Intervention;
  readonly site: ParsedSite;
  readonly context: WriterContext;
}

/** A writer's `known`; undefined for an operation that wants the site's values. */
export function knownValues(written: Written): Writer["known"] {
  const { intervention, site } = written;
  const { kind } = intervention.operation;
  const scope = scopeOf(intervention);
  if (scope.keys !== undefined || !(kind === "zero" || READ_FROM_RUNS.has(kind))) return undefined;
  let places: { readonly shape: string; readonly of: readonly number[] | null } | undefined;
  return (info, tail) => {
    const shape = tail.join();
    if (places?.shape !== shape) places = { shape, of: placesIn(scope, { site, tail }) };
    const { of } = places;
    const size = sizeOf(tail);
    const zeros = new Float32Array(kind === "zero" ? size : 0);
    const valuesAt = (cell: QuestionCell): Float32Array =>
      kind === "zero" ? zeros : valuesOfOthers(written, { ...cell, size });
    const cells = info.questions.flatMap((question) =>
      info.positions.map((position) => valuesAt({ question, position })),
    );
    return { cells, places: of };
  };
}

const READ_FROM_RUNS: ReadonlySet<string> = new Set(["mean", "resample", "shuffle", "patch"]);

/** What other runs had in the `size` numbers of a cell. @throws UsageError where none had the position, or another number of them. */
export function valuesOfOthers(
  { intervention, site, context }: Written,
  { size, ...cell }: QuestionCell & { readonly size: number },
): Float32Array {
  const values = context.clean?.at(intervention, site, cell);
  if (values?.length === size) return values;
  const where = `${formatIntervention(intervention)} at ${cell.position}`;
  if (values === undefined) throw new UsageError(`${where}: no values of other runs`, "report this");
  throw new UsageError(`${where}: ${values.length} values, wanted ${size}`, "read them from runs of the same model");
}

function sizeOf(tail: readonly number[]): number {
  return tail.reduce((product, size) => product * size, 1);
}

/** Numbers of a cell that lie in a scope, ascending by axis; null for all of them. */
function placesIn(
  scope: Scope,
  { site, tail }: { readonly site: ParsedSite; readonly tail: readonly number[] },
): readonly number[] | null {
  const cuts = fixedCuts(scope, site);
  if (cuts.length === 0) return null;
  const chosen = tail.map((size) => Array.from({ length: size }, (_, place) => place));
  for (const { axis, places } of cuts) chosen[axis - 2] = [...places];
  return chosen.reduce<number[]>(
    (found, own, axis) => found.flatMap((place) => own.map((next) => place * (tail[axis] ?? 1) + next)),
    [0],
  );
}
