/** Reads a study from a program outside the package: checked to the last field before a model is loaded. */

import { BadInputError } from "../base/errors.js";
import { isBound, isSameValue, type NamedValue } from "../model/hooks/bound.js";
import {
  formatIntervention,
  type Intervention,
  interventionAddresses,
  knockoutTargets,
} from "../model/hooks/interventions.js";
import { parseSite, type SiteName } from "../model/hooks/names.js";
import { valuesOf } from "../model/latent/given.js";
import { checkAddresses, checkIntervention } from "../model/latent/run/check-intervention.js";
import { addressesOf, type PlannedCondition, type PlannedHook } from "./condition.js";
import { studiesOf } from "./index.js";
import { checkedConditions, checkedStudy, orRefusal } from "./outside/checked-study.js";
import { importProgram, openProgram, refusal, type StudyProgram } from "./outside/program.js";
import { repeatedReading, runSide } from "./outside/run-side.js";
import type { ReadPlan } from "./read-context.js";
import type { OutsideStory, StudyStory } from "./story.js";
import { conditionsOfStudy, type Study, type StudyContext } from "./study.js";

/** A study from outside the package, and what tells one version of it from another. */
export interface OutsideStudy {
  readonly study: Study;
  /** File or folder without the way to it. */
  readonly file: string;
  readonly sha256: string;
  /** Whether the program says itself what is found and drawn. */
  readonly hasFinding: boolean;
}

/**
 * Loads a study's program, which can do whatever the user can.
 *
 * @param path of a file, or of a folder with index.mjs. @param context of the model that it will run on.
 * @throws BadInputError naming the path and the first thing that is wrong with it.
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from "node:fs";
 * import { tmpdir } from "node:os";
 * const file = `${mkdtempSync(`${tmpdir()}/study-`)}/own.mjs`;
 * writeFileSync(
 *   file,
 *   `export const study = {
 *   name: "own",
 *   question: "Does latent 0 matter?",
 *   conditions: [{ name: "zeroed", interventions: ["zero:blocks.8.hook_resid_post@latent.0"] }],
 * };`,
 * );
 * const { study } = await loadStudyFile(file, { layer: 8, depth: 16, latents: 6, protocol: "codi" });
 * study.name; // → own
 * ```
 */
export async function loadStudyFile(path: string, context: StudyContext): Promise<OutsideStudy> {
  const program = openProgram(path);
  const exported = await importProgram(program, program.entry);
  if (!Object.hasOwn(exported, "study")) {
    const names = Object.keys(exported).join(", ") || "nothing";
    throw refusal(path, `it exports ${names}, wanted a constant named study`, {
      hint: "write: export const study = { … }",
    });
  }
  const written = checkedStudy(path, exported["study"]);
  const { name, question, figure, sentence, caveat } = written;
  const conditions = checkedConditions(path, { conditions: written.conditions, context });
  const side = runSide(path, written);
  const values = { ...side.values, ...boundValues(path, conditions, side) };
  const study: Study = {
    name,
    question,
    conditions,
    ...(figure === undefined ? {} : { figure: figure as Study["figure"] & object }),
    ...(sentence === undefined ? {} : { sentence }),
    ...(caveat === undefined ? {} : { caveat }),
    ...side,
    ...(Object.keys(values).length === 0 ? {} : { values }),
  };
  checkConditions(path, study, context);
  study.reads?.(barePlan(context));
  return { study, file: program.name, sha256: program.sha256, hasFinding: hasFinding(program, exported) };
}

/** Values that interventions brought along. @throws BadInputError where the study gives another of the same name. */
function boundValues(
  path: string,
  conditions: readonly PlannedCondition[],
  { values = {} }: Pick<Study, "values">,
): Record<string, NamedValue> {
  const given = conditions.flatMap(({ interventions }) => interventions.filter(isBound));
  const holdsRun = given.find(({ sources }) => Object.keys(sources).length > 0);
  if (holdsRun !== undefined)
    throw refusal(path, `"${formatIntervention(holdsRun.intervention)}" holds a run, a study holds values`, {
      hint: "write what the run captured with replace, or let a hook do it",
    });
  const bound = orRefusal(path, () => valuesOf(given));
  const twice = Object.keys(bound).find((name) => Object.hasOwn(values, name));
  if (twice !== undefined) throw refusal(path, `two values are named "${twice}"`);
  return bound;
}

function barePlan({ depth, protocol }: StudyContext): ReadPlan {
  return { layers: [], depth, protocol };
}

/** A file of its own for it counts unseen: it is loaded when the run is analysed. */
function hasFinding(program: StudyProgram, exported: Readonly<Record<string, unknown>>): boolean {
  return program.finding !== program.entry || Object.hasOwn(exported, "finding");
}

