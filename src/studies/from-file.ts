/** Reads a study from a JavaScript file outside the package: checked to the last field before a model is loaded. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { BadInputError, CodiLensError, firstIssue } from "../base/errors.js";
import {
  formatIntervention,
  type Intervention,
  interventionAddresses,
  interventionSchema,
  knockoutTargets,
} from "../model/hooks/interventions.js";
import { checkIntervention } from "../model/latent/run/check-intervention.js";
import { STORIES } from "./findings.js";
import { studiesOf } from "./index.js";
import type { StudyStory } from "./story.js";
import { conditionsOfStudy, type PlannedCondition, type Study, type StudyContext } from "./study.js";

/** A study from a file, and what tells one version of the file from another. */
export interface OutsideStudy {
  readonly study: Study;
  readonly file: string;
  readonly sha256: string;
}

const text = z.string().min(1);
const interventionsSchema = z.array(z.union([text, interventionSchema], "a text or an intervention was wanted"));
const conditionSchema = z.strictObject({
  name: text,
  interventions: interventionsSchema,
  factors: z.record(text, z.union([z.string(), z.number()], "a text or a number was wanted")).optional(),
  forQuestion: z.custom<PlannedCondition["forQuestion"]>((value) => typeof value === "function").optional(),
  latents: z.int().nonnegative().optional(),
  isIdentity: z.boolean().optional(),
});
const conditionsSchema = z.array(conditionSchema);
const studySchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z\d-]*$/, "small letters, digits and - were wanted"),
  question: text,
  figure: z
    .strictObject({ x: text, y: text.optional(), xTitle: z.string().optional(), yTitle: z.string().optional() })
    .optional(),
  sentence: text.optional(),
  conditions: z.unknown(),
});

const HINT = "docs/studies.md, “A study of your own”, shows a whole file";

/**
 * Loads a study's file, which is a program: it can do whatever the user can.
 *
 * @param context of the model that it will run on.
 * @throws BadInputError naming the file and the first thing that is wrong with it.
 */
export async function loadStudyFile(file: string, context: StudyContext): Promise<OutsideStudy> {
  const sha256 = createHash("sha256").update(readStudy(file)).digest("hex");
  const found = checked(file, studySchema, (await importStudy(file))["study"], "study");
  const { name, question, figure, sentence } = found;
  if (STORIES.has(name) || name === "baseline" || name === "all")
    throw refusal(file, `the name "${name}" is taken`, "choose another name");
  const study: Study = {
    name,
    question,
    conditions: listOf(file, found.conditions, context) as PlannedCondition[],
    ...(figure === undefined ? {} : { figure: figure as Study["figure"] & object }),
    ...(sentence === undefined ? {} : { sentence }),
  };
  checkConditions(file, study, context);
  return { study, file: basename(file), sha256 };
}

/** Loads several. @throws BadInputError also where two have one name. */
export async function loadStudyFiles(files: readonly string[], context: StudyContext): Promise<OutsideStudy[]> {
  const found: OutsideStudy[] = [];
  for (const file of new Set(files)) found.push(await loadStudyFile(file, context));
  const names = found.map(({ study }) => study.name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice === undefined) return found;
  throw new BadInputError(`Two study files have the name "${twice}"`, "give each study a name of its own");
}

/** How each study of a run is told: with this in the manifest the analysis needs neither the package's list nor a study's file. */
export function storiesOf(names: readonly string[], outside: readonly OutsideStudy[], withControls: boolean): Told[] {
  const files = new Map(outside.map(({ study, file, sha256 }) => [study.name, { file, sha256 }]));
  const studies = outside.map(({ study }) => study);
  return studiesOf(names, studies, withControls).map(({ conditions: _, ...story }) => ({
    ...story,
    ...files.get(story.name),
  }));
}

type Told = StudyStory & { readonly file?: string; readonly sha256?: string };

function readStudy(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new BadInputError(
      `Cannot read study file ${JSON.stringify(file)}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      "correct the path given to --study",
    );
  }
}

async function importStudy(file: string): Promise<Record<string, unknown>> {
  let loaded: Record<string, unknown>;
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_UNKNOWN_FILE_EXTENSION")
      throw refusal(file, "this Node does not run files of that ending", "write it as .mjs, or compile it to .mjs");
    throw refusal(file, `it does not load (${message.split("\n")[0]})`, "run it with node by itself to see where");
  }
  if (Object.hasOwn(loaded, "study")) return loaded;
  const names = Object.keys(loaded).join(", ") || "nothing";
  throw refusal(file, `it exports ${names}, wanted a constant named study`, "write: export const study = { … }");
}

function listOf(file: string, conditions: unknown, context: StudyContext): unknown[] {
  if (typeof conditions !== "function") return checked(file, conditionsSchema, conditions, "conditions");
  let made: unknown;
  try {
    made = conditions(context);
  } catch (error) {
    throw refusal(file, `conditions() threw: ${error instanceof Error ? error.message : String(error)}`);
  }
  return checked(file, conditionsSchema, made, "conditions()");
}

function checked<T>(file: string, schema: z.ZodType<T>, value: unknown, what: string): T {
  return orRefusal(file, () => {
    const found = schema.safeParse(value);
    if (!found.success) throw refusal(file, `${what}, ${firstIssue(found.error)}`);
    return found.data;
  });
}

/** An address or an operation that cannot be read is the file's fault, not the command's. */
function orRefusal<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof BadInputError || !(error instanceof CodiLensError)) throw error;
    throw refusal(file, error.message, error.hint);
  }
}

function checkConditions(file: string, study: Study, context: StudyContext): void {
  const planned = study.conditions as readonly PlannedCondition[];
  if (planned.length === 0) throw refusal(file, "it has no condition");
  const names = planned.map(({ name }) => name);
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw refusal(file, `two conditions are named ${JSON.stringify(twice)}`);
  for (const axis of [study.figure?.x, study.figure?.y]) {
    const without = planned.find(({ factors }) => axis !== undefined && factors?.[axis] === undefined);
    if (without !== undefined)
      throw refusal(file, `figure names the factor "${axis}", which ${JSON.stringify(without.name)} has not`);
  }
  orRefusal(file, () => {
    for (const { name, interventions, latents, forQuestion, isIdentity } of conditionsOfStudy(study, context)) {
      if (latents !== undefined && (forQuestion !== undefined || isIdentity !== undefined))
        throw refusal(file, `${JSON.stringify(name)} has latents together with forQuestion or isIdentity`);
      for (const each of interventions) {
        checkIntervention(each, { layers: context.depth, values: {} });
        checkLatents(file, each, latents ?? context.latents);
      }
    }
  });
}

function checkLatents(file: string, intervention: Intervention, latents: number): void {
  const { operation } = intervention;
  const targets = operation.kind === "knockout" ? knockoutTargets(operation.to) : [];
  for (const address of [...interventionAddresses(intervention), ...targets])
    if (address.part === "latent" && address.index !== null && address.index >= latents)
      throw refusal(
        file,
        `"${formatIntervention(intervention)}" names latent.${address.index}, it is run with ${latents} latents`,
      );
}

function refusal(file: string, what: string, hint = HINT): BadInputError {
  return new BadInputError(`Study file ${JSON.stringify(file)}: ${what}`, hint);
}
