/** Why problems were left out, counted. */

/** A reason, and how many problems have it. */
export interface CountedReason {
  readonly reason: string;
  readonly count: number;
}

/** @param reasons one a problem. @returns each once, in the order of their first. */
export function countedReasons(reasons: readonly string[]): CountedReason[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