/** Loads several. @throws BadInputError also where two have one name, or give a value of one name. */
export async function loadStudyFiles(paths: readonly string[], context: StudyContext): Promise<OutsideStudy[]> {
  const found: OutsideStudy[] = [];
  for (const path of new Set(paths)) found.push(await loadStudyFile(path, context));
  const twice = repeated(found.map(({ study }) => study.name));
  if (twice !== undefined)
    throw new BadInputError(`Two study files have the name "${twice}"`, "give each study a name of its own");
  const value = differing(found.flatMap(({ study }) => Object.entries(study.values ?? {})));
  if (value !== undefined)
    throw new BadInputError(`Two study files give a value named "${value}"`, "give each value a name of its own");
  const reading = repeatedReading(found.map(({ study }) => study.reads?.(barePlan(context)) ?? {}));
  if (reading === undefined) return found;
  throw new BadInputError(`Two study files bring a reading named "${reading}"`, "give each reading a name of its own");
}

/** How each study of a run is described: with this in the manifest the analysis needs neither the package's list nor a study's file. */
export function storiesOf(
  names: readonly string[],
  outside: readonly OutsideStudy[],
  withControls: boolean,
): (StudyStory & OutsideStory)[] {
  const files = new Map(
    outside.map(({ study, file, sha256, hasFinding }) => [
      study.name,
      { file, sha256, ...(hasFinding ? { hasFinding } : {}) },
    ]),
  );
  const studies = outside.map(({ study }) => study);
  return studiesOf(names, studies, withControls).map(({ name, question, figure, sentence, caveat }) => ({
    name,
    question,
    ...(figure === undefined ? {} : { figure }),
    ...(sentence === undefined ? {} : { sentence }),
    ...(caveat === undefined ? {} : { caveat }),
    ...files.get(name),
  }));
}

/** The name of two values that are not the same: what a function named by its content may stand in two studies. */
function differing(entries: readonly (readonly [string, NonNullable<Study["values"]>[string]])[]): string | undefined {
  const found = entries.find(([name, value], place) => {
    const first = entries.findIndex(([other]) => other === name);
    const [, before] = entries[first] ?? [];
    if (first === place || before === value) return false;
    return typeof value === "function" || typeof before !== "object" || !isSameValue(before, value);
  });
  return found?.[0];
}

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, place) => names.indexOf(name) !== place);
}

function checkConditions(path: string, study: Study, context: StudyContext): void {
  const planned = study.conditions as readonly PlannedCondition[];
  if (planned.length === 0 && study.read === undefined) throw refusal(path, "it has no condition, and no read()");
  const twice = repeated(planned.map(({ name }) => name));
  if (twice !== undefined) throw refusal(path, `two conditions are named ${JSON.stringify(twice)}`);
  for (const axis of [study.figure?.x, study.figure?.y]) {
    const without = planned.find(({ factors }) => axis !== undefined && factors?.[axis] === undefined);
    if (without !== undefined)
      throw refusal(path, `figure names the factor "${axis}", which ${JSON.stringify(without.name)} has not`);
  }
  for (const each of planned) checkTogether(path, each);
  orRefusal(path, () => {
    for (const { hooks = [] } of planned) for (const each of hooks) checkHook(each, context);
    for (const { interventions, latents } of conditionsOfStudy(study, context))
      for (const each of interventions) {
        checkIntervention(each, { layers: context.depth, features: [], values: study.values ?? {} });
        checkLatents(path, each, latents ?? context.latents);
      }
  });
}

function checkTogether(path: string, { name, ...planned }: PlannedCondition): void {
  const { latents, forQuestion, isIdentity, hooks } = planned;
  if (latents !== undefined && (forQuestion !== undefined || isIdentity !== undefined))
    throw refusal(path, `${JSON.stringify(name)} has latents together with forQuestion or isIdentity`);
  if (hooks !== undefined && (forQuestion !== undefined || latents !== undefined))
    throw refusal(path, `${JSON.stringify(name)} has hooks together with forQuestion or latents`);
}

function checkHook(planned: PlannedHook, { depth }: StudyContext): void {
  checkAddresses(
    parseSite(planned.site as SiteName, { layers: depth, features: [] }),
    addressesOf(planned),
    planned.name ?? "hook",
  );
}

function checkLatents(path: string, intervention: Intervention, latents: number): void {
  const { operation } = intervention;
  const targets = operation.kind === "knockout" ? knockoutTargets(operation.to) : [];
  for (const address of [...interventionAddresses(intervention), ...targets])
    if (address.part === "latent" && address.index !== null && address.index >= latents)
      throw refusal(
        path,
        `"${formatIntervention(intervention)}" names latent.${address.index}, it is run with ${latents} latents`,
      );
}
