/** Names in Redis. All that belongs to one run begins alike, so that it can be found and taken away. */

import type { Redis } from "ioredis";

/** One run in Redis. */
export interface RunPlace {
  readonly redis: Redis;
  /** Its name. */
  readonly run: string;
}

/** Set of the runs that are, or were lately, announced. */
export const RUNS = "codilens:runs";

/** The queue's name among the keys of its run. */
export const QUEUE = "jobs";

/** Where a run says what it is. */
export function runKey(id: string): string {
  return `codilens:run:${id}`;
}

/** What the keys of a run begin with. */
export function prefixOf(id: string): string {
  return `codilens:${id}`;
}

/** Hash of the workers of a run, by name. */
export function workersKey(id: string): string {
  return `${prefixOf(id)}:workers`;
}

/** Hash of one result: what it is, and its pieces. */
export function resultKey(id: string, job: string): string {
  return `${prefixOf(id)}:result:${job}`;
}
