/**
 * The page's state as the fragment of its address: `1&q=Tom+has…&e=1:c8.2:scale,-2`. It can be written by hand, a link needs
 * `#1&q=QUESTION` only, and what was written is read again to the last bit.
 */

import { UsageError } from "../../../base/errors.js";
import { cleanState, type LabState, PLAIN_VIEW } from "../edit.js";
import { directionText, readDirection } from "./direction-text.js";
import { editText, readEdit } from "./edit-text.js";
import { Questions } from "./questions.js";
import { readView, viewParts } from "./view-text.js";
import { plain, Refusal, readText, readWhole, written } from "./words.js";

/** Version of the form; a page reads no other. */
export const FRAGMENT_VERSION = "1";
/** Characters that a fragment may have: what browsers, mail programs and messengers keep whole. */
export const MOST_CHARACTERS = 16_000;

/** @throws UsageError where the state needs more characters than a link can have. */
export function toFragment(state: LabState): string {
  const questions = new Questions([state.question, state.counterfactual]);
  // These come first, because they say which further questions there are.
  const view = viewParts(state.view, questions);
  const edits = state.edits.map((edit) => `e=${editText(edit, questions)}`);
  const directions = Object.entries(state.directions).map((each) => `d=${directionText(each, questions)}`);
  const text = [
    FRAGMENT_VERSION,
    `q=${written(state.question)}`,
    ...(state.counterfactual === "" ? [] : [`c=${written(state.counterfactual)}`]),
    ...questions.further.map((each) => `t=${written(each)}`),
    ...(state.seed === 0 ? [] : [`s=${state.seed}`]),
    ...directions,
    ...edits,
    ...view,
  ].join("&");
  if (text.length <= MOST_CHARACTERS) return text;
  throw new UsageError(
    `A link to this would have ${text.length} characters, at most ${MOST_CHARACTERS} are kept whole everywhere`,
    "save it as JSON, or drop directions that are not used",
  );
}

/** What a fragment says: nothing, a state, or why it cannot be read, in one sentence. */
export type ReadFragment =
  | { readonly kind: "empty" }
  | { readonly kind: "state"; readonly state: LabState }
  | { readonly kind: "refused"; readonly why: string };

/** Reads a fragment, with or without its `#`. Nothing that stands in one makes it throw. */
export function fromFragment(fragment: string): ReadFragment {
  const text = fragment.replace(/^#/, "");
  if (text === "") return { kind: "empty" };
  try {
    return { kind: "state", state: readState(text) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: "refused", why: `This link cannot be read: ${error.message}.` };
  }
}

/** The keys that may stand once only. */
const ONCE = ["q", "c", "s", "cell", "att", "sweep", "tour", "strip"];
/** Those that may stand several times. */
const OFTEN = ["t", "d", "e"];

function readState(text: string): LabState {
  if (text.length > MOST_CHARACTERS)
    throw new Refusal(`it has ${text.length} characters, and links have at most ${MOST_CHARACTERS}`);
  const [version = "", ...parts] = text.split("&");
  if (version !== FRAGMENT_VERSION)
    throw new Refusal(
      /^\d{1,6}$/.test(version)
        ? `it was made by another version of the page (${version}, this one reads ${FRAGMENT_VERSION})`
        : `it does not begin with its version, "${FRAGMENT_VERSION}&"`,
    );
  const given = valuesOf(parts);
  const once = (key: string): string | undefined => given.get(key)?.[0];
  const question = once("q");
  if (question === undefined) throw new Refusal("it holds no question");
  const asked = [readText(question), readText(once("c") ?? "")] as const;
  const questions = new Questions(asked, (given.get("t") ?? []).map(readText));
  const seed = once("s");
  return {
    ...cleanState(asked[0]),
    counterfactual: asked[1],
    directions: named((given.get("d") ?? []).map((each) => readDirection(each, questions))),
    edits: distinct((given.get("e") ?? []).map((each) => readEdit(each, questions))),
    seed: seed === undefined ? 0 : readWhole(seed, "a seed"),
    view: { ...PLAIN_VIEW, ...readView(once, questions) },
  };
}

function valuesOf(parts: readonly string[]): Map<string, string[]> {
  const given = new Map<string, string[]>();
  for (const part of parts) {
    const place = part.indexOf("=");
    const [key, value] = [part.slice(0, Math.max(place, 0)), part.slice(place + 1)];
    if (!ONCE.includes(key) && !OFTEN.includes(key)) throw new Refusal(`"${plain(part)}" is nothing that it can hold`);
    const known = given.get(key) ?? [];
    if (known.length > 0 && ONCE.includes(key)) throw new Refusal(`it holds "${key}" twice`);
    given.set(key, [...known, value]);
  }
  return given;
}

function named<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) < i);
  if (twice !== undefined) throw new Refusal(`two directions are named "${twice[0]}"`);
  return Object.fromEntries(entries);
}

function distinct<T extends { readonly id: number }>(edits: readonly T[]): readonly T[] {
  const twice = edits.find(({ id }, i) => edits.findIndex((other) => other.id === id) < i);
  if (twice !== undefined) throw new Refusal(`two edits have the number ${twice.id}`);
  return edits;
}
