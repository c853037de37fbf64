/** Refuses edits that cannot be, each by one sentence and one hint, before anything is computed. */

import { UsageError } from "../../base/errors.js";
import type {
  EdgeTarget,
  Edit,
  EditOperation,
  EditTarget,
  LabFacts,
  LabState,
  SavedDirection,
  ValueTarget,
} from "./edit.js";
import { positionNames } from "./position-names.js";
import { positionText } from "./targets.js";

/** The least and the largest factor of `scale`. */
export const SCALES = { least: -2, most: 3 } as const;
/** The largest standard deviation of `noise`, and how many times a direction can be added, either way. */
export const MOST_SIGMA = 100;
/** See `MOST_SIGMA`. */
export const MOST_STEER = 100;

/** What a direction may be called: what every place that it is copied to can hold. */
export const DIRECTION_NAME = /^[A-Za-z][\w-]{0,39}$/;

/** @throws UsageError for the first of the edits that are on that cannot be run with this model. */
export function checkEdits(state: LabState, facts: LabFacts): void {
  if (state.question.trim() === "") throw new UsageError("The question is blank", "type a question");
  if (!Number.isSafeInteger(state.seed) || state.seed < 0)
    throw new UsageError(`The seed is ${state.seed}, a whole number from 0 was wanted`, "choose another seed");
  for (const [place, edit] of state.edits.entries()) if (edit.on) checkEdit(edit, { place, state, facts });
}

/** Where an edit stands, and what it is checked against. */
export interface EditContext {
  /** Its place among the edits, from 0. */
  readonly place: number;
  readonly state: Pick<LabState, "directions">;
  readonly facts: LabFacts;
}

/** @throws UsageError for an edit that cannot be run with this model. */
export function checkEdit({ target, operation }: Edit, { place, state, facts }: EditContext): void {
  const fault = targetFault(target, facts) ?? operationFault(operation, { target, state, facts });
  if (fault !== null) throw new UsageError(`Edit ${place + 1}: ${fault.why}`, fault.hint);
}

/** What is wrong, and what to do about it. */
interface Fault {
  readonly why: string;
  readonly hint: string;
}

function targetFault(target: EditTarget, facts: LabFacts): Fault | null {
  const { blocks, heads, latents } = facts;
  const block = numberFault(target.block, { what: "block", count: blocks });
  const head =
    target.kind === "cell" || target.head === null ? null : numberFault(target.head, { what: "head", count: heads });
  if (target.kind !== "edge") return block ?? head ?? numberFault(target.latent, { what: "latent", count: latents });
  return block ?? head ?? edgeFault(target, facts);
}

function numberFault(value: number, { what, count }: { what: string; count: number }): Fault | null {
  if (Number.isInteger(value) && value >= 0 && value < count) return null;
  if (count === 0) return { why: `there is no ${what} ${value}: the model has none`, hint: "cut an edge of attention" };
  return { why: `there is no ${what} ${value}, the model has ${count}`, hint: `choose one from 0 to ${count - 1}` };
}

/** Parts of a sequence in their order. */
const PARTS = ["question", "bot", "latent", "eot", "answer"];

/** Part and number of a position by its name; null for what names none. */
function positionOf(address: string): readonly [part: number, index: number] | null {
  const [, part = "", index] = /^(question|latent|answer)\.(0|[1-9]\d{0,6})$/.exec(address) ?? [];
  if (index !== undefined) return [PARTS.indexOf(part), Number(index)];
  return address === "bot" || address === "eot" ? [PARTS.indexOf(address), 0] : null;
}

