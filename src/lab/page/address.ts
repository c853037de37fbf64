/** The page's address: its fragment holds the state, and is read again on a reload, a link, or Back. */

import { effect } from "@preact/signals";
import { UsageError } from "../../base/errors.js";
import { fromFragment, toFragment } from "../edits/fragment/fragment.js";
import { forget } from "./edit-history.js";
import { fail, lab } from "./state.js";

const PAUSE_MS = 200;

/** Reads the fragment, follows it, and keeps it up to date. Call it once, before the page is drawn. */
export function followAddress(): void {
  readAddress();
  addEventListener("hashchange", readAddress);
  let timer = 0;
  effect(() => {
    const state = lab.value;
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Too long for a link: the address stays as it was, and "Copy link" says why.
      const text = fragmentOrNull(() => toFragment(state));
      if (text !== null && text !== location.hash.slice(1)) history.replaceState(null, "", `#${text}`);
    }, PAUSE_MS) as unknown as number;
  });
}

/** The link to what is set now. @throws UsageError where it would be too long. */
export function linkToState(): string {
  return `${location.href.replace(/#.*$/s, "")}#${toFragment(lab.value)}`;
}

function readAddress(): void {
  const read = fromFragment(location.hash);
  if (read.kind === "refused")
    fail(new UsageError(read.why, "the page shows the question without edits; ask for the link again"));
  if (read.kind !== "state" || location.hash.slice(1) === fragmentOrNull(() => toFragment(lab.peek()))) return;
  lab.value = read.state;
  forget();
}

function fragmentOrNull(make: () => string): string | null {
  try {
    return make();
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}
