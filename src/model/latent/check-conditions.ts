/** What callers without types get wrong in a condition: no list, no name, a misspelt field, a hook among the interventions. */

import { UsageError } from "../../base/errors.js";
import { meantName } from "../../base/nearest.js";
import { described } from "../hooks/described.js";
import { checkHook, isHook } from "./check-options.js";
import type { GivenCondition } from "./run-types.js";

const FIELDS = Object.keys({ name: true, interventions: true, hooks: true } satisfies Record<
  keyof GivenCondition,
  true
>);

/** @throws UsageError for what is no list of conditions. */
export function checkConditions(given: unknown): void {
  if (!Array.isArray(given))
    throw new UsageError(
      `The conditions are ${described(given)}, wanted a list`,
      'write [{ name: "zero", interventions: […] }]',
    );
  for (const each of given) checkCondition(each);
}

function checkCondition(given: unknown): void {
  if (typeof given !== "object" || given === null) throw notOne(`condition ${described(given)} has no name`);
  const { name, interventions, hooks } = given as Readonly<Record<keyof GivenCondition, unknown>>;
  if (typeof name !== "string") throw notOne("a condition without name");
  const where = `Condition ${JSON.stringify(name)}`;
  checkFields(given, where);
  if (!Array.isArray(interventions)) throw notOne("a condition without a list of interventions");
  const wrong = interventions.findIndex(isHook);
  if (wrong >= 0)
    throw new UsageError(
      `${where}: interventions[${wrong}] is a hook, wanted text or data`,
      "give it in hooks: [hook(…)]",
    );
  if (hooks === undefined) return;
  if (!Array.isArray(hooks))
    throw new UsageError(`${where}: hooks is ${described(hooks)}, wanted a list`, "write { hooks: [hook(…)] }");
  for (const [place, each] of hooks.entries()) checkHook(each, `${where}: hooks[${place}]`);
}

/** A condition may hold what its caller keeps with it, such as a layer; a field that is nearly one of ours is misspelt. */
function checkFields(given: object, where: string): void {
  for (const field of Object.keys(given)) {
    const meant = FIELDS.includes(field) ? null : meantName(field, FIELDS);
    if (meant !== null)
      throw new UsageError(
        `${where} has no field "${field}"`,
        `did you mean ${meant}? its fields: ${FIELDS.join(", ")}`,
      );
  }
}

function notOne(found: string): UsageError {
  return new UsageError(found, 'write { name: "zero", interventions: ["zero:blocks.8.hook_resid_post@latent.2"] }');
}