function edgeFault({ query, key }: EdgeTarget, facts: LabFacts): Fault | null {
  const { latents } = facts;
  const names = positionNames(facts);
  const [from, to] = [positionOf(query), positionOf(key)];
  const hint = "name positions as question.3, bot, latent.2, eot or answer.0";
  if (from === null) return { why: `"${query}" is no position`, hint };
  if (to === null) return { why: `"${key}" is no position`, hint };
  const beyond = [query, key].find((each) => each.startsWith("latent.") && Number(each.slice(7)) >= latents);
  if (beyond !== undefined)
    return { why: `there is no ${positionText(beyond)}, the model has ${latents}`, hint: "choose another position" };
  if (from[0] < to[0] || (from[0] === to[0] && from[1] < to[1]))
    return {
      why: `${positionText(query, names)} comes before ${positionText(key, names)} and cannot look at it`,
      hint: "exchange the two",
    };
  if (query === "question.0")
    return {
      why: `${names.first ?? "the first token"} looks at itself alone, which cannot be cut`,
      hint: "cut another edge",
    };
  return null;
}

/** What an operation is checked against. */
interface OperationContext {
  readonly target: EditTarget;
  readonly state: Pick<LabState, "directions">;
  readonly facts: LabFacts;
}

function operationFault(operation: EditOperation, { target, state, facts }: OperationContext): Fault | null {
  if ((operation.kind === "cut") !== (target.kind === "edge"))
    return operation.kind === "cut"
      ? { why: "only an edge of attention can be cut", hint: "choose an edge, or another operation" }
      : { why: "an edge of attention can only be cut", hint: "choose a cell or a head, or cut the edge" };
  switch (operation.kind) {
    case "noise":
      return rangeFault(operation.sigma, { what: "sigma", least: Number.MIN_VALUE, most: MOST_SIGMA });
    case "scale":
      return rangeFault(operation.by, { what: "the factor", ...SCALES });
    case "other":
    case "patch":
      return questionFault(operation);
    case "mean":
      return facts.reference.length > 1
        ? null
        : { why: "there are no questions to take the mean over", hint: "choose another operation" };
    case "steer":
      return target.kind === "edge" ? null : steerFault(operation, { target, state, facts });
    default:
      return null;
  }
}

/** Which numbers are allowed, and what they are of. */
interface Range {
  readonly what: string;
  readonly least: number;
  readonly most: number;
}

function rangeFault(value: number, { what, least, most }: Range): Fault | null {
  if (value >= least && value <= most) return null;
  const range = least === Number.MIN_VALUE ? `above 0 and at most ${most}` : `from ${least} to ${most}`;
  return { why: `${what} is ${value}, a number ${range} was wanted`, hint: "choose another number" };
}

function questionFault({ kind, question }: Extract<EditOperation, { kind: "other" | "patch" }>): Fault | null {
  if (question.trim() !== "") return null;
  return kind === "patch"
    ? { why: "there is no counterfactual to patch from", hint: "type one beside the question" }
    : { why: "there is no other question to take the value of", hint: "type or choose one" };
}

function steerFault(
  { direction, scale }: Extract<EditOperation, { kind: "steer" }>,
  { target, state, facts }: OperationContext & { readonly target: ValueTarget },
): Fault | null {
  const saved = Object.hasOwn(state.directions, direction) ? state.directions[direction] : undefined;
  if (saved === undefined)
    return { why: `no direction "${direction}" was saved`, hint: "save one, or choose one of those that are" };
  const [width, wanted] = [widthOf(saved, facts), target.kind === "cell" ? facts.width : facts.headWidth];
  if (width !== wanted)
    return {
      why: `the direction "${direction}" has ${width} numbers, and ${wanted} were wanted there`,
      hint: target.kind === "cell" ? "choose a direction of whole latents" : "choose a direction of one head",
    };
  return rangeFault(scale, { what: "the strength", least: -MOST_STEER, most: MOST_STEER });
}

/** How many numbers a direction has. */
export function widthOf(saved: SavedDirection, { width, headWidth }: LabFacts): number {
  if (saved.kind === "vector") return saved.numbers.length;
  return saved.target.kind === "cell" ? width : headWidth;
}
