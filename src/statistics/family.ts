/** Families of hypotheses: declared before the data are looked at, corrected over all that was looked at. */

import { benjaminiHochberg } from "./benjamini-hochberg.js";
import type { PValue } from "./estimate.js";
import { holm } from "./holm.js";

/** What a study says it will test: planned hypotheses confirm or fail, exploratory ones only point at what to test next. */
export interface FamilyDeclaration<Id extends string = string> {
  readonly name: string;
  readonly question: string;
  readonly planned: readonly Id[];
  readonly exploratory: readonly Id[];
}

/** One hypothesis with its p, as it stands and corrected. */
export interface JudgedHypothesis {
  readonly id: string;
  readonly role: "planned" | "exploratory";
  readonly p: PValue;
  /** Holm over the planned ones only; null for an exploratory one. */
  readonly holmPlanned: PValue | null;
  /** Holm over all hypotheses of the family, looked at for whatever reason. */
  readonly holm: PValue;
  /** Benjamini and Hochberg over all. */
  readonly benjaminiHochberg: PValue;
}

/** A family after its tests. */
export interface JudgedFamily {
  readonly name: string;
  readonly question: string;
  /** Tests that had a p; those without do not count. */
  readonly tests: { readonly planned: number; readonly all: number };
  readonly hypotheses: readonly JudgedHypothesis[];
}

/**
 * @throws RangeError for a name that stands twice, or a family without hypotheses.
 * @example
 * ```ts
 * declareFamily({ name: "latents", question: "Which latent matters?", planned: ["0", "1"], exploratory: ["2"] });
 * ```
 */
export function declareFamily<Id extends string>(declaration: FamilyDeclaration<Id>): FamilyDeclaration<Id> {
  const ids = [...declaration.planned, ...declaration.exploratory];
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice !== undefined)
    throw new RangeError(
      `Cannot declare family "${declaration.name}": hypothesis "${twice}" stands twice; name it once`,
    );
  if (ids.length === 0)
    throw new RangeError(`Cannot declare family "${declaration.name}": it has no hypothesis; name at least one`);
  return declaration;
}

/**
 * Corrects the p-values of a declared family.
 *
 * @param results one p for each declared hypothesis and for no other.
 * @throws RangeError where one is missing (it was looked at, or the declaration is wrong) or was never declared.
 * @example
 * ```ts
 * const family = declareFamily({
 *   name: "latents",
 *   question: "Which latent matters?",
 *   planned: ["first", "last"],
 *   exploratory: ["middle"],
 * });
 * const judged = judgeFamily(
 *   family,
 *   new Map([
 *     ["first", mcnemarExact(12, 1)],
 *     ["last", mcnemarExact(3, 2)],
 *     ["middle", mcnemarExact(6, 0)],
 *   ]),
 * );
 * judged.hypotheses.map(({ id, holm: each }) => [id, each.kind === "value" && each.p]); // → [ [ 'first', 0.0103 ], [ 'last', 1 ], [ 'middle', 0.0625 ] ]
 * ```
 */
export function judgeFamily<Id extends string>(
  declaration: FamilyDeclaration<Id>,
  results: ReadonlyMap<Id, PValue>,
): JudgedFamily {
  const ids = [...declaration.planned, ...declaration.exploratory];
  const undeclared = [...results.keys()].find((id) => !ids.includes(id));
  if (undeclared !== undefined)
    throw new RangeError(
      `Cannot judge "${undeclared}" in family "${declaration.name}": it was not declared; declare it as exploratory`,
    );
  const ps = ids.map((id) => {
    const p = results.get(id);
    if (p === undefined)
      throw new RangeError(`Cannot judge family "${declaration.name}": "${id}" has no result; give its p, or a reason`);
    return p;
  });
  const planned = holm(ps.slice(0, declaration.planned.length));
  const [all, rate] = [holm(ps), benjaminiHochberg(ps)];
  const defined = (some: readonly PValue[]): number => some.filter(({ kind }) => kind === "value").length;
  return {
    name: declaration.name,
    question: declaration.question,
    tests: { planned: defined(planned), all: defined(ps) },
    hypotheses: ps.map((p, i) => ({
      id: ids[i] ?? "",
      role: i < planned.length ? "planned" : "exploratory",
      p,
      holmPlanned: planned[i] ?? null,
      holm: all[i] ?? p,
      benjaminiHochberg: rate[i] ?? p,
    })),
  };
}
