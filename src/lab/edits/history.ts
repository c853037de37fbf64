/** Undo and redo, as data: what was, what is, and what was taken back. */

/** A value with its past and what was undone of it. */
export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** What the last change was called, while changes of that name are one. */
  readonly open: string | null;
}

/** Steps that can be undone; older ones are forgotten. */
export const MOST_STEPS = 200;

/** A history that begins here. */
export function startHistory<T>(present: T): History<T> {
  return { past: [], present, future: [], open: null };
}

/**
 * A change.
 *
 * @param as a name, such as `scale of edit 3`: changes of one name in a row are undone as one, so that dragging a slider is one step.
 */
export function changed<T>(
  history: History<T>,
  next: T,
  { as = null }: { readonly as?: string | null } = {},
): History<T> {
  const { past, present, open } = history;
  if (Object.is(next, present)) return history;
  const goesOn = as !== null && as === open;
  return { past: goesOn ? past : [...past, present].slice(-MOST_STEPS), present: next, future: [], open: as };
}

/** Ends a row of changes of one name: the next one is a step of its own. */
export function settled<T>(history: History<T>): History<T> {
  return history.open === null ? history : { ...history, open: null };
}

/** The step before; the same where there is none. */
export function undone<T>({ past, present, future, ...rest }: History<T>): History<T> {
  const before = past.at(-1);
  if (before === undefined) return { past, present, future, ...rest };
  return { past: past.slice(0, -1), present: before, future: [present, ...future], open: null };
}

/** The step that was undone last; the same where there is none. */
export function redone<T>({ past, present, future, ...rest }: History<T>): History<T> {
  const [next, ...later] = future;
  if (next === undefined) return { past, present, future, ...rest };
  return { past: [...past, present], present: next, future: later, open: null };
}
